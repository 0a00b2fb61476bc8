"""Reasons: what features add sums to the risk, and the sentences are those that follow for the credit cards."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from verifier.checks.record import KEY, Record
from verifier.checks.scores import Result
from verifier.findings import Findings, fault, gap, guard, hold
from verifier.model.bundles import Model
from verifier.model.features import NotJudgedError, build_matrix
from verifier.model.risk import measure_risk
from verifier.model.shapley import compute_contributions

_TABLE: Final = Path(__file__).with_name("credit_card_reasons.toml")
_CARDS: Final = ["credit-card", "1"]
_MOST_REASONS: Final = 4
_MOST_ROWS: Final = 20_000  # of a result, that are computed again
_SMALLEST_SHARE: Final = 0.05
_DECIMALS: Final = 12
_TOLERANCE: Final = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Explained:
    """Declined rows with what each feature adds to their risk above that of the background."""

    rows: pa.Table
    background: pa.Table
    contributions: Any
    rise: Any


def check_reasons(record: Record, results: Mapping[tuple[str, int], Result]) -> Findings:
    """Yield what is found of the reasons of each result."""
    for result in results.values():
        yield from guard(f"reasons of {result.thing}", _check_result(record, result))


def _check_result(record: Record, result: Result) -> Findings:
    thing = f"reasons of {result.thing}"
    given = result.rows["reasons"].to_pylist()
    declined = [one == "decline" for one in result.rows["decision"].to_pylist()]
    wrong = sum(
        bool(texts) and not is_declined for texts, is_declined in zip(given, declined, strict=True)
    )
    if wrong:
        yield fault(thing, f"reasons of {wrong} accepted clients", "of declined clients alone")
    if any(len(texts or ()) > _MOST_REASONS for texts in given):
        yield fault(thing, "more than four of a client", "at most four")
    model = record.models.get(result.entry.read()["model_digest"])
    snapshot = record.snapshots.get(result.entry.batch_id)
    if not any(given) or model is None or snapshot is None:
        return
    rows = snapshot.rows.sort_by([*KEY])
    places = np.flatnonzero(declined)
    if rows.num_rows != len(declined) or model.reference is None:
        yield gap(thing, "the rows or the bundle's reference are not there to compute them again")
        return
    if len(places) > _MOST_ROWS:
        yield gap(thing, f"those of {len(places) - _MOST_ROWS} of {len(places)} declined clients")
        places = places[:_MOST_ROWS]
    try:
        explained = _explain(model, rows.take(places))
    except NotJudgedError as error:
        yield gap(thing, f"not computed again: {error}")
        return
    yield from _check_sums(thing, explained)
    yield from _check_texts(
        thing, result, model, explained, [given[place] or [] for place in places]
    )


def _explain(model: Model, rows: pa.Table) -> Explained:
    if model.is_own:
        raise NotJudgedError(f"its estimator is {model.family}, a lender's own")
    reference = model.reference
    assert reference is not None
    accepted = reference.filter(pc.equal(reference["decision"], "accept"))
    background = accepted if accepted.num_rows else reference
    matrix = build_matrix(rows, model.feature_arguments)
    against = build_matrix(background, model.feature_arguments)
    contributions = compute_contributions(model.estimator, model.family, matrix, against)
    base = float(measure_risk(model.estimator, model.family, against).mean())
    rise = measure_risk(model.estimator, model.family, matrix) - base
    return Explained(rows, background, contributions, rise)


def _check_sums(thing: str, explained: Explained) -> Findings:
    missed = np.abs(explained.contributions.sum(axis=1) - explained.rise)
    far = int((missed > _TOLERANCE).sum())
    yield hold("sums of reasons", len(missed) - far)
    if far:
        yield fault(f"{thing}, their sum in {far} rows", f"off by {missed.max():.1e}", "the risk")


def _check_texts(
    thing: str, result: Result, model: Model, explained: Explained, given: Sequence[list[str]]
) -> Findings:
    details = result.entry.read()
    table = tomllib.loads(_TABLE.read_text(encoding="utf-8"))
    names = [f["name"] for f in model.feature_arguments["spec"] if f["kept"]]
    concepts = sorted(table["concepts"], key=lambda one: one["name"])
    known = {name for one in concepts for name in one["features"]} | set(table["protected"])
    if [details["schema"], details["schema_version"]] != _CARDS or set(names) - known:
        yield gap(f"{thing}, their sentences", "docs/format.md has those of the credit cards alone")
        return
    wanted = _word(model, explained, names, concepts, table["measures"])
    if details["reasons"] == "auto" and not all(given):  # a limit may have left out the last ones
        wanted = [
            texts if own or not texts else [] for own, texts in zip(given, wanted, strict=True)
        ]
    wrong = [place for place, own in enumerate(given) if own != wanted[place]]
    yield hold("reasons of clients", len(given) - len(wrong))
    if wrong:
        found, expected = given[wrong[0]], f"{wanted[wrong[0]]}, computed again"
        yield fault(f"{thing}, of {len(wrong)} clients", found, expected)


def _word(
    model: Model,
    explained: Explained,
    names: Sequence[str],
    concepts: Sequence[Any],
    measures: Sequence[Any],
) -> list[list[str]]:
    """Return the sentences of each row, the largest contribution first."""
    arguments = {"spec": measures, "inputs": model.feature_arguments.get("inputs")}
    kept = [one["name"] for one in measures if one["kept"]]
    measured = dict(zip(kept, build_matrix(explained.rows, arguments).astype(float).T, strict=True))
    against = build_matrix(explained.background, arguments).astype(float).T
    medians = {name: float(np.median(v)) for name, v in zip(kept, against, strict=True)}
    present = [one for one in concepts if set(one["features"]) & set(names)]
    sums = np.round(
        np.column_stack([_add_up(one["features"], names, explained) for one in present]), _DECIMALS
    )
    principal = (sums > 0) & (sums >= _SMALLEST_SHARE * explained.rise[:, None])
    wordings = [_choose(one["wordings"], measured, medians) for one in present]
    found = []
    for row, order in enumerate(np.argsort(-sums, axis=1, kind="stable").tolist()):
        texts = [wordings[i][row] for i in order if principal[row, i] and wordings[i][row]]
        if not texts and sums[row, order[0]] > 0:
            texts = [present[order[0]]["subject"]]
        found.append(list(dict.fromkeys(texts))[:_MOST_REASONS])
    return found


def _add_up(features: Iterable[str], names: Sequence[str], explained: Explained) -> Any:
    total, own = np.zeros(len(explained.rise)), set(features)
    for place, name in enumerate(names):
        if name in own:
            total += explained.contributions[:, place]
    return total


def _choose(
    wordings: Sequence[Any], measured: Mapping[str, Any], medians: Mapping[str, float]
) -> list[str]:
    """Return for each row the first wording whose conditions hold; "" for none."""
    texts = np.full(len(next(iter(measured.values()))), "", dtype=object)
    for wording in reversed(wordings):
        holds = np.ones(len(texts), dtype=bool)
        for one in wording.get("conditions", []):
            values, side = measured[one["measure"]], one["side"]
            if side in {"above", "below"}:
                median = medians[one["measure"]]
                holds &= values > median if side == "above" else values < median
            else:
                holds &= values >= one["value"] if side == "at least" else values <= one["value"]
        texts[holds] = wording["text"]
    found: list[str] = texts.tolist()
    return found
