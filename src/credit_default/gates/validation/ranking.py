"""The area under the ROC curve and its variance, where rows of one client count together."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from credit_default.gates.validation.sample import ScoredSample
from credit_default.model.statistics.auc_placements import measure_placements
from credit_default.model.statistics.bootstrap import FloatArray

Clients = NDArray[Any] | None


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean or an area, and the variance of its estimate."""

    value: float
    variance: float

    @property
    def error(self) -> float:
        """Return the standard error."""
        return float(np.sqrt(self.variance))


def measure_area(outcomes: FloatArray, score: FloatArray, client: Clients = None) -> Estimate:
    """Return the area under the ROC curve.

    Args:
        outcomes: 0 or 1, at least two of each.
        score: Higher for more risk, in the order of `outcomes`; ties count half.
        client: Who each row is about; None where no client has two rows. The variance is DeLong's
            (1988, Biometrics 44, 837-845), by clients Obuchowski's (1997, Biometrics 53, 567-578).
    """
    placements = measure_placements(outcomes.astype(np.int64), score)
    area = float(placements[outcomes == 1].mean())
    return Estimate(area, _measure_variance(outcomes, placements, client))


def measure_area_gain(
    outcomes: FloatArray, score: FloatArray, other: FloatArray, client: Clients = None
) -> Estimate:
    """Return by how much the other score's area is larger, on the same rows; as `measure_area`."""
    first, second = (measure_placements(outcomes.astype(np.int64), s) for s in (score, other))
    gain = second - first
    value = float(gain[outcomes == 1].mean())
    return Estimate(value, _measure_variance(outcomes, gain, client))


def measure_mean(values: FloatArray, client: Clients = None) -> Estimate:
    """Return the mean of the values, with the variance of a mean over clients."""
    deviation = (values - values.mean()) / len(values)
    return Estimate(float(values.mean()), _add_up_squares(deviation, client))


def _measure_variance(outcomes: FloatArray, placements: FloatArray, client: Clients) -> float:
    """Return the variance of the mean placement; each row's influence is that on the area."""
    influence = np.empty(len(placements))
    for outcome in (0, 1):
        side = outcomes == outcome
        count = int(side.sum())
        centred = placements[side] - placements[side].mean()
        # Single rows give the unbiased variances of both outcomes, as DeLong has them.
        influence[side] = centred / np.sqrt(count * (count - 1))
    return _add_up_squares(influence, client, unbiased=True)


def _add_up_squares(influence: FloatArray, client: Clients, *, unbiased: bool = False) -> float:
    count = len(influence)
    if client is not None:
        clients, place = np.unique(client, return_inverse=True)
        if len(clients) < len(client):
            added = np.bincount(place, weights=influence)
            influence, count = added.astype(np.float64), len(clients)
    return float((influence**2).sum()) * (1.0 if unbiased else count / (count - 1))


def measure_areas(
    known: ScoredSample, part: NDArray[Any], *, fewest_outcomes: int
) -> Mapping[str, Estimate]:
    """Return the area of each part that has enough of both outcomes, sorted by label."""
    areas = {}
    for label in np.unique(part):
        rows = part == label
        outcomes = known.outcomes[rows]
        defaults = int(outcomes.sum())
        if min(defaults, len(outcomes) - defaults) >= max(2, fewest_outcomes):
            client = None if known.client_id is None else known.client_id[rows]
            areas[str(label)] = measure_area(outcomes, known.default_probability[rows], client)
    return areas
