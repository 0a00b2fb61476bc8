"""How far a column of one profile is from that of another, by the method that the schema names for it.

From counts alone, so that one pass over any number of rows is enough: `psi`, `jensenshannon` and `chisquare` over the
reference's bins, `ks` and `wasserstein` over its different values. All are exact for the rows counted but `wasserstein`,
whose doubt is told (`error`), and a `ks` on a reference of more than 8,192 different values.
"""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.stats import chi2, ks_2samp, kstwo

from credit_default.errors import InputError
from credit_default.model.profile.binning import Counts, Floats
from credit_default.model.profile.column_counts import ColumnProfile

SMALLEST_SHARE: Final = 0.0001  # stands in for an empty bin, whose logarithm there is not
SMALLEST_DEVIATION: Final = 0.001  # stands in for that of a constant reference
_FEWEST_EXPECTED: Final = 5  # in a bin, for a chi-square test to hold
_MOST_EXACT_ROWS: Final = 10_000  # rows a side, up to which scipy counts paths for a p-value of ks


@dataclass(frozen=True, slots=True)
class Distance:
    """A statistic, and what is needed to know its noise.

    `statistic`: a p-value for ks and chisquare, else a distance. `bin_count`: bins that any row of either side is in.
    `error`: how far the statistic of all rows may be from this one. `spread`: for wasserstein, the integral of
    sqrt(F (1 - F)) over the reference's distribution, in its standard deviations. `chance`: for ks and chisquare, how
    likely two samples of one population are that far apart; 0 where the noise is known otherwise.
    """

    statistic: float
    bin_count: int
    error: float = 0.0
    spread: float = 0.0
    chance: float = 0.0


@dataclass(frozen=True, slots=True)
class ProfilePair:
    """One column on both sides; `grid` is empty where the method needs none."""

    reference: ColumnProfile
    current: ColumnProfile
    grid: Floats


