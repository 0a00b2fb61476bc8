"""The population stability index as the credit industry means it: bins are deciles of the reference.

Evidently's own index takes bins of equal width over both samples; on amounts, where one bin holds nearly everyone, it
sees almost nothing (docs/adr/ says what was measured). Ours is registered with Evidently under a name of its own.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

DECILE_COUNT: Final = 10
MOST_CODES: Final = 20  # a reference with no more values than these is binned by value
SMALLEST_SHARE: Final = 0.0001  # stands in for an empty bin, whose logarithm there is not


@dataclass(frozen=True, slots=True)
class Stability:
    """A population stability index, and how many bins it was taken over."""

    index: float
    bin_count: int


def measure_stability(reference: NDArray[Any], current: NDArray[Any], *, is_code: bool) -> Stability:
    """The index of `current` against `reference`: the sum of (r - c) ln(r / c) over the bins' shares r and c.

    Codes, and numbers of at most 20 different values in the reference, are binned by value; others by the deciles of the
    reference, those that coincide taken once. An empty bin counts as a share of .0001. Neither may hold missing values.
    """
    if is_code or len(np.unique(reference)) <= MOST_CODES:
        values, place = np.unique(np.concatenate([reference, current]), return_inverse=True)
        bin_count = len(values)
    else:
        edges = np.unique(np.quantile(reference, np.linspace(0, 1, DECILE_COUNT + 1)[1:-1]))
        place = np.searchsorted(edges, np.concatenate([reference, current]), side="right")
        bin_count = len(edges) + 1
    expected = _count_shares(place[: len(reference)], bin_count)
    found = _count_shares(place[len(reference) :], bin_count)
    return Stability(float(((expected - found) * np.log(expected / found)).sum()), bin_count)


def _count_shares(place: NDArray[np.intp], bin_count: int) -> NDArray[np.float64]:
    return np.maximum(np.bincount(place, minlength=bin_count) / len(place), SMALLEST_SHARE)
