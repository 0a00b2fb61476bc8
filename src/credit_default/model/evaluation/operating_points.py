"""Measure the decisions at a threshold, for many thresholds and resamples at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.evaluation.intervals import Metric, measure_interval
from credit_default.model.evaluation.share_intervals import measure_share_among
from credit_default.model.statistics.bootstrap import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """The consequences of one threshold on one set of rows.

    Shares are 0–1; costs are per 1,000 clients, in the policy's unit.
    """

    threshold: float
    cost_ratio: float  # of a missed default to a false alarm
    declined_count: int
    caught_default_count: int
    declined_share: Metric
    caught_share: Metric | None  # of the defaulters; None where there are none
    precision: Metric | None  # defaulters among the declined; None where no client is declined
    cost_per_1000: Metric
    decline_all_cost: float
    decline_nobody_cost: float


@dataclass(frozen=True, slots=True)
class PricedThreshold:
    """A threshold and the policy whose costs its mistakes are priced by."""

    threshold: float
    policy: DecisionPolicy


class CostMeasures:
    """Rows and thresholds, prepared so that all resamples are one matrix product."""

    def __init__(
        self,
        defaulted: IntArray,
        probability: FloatArray,
        choices: Sequence[PricedThreshold],
        *,
        clusters: IntArray | None = None,
    ) -> None:
        self._choices = choices
        self._clusters = clusters
        self._defaulted = defaulted == 1
        self._declined = probability[:, None] >= np.array([item.threshold for item in choices])
        self._missed = np.array([choice.policy.missed_default_cost for choice in choices])
        self._alarm = np.array([choice.policy.false_alarm_cost for choice in choices])
        caught = self._declined & self._defaulted[:, None]
        self._terms = np.column_stack(
            [np.ones(len(defaulted)), self._defaulted, self._declined, caught]
        )

    def measure_cost(self, weights: FloatArray) -> FloatArray:
        """Return the cost per 1,000 clients, of shape (resample count, threshold count)."""
        sums = weights @ self._terms
        count, defaults = sums[:, :1], sums[:, 1:2]
        declined, caught = np.split(sums[:, 2:], 2, axis=1)
        cost = self._missed * (defaults - caught) + self._alarm * (declined - caught)
        per_1000: FloatArray = 1000 * cost / count
        return per_1000

    def build_points(self, drawn: FloatArray) -> tuple[list[OperatingPoint], Metric]:
        """Return a point for each threshold, and what the second one saves against the first.

        Args:
            drawn: The resamples' costs, as `measure_cost` returns them.
        """
        cost = self.measure_cost(np.ones((1, len(self._terms))))[0]
        saving = measure_interval(float(cost[0] - cost[1]), drawn[:, 0] - drawn[:, 1])
        points = [
            self._build(number, measure_interval(float(cost[number]), drawn[:, number]))
            for number in range(len(self._choices))
        ]
        return points, saving

    def _build(self, number: int, cost_per_1000: Metric) -> OperatingPoint:
        def measure(chosen: NDArray[np.bool_], among: NDArray[np.bool_]) -> Metric | None:
            return measure_share_among(chosen, among, clusters=self._clusters)

        declined, defaulted = self._declined[:, number], self._defaulted
        declined_share = measure(declined, np.ones(len(declined), dtype=bool))
        assert declined_share is not None
        share = float(defaulted.mean())
        return OperatingPoint(
            threshold=self._choices[number].threshold,
            cost_ratio=float(self._missed[number] / self._alarm[number]),
            declined_count=int(declined.sum()),
            caught_default_count=int((declined & defaulted).sum()),
            declined_share=declined_share,
            caught_share=measure(declined, defaulted),
            precision=measure(defaulted, declined),
            cost_per_1000=cost_per_1000,
            decline_all_cost=1000 * float(self._alarm[number]) * (1 - share),
            decline_nobody_cost=1000 * float(self._missed[number]) * share,
        )
