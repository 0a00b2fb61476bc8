"""What would have changed the decision: the smallest changes that bring a client's probability below the threshold.

Every alternative is a whole row that holds to the schema's rules and was really scored; single levers are tried first,
pairs only where none suffices alone. It says what the model would have answered, not what to do: a payment made in time
would have moved other inputs too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any, Final

import polars as pl

from credit_default.data.contract.schema import Schema
from credit_default.model.estimator.bundle import ModelBundle
from credit_default.model.estimator.scoring import score_probability
from credit_default.model.explanation.actionable_changes import Lever

HIGHEST_COUNTERFACTUAL_COUNT: Final = 3


@dataclass(frozen=True, slots=True)
class Counterfactual:
    """Changed inputs and the probability (0-1) that the client would have been given with them."""

    levers: tuple[str, ...]
    # for each column what it is, and what it would have been
    changes: Mapping[str, tuple[float, float]]
    default_probability: float


@dataclass(frozen=True, slots=True)
class _Candidate:
    levers: tuple[str, ...]
    moved: Mapping[str, float]
    size: float  # steps taken, each lever's longest way as 1 for each column that it moves


def find_counterfactuals(
    bundle: ModelBundle, row: pl.DataFrame, *, levers: Sequence[Lever], schema: Schema
) -> tuple[Counterfactual, ...]:
    """Up to three ways below the threshold for the one declined client in `row`, the smallest first; none where none is found.

    A lever that would move a protected attribute is left out.
    """
    usable = [lever for lever in levers if not set(lever.columns) & set(schema.protected)]
    values: dict[str, Any] = row.row(0, named=True)
    singles = [_list_candidates(lever, values) for lever in usable]
    found = _select_accepted(bundle, row, [c for steps in singles for c in steps], schema=schema)
    if not found:
        pairs = [
            _combine_candidates(*both)
            for one, other in combinations(singles, 2)
            for both in product(one, other)
        ]
        found = _select_accepted(bundle, row, pairs, schema=schema)
    return found[:HIGHEST_COUNTERFACTUAL_COUNT]


def _list_candidates(lever: Lever, values: Mapping[str, Any]) -> list[_Candidate]:
    steps = lever.steps
    if lever.kind == "set":  # from where the client is, in either direction
        steps = tuple(sorted(steps, key=lambda step: (abs(step - values[lever.columns[0]]), step)))
    moves = [(place, lever.move(values, step)) for place, step in enumerate(steps, 1)]
    return [
        _Candidate((lever.name,), moved, len(moved) * place / len(steps))
        for place, moved in moves
        if moved
    ]


def _combine_candidates(one: _Candidate, other: _Candidate) -> _Candidate:
    return _Candidate(
        (*one.levers, *other.levers), {**one.moved, **other.moved}, one.size + other.size
    )


def _select_accepted(
    bundle: ModelBundle, row: pl.DataFrame, candidates: Sequence[_Candidate], *, schema: Schema
) -> tuple[Counterfactual, ...]:
    """The candidates that are accepted, for each set of levers and of columns the smallest; the fewest columns first."""
    if not candidates:
        return ()
    values = row.row(0, named=True)
    changed = pl.DataFrame(
        [{**values, **candidate.moved} for candidate in candidates], schema=row.schema
    )
    lawful = pl.all_horizontal(
        pl.lit(value=True), *(pl.sql_expr(rule.expression) for rule in schema.rules)
    )
    scored = changed.with_columns(
        holds=lawful, probability=pl.Series(score_probability(bundle, changed))
    )
    passing = [
        (candidate, p)
        for candidate, holds, p in zip(
            candidates, scored["holds"], scored["probability"], strict=True
        )
        if holds and p < bundle.decision_policy.threshold
    ]
    passing.sort(
        key=lambda pair: (len(pair[0].moved), pair[0].size)
    )  # equal ones in the order of the levers
    smallest: dict[frozenset[str], Counterfactual] = {}
    for candidate, p in passing:
        if not any(columns <= set(candidate.moved) for columns in smallest):
            told = {
                name: (float(values[name]), float(value)) for name, value in candidate.moved.items()
            }
            smallest[frozenset(candidate.moved)] = Counterfactual(candidate.levers, told, p)
    return tuple(smallest.values())
