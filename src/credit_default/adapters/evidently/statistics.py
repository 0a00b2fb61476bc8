"""The population stability index as the credit industry means it, and Jensen-Shannon likewise: over deciles of the reference.

Evidently's own take bins of equal width over both samples; on amounts, where one bin holds nearly everyone, they see almost
nothing (docs/adr/ says what was measured). Ours are registered with Evidently under names of their own, and are those of
`model.distances`, so that a page and a verdict mean the same.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from credit_default.model.profile.binning import Counts, plan_bins
from credit_default.model.profile.drift_distances import (
    measure_jensenshannon_distance,
    measure_population_stability_index,
)


@dataclass(frozen=True, slots=True)
class StabilityIndex:
    """A population stability index, and how many bins it was taken over."""

    index: float
    bin_count: int


def measure_population_stability(
    reference: NDArray[Any], current: NDArray[Any], *, is_code: bool
) -> StabilityIndex:
    """The index of `current` against `reference`: the sum of (r - c) ln(r / c) over the bins' shares r and c.

    Codes, and numbers of at most 20 different values in the reference, are binned by value, a value that such a reference
    never held in one bin with all others of that kind; other numbers by the deciles of the reference, those that coincide
    taken once. An empty bin counts as a share of .0001. Neither may hold missing values.
    """
    before, after = count_by_bins(reference, current, is_code=is_code)
    return StabilityIndex(
        measure_population_stability_index(before, after), int(((before > 0) | (after > 0)).sum())
    )


def measure_jensenshannon(
    reference: NDArray[Any], current: NDArray[Any], *, is_code: bool
) -> float:
    """The Jensen-Shannon distance over the same bins: the root of the divergence in natural logarithms."""
    return measure_jensenshannon_distance(*count_by_bins(reference, current, is_code=is_code))


def count_by_bins(
    reference: NDArray[Any], current: NDArray[Any], *, is_code: bool
) -> tuple[Counts, Counts]:
    """How many values of each side lie in each bin; codes may be texts."""
    if is_code:
        values, place = np.unique(np.concatenate([reference, current]), return_inverse=True)
        class_count = len(values)
    else:
        bins = plan_bins(np.asarray(reference, dtype=np.float64))
        place = bins.assign_bins(np.concatenate([reference, current]).astype(np.float64))
        class_count = bins.class_count
    sides = (place[: len(reference)], place[len(reference) :])
    before, after = (np.bincount(side, minlength=class_count) for side in sides)
    return before, after
