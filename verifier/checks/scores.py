"""Scores: each computed again from the snapshot's rows and the bundle's arrays, and held against the ledger."""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from verifier.checks.record import KEY, Record, Snapshot, split_results
from verifier.findings import Findings, compare, fault, gap, guard, hold
from verifier.model.bundles import Model
from verifier.model.digests import digest_policy, digest_scores, hash_keys
from verifier.model.features import NotJudgedError, build_matrix, read_numbers
from verifier.model.risk import measure_probability
from verifier.reading.ledger import Entry, format_time

COLUMNS: Final = (
    *("client_id", "statement_month", "default_probability", "decision", "risk_band"),
    *("expected_loss", "reasons", "model_version", "batch_id", "scored_at"),
)
_BALANCE, _LIMIT = "bill_amount_m1", "credit_limit"
_LOSS: Final = "expected_loss "


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """A batch's scores under a version as the table has them, in the order of their keys, and what is on record of them."""

    entry: Entry  # of the scoring
    newest: Entry  # of the scoring, or of the last erasure that changed the scores
    rows: pa.Table

    @property
    def thing(self) -> str:
        """The result, as findings name it."""
        return f"scores of batch {self.entry.batch_id}, version {self.entry.model_version}"


def read_results(record: Record) -> dict[tuple[str, int], Result]:
    """Return each result that the ledger has a scoring of."""
    table = record.read_table("scores", *COLUMNS)
    rows, none = split_results(table), table.slice(0, 0)
    results: dict[tuple[str, int], Result] = {}
    for entry in record.find("scored", "forgotten"):
        if entry.event == "scored":
            results[entry.result] = Result(entry, entry, rows.get(entry.result, none))
        elif entry.result in results:
            known = results[entry.result]
            results[entry.result] = Result(known.entry, entry, known.rows)
    return results


def check_scores(record: Record, results: Mapping[tuple[str, int], Result]) -> Findings:
    """Yield what is found of each result, and results that the ledger does not have."""
    rows = record.read_table("scores", "batch_id", "model_version")
    pairs = Counter(
        zip(rows["batch_id"].to_pylist(), rows["model_version"].to_pylist(), strict=True)
    )
    for pair, count in sorted(pairs.items()):
        if pair not in results:
            thing = f"scores of batch {pair[0]}, version {pair[1]}"
            yield fault(thing, f"{count} rows without an entry of the ledger", "none")
    for result in results.values():
        yield from guard(result.thing, _check_result(record, result))


def _check_result(record: Record, result: Result) -> Findings:
    details = result.newest.read()
    found = digest_scores(result.rows)
    expected = f"{details['scores_digest']}, as {result.newest.thing} has it"
    if found == details["scores_digest"]:
        yield hold("digests of scores")
    else:
        yield fault(f"{result.thing}, their digest", found, expected)
    yield compare(
        f"{result.thing}, their count",
        result.rows.num_rows,
        details["scored_count"],
        kind="results",
    )
    yield from _check_counts(result)
    yield from _check_arrival(record, result)
    digest = result.entry.read()["model_digest"]
    model, snapshot = record.models.get(digest), record.snapshots.get(result.entry.batch_id)
    if snapshot is None:
        yield fault(result.thing, "no snapshot that can be read", "the rows that were scored")
    if model is None:
        yield gap(result.thing, f"the lake holds no sound bundle of the model {digest}")
    if model is not None and snapshot is not None:
        yield from _check_model(result, model, snapshot)
        yield from check_again(result, model, snapshot)


def _check_counts(result: Result) -> Findings:
    """Yield whether the entry of the scoring is what the rows add up to; after an erasure they are fewer."""
    details, rows, thing = result.entry.read(), result.rows, result.thing
    counted = details["read_count"] - details["scored_count"] - details["quarantined_count"]
    if counted < 0 or (counted and not details["corrects"]):
        expected = "read = scored + quarantined"
        yield fault(f"{thing}, rows read", details["read_count"], expected)
    times = {format_time(at) for at in rows["scored_at"].to_pylist()}
    if times - {result.entry.at}:
        yield fault(f"{thing}, scored_at", min(times - {result.entry.at}), result.entry.at)
    if result.newest is not result.entry:
        return
    probability = rows["default_probability"].to_pylist()
    reasons = pc.list_value_length(rows["reasons"]).to_pylist()
    measured: dict[str, Any] = {
        "declined_count": sum(one == "decline" for one in rows["decision"].to_pylist()),
        "reasoned_count": sum(bool(count) for count in reasons),
        "expected_default_share": math.fsum(probability) / len(probability) if probability else 0.0,
        **_sum_losses(rows),
    }
    said = {name: details[name] for name in details if name in measured or name.startswith(_LOSS)}
    for name in sorted({*measured, *said}):
        yield compare(
            f"{thing}, {name}", measured.get(name), said.get(name), kind="counts and sums"
        )


