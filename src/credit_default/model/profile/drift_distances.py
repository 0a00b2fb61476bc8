"""Measure how far a column of one profile is from another's, by the schema's method for it.

Missing values are a bin of their own, and so is each special value; to `ks` they are one value below
all numbers, and `wasserstein` compares the numbers alone. The distances come from counts alone, so that one pass over any number of rows suffices: `psi`,
`jensenshannon` and `chisquare` over the reference's bins, `ks` and `wasserstein` over its distinct
values. All are exact for the rows counted except `wasserstein` and a `ks` on a reference of more
than 8,192 distinct values, which state their largest `error`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from credit_default.errors import InputError
from credit_default.model.profile.binning import Counts
from credit_default.model.profile.column_counts import ColumnProfile
from credit_default.model.profile.two_sample_p_values import (
    measure_homogeneity_p_value,
    measure_ks_p_value,
)
from credit_default.model.statistics.bootstrap import FloatArray
from credit_default.model.statistics.tails import measure_chi_square_tail

SMALLEST_SHARE: Final = 0.0001  # replaces the share of an empty bin, which has no logarithm
SMALLEST_DEVIATION: Final = 0.001  # replaces the standard deviation of a constant reference
_NO_NUMBERS_DISTANCE: Final = 1 / SMALLEST_DEVIATION  # where one side has numbers and one has none


@dataclass(frozen=True, slots=True)
class Distance:
    """A statistic and what is needed to know its noise.

    Attributes:
        statistic: A p-value for ks and chisquare, else a distance.
        bin_count: Bins that hold any row of either side.
        error: How far the statistic may be from that of the exact values.
        spread: For wasserstein, the integral of sqrt(F (1 - F)) over the reference's distribution,
            in its standard deviations.
        p_value: The chance that two samples of one population are this far apart, bins of few rows
            taken together; 0 for wasserstein, whose noise is computed otherwise.
    """

    statistic: float
    bin_count: int
    error: float = 0.0
    spread: float = 0.0
    p_value: float = 0.0


@dataclass(frozen=True, slots=True)
class ProfilePair:
    """One column of both profiles; `grid` is empty where the method needs none."""

    reference: ColumnProfile
    current: ColumnProfile
    grid: FloatArray


def measure_distance(column: ProfilePair, method: str) -> Distance:
    """Return the distance of the current column from the reference.

    Args:
        column: Both sides, each with at least one row.
        method: `psi`, `jensenshannon`, `chisquare`, `ks` or `wasserstein`.

    Raises:
        InputError: another method.
    """
    if method not in _MEASURES:
        raise InputError(
            "drift method",
            found=repr(method),
            expected=", ".join(_MEASURES),
            remedy="Correct the schema.",
        )
    return _MEASURES[method](column)


def measure_population_stability_index(reference: Counts, current: Counts) -> float:
    """Return the population stability index (PSI) of two arrays of counts by bin.

    It is the sum of (r - c) ln(r / c) over the shares r and c of each bin (Siddiqi 2006, Credit
    Risk Scorecards). An empty bin counts as a share of .0001.
    """
    r, c = (np.maximum(counts / counts.sum(), SMALLEST_SHARE) for counts in (reference, current))
    return float(((r - c) * np.log(r / c)).sum())


def measure_jensenshannon_distance(reference: Counts, current: Counts) -> float:
    """Return the Jensen-Shannon distance of two arrays of counts by bin, 0–.83.

    It is the square root of the divergence with natural logarithms (Lin 1991, IEEE Transactions on
    Information Theory 37, 145-151).
    """
    r, c = (counts / counts.sum() for counts in (reference, current))
    middle = (r + c) / 2
    halves = [
        np.where(
            side > 0,
            side * np.log(np.divide(side, middle, out=np.ones_like(side), where=side > 0)),
            0,
        ).sum()
        for side in (r, c)
    ]
    return float(np.sqrt(max(0.0, sum(halves) / 2)))


def _measure_psi(column: ProfilePair) -> Distance:
    counts = column.reference.counts, column.current.counts
    p_value = measure_homogeneity_p_value(*counts)
    return Distance(
        measure_population_stability_index(*counts), _count_bins(column), p_value=p_value
    )


def _measure_jensenshannon(column: ProfilePair) -> Distance:
    counts = column.reference.counts, column.current.counts
    p_value = measure_homogeneity_p_value(*counts)
    return Distance(measure_jensenshannon_distance(*counts), _count_bins(column), p_value=p_value)


def _measure_chisquare(column: ProfilePair) -> Distance:
    """Return the p-value of Pearson's test that the current counts follow the reference's shares.

    The test takes the reference for the truth: it ignores the reference's own noise, and a single
    row of a code that the reference lacks makes the p-value 0. The noise is therefore judged by
    `p_value`, that of the two-sample test with rare codes merged.
    """
    found = column.current.counts
    expected = column.reference.counts * (found.sum() / column.reference.counts.sum())
    taken = (found > 0) | (expected > 0)
    bin_count = int(taken.sum())
    with np.errstate(divide="ignore"):  # a value that the reference lacks is infinitely far
        statistic = float(((found[taken] - expected[taken]) ** 2 / expected[taken]).sum())
    p_value = measure_chi_square_tail(statistic, bin_count - 1) if bin_count > 1 else 1.0
    return Distance(
        p_value, bin_count, p_value=measure_homogeneity_p_value(column.reference.counts, found)
    )


def _measure_ks(column: ProfilePair) -> Distance:
    """Return the p-value of the two-sample Kolmogorov-Smirnov test.

    Between two values of the reference only one distribution rises, so that the largest distance is
    at such a value.
    """
    before, after = (_cumulate(side) for side in (column.reference, column.current))
    place = int(np.argmax(np.abs(before / before[-1] - after / after[-1])))
    p_value = measure_ks_p_value(
        int(before[place]), int(before[-1]), int(after[place]), int(after[-1])
    )
    between = slice(0, None, 2)
    unseen = float((column.reference.grid_counts[between] / before[-1]).max(initial=0.0))
    return Distance(p_value, _count_bins(column), error=unseen, p_value=p_value)


def _cumulate(side: ColumnProfile) -> Counts:
    """Return the cumulated counts: what is no number first, then by position on the grid.

    Numbers beside a grid without points, that of a reference without any number, come last.
    """
    others, off_grid = (
        side.counts.sum() - side.number_count,
        side.number_count - side.grid_counts.sum(),
    )
    cumulated: Counts = np.cumsum([others, *side.grid_counts, off_grid], dtype=np.int64)
    return cumulated


def _measure_wasserstein(column: ProfilePair) -> Distance:
    """Return the area between both distribution functions, in the reference's standard deviations.

    The area under each function is exact between two points of the grid, by the sum of the values
    there.
    """
    grid, reference, current = column.grid, column.reference, column.current
    if not reference.number_count or not current.number_count:
        differ = bool(reference.number_count) != bool(current.number_count)
        return Distance(_NO_NUMBERS_DISTANCE if differ else 0.0, _count_bins(column))
    before, after = (
        np.cumsum(side.grid_counts) / side.grid_counts.sum() for side in (reference, current)
    )
    width = np.diff(grid)
    signed = _integrate(grid, reference, before) - _integrate(grid, current, after)
    uncertain = _measure_uncertain_areas(before - after, width)
    tails = _measure_tails(grid, reference) - _measure_tails(grid, current)
    deviation = _measure_deviation(reference)
    area = float(np.abs(signed).sum() + uncertain.sum() + np.abs(tails).sum())
    share = before[1:-2:2]
    spread = float((width * np.sqrt(share * (1 - share))).sum())
    return Distance(
        area / deviation,
        _count_bins(column),
        float(uncertain.sum()) / deviation,
        spread / deviation,
    )


def _measure_uncertain_areas(gap: FloatArray, width: FloatArray) -> FloatArray:
    """Return the uncertainty of the area between each two points of the grid.

    Only where the functions cross between two points is their difference uncertain; the middle of
    its range is taken.
    """
    left, right = gap[1:-2:2], gap[2:-1:2]
    crossing = left * right < 0
    return np.where(crossing, width * np.minimum(np.abs(left), np.abs(right)), 0)


def _integrate(grid: FloatArray, side: ColumnProfile, distribution: FloatArray) -> FloatArray:
    """Return the area under a distribution function between each two points of the grid."""
    sums = side.grid_sums[2:-1:2] / side.grid_counts.sum()
    area: FloatArray = distribution[2:-1:2] * grid[1:] - distribution[1:-2:2] * grid[:-1] - sums
    return area


def _measure_tails(grid: FloatArray, side: ColumnProfile) -> FloatArray:
    """Return how far values lie beyond either end of the grid, in sum over the rows, per row."""
    ends, counts, sums = grid[[0, -1]], side.grid_counts[[0, -1]], side.grid_sums[[0, -1]]
    beyond: FloatArray = np.abs(counts * ends - sums) / side.grid_counts.sum()
    return beyond


def _measure_deviation(side: ColumnProfile) -> float:
    count = int(side.grid_counts.sum())
    variance = side.square_total / count - (side.total / count) ** 2
    return max(float(np.sqrt(max(0.0, variance))), SMALLEST_DEVIATION)


def _count_bins(column: ProfilePair) -> int:
    return int(((column.reference.counts > 0) | (column.current.counts > 0)).sum())


_MEASURES: Final[Mapping[str, Callable[[ProfilePair], Distance]]] = {
    "psi": _measure_psi,
    "jensenshannon": _measure_jensenshannon,
    "chisquare": _measure_chisquare,
    "ks": _measure_ks,
    "wasserstein": _measure_wasserstein,
}
