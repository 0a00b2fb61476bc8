"""What the decisions cost, and what other costs or a limited review capacity would change.

Every threshold follows from a policy or is found on development rows, with probabilities from
models that did not see them, and is only then applied to the rows that it is judged on: their
outcomes move no threshold.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from credit_default.errors import InputError
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.evaluation.intervals import Metric, measure_interval
from credit_default.model.evaluation.threshold_search import (
    COUNT_TOLERANCE,
    LabelledScores,
    find_capacity_threshold,
    find_cheapest_threshold,
)
from credit_default.model.statistics.bootstrap import (
    FloatArray,
    IntArray,
    check_scores,
    draw_weights,
)

_REMEDY: Final = "Correct the section `economics` of the settings."


@dataclass(frozen=True, slots=True)
class EconomicsPolicy:
    """The alternative costs and review capacities to measure.

    A capacity is a share (0–1) of the clients, or a number of them among those that are judged.

    Raises:
        InputError: no ratio or no capacity; ratios or counts not above 0; shares not above 0 or
            above 1.
    """

    cost_ratios: tuple[float, ...] = (3.0, 5.0, 10.0)  # of a missed default to a false alarm
    capacity_shares: tuple[float, ...] = (0.05, 0.1, 0.2, 0.3, 0.5)
    capacity_counts: tuple[int, ...] = ()
    resample_count: int = 300

    def __post_init__(self) -> None:
        good = {
            "cost_ratios": bool(self.cost_ratios)
            and all(0 < ratio < np.inf for ratio in self.cost_ratios),
            "capacity_shares": all(0 < share <= 1 for share in self.capacity_shares),
            "capacity_counts": all(count > 0 for count in self.capacity_counts)
            and bool(self.capacity_shares or self.capacity_counts),
            "resample_count": self.resample_count > 0,
        }
        for name in (name for name, is_good in good.items() if not is_good):
            found = repr(getattr(self, name))
            raise InputError(
                f"economics policy's {name}",
                found=found,
                expected="values in range",
                remedy=_REMEDY,
            )


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """What one threshold amounts to on one set of rows.

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
class CapacityPoint:
    """What the review team achieves when it looks at a share (0–1) of clients, the riskiest first."""

    capacity_share: float
    capacity_count: int  # of the judged rows
    reached: OperatingPoint  # at the threshold that this capacity implies on development rows


@dataclass(frozen=True, slots=True)
class Economics:
    """The costs of the decisions, on rows that no threshold was chosen by."""

    row_count: int
    default_count: int
    development_row_count: int
    in_force: OperatingPoint  # at the policy's threshold
    cheapest: OperatingPoint  # at the threshold that cost least on development rows
    # what the cheapest threshold saves against the one in force, per 1,000 clients; negative where
    # it costs more
    cheapest_saving: Metric
    sensitivity: tuple[OperatingPoint, ...]  # one for each cost ratio, in the policy's order
    capacity: tuple[CapacityPoint, ...]  # by rising share


@dataclass(frozen=True, slots=True)
class _PricedThreshold:
    """A threshold and the policy whose costs its mistakes are priced by."""

    threshold: float
    policy: DecisionPolicy


def measure_economics(
    development: LabelledScores,
    judged: LabelledScores,
    *,
    decision_policy: DecisionPolicy,
    seed: int,
    policy: EconomicsPolicy | None = None,
) -> Economics:
    """Return costs, sensitivity and capacity on the judged rows, with 95 % intervals.

    Args:
        development: Development rows, by which thresholds are found.
        judged: Other rows, on which the thresholds are judged.
        decision_policy: The costs and the threshold in force.
        seed: Seed of the resamples.
        policy: The alternatives to measure; None for the default.

    Raises:
        InputError: no rows, or outcomes or probabilities out of range.
    """
    policy = policy or EconomicsPolicy()
    check_scores(judged.defaulted, judged.default_probability)
    defaulted = np.asarray(judged.defaulted, dtype=np.int64)
    shares = sorted(
        {*policy.capacity_shares, *(min(1.0, n / len(defaulted)) for n in policy.capacity_counts)}
    )
    held_out = np.asarray(development.default_probability, dtype=np.float64)
    choices = [
        _PricedThreshold(decision_policy.threshold, decision_policy),
        _PricedThreshold(
            find_cheapest_threshold(development, policy=decision_policy), decision_policy
        ),
        *(_price_threshold(ratio, decision_policy) for ratio in policy.cost_ratios),
        *(
            _PricedThreshold(
                find_capacity_threshold(held_out, capacity_share=share), decision_policy
            )
            for share in shares
        ),
    ]
    measured = _CostMeasures(
        defaulted, np.asarray(judged.default_probability, dtype=np.float64), choices
    )
    drawn = [
        measured.measure(weights)
        for weights in draw_weights(defaulted, resample_count=policy.resample_count, seed=seed)
    ]
    points, saving = measured.build_points(
        {name: np.vstack([block[name] for block in drawn]) for name in drawn[0]}
    )
    first_capacity = 2 + len(policy.cost_ratios)
    return Economics(
        row_count=len(defaulted),
        default_count=int(defaulted.sum()),
        development_row_count=len(held_out),
        in_force=points[0],
        cheapest=points[1],
        cheapest_saving=saving,
        sensitivity=tuple(points[2:first_capacity]),
        capacity=tuple(
            CapacityPoint(share, int(share * len(defaulted) + COUNT_TOLERANCE), point)
            for share, point in zip(shares, points[first_capacity:], strict=True)
        ),
    )


def _price_threshold(ratio: float, policy: DecisionPolicy) -> _PricedThreshold:
    dearer = replace(policy, missed_default_cost=ratio * policy.false_alarm_cost)
    return _PricedThreshold(dearer.threshold, dearer)


class _CostMeasures:
    """Rows and thresholds, prepared so that all resamples are one matrix product."""

    def __init__(
        self, defaulted: IntArray, probability: FloatArray, choices: Sequence[_PricedThreshold]
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