def _check_arrival(record: Record, result: Result) -> Findings:
    """Yield whether the entries of the ingestion and of the scoring count the same rows."""
    batch, details = result.entry.batch_id, result.entry.read()
    if (entry := record.ingestions.get(batch)) is not None:
        names = (("read", "read_count"), ("quarantined", "quarantined_count"))
        said = {own: details[own] for _, own in names}
        wanted = {own: entry.read()[other] for other, own in names}
        yield compare(f"{result.entry.thing}, rows", said, wanted, kind="rows read")


def _sum_losses(rows: pa.Table) -> dict[str, float]:
    groups: dict[str, list[float]] = {}
    columns = (rows[name].to_pylist() for name in ("expected_loss", "decision", "risk_band"))
    for loss, decision, band in zip(*columns, strict=True):
        if loss is not None:
            groups.setdefault(f"{_LOSS}{decision}", []).append(loss)
            groups.setdefault(f"{_LOSS}band {band}", []).append(loss)
    return {name: math.fsum(losses) for name, losses in groups.items()}


def _check_model(result: Result, model: Model, snapshot: Snapshot) -> Findings:
    """Yield whether the entry says of the model what the bundle says."""
    details, policy = result.entry.read(), model.policy
    wanted: dict[str, Any] = {
        "threshold": find_threshold(policy),
        "policy_digest": digest_policy(policy),
        "feature_version": model.manifest["feature_version"],
        "schema": model.manifest["schema_name"],
        "schema_version": model.manifest["schema_version"],
        "input_sha256": snapshot.record["source"]["sha256"],
    }
    if result.newest is result.entry:
        rows = snapshot.rows
        keys = hash_keys(rows["client_id"].to_pylist(), rows["statement_month"].to_pylist())
        wanted["trained_row_count"] = int(np.isin(keys, model.trained_rows).sum())
    for name, expected in wanted.items():
        thing = f"{result.entry.thing}, {name}"
        yield compare(thing, details[name], expected, kind="what scorings say of models")


def check_again(result: Result, model: Model, snapshot: Snapshot) -> Findings:
    """Yield whether probability, decision, band and expected loss are those computed again, to the last bit."""
    rows = snapshot.rows.sort_by([*KEY])
    for name, _ in KEY:
        if rows[name].to_pylist() != result.rows[name].to_pylist():
            yield fault(result.thing, f"other rows than its snapshot, by {name}", "the same rows")
            return
    try:
        probability = score_rows(model, rows)
    except NotJudgedError as error:
        yield gap(result.thing, f"the scores are not computed again: {error}")
        return
    declined = probability >= find_threshold(model.policy)
    bands = model.policy["bands"]
    edges = [band["lowest_probability"] for band in bands]
    places = np.searchsorted(edges, probability, side="right") - 1
    wanted: dict[str, list[Any]] = {
        "default_probability": probability.tolist(),
        "decision": np.where(declined, "decline", "accept").tolist(),
        "risk_band": [bands[place]["name"] for place in places.tolist()],
    }
    losses = compute_losses(result.entry.read(), rows, probability)
    if losses is None:
        yield gap(f"{result.thing}, expected_loss", "the lake does not say which columns it is of")
    else:
        wanted["expected_loss"] = losses
    for name, expected in wanted.items():
        yield from _compare_column(result, name, expected)


def score_rows(model: Model, rows: pa.Table) -> Any:
    """Return the probability of each row by the model.

    Raises:
        NotJudgedError: Its estimator or a feature is computed by the lender's own code.
    """
    if model.is_own:
        raise NotJudgedError(f"its estimator is {model.family}, a lender's own")
    matrix = build_matrix(rows, model.feature_arguments)
    return measure_probability(model.estimator, model.family, matrix, calibration=model.calibration)


def find_threshold(policy: Mapping[str, Any]) -> float:
    """Return the lowest probability that a policy declines."""
    return float(1.0 / (1.0 + policy["missed_default_cost"] / policy["false_alarm_cost"]))


def _compare_column(result: Result, name: str, expected: list[Any]) -> Findings:
    found = result.rows[name].to_pylist()
    wrong = [
        place for place, pair in enumerate(zip(found, expected, strict=True)) if pair[0] != pair[1]
    ]
    yield hold(f"values of {name}", len(found) - len(wrong))
    if wrong:
        thing = (
            f"{result.thing}, {name} of {len(wrong)} rows, the first by key number {wrong[0] + 1}"
        )
        yield fault(thing, repr(found[wrong[0]]), f"{expected[wrong[0]]!r}, computed again")


def compute_losses(
    details: Mapping[str, Any], rows: pa.Table, probability: Any
) -> list[Any] | None:
    """Return the expected loss of each row by what the entry assumes; None for columns that it does not name."""
    factor, given = details.get("conversion_factor"), details.get("loss_given_default")
    if factor is None or given is None:
        return [None] * rows.num_rows
    if not {_BALANCE, _LIMIT} <= set(rows.column_names):
        return None
    balance = read_numbers(rows, _BALANCE)
    unused = np.maximum(read_numbers(rows, _LIMIT) - balance, 0.0)
    exposure = np.maximum(balance, 0.0) + factor * unused
    loss = probability * exposure * given
    found: list[Any] = (loss * (1 - (details.get("cure_share") or 0.0))).tolist()
    return found
