"""Find the smallest changes that would have brought a client's probability below the threshold.

Every counterfactual is a whole row that obeys the schema's rules and was scored by the model.
Single levers are tried first, pairs only where no single one suffices. The result says what the
model would have answered, not what to do: a payment made in time would have changed other inputs
too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any, Final

import polars as pl

from credit_default.data.contract.schema import Column, Schema
from credit_default.data.contract.value_meanings import is_number
from credit_default.model.estimator.bundle import ModelBundle
from credit_default.model.estimator.scoring import score_probability
from credit_default.model.explanation.actionable_changes import Lever

HIGHEST_COUNTERFACTUAL_COUNT: Final = 3


@dataclass(frozen=True, slots=True)
class Counterfactual:
    """Changed inputs and the probability that the client would have had with them.

    Attributes:
        levers: The levers used.
        changes: For each changed column the actual value and the value that would have sufficed.
        default_probability: The probability (0–1) with the changes.
    """

    levers: tuple[str, ...]
    changes: Mapping[str, tuple[float, float]]
    default_probability: float


@dataclass(frozen=True, slots=True)
class _Candidate:
    levers: tuple[str, ...]
    changed: Mapping[str, float]
    size: float  # steps taken as a share of each lever's steps, times the columns changed


def find_counterfactuals(
    bundle: ModelBundle, row: pl.DataFrame, *, levers: Sequence[Lever], schema: Schema
) -> tuple[Counterfactual, ...]:
    """Return up to three ways below the threshold for a declined client, the smallest first.

    Levers that would change a protected attribute are left out, and those on a value that is missing
    or special, or that would lead to a special one: nobody is told to have had or not had one. The
    result is empty where no way is found.

    Args:
        bundle: The model.
        row: One row: the declined client's.
        levers: What the client could have done differently.
        schema: The schema of the row.
    """
    values: dict[str, Any] = row.row(0, named=True)
    inputs = {column.name: column for column in schema.inputs}
    no_quantity = set(_list_values_of_no_quantity(values, inputs))
    usable = [
        lever
        for lever in levers
        if not set(lever.columns) & set(schema.protected)
        and not {*lever.columns, *lever.reference_columns} & no_quantity
    ]
    singles = [
        [c for c in _list_candidates(lever, values) if _leads_to_numbers(c, inputs)]
        for lever in usable
    ]
    found = _select_accepted(bundle, row, [c for steps in singles for c in steps], schema=schema)
    if not found:
        found = _select_accepted(bundle, row, _list_pairs(singles), schema=schema)
    return found[:HIGHEST_COUNTERFACTUAL_COUNT]


def _list_values_of_no_quantity(
    values: Mapping[str, Any], inputs: Mapping[str, Column]
) -> list[str]:
    """Return the inputs whose value is missing, special, or a category outside of an order."""
    return [
        name
        for name, column in inputs.items()
        if not is_number(column, values.get(name))
        or (column.kind == "category" and not values[name])
    ]


def _leads_to_numbers(candidate: _Candidate, inputs: Mapping[str, Column]) -> bool:
    return all(is_number(inputs[name], value) for name, value in candidate.changed.items())


def _list_candidates(lever: Lever, values: Mapping[str, Any]) -> list[_Candidate]:
    steps = lever.steps
    if lever.kind == "set":  # by distance from the client's value, in either direction
        steps = tuple(sorted(steps, key=lambda step: (abs(step - values[lever.columns[0]]), step)))
    changes = [(place, lever.apply_step(values, step)) for place, step in enumerate(steps, 1)]
    return [
        _Candidate((lever.name,), changed, len(changed) * place / len(steps))
        for place, changed in changes
        if changed
    ]


def _list_pairs(singles: Sequence[Sequence[_Candidate]]) -> list[_Candidate]:
    """Return the candidates that change any two levers at once."""
    return [
        _combine_candidates(*both)
        for one, other in combinations(singles, 2)
        for both in product(one, other)
    ]


def _combine_candidates(one: _Candidate, other: _Candidate) -> _Candidate:
    return _Candidate(
        (*one.levers, *other.levers), {**one.changed, **other.changed}, one.size + other.size
    )


def _select_accepted(
    bundle: ModelBundle, row: pl.DataFrame, candidates: Sequence[_Candidate], *, schema: Schema
) -> tuple[Counterfactual, ...]:
    """Return the accepted candidates, the smallest per set of levers, the fewest columns first."""
    if not candidates:
        return ()
    passing = _list_passing(bundle, row, candidates, schema=schema)
    # A stable sort: equal candidates stay in the order of the levers.
    passing.sort(key=lambda pair: (len(pair[0].changed), pair[0].size))
    values = row.row(0, named=True)
    smallest: dict[frozenset[str], Counterfactual] = {}
    for candidate, p in passing:
        if not any(columns <= set(candidate.changed) for columns in smallest):
            changes = {
                name: (float(values[name]), float(value))
                for name, value in candidate.changed.items()
            }
            smallest[frozenset(candidate.changed)] = Counterfactual(candidate.levers, changes, p)
    return tuple(smallest.values())


def _list_passing(
    bundle: ModelBundle, row: pl.DataFrame, candidates: Sequence[_Candidate], *, schema: Schema
) -> list[tuple[_Candidate, float]]:
    """Return the candidates that obey the schema's rules and are accepted, with probabilities."""
    values = row.row(0, named=True)
    rows = pl.DataFrame(
        [{**values, **candidate.changed} for candidate in candidates], schema=row.schema
    )
    obeys_rules = pl.all_horizontal(
        pl.lit(value=True), *(pl.sql_expr(rule.expression) for rule in schema.rules)
    )
    scored = rows.with_columns(
        holds=obeys_rules, probability=pl.Series(score_probability(bundle, rows))
    )
    return [
        (candidate, p)
        for candidate, holds, p in zip(
            candidates, scored["holds"], scored["probability"], strict=True
        )
        if holds and p < bundle.decision_policy.threshold
    ]
