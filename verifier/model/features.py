"""Compute the features of a bundle from raw rows, each by the function that its declaration names."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa

Columns = Sequence[Any]

_NO_BOUNDS: Final = (-1e30, 1e30)
_DAYS_IN_MONTH: Final = 365.2425 / 12


class NotJudgedError(Exception):
    """Something that the lake alone does not say how to compute."""


def build_matrix(rows: pa.Table, bundle_arguments: Mapping[str, Any]) -> Any:
    """Return the float32 feature matrix of the rows, by the declaration in a bundle's first step.

    Raises:
        NotJudgedError: A feature is computed by a function of the lender's, or by an expression.
    """
    known = dict(bundle_arguments.get("inputs") or {})
    values: dict[str, Any] = {}
    kept = []
    for feature in bundle_arguments["spec"]:
        function, columns = feature["function"], feature["columns"]
        if function not in _FUNCTIONS:
            raise NotJudgedError(f"the feature {feature['name']} is computed by {function}")
        reads = _READS.get(function, "numbers")
        for name in columns:
            values[name] = values[name] if name in values else read_numbers(rows, name)
        taken = [_select(values[name], known.get(name), reads) for name in columns]
        values[feature["name"]] = _FUNCTIONS[function](taken, feature["arguments"])
        if function == "raw" and columns[0] in known:
            known[feature["name"]] = known[columns[0]]
        if feature["kept"]:
            kept.append(feature["name"])
    with np.errstate(over="ignore"):
        return np.column_stack([values[name].astype(np.float32) for name in kept])


def read_numbers(rows: pa.Table, name: str) -> Any:
    """Return a column as float64, NaN for a missing value."""
    column = rows[name].combine_chunks()
    if pa.types.is_null(column.type):
        return np.full(len(column), np.nan)
    return np.ascontiguousarray(column.cast(pa.float64()).to_numpy(zero_copy_only=False))


def _select(column: Any, may_hold: Mapping[str, Any] | None, reads: str) -> Any:
    special = (may_hold or {}).get("special") or []
    if reads == "special":
        return np.where(np.isin(column, special), column, np.nan)
    if reads == "values" or not special:
        return column
    return np.where(np.isin(column, special), np.nan, column)


def _total(columns: Columns) -> Any:
    total = columns[0].copy()
    for column in columns[1:]:
        total += column
    return total


def _mean(columns: Columns) -> Any:
    return _total(columns) / len(columns)


def _clip(column: Any, given: Mapping[str, Any]) -> Any:
    low, high = given.get("minimum", _NO_BOUNDS[0]), given.get("maximum", _NO_BOUNDS[1])
    return np.minimum(np.maximum(column, low), high)


def _ratio(columns: Columns, given: Mapping[str, Any]) -> Any:
    over, under = columns
    missing = np.isnan(over) | np.isnan(under)
    quotient = np.where(missing, np.nan, given.get("otherwise", 0.0))
    with np.errstate(over="ignore"):
        np.divide(over, under, out=quotient, where=under > 0)
    return _clip(quotient, given)


def _fold(function: Callable[[Any, Any], Any], columns: Columns) -> Any:
    found = columns[0]
    for column in columns[1:]:
        found = function(found, column)
    return found


def _spread(columns: Columns) -> Any:
    mean = _mean(columns)
    return np.sqrt(_mean([(column - mean) ** 2 for column in columns]))


def _weighted_mean(columns: Columns, decay: float) -> Any:
    weights = [decay**place for place in range(len(columns))]
    total = _total([weight * column for weight, column in zip(weights, columns, strict=True)])
    return total / sum(weights)


def _trend(columns: Columns) -> Any:
    middle = (len(columns) - 1) / 2
    steps = [middle - place for place in range(len(columns))]
    scale = sum(step * step for step in steps)
    return _total([step / scale * column for step, column in zip(steps, columns, strict=True)])


def _count(columns: Columns, holds: Callable[[Any], Any]) -> Any:
    return _total([holds(column).astype(np.float64) for column in columns])


def _months_since(columns: Columns, value: float) -> Any:
    since = np.full(len(columns[0]), float(len(columns)))
    for place in reversed(range(len(columns))):
        since[columns[place] >= value] = place
    return since


def _find_places(column: Any, listed: Sequence[float]) -> Any:
    places = np.full(len(column), -1, dtype=np.int64)
    for place, value in enumerate(listed):
        places[column == value] = place
    return places


def _ordinal(column: Any, order: Sequence[float]) -> Any:
    places = _find_places(column, order)
    return np.where(places < 0, np.nan, places + 1.0)


def _look_up(column: Any, given: Mapping[str, Any]) -> Any:
    places = _find_places(column, given["values"])
    places[places < 0] = len(given["values"]) + 1
    places[np.isnan(column)] = len(given["values"])
    return np.asarray(given["learned"], dtype=np.float64)[places]


_READS: Final = {
    **dict.fromkeys(("raw", "is_missing", "one_hot", "ordinal", "woe", "target_mean"), "values"),
    "is_special": "special",
}
_FUNCTIONS: Final[Mapping[str, Callable[[Columns, Mapping[str, Any]], Any]]] = {
    "raw": lambda columns, _: columns[0],
    "clip": lambda columns, given: _clip(columns[0], given),
    "log": lambda columns, _: np.log1p(np.maximum(columns[0], 0.0)),
    "ratio": _ratio,
    "difference": lambda columns, _: columns[0] - columns[1],
    "months_between": lambda columns, _: (columns[0] - columns[1]) / _DAYS_IN_MONTH,
    "total": lambda columns, _: _total(columns),
    "mean": lambda columns, _: _mean(columns),
    "minimum": lambda columns, _: _fold(np.minimum, columns),
    "maximum": lambda columns, _: _fold(np.maximum, columns),
    "spread": lambda columns, _: _spread(columns),
    "weighted_mean": lambda columns, given: _weighted_mean(columns, given["decay"]),
    "trend": lambda columns, _: _trend(columns),
    "count_equal": lambda columns, given: _count(columns, lambda c: c == given["value"]),
    "count_at_least": lambda columns, given: _count(columns, lambda c: c >= given["value"]),
    "count_at_most": lambda columns, given: _count(columns, lambda c: c <= given["value"]),
    "months_since_at_least": lambda columns, given: _months_since(columns, given["value"]),
    "otherwise": lambda columns, given: np.where(np.isnan(columns[0]), given["value"], columns[0]),
    "is_missing": lambda columns, _: np.isnan(columns[0]).astype(np.float64),
    "is_special": lambda columns, _: 1.0 - np.isnan(columns[0]).astype(np.float64),
    "one_hot": lambda columns, given: (columns[0] == given["value"]).astype(np.float64),
    "ordinal": lambda columns, given: _ordinal(columns[0], given["order"]),
    "woe": lambda columns, given: _look_up(columns[0], given),
    "target_mean": lambda columns, given: _look_up(columns[0], given),
}
