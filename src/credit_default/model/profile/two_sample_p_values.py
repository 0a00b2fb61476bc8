"""P-values of two-sample tests from counts: chi-square of homogeneity and Kolmogorov-Smirnov."""

import warnings
from typing import Final

import numpy as np

from credit_default.model.profile.binning import Counts
from credit_default.model.statistics.tails import measure_chi_square_tail

_FEWEST_EXPECTED: Final = 5  # in a bin, for a chi-square test to hold
_MOST_EXACT_ROWS: Final = 10_000  # rows per side up to which scipy computes the exact p-value


def measure_homogeneity_p_value(reference: Counts, current: Counts) -> float:
    """Return the p-value of the chi-square test of homogeneity.

    Args:
        reference: Counts by bin.
        current: Counts by the same bins. Bins with fewer than 5 expected rows are merged into one.
    """
    shares = np.array([reference.sum(), current.sum()]) / (reference.sum() + current.sum())
    both = reference + current
    thin = both * shares.min() < _FEWEST_EXPECTED
    table = np.array(
        [[*side[~thin], side[thin].sum()] for side in (reference, current)], dtype=np.float64
    )
    table = table[:, table.sum(axis=0) > 0]
    expected = np.outer(shares, table.sum(axis=0))
    statistic = float(((table - expected) ** 2 / expected).sum())
    return measure_chi_square_tail(statistic, table.shape[1] - 1) if table.shape[1] > 1 else 1.0


def measure_ks_p_value(below: int, row_count: int, other_below: int, other_row_count: int) -> float:
    """Return the p-value of the Kolmogorov-Smirnov test from where the distributions differ most.

    Args:
        below: Rows of the first sample up to that point.
        row_count: Rows of the first sample.
        other_below: Rows of the second sample up to that point.
        other_row_count: Rows of the second sample.
    """
    from scipy.stats import ks_2samp, kstwo

    if max(row_count, other_row_count) > _MOST_EXACT_ROWS:
        effective = row_count * other_row_count / (row_count + other_row_count)
        distance = abs(below / row_count - other_below / other_row_count)
        return float(kstwo.sf(distance, np.round(effective)))
    # The p-value depends on the sample sizes and the distance alone, so two samples of 0 and 1 with
    # the same distance have it.
    sides = [
        np.arange(count) >= part
        for part, count in ((below, row_count), (other_below, other_row_count))
    ]
    with warnings.catch_warnings():
        # scipy warns and approximates where the exact p-value cannot be computed.
        warnings.simplefilter("ignore", RuntimeWarning)
        return float(ks_2samp(*(side.astype(np.float64) for side in sides)).pvalue)
