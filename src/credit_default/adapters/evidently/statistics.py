"""PSI and Jensen-Shannon distance over deciles of the reference, for the rows that Evidently draws.

Evidently's own versions take bins of equal width over both samples. On skewed amounts one such bin holds nearly every
client, and a shift goes unseen (docs/adr/0007-psi-over-deciles.md has the measurement). These use the bins and formulas
of `model.profile`, as the drift gate does, so that a page and its verdict agree. They are registered with Evidently under
names of their own (`drift_table`).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from credit_default.model.profile.binning import Counts, plan_bins
from credit_default.model.profile.drift_distances import (
    measure_jensenshannon_distance,
    measure_population_stability_index,
)


def measure_population_stability(
    reference: NDArray[Any], current: NDArray[Any], *, is_code: bool
) -> float:
    """Return the population stability index: the sum of (r - c) ln(r / c) over the bins' shares r and c.

    An empty bin counts as a share of 0.0001. The arguments are those of `count_by_bins`.
    """
    return measure_population_stability_index(*count_by_bins(reference, current, is_code=is_code))


def measure_jensenshannon(
    reference: NDArray[Any], current: NDArray[Any], *, is_code: bool
) -> float:
    """Return the Jensen-Shannon distance over the same bins: the root of the divergence in natural logarithms.

    The arguments are those of `count_by_bins`.
    """
    return measure_jensenshannon_distance(*count_by_bins(reference, current, is_code=is_code))


def count_by_bins(
    reference: NDArray[Any], current: NDArray[Any], *, is_code: bool
) -> tuple[Counts, Counts]:
    """Return how many values of the reference, and of the current rows, lie in each bin.

    Args:
        reference: Values without missing ones; the bins follow from these alone.
        current: Values without missing ones.
        is_code: True for codes, which may be texts and are binned by value. Numbers are binned by the deciles of the
            reference, equal deciles taken once; where the reference holds at most 20 different numbers they are binned
            by value, and all numbers that it does not hold share one bin.
    """
    if is_code:
        values, positions = np.unique(np.concatenate([reference, current]), return_inverse=True)
        bin_count = len(values)
    else:
        bins = plan_bins(np.asarray(reference, dtype=np.float64))
        positions = bins.assign_bins(np.concatenate([reference, current]).astype(np.float64))
        bin_count = bins.class_count
    sides = (positions[: len(reference)], positions[len(reference) :])
    before, after = (np.bincount(side, minlength=bin_count) for side in sides)
    return before, after