def measure_distance(column: ProfilePair, method: str) -> Distance:
    """The distance by `psi`, `jensenshannon`, `chisquare`, `ks` or `wasserstein`. Both sides hold at least one value.

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
    """The population stability index of two arrays of counts by bin: the sum of (r - c) ln(r / c) over shares r and c.

    An empty bin counts as a share of .0001.
    """
    r, c = (np.maximum(counts / counts.sum(), SMALLEST_SHARE) for counts in (reference, current))
    return float(((r - c) * np.log(r / c)).sum())


def measure_jensenshannon_distance(reference: Counts, current: Counts) -> float:
    """The Jensen-Shannon distance of two arrays of counts by bin: the root of the divergence, natural logarithm, 0-.83."""
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
    return Distance(
        measure_population_stability_index(column.reference.counts, column.current.counts),
        _count_bins(column),
    )


def _measure_jensenshannon(column: ProfilePair) -> Distance:
    return Distance(
        measure_jensenshannon_distance(column.reference.counts, column.current.counts),
        _count_bins(column),
    )


def _measure_chisquare(column: ProfilePair) -> Distance:
    """Pearson's test that the current counts are drawn from the reference's shares: its p-value.

    It takes the reference for the truth, whose own noise it does not know, and one row of a code that the reference happens
    to lack for impossible: `chance` is that of the two-sample test, rare codes together.
    """
    found = column.current.counts
    expected = column.reference.counts * (found.sum() / column.reference.counts.sum())
    taken = (found > 0) | (expected > 0)
    bin_count = int(taken.sum())
    with np.errstate(divide="ignore"):  # a value that the reference never held: infinitely far
        statistic = float(((found[taken] - expected[taken]) ** 2 / expected[taken]).sum())
    p_value = float(chi2.sf(statistic, bin_count - 1)) if bin_count > 1 else 1.0
    return Distance(
        p_value, bin_count, chance=measure_homogeneity_p_value(column.reference.counts, found)
    )


def measure_homogeneity_p_value(reference: Counts, current: Counts) -> float:
    """The p-value of the chi-square test of homogeneity; bins too thin for it (fewer than 5 expected) count as one."""
    shares = np.array([reference.sum(), current.sum()]) / (reference.sum() + current.sum())
    both = reference + current
    thin = both * shares.min() < _FEWEST_EXPECTED
    table = np.array(
        [[*side[~thin], side[thin].sum()] for side in (reference, current)], dtype=np.float64
    )
    table = table[:, table.sum(axis=0) > 0]
    expected = np.outer(shares, table.sum(axis=0))
    statistic = float(((table - expected) ** 2 / expected).sum())
    return float(chi2.sf(statistic, table.shape[1] - 1)) if table.shape[1] > 1 else 1.0


def _measure_ks(column: ProfilePair) -> Distance:
    """The two-sample Kolmogorov-Smirnov test's p-value.

    The distributions are farthest apart beside a value of the reference, for between two of these only one of them rises.
    """
    before, after = (np.cumsum(side.grid_counts) for side in (column.reference, column.current))
    place = int(np.argmax(np.abs(before / before[-1] - after / after[-1])))
    p_value = _find_p_value(int(before[place]), int(before[-1]), int(after[place]), int(after[-1]))
    between = slice(0, None, 2)
    unseen = float((column.reference.grid_counts[between] / before[-1]).max())
    return Distance(p_value, _count_bins(column), error=unseen, chance=p_value)


def _find_p_value(below: int, row_count: int, other_below: int, other_row_count: int) -> float:
    if max(row_count, other_row_count) > _MOST_EXACT_ROWS:
        effective = row_count * other_row_count / (row_count + other_row_count)
        distance = abs(below / row_count - other_below / other_row_count)
        return float(kstwo.sf(distance, np.round(effective)))
    # The p-value depends on both lengths and the distance alone: two samples of 0 and 1 that are as far apart have it.
    sides = [
        np.arange(count) >= part
        for part, count in ((below, row_count), (other_below, other_row_count))
    ]
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", RuntimeWarning
        )  # where the paths can't be counted scipy says so and approximates
        return float(ks_2samp(*(side.astype(np.float64) for side in sides)).pvalue)


def _measure_wasserstein(column: ProfilePair) -> Distance:
    """The area between both distribution functions, in standard deviations of the reference.

    The area under each is exact between any two points of the grid, by the sum of the values there. Only where the
    functions cross between two points is their difference in doubt: there the middle of what it can be is taken.
    """
    grid, reference, current = column.grid, column.reference, column.current
    before, after = (
        np.cumsum(side.grid_counts) / side.grid_counts.sum() for side in (reference, current)
    )
    gap = before - after
    left, right, width = gap[1:-2:2], gap[2:-1:2], np.diff(grid)
    signed = _integrate(grid, reference, before) - _integrate(grid, current, after)
    crossing = left * right < 0
    doubt = np.where(crossing, width * np.minimum(np.abs(left), np.abs(right)), 0)
    tails = _measure_tails(grid, reference) - _measure_tails(grid, current)
    deviation = _measure_deviation(reference)
    area = float(np.abs(signed).sum() + doubt.sum() + np.abs(tails).sum())
    share = before[1:-2:2]
    spread = float((width * np.sqrt(share * (1 - share))).sum())
    return Distance(
        area / deviation, _count_bins(column), float(doubt.sum()) / deviation, spread / deviation
    )


def _integrate(grid: Floats, side: ColumnProfile, distribution: Floats) -> Floats:
    """The area under a distribution function between each two points of the grid."""
    sums = side.grid_sums[2:-1:2] / side.grid_counts.sum()
    area: Floats = distribution[2:-1:2] * grid[1:] - distribution[1:-2:2] * grid[:-1] - sums
    return area


def _measure_tails(grid: Floats, side: ColumnProfile) -> Floats:
    """How far, in all, values lie below the first point of the grid and above the last, for one row on average."""
    ends, counts, sums = grid[[0, -1]], side.grid_counts[[0, -1]], side.grid_sums[[0, -1]]
    beyond: Floats = np.abs(counts * ends - sums) / side.grid_counts.sum()
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
