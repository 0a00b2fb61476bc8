"""Measure what the decisions cost, and what other costs or a limited review capacity would change.

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
from credit_default.model.evaluation.intervals import Metric
from credit_default.model.evaluation.operating_points import (
    CostMeasures,
    OperatingPoint,
    PricedThreshold,
)
from credit_default.model.evaluation.share_intervals import encode_clusters
from credit_default.model.evaluation.threshold_search import (
    COUNT_TOLERANCE,
    LabelledScores,
    find_capacity_threshold,
    find_cheapest_threshold,
)
from credit_default.model.statistics.bootstrap import (
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
class CapacityPoint:
    """What the review team achieves by reviewing a share (0–1) of clients, the riskiest first."""

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
    probability = np.asarray(judged.default_probability, dtype=np.float64)
    shares = sorted(
        {*policy.capacity_shares, *(min(1.0, n / len(defaulted)) for n in policy.capacity_counts)}
    )
    choices = _list_thresholds(
        development, decision_policy, cost_ratios=policy.cost_ratios, shares=shares
    )
    clusters = encode_clusters(judged.clients)
    measured = CostMeasures(defaulted, probability, choices, clusters=clusters)
    drawn = [
        measured.measure_cost(weights)
        for weights in draw_weights(
            len(defaulted), resample_count=policy.resample_count, seed=seed, clusters=clusters
        )
    ]
    points, saving = measured.build_points(np.vstack(drawn))
    first_capacity = 2 + len(policy.cost_ratios)
    return Economics(
        row_count=len(defaulted),
        default_count=int(defaulted.sum()),
        development_row_count=len(development.default_probability),
        in_force=points[0],
        cheapest=points[1],
        cheapest_saving=saving,
        sensitivity=tuple(points[2:first_capacity]),
        capacity=tuple(
            CapacityPoint(share, int(share * len(defaulted) + COUNT_TOLERANCE), point)
            for share, point in zip(shares, points[first_capacity:], strict=True)
        ),
    )


def _list_thresholds(
    development: LabelledScores,
    decision_policy: DecisionPolicy,
    *,
    cost_ratios: Sequence[float],
    shares: Sequence[float],
) -> list[PricedThreshold]:
    """Return the threshold in force, the cheapest, one per cost ratio and one per capacity."""
    cheapest = find_cheapest_threshold(development, policy=decision_policy)
    held_out = np.asarray(development.default_probability, dtype=np.float64)
    capacities = [find_capacity_threshold(held_out, capacity_share=share) for share in shares]
    return [
        PricedThreshold(decision_policy.threshold, decision_policy),
        PricedThreshold(cheapest, decision_policy),
        *(_price_threshold(ratio, decision_policy) for ratio in cost_ratios),
        *(PricedThreshold(threshold, decision_policy) for threshold in capacities),
    ]


def _price_threshold(ratio: float, policy: DecisionPolicy) -> PricedThreshold:
    dearer = replace(policy, missed_default_cost=ratio * policy.false_alarm_cost)
    return PricedThreshold(dearer.threshold, dearer)
