"""What came in: the files as they arrived, the rows that were rejected, and the outcomes that became known."""

import hashlib
import re
from collections import Counter
from typing import Any, Final

from verifier.checks.record import Record
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
    for batch_id, entry in entries.items():
        expected = entry.read()[_REJECTED[entry.event]]
        yield from _compare_count(
            record, f"rejected rows of batch {batch_id}", found[batch_id], expected
        )


def check_outcomes(record: Record) -> Findings:
    """Yield whether observations are as many as the ledger says, and whether the newest of each is the current outcome."""
    history = record.list_rows("outcome_history", *_OUTCOME, "batch_id")
    counts = Counter(row["batch_id"] for row in history)
    entries = {entry.batch_id: entry for entry in record.find("outcomes taken in")}
    for batch_id in sorted(set(counts) - set(entries)):
        thing = f"outcomes of file {batch_id}"
        yield fault(thing, f"{counts[batch_id]} without an entry of the ledger", "none")
    for batch_id, entry in entries.items():
        thing, expected = f"outcomes of file {batch_id}", entry.read()["accepted_count"]
        if counts[batch_id] < expected and not _are_clients_named(record):
            yield gap(
                thing, f"{counts[batch_id]} of {expected}; of numbered clients some are left out"
            )
        else:
            yield from _compare_count(record, thing, counts[batch_id], expected)
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


def _compare_count(record: Record, thing: str, found: int, expected: int) -> Findings:
    if found < expected and record.erasures:
        yield gap(thing, f"{found} of {expected}; a client was erased since")
    else:
        yield compare(thing, found, expected, kind="counts of arrivals")
