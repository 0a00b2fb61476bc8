"""Measure the decisions at a threshold, for many thresholds and resamples at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.evaluation.intervals import Metric, measure_interval
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
        self, defaulted: IntArray, probability: FloatArray, choices: Sequence[PricedThreshold]
    ) -> None:
        self._choices = choices
        declined = probability[:, None] >= np.array([choice.threshold for choice in choices])
        self._terms = np.column_stack(
            [np.ones(len(defaulted)), defaulted, declined, declined * defaulted[:, None]]
        )
        self._missed = np.array([choice.policy.missed_default_cost for choice in choices])
        self._alarm = np.array([choice.policy.false_alarm_cost for choice in choices])

    def measure(self, weights: FloatArray) -> dict[str, FloatArray]:
        """Return each measure, of shape (resample count, threshold count); NaN where undefined."""
        sums = weights @ self._terms
        count, defaults = sums[:, :1], sums[:, 1:2]
        declined, caught = np.split(sums[:, 2:], 2, axis=1)
        cost = self._missed * (defaults - caught) + self._alarm * (declined - caught)
        with np.errstate(invalid="ignore", divide="ignore"):
            return {
                "declined_count": declined,
                "caught_count": caught,
                "declined_share": declined / count,
                "caught_share": caught / defaults,
                "precision": caught / declined,
                "cost_per_1000": 1000 * cost / count,
            }

    def build_points(self, drawn: dict[str, FloatArray]) -> tuple[list[OperatingPoint], Metric]:
        """Return a point for each threshold, and what the second one saves against the first."""
        values = self.measure(np.ones((1, len(self._terms))))
        cost, costs = values["cost_per_1000"][0], drawn["cost_per_1000"]
        saving = measure_interval(float(cost[0] - cost[1]), costs[:, 0] - costs[:, 1])
        return [self._build(number, values, drawn) for number in range(len(self._choices))], saving

    def _build(
        self, number: int, values: dict[str, FloatArray], drawn: dict[str, FloatArray]
    ) -> OperatingPoint:
        def read(name: str) -> Metric | None:
            value = float(values[name][0, number])
            return measure_interval(value, drawn[name][:, number]) if np.isfinite(value) else None

        declined_share, cost_per_1000 = read("declined_share"), read("cost_per_1000")
        assert declined_share is not None
        assert cost_per_1000 is not None
        share = float(self._terms[:, 1].mean())
        return OperatingPoint(
            threshold=self._choices[number].threshold,
            cost_ratio=float(self._missed[number] / self._alarm[number]),
            declined_count=round(float(values["declined_count"][0, number])),
            caught_default_count=round(float(values["caught_count"][0, number])),
            declined_share=declined_share,
            caught_share=read("caught_share"),
            precision=read("precision"),
            cost_per_1000=cost_per_1000,
            decline_all_cost=1000 * float(self._alarm[number]) * (1 - share),
            decline_nobody_cost=1000 * float(self._missed[number]) * share,
        )
