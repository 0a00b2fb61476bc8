"""Bins of one column: by value, or between the deciles of the reference.

Bins follow from the reference alone, never from the rows that are compared with it. Rows can
therefore be counted as they pass, a record batch at a time, and the counts of two parts of a batch
can be added.
"""

from dataclasses import dataclass, field
from math import sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from credit_default.model.statistics.bootstrap import FloatArray

Counts = NDArray[np.int64]

DECILE_COUNT: Final = 10
MOST_VALUES: Final = 20  # a reference with more distinct values is binned by range
# The share of rows to come whose value the reference may lack, if it is binned by value: in a bin
# that was empty, such a share alone is a PSI of .1.
MOST_UNSEEN_SHARE: Final = 0.02
MOST_GRID_POINTS: Final = 8_192


@dataclass(frozen=True, slots=True, eq=False)
class Bins:
    """The bins of one column, followed by two classes: values in no bin, and missing values.

    Attributes:
        values: The distinct values, sorted, of a column binned by value; else empty.
        edges: The edges, sorted, of a column binned by range; a value on an edge is in the bin
            above.
        special: Values of a column binned by range that are no numbers, sorted; each has a bin of
            its own after the ranges.
    """

    values: FloatArray
    edges: FloatArray
    special: FloatArray = field(default_factory=lambda: np.empty(0))

    @property
    def bin_count(self) -> int:
        """Return the number of bins, without the classes for unknown and missing values."""
        return len(self.values) or len(self.edges) + 1 + len(self.special)

    @property
    def class_count(self) -> int:
        """Return the number of bins and the two classes: the length of every array of counts."""
        return self.bin_count + 2

    def assign_bins(self, column: FloatArray) -> NDArray[np.intp]:
        """Return the class of each value, in row order; NaN is a missing value."""
        missing = np.isnan(column)
        if not len(self.values):
            position = np.searchsorted(self.edges, column, side="right")
            for place, value in enumerate(self.special, len(self.edges) + 1):
                position[column == value] = place
        else:
            position = np.searchsorted(self.values, column)
            known = self.values[np.minimum(position, len(self.values) - 1)] == column
            position = np.where(known, position, self.bin_count)
        return np.where(missing, self.bin_count + 1, position)


def plan_bins(
    reference: FloatArray, *, codes: tuple[int, ...] = (), special: tuple[float, ...] = ()
) -> Bins:
    """Return the bins of a column.

    With `codes`, the bins are these codes and any other values of the reference. Without, a
    reference of at most 20 distinct values is binned by value where hardly any row to come has
    another one; any other reference between its deciles, of which those that coincide count once.

    Args:
        reference: The column's values; NaN is a missing value and makes no bin.
        codes: The codes that the schema permits.
        special: The values that are no numbers: each is a bin, and no decile counts them.
    """
    known, apart = reference[~np.isnan(reference)], np.unique(np.array(special, dtype=np.float64))
    present = known[~np.isin(known, apart)]
    values, counts = np.unique(present, return_counts=True)
    none = np.empty(0)
    if codes:
        permitted = np.concatenate([np.array(codes, dtype=np.float64), apart])
        return Bins(np.union1d(values, permitted), none)
    if 0 < len(values) <= MOST_VALUES and (
        bound_unseen_share(counts, row_count=len(reference)) <= MOST_UNSEEN_SHARE
    ):
        return Bins(np.union1d(values, apart), none)
    steps = np.linspace(0, 1, DECILE_COUNT + 1)[1:-1]
    edges = np.unique(np.quantile(present, steps)) if len(present) else none
    return Bins(none, edges, apart)


def bound_unseen_share(counts: Counts, *, row_count: int) -> float:
    """Return the share of rows to come, 0-1, whose value is none of these, by its upper bound.

    The share of rows with a value that no other row has estimates it (Good 1953, Biometrika 40,
    237-264); two standard errors are added (Esty 1983, Annals of Statistics 11, 905-912).

    Args:
        counts: The rows of each distinct value, each at least 1.
        row_count: All rows, those without a value among them.
    """
    once, twice = (int(np.count_nonzero(counts == number)) for number in (1, 2))
    return (once + 2 * sqrt(once + 2 * twice)) / row_count


def plan_grid(reference: FloatArray) -> FloatArray:
    """Return the points at which two distribution functions are compared, sorted.

    These are the distinct values of the reference; if there are more than 8,192, that many of their
    quantiles.
    """
    values = np.unique(reference[~np.isnan(reference)])
    if len(values) <= MOST_GRID_POINTS:
        return values
    return np.unique(np.quantile(values, np.linspace(0, 1, MOST_GRID_POINTS), method="nearest"))


def place_on_grid(grid: FloatArray, column: FloatArray) -> NDArray[np.intp]:
    """Return where each value lies on the grid, in row order.

    Returns:
        2i + 1 for a value on point i, 2i for a value between points i - 1 and i.
    """
    below = np.searchsorted(grid, column)
    on_point = grid[np.minimum(below, len(grid) - 1)] == column
    position: NDArray[np.intp] = 2 * below + on_point
    return position
