"""The area under the ROC curve and its variance, of a sample or of each part of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from credit_default.gates.validation.sample import ScoredSample
from credit_default.model.statistics.auc_placements import measure_placements
from credit_default.model.statistics.bootstrap import FloatArray


@dataclass(frozen=True, slots=True)
class Area:
    """An area under the ROC curve, 0-1, and the variance of its estimate."""

    value: float
    variance: float


def measure_area(defaulted: FloatArray, score: FloatArray) -> Area:
    """Return the area and DeLong's variance of it (1988, Biometrics 44, 837-845).

    Args:
        defaulted: Outcomes (0/1), at least two of each.
        score: Higher for more risk, in the order of `defaulted`; ties count half.
    """
    outcomes = defaulted.astype(np.int64)
    placements = measure_placements(outcomes, score)
    sides = [placements[outcomes == outcome] for outcome in (0, 1)]
    variance = sum(float(np.var(side, ddof=1)) / len(side) for side in sides)
    return Area(float(sides[1].mean()), variance)


def measure_areas(
    known: ScoredSample, part: NDArray[Any], *, fewest_outcomes: int
) -> Mapping[str, Area]:
    """Return the area of each part that has enough of both outcomes, sorted by label."""
    areas = {}
    for label in np.unique(part):
        rows = part == label
        outcomes = known.outcomes[rows]
        defaults = int(outcomes.sum())
        if min(defaults, len(outcomes) - defaults) >= max(2, fewest_outcomes):
            areas[str(label)] = measure_area(outcomes, known.default_probability[rows])
    return areas
