"""Shadow scores: what versions other than the champion said of a batch, each computed again."""

from typing import Any

import pyarrow as pa

from verifier.checks.record import Record, compare_counts, split_results
from verifier.checks.scores import score_rows
from verifier.findings import Findings, fault, gap, guard, hold
from verifier.model.features import NotJudgedError
from verifier.reading.ledger import Entry

_COLUMNS = ("client_id", "statement_month", "default_probability", "model_version", "batch_id")


def check_shadow_scores(record: Record) -> Findings:
    """Yield what is found of each result in the shadow, and of results that the ledger does not have."""
    rows = record.read_table("shadow_scores", *_COLUMNS)
    entries = {entry.result: entry for entry in record.find("scored in the shadow")}
    found = set(zip(rows["batch_id"].to_pylist(), rows["model_version"].to_pylist(), strict=True))
    for batch_id, version in sorted(found - set(entries)):
        thing = f"shadow scores of batch {batch_id}, version {version}"
        yield fault(thing, "rows without an entry of the ledger", "none")
    things, own_rows = {}, split_results(rows)
    for result, entry in entries.items():
        thing = f"shadow scores of batch {result[0]}, version {result[1]}"
        own = own_rows.get(result, rows.slice(0, 0))
        things[f"{thing}, their count"] = own.num_rows, entry.read()["scored_count"]
        yield from guard(thing, _check_result(record, entry, thing, own))
    yield from compare_counts(record, "shadow_scores", things)


def _check_result(record: Record, entry: Entry, thing: str, rows: pa.Table) -> Findings:
    details = entry.read()
    if repeated := rows.num_rows - len(set(_list_keys(rows))):
        yield fault(thing, f"{repeated} repeated keys", "each client and month once")
    model = record.models.get(details["model_digest"])
    snapshot = record.snapshots.get(entry.batch_id)
    if model is None or snapshot is None:
        lacks = "sound bundle of its model" if model is None else "snapshot that can be read"
        yield gap(thing, f"the lake holds no {lacks}")
        return
    try:
        probability = score_rows(model, snapshot.rows)
    except NotJudgedError as error:
        yield gap(thing, f"not computed again: {error}")
        return
    again = dict(zip(_list_keys(snapshot.rows), probability.tolist(), strict=True))
    pairs = zip(_list_keys(rows), rows["default_probability"].to_pylist(), strict=True)
    wrong = [(again.get(key), value) for key, value in pairs if again.get(key) != value]
    yield hold("values of shadow scores", rows.num_rows - len(wrong))
    if wrong:
        expected = f"{wrong[0][0]!r}, computed again"
        yield fault(f"{thing}, {len(wrong)} rows", repr(wrong[0][1]), expected)


def _list_keys(rows: pa.Table) -> list[Any]:
    columns = (rows["client_id"].to_pylist(), rows["statement_month"].to_pylist())
    return list(zip(*columns, strict=True))
