"""What came in: the files as they arrived, the rows that were rejected, and the outcomes that became known."""

import hashlib
import re
from collections import Counter
from typing import Any, Final

from verifier.checks.record import Record, compare_counts
from verifier.findings import Findings, compare, fault, gap, hold

_FILE: Final = re.compile(r"processed/([0-9a-f]{16})-([^/]+)\Z")
_OUTCOME: Final = ("client_id", "statement_month", "defaulted", "observed_at")
_ARRIVALS: Final = ("ingested", "outcomes taken in")
_REJECTED: Final = {"ingested": "quarantined", "outcomes taken in": "rejected_count"}


def check_files(record: Record) -> Findings:
    """Yield for each file in `processed/` whether it is the one that the ledger names."""
    wanted = {entry.batch_id: entry for entry in record.find(*_ARRIVALS)}
    for key in record.lake.list_keys("processed"):
        found = _FILE.match(key)
        entry = wanted.get(found[1]) if found else None
        if not found:
            yield gap(key, "a part of a folder, whose digest is of all parts together")
        elif entry is None:
            yield fault(key, "no entry of the ledger", f"the entry of batch {found[1]}")
        else:
            sha256 = hashlib.sha256(record.lake.read(key)).hexdigest()
            expected = entry.read()["input_sha256"]
            yield compare(f"{key}, its sha256", sha256, expected, kind="files as they arrived")


def check_quarantine(record: Record) -> Findings:
    """Yield for each arrival whether it has as many rejected rows as the ledger says."""
    found = Counter(row["batch_id"] for row in record.list_rows("quarantine", "batch_id"))
    entries = {entry.batch_id: entry for entry in record.find(*_ARRIVALS)}
    for batch_id in sorted(set(found) - set(entries)):
        thing = f"rejected rows of batch {batch_id}"
        yield fault(thing, f"{found[batch_id]} without an entry of the ledger", "none")
    yield from compare_counts(
        record,
        "quarantine",
        {
            f"rejected rows of batch {batch_id}": (
                found[batch_id],
                entry.read()[_REJECTED[entry.event]],
            )
            for batch_id, entry in entries.items()
        },
    )


def check_outcomes(record: Record) -> Findings:
    """Yield whether observations are as many as the ledger says, and whether the newest of each is the current outcome."""
    history = record.list_rows("outcome_history", *_OUTCOME, "batch_id")
    counts = Counter(row["batch_id"] for row in history)
    entries = {entry.batch_id: entry for entry in record.find("outcomes taken in")}
    for batch_id in sorted(set(counts) - set(entries)):
        thing = f"outcomes of file {batch_id}"
        yield fault(thing, f"{counts[batch_id]} without an entry of the ledger", "none")
    things = {
        f"outcomes of file {batch_id}": (counts[batch_id], entry.read()["accepted_count"])
        for batch_id, entry in entries.items()
    }
    if _are_clients_named(record):
        yield from compare_counts(record, "outcome_history", things)
    else:
        for thing, (count, accepted) in things.items():
            yield gap(thing, f"{count} of {accepted}; of numbered clients some may be left out")
    yield from _check_current(record, history)


def _check_current(record: Record, history: list[dict[str, Any]]) -> Findings:
    newest: dict[tuple[str, str], tuple[Any, int]] = {}
    for row in history:
        key, seen = (
            (row["client_id"], row["statement_month"]),
            (row["observed_at"], row["defaulted"]),
        )
        newest[key] = max(newest.get(key, seen), seen)
    rows = record.list_rows("outcomes", *_OUTCOME)
    current = {
        (row["client_id"], row["statement_month"]): (row["observed_at"], row["defaulted"])
        for row in rows
    }
    wrong = sum(newest.get(key) != seen for key, seen in current.items())
    for thing, count in (
        ("outcomes that are not the observation made last", wrong),
        ("outcomes of the history that are not current", len(set(newest) - set(current))),
        ("outcomes of a client and month that stand there twice", len(rows) - len(current)),
    ):
        if count:
            yield fault(thing, count, 0)
    yield hold("outcomes", len(current) - wrong)


def _are_clients_named(record: Record) -> bool:
    """Return whether clients have ids of their own; a declared portfolio may number them by row."""
    return all(one.record["schema_name"] == "credit-card" for one in record.snapshots.values())
