"""The words in which a portfolio declares its features: row-wise functions on columns of numbers.

Each takes whole columns (float64, latest month first where months are meant) and gives one column. Sums are taken
column by column in the order of the declaration, so that chunk size and memory layout change no bit.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Columns = Sequence[FloatArray]

REQUIRED_ARGUMENT: Final = None  # stands where an argument has no default


@dataclass(frozen=True, slots=True)
class RowFunction:
    """One word: what it computes, how many columns it takes, its arguments and defaults (`REQUIRED`: none)."""

    compute: Callable[..., FloatArray]
    meaning: str
    fewest_columns: int = 1
    most_columns: int | None = 1  # None: any number
    arguments: Mapping[str, float | None] = field(default_factory=dict)
    # Which way it goes when one column alone is raised: 1 never down, -1 never up, 0 either; the last holds for the rest.
    directions: tuple[int, ...] = (1,)


def _raw(columns: Columns) -> FloatArray:
    return columns[0]


def _clip(columns: Columns, *, minimum: float, maximum: float) -> FloatArray:
    held: FloatArray = np.minimum(np.maximum(columns[0], minimum), maximum)
    return held


def _log(columns: Columns) -> FloatArray:
    return np.log1p(np.maximum(columns[0], 0.0))


def _ratio(columns: Columns, *, otherwise: float, minimum: float, maximum: float) -> FloatArray:
    numerator, denominator = columns
    positive = denominator > 0
    quotient = np.full(len(numerator), otherwise)
    with np.errstate(over="ignore"):  # a vanishing denominator: the maximum below holds it
        np.divide(numerator, denominator, out=quotient, where=positive)
    held: FloatArray = np.minimum(np.maximum(quotient, minimum), maximum)
    return held


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
    return _total([weight * column for weight, column in zip(weights, columns, strict=True)]) / sum(
        weights
    )


def _trend(columns: Columns) -> FloatArray:
    # Least squares against time; the first column is the latest, so time runs against position.
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


# Bounds that bind nothing, and are plain JSON numbers as infinities are not.
_ANY = -1e30, 1e30
_VALUE = {"value": REQUIRED_ARGUMENT}

ROW_FUNCTIONS: Final[Mapping[str, RowFunction]] = MappingProxyType(
    {
        "raw": RowFunction(_raw, "the column as it is"),
        "clip": RowFunction(
            _clip,
            "the column held between minimum and maximum",
            arguments={"minimum": _ANY[0], "maximum": _ANY[1]},
        ),
        "log": RowFunction(_log, "log(1 + x), where x below 0 counts as 0"),
        "ratio": RowFunction(
            _ratio,
            "first over second, `otherwise` where the second is not above 0, then held between minimum and maximum",
            fewest_columns=2,
            most_columns=2,
            arguments={"otherwise": 0.0, "minimum": _ANY[0], "maximum": _ANY[1]},
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
        ),
        "count_at_least": RowFunction(
            _count_at_least, "how many reach value", most_columns=None, arguments=_VALUE
        ),
        "count_at_most": RowFunction(
            _count_at_most,
            "how many are value or less",
            most_columns=None,
            arguments=_VALUE,
            directions=(-1,),
        ),
        "months_since_at_least": RowFunction(
            _months_since_at_least,
            "months since the latest one that reached value; the number of columns when none did",
            most_columns=None,
            arguments=_VALUE,
            directions=(-1,),
        ),
    }
)
