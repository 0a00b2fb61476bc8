"""How the values of one column are counted: by code, or between the deciles of the reference.

The bins follow from the reference alone, never from the rows that are compared with it. So rows can be counted as they
pass, a record batch at a time, and what two halves of a batch come to can be added.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

DECILE_COUNT: Final = 10
MOST_CODES: Final = 20  # a reference with no more values than these is binned by value
MOST_GRID_POINTS: Final = 8_192


@dataclass(frozen=True, slots=True, eq=False)
class Bins:
    """One column's bins, then two classes of their own: values that no bin by value knows, and missing ones.

    By value where `values` holds any (sorted), else by `edges`: a value on an edge lies in the bin above it.
    """

    values: Floats
    edges: Floats

    @property
    def bin_count(self) -> int:
        """The bins, without the two classes for unknown and missing values."""
        return len(self.values) or len(self.edges) + 1

    @property
    def class_count(self) -> int:
        """The bins and the two classes: how long every array of counts is."""
        return self.bin_count + 2

    def place(self, column: Floats) -> NDArray[np.intp]:
        """The class of each value, in row order."""
        missing = np.isnan(column)
        if not len(self.values):
            place = np.searchsorted(self.edges, column, side="right")
        else:
            place = np.searchsorted(self.values, column)
            known = self.values[np.minimum(place, len(self.values) - 1)] == column
            place = np.where(known, place, self.bin_count)
        return np.where(missing, self.bin_count + 1, place)


def plan_bins(reference: Floats, *, codes: tuple[int, ...] = ()) -> Bins:
    """The bins of a column: its `codes` and whatever else the reference holds; or, without codes, the reference's deciles.

    Deciles that coincide are taken once. A reference of at most 20 different numbers is binned by value. Missing values
    make no bin.
    """
    present = reference[~np.isnan(reference)]
    values = np.unique(present)
    none = np.empty(0)
    if codes:
        return Bins(np.union1d(values, np.array(codes, dtype=np.float64)), none)
    if 0 < len(values) <= MOST_CODES:
        return Bins(values, none)
    steps = np.linspace(0, 1, DECILE_COUNT + 1)[1:-1]
    return Bins(none, np.unique(np.quantile(present, steps)) if len(present) else none)


def plan_grid(reference: Floats) -> Floats:
    """Points at which both distribution functions are compared: every different value of the reference, sorted.

    Where there are more than 8,192 of them, that many of its quantiles.
    """
    values = np.unique(reference[~np.isnan(reference)])
    if len(values) <= MOST_GRID_POINTS:
        return values
    return np.unique(np.quantile(values, np.linspace(0, 1, MOST_GRID_POINTS), method="nearest"))


def place_on_grid(grid: Floats, column: Floats) -> NDArray[np.intp]:
    """Where each value lies: 2i + 1 on point i, 2i between point i - 1 and point i; row order."""
    below = np.searchsorted(grid, column)
    on_point = grid[np.minimum(below, len(grid) - 1)] == column
    place: NDArray[np.intp] = 2 * below + on_point
    return place
