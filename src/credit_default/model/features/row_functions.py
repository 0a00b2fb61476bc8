"""The row functions with which a portfolio declares its features.

Each function takes whole columns (float64, latest month first where months are meant) and returns
one column. Sums are taken column by column in the order of the declaration, so that chunk size and
memory layout change no bit. A missing value is NaN, and a special value too but for the functions
that read it: arithmetic gives NaN then, counts leave it out. To add a feature, use these in the
feature list; to add a function, add it to `ROW_FUNCTIONS`.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import numpy as np

from credit_default.model.features.expressions import check_expression, compute_expression
from credit_default.model.features.learned_functions import LEARNED_FUNCTIONS
from credit_default.model.features.row_function import (
    REQUIRED_ARGUMENT,
    Columns,
    FloatArray,
    RowFunction,
)
from credit_default.model.features.value_functions import VALUE_FUNCTIONS

__all__ = ["ROW_FUNCTIONS", "Columns", "FloatArray", "RowFunction"]


def _raw(columns: Columns) -> FloatArray:
    return columns[0]


def _clip(columns: Columns, *, minimum: float, maximum: float) -> FloatArray:
    clipped: FloatArray = np.minimum(np.maximum(columns[0], minimum), maximum)
    return clipped


def _log(columns: Columns) -> FloatArray:
    return np.log1p(np.maximum(columns[0], 0.0))


def _ratio(columns: Columns, *, otherwise: float, minimum: float, maximum: float) -> FloatArray:
    numerator, denominator = columns
    positive = denominator > 0
    quotient = np.where(np.isnan(numerator) | np.isnan(denominator), np.nan, otherwise)
    with np.errstate(over="ignore"):  # a tiny denominator: the quotient is clipped below
        np.divide(numerator, denominator, out=quotient, where=positive)
    clipped: FloatArray = np.minimum(np.maximum(quotient, minimum), maximum)
    return clipped


def _difference(columns: Columns) -> FloatArray:
    return columns[0] - columns[1]


def _total(columns: Columns) -> FloatArray:
    total = columns[0].copy()
    for column in columns[1:]:
        total += column
    return total


def _mean(columns: Columns) -> FloatArray:
    return _total(columns) / len(columns)


def _minimum(columns: Columns) -> FloatArray:
    smallest = columns[0]
    for column in columns[1:]:
        smallest = np.minimum(smallest, column)
    return smallest


def _maximum(columns: Columns) -> FloatArray:
    largest = columns[0]
    for column in columns[1:]:
        largest = np.maximum(largest, column)
    return largest


def _spread(columns: Columns) -> FloatArray:
    mean = _mean(columns)
    return np.sqrt(_mean([(column - mean) ** 2 for column in columns]))


def _weighted_mean(columns: Columns, *, decay: float) -> FloatArray:
    weights = [decay**position for position in range(len(columns))]
    weighted = [weight * column for weight, column in zip(weights, columns, strict=True)]
    return _total(weighted) / sum(weights)


def _trend(columns: Columns) -> FloatArray:
    # Least squares against time; the first column is the latest, so time falls with position.
    middle = (len(columns) - 1) / 2
    steps = [middle - position for position in range(len(columns))]
    scale = sum(step * step for step in steps)
    return _total([step / scale * column for step, column in zip(steps, columns, strict=True)])


def _count_equal(columns: Columns, *, value: float) -> FloatArray:
    return _total([(column == value).astype(np.float64) for column in columns])


def _count_at_least(columns: Columns, *, value: float) -> FloatArray:
    return _total([(column >= value).astype(np.float64) for column in columns])


def _count_at_most(columns: Columns, *, value: float) -> FloatArray:
    return _total([(column <= value).astype(np.float64) for column in columns])


def _months_since_at_least(columns: Columns, *, value: float) -> FloatArray:
    since = np.full(len(columns[0]), float(len(columns)))
    for position in range(len(columns) - 1, -1, -1):
        since[columns[position] >= value] = position
    return since


def _months_between(columns: Columns) -> FloatArray:
    return (columns[0] - columns[1]) / _DAYS_IN_MONTH


_DAYS_IN_MONTH: Final = 365.2425 / 12

# Bounds without effect; infinities are no JSON numbers.
_NO_BOUNDS = -1e30, 1e30
_VALUE = {"value": REQUIRED_ARGUMENT}

ROW_FUNCTIONS: Final[Mapping[str, RowFunction]] = MappingProxyType(
    {
        "raw": RowFunction(
            _raw, "the column as it is, with its missing and special values", reads="values"
        ),
        **VALUE_FUNCTIONS,
        **LEARNED_FUNCTIONS,
        "expression": RowFunction(
            compute_expression,
            "a Polars SQL expression over its columns, row by row",
            most_columns=None,
            arguments={"expression": REQUIRED_ARGUMENT},
            kinds={"expression": "text"},
            check=check_expression,
            directions=(0,),
            gives_missing=True,
        ),
        "months_between": RowFunction(
            _months_between,
            "months from the second date to the first",
            fewest_columns=2,
            most_columns=2,
            directions=(1, -1),
        ),
        "clip": RowFunction(
            _clip,
            "the column, clipped to minimum and maximum",
            arguments={"minimum": _NO_BOUNDS[0], "maximum": _NO_BOUNDS[1]},
        ),
        "log": RowFunction(_log, "log(1 + x), where x below 0 counts as 0"),
        "ratio": RowFunction(
            _ratio,
            "first over second, `otherwise` where the second is not above 0, "
            "then clipped to minimum and maximum",
            fewest_columns=2,
            most_columns=2,
            arguments={"otherwise": 0.0, "minimum": _NO_BOUNDS[0], "maximum": _NO_BOUNDS[1]},
            directions=(1, 0),
        ),
        "difference": RowFunction(
            _difference, "first less second", fewest_columns=2, most_columns=2, directions=(1, -1)
        ),
        "total": RowFunction(_total, "the sum", most_columns=None),
        "mean": RowFunction(_mean, "the mean", most_columns=None),
        "minimum": RowFunction(_minimum, "the smallest", most_columns=None),
        "maximum": RowFunction(_maximum, "the largest", most_columns=None),
        "spread": RowFunction(
            _spread, "the standard deviation (divisor n)", most_columns=None, directions=(0,)
        ),
        "weighted_mean": RowFunction(
            _weighted_mean,
            "the mean with weights 1, decay, decay² …, latest first",
            most_columns=None,
            arguments={"decay": REQUIRED_ARGUMENT},
        ),
        "trend": RowFunction(
            _trend,
            "the slope by month, latest first",
            fewest_columns=2,
            most_columns=None,
            directions=(0,),
        ),
        "count_equal": RowFunction(
            _count_equal,
            "how many equal value",
            most_columns=None,
            arguments=_VALUE,
            directions=(0,),
            passes_missing=False,
        ),
        "count_at_least": RowFunction(
            _count_at_least,
            "how many reach value",
            most_columns=None,
            arguments=_VALUE,
            passes_missing=False,
        ),
        "count_at_most": RowFunction(
            _count_at_most,
            "how many are value or less",
            most_columns=None,
            arguments=_VALUE,
            directions=(-1,),
            passes_missing=False,
        ),
        "months_since_at_least": RowFunction(
            _months_since_at_least,
            "months since the latest one that reached value; the number of columns when none did",
            most_columns=None,
            arguments=_VALUE,
            directions=(-1,),
            passes_missing=False,
        ),
    }
)
