"""What monitoring found: verdicts of gates on batches, and alarms."""

import datetime as dt
import json
import math
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

import pyarrow.compute as pc

from verifier.checks.record import Record
from verifier.checks.scores import Result
from verifier.findings import Findings, compare, fault, gap, guard, hold
from verifier.reading.ledger import Entry
from verifier.reading.registry import read_registry

_COLUMNS: Final = (
    *("batch_id", "model_version", "statement_month", "gate", "level", "figures"),
    *("row_count", "expected_loss", "monitored_at"),
)
_ALARM: Final = ("alarm_id", "gate", "model_version", "statement_month", "closed_month")
_ALARM_COLUMNS: Final = (*_ALARM, "closed_because", "closed_at")
_NEAR: Final = 1e-9
_NOT_FIGURES: Final = ("gate", "git_commit")


def check_verdicts(record: Record, results: Mapping[tuple[str, int], Result]) -> Findings:
    """Yield whether each alarm of a gate is on record with its figures, and each verdict is of the batch's own rows."""
    newest = {(*entry.result, entry.read().get("gate")): entry for entry in record.find("alarmed")}
    rows = record.list_rows("monitoring", *_COLUMNS)
    for pair, count in Counter(
        (r["batch_id"], r["model_version"], r["gate"]) for r in rows
    ).items():
        if count > 1:
            yield fault(f"verdict {pair[2]} on batch {pair[0]}, version {pair[1]}", count, 1)
    for row in rows:
        key = (row["batch_id"], row["model_version"], row["gate"])
        thing = f"verdict {key[2]} on batch {key[0]}, version {key[1]}"
        yield from guard(thing, _check_level(thing, row, newest.get(key)))
        if (result := results.get(key[:2])) is None:
            yield fault(thing, "a batch that was never scored", "a scored batch")
        elif not record.was_changed(key[:2]):
            yield from _check_rows(thing, row, result)
    known = {(row["batch_id"], row["model_version"], row["gate"]) for row in rows}
    for key in set(newest) - known:
        expected = f"the verdict of {newest[key].thing}"
        yield fault(f"verdict {key[2]} on batch {key[0]}, version {key[1]}", "none", expected)


def check_runs(record: Record) -> Findings:
    """Yield whether the newest run of each monitored batch has the levels of the table, where the registry is in the lake."""
    rows = record.list_rows("monitoring", *_COLUMNS[:5])
    if record.lake.registry is None:
        if rows:
            yield gap("levels of verdicts", "the runs of monitors are not in the lake")
        return
    monitored = read_registry(record.lake.registry).monitored
    for row in rows:
        tags = monitored.get((row["batch_id"], row["model_version"]), {})
        said = tags.get(f"{row['gate']}_level")
        thing = f"verdict {row['gate']} on batch {row['batch_id']}, version {row['model_version']}"
        if said is not None:
            yield compare(f"{thing}, its run", said, row["level"], kind="levels of runs")
    known = {(row["batch_id"], row["model_version"], row["gate"]) for row in rows}
    for (batch_id, version), tags in monitored.items():
        gates = [key.removesuffix("_level") for key in tags if key.endswith("_level")]
        for gate in gates:
            if (batch_id, version, gate) not in known:
                thing = f"verdict {gate} on batch {batch_id}, version {version}"
                yield fault(thing, "none", f"{tags[f'{gate}_level']}, as its run has it")


def _check_level(thing: str, row: Mapping[str, Any], entry: Entry | None) -> Findings:
    figures = {name: float(value) for name, value in json.loads(row["figures"]).items()}
    if row["level"] == "alarm":
        if entry is None:
            yield fault(thing, "an alarm without an entry of the ledger", "one")
            return
        said = {n: v for n, v in entry.read().items() if n not in _NOT_FIGURES}
        yield compare(f"{thing}, figures", figures, said, kind="verdicts of monitors")
        return
    if entry is not None and row["monitored_at"] <= _read_time(entry.key):
        yield fault(thing, row["level"], f"alarm, as {entry.thing} has it")
        return
    yield hold("verdicts of monitors")


def _check_rows(thing: str, row: Mapping[str, Any], result: Result) -> Findings:
    losses = [one for one in result.rows["expected_loss"].to_pylist() if one is not None]
    count = result.rows.num_rows
    yield compare(f"{thing}, row_count", row["row_count"], count, kind="rows of monitors")
    expected = math.fsum(losses) if losses else None
    if _are_near(row["expected_loss"], expected):
        yield hold("losses of monitors")
    else:
        yield fault(f"{thing}, expected_loss", row["expected_loss"], expected)
    months = pc.max(result.rows["statement_month"]).as_py()
    yield compare(f"{thing}, month", row["statement_month"], months, kind="months of monitors")


def _are_near(found: float | None, expected: float | None) -> bool:
    """Return whether two sums are equal but for the order in which they were added up."""
    if found is None or expected is None:
        return found is expected
    return math.isclose(found, expected, rel_tol=_NEAR)


def _read_time(key: str) -> dt.datetime:
    return dt.datetime.fromisoformat(key.rpartition(" ")[2])


def check_alarms(record: Record) -> Findings:
    """Yield whether each alarm was opened, and closed, by an entry of the ledger, and the other way round."""
    rows = record.list_rows("alarms", *_ALARM_COLUMNS)
    opened = [(r["gate"], r["model_version"], r["statement_month"]) for r in rows]
    said = [
        (e.read()["gate"], e.model_version, e.read()["month"]) for e in record.find("alarm opened")
    ]
    yield from _compare_alarms("opened", opened, said)
    closed = [(r["gate"], r["model_version"], r["closed_because"]) for r in rows if r["closed_at"]]
    ends = record.find("alarm closed")
    said = [(e.read()["gate"], e.model_version, e.read()["because"]) for e in ends]
    yield from _compare_alarms("closed", closed, said)


def _compare_alarms(act: str, found: list[Any], said: list[Any]) -> Findings:
    for gate, version, what in sorted((Counter(found) - Counter(said)).elements()):
        yield fault(
            f"alarm {gate} of version {version}, {what}", f"{act}, not in the ledger", "both"
        )
    for gate, version, what in sorted((Counter(said) - Counter(found)).elements()):
        yield fault(
            f"alarm {gate} of version {version}, {what}", f"{act} in the ledger alone", "both"
        )
    yield hold("alarms", len(found))
