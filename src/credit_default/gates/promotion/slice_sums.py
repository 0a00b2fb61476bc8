"""Sum what a check needs over each slice that is large enough to be judged, and correct for many slices."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from credit_default.gates.promotion.policy import PromotionPolicy
from credit_default.model.statistics.bootstrap import FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class SliceSums:
    """One slice: its rows, its defaults, and the sums of the terms over its rows."""

    name: str
    row_count: int
    default_count: int
    sums: FloatArray  # of shape (terms,)


def sum_slices(
    groups: Mapping[str, Any], *, defaulted: IntArray, terms: FloatArray, policy: PromotionPolicy
) -> Iterator[SliceSums]:
    """Yield every slice with enough rows of both outcomes, in the order of groups and labels.

    Args:
        groups: Divisions of the rows, one label for each row. A division with one label is left
            out: it is all rows.
        defaulted: Outcomes (0 or 1) of shape (rows,).
        terms: What to sum, of shape (rows, terms).
        policy: How many rows of each outcome are enough.
    """
    for name, labels in groups.items():
        levels, level_of_row = np.unique(np.asarray(labels).astype(str), return_inverse=True)
        if len(levels) == 1:
            continue
        counts, defaults, *sums = (
            np.bincount(level_of_row, weights=weights, minlength=len(levels))
            for weights in (None, defaulted, *terms.T)
        )
        fewest = np.minimum(defaults, counts - defaults)
        is_large = (counts >= policy.fewest_rows) & (fewest >= policy.fewest_defaults)
        for place in np.flatnonzero(is_large):
            yield SliceSums(
                f"{name} {levels[place]}",
                int(counts[place]),
                int(defaults[place]),
                np.array([term[place] for term in sums]),
            )


def select_by_holm(p_values: Sequence[float], *, level: float) -> list[int]:
    """Return the positions of the p-values that are significant, the smallest first.

    Holm's correction keeps the probability of any false one at the level, however the tests depend
    on each other (1979, Scandinavian Journal of Statistics 6, 65-70).
    """
    ordered = sorted(range(len(p_values)), key=lambda position: p_values[position])
    selected: list[int] = []
    for place, position in enumerate(ordered):
        if p_values[position] > level / (len(ordered) - place):
            break
        selected.append(position)
    return selected
