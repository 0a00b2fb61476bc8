"""Evaluate any groups of rows by their labels, at the threshold in force, without intervals."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from credit_default.errors import InputError
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.statistics.bootstrap import (
    check_scores,
    measure_ranking,
    rank_probabilities,
)


@dataclass(frozen=True, slots=True)
class GroupEvaluation:
    """One group's metrics; shares are 0–1, and None where the group has no such clients."""

    group: str
    row_count: int
    default_share: float
    mean_probability: float
    decline_share: float
    missed_default_share: float | None  # of its defaulters
    false_alarm_share: float | None  # of its clients who paid
    roc_auc: float | None


def evaluate_groups(
    defaulted: Any, default_probability: Any, *, groups: Any, policy: DecisionPolicy
) -> tuple[GroupEvaluation, ...]:
    """Return each group's evaluation, sorted by the group's name.

    Small groups carry a lot of noise and have no intervals here: see `row_count`.

    Args:
        defaulted: Outcomes (0/1).
        default_probability: Default probabilities (0–1), in the order of `defaulted`.
        groups: One label per row.
        policy: Its threshold decides.

    Raises:
        InputError: different lengths, or outcomes or probabilities out of range.
    """
    check_scores(defaulted, default_probability)
    outcome = np.asarray(defaulted, dtype=np.int64)
    probability = np.asarray(default_probability, dtype=np.float64)
    labels = _read_labels(groups, row_count=len(outcome))
    return tuple(
        _evaluate_group(
            str(label), outcome[labels == label], probability[labels == label], policy=policy
        )
        for label in np.unique(labels)
    )


def _read_labels(groups: Any, *, row_count: int) -> NDArray[np.str_]:
    labels = np.asarray([str(group) for group in groups])
    if len(labels) != row_count:
        raise InputError(
            "groups",
            found=f"{len(labels)} labels",
            expected="one label a row",
            remedy="Take the labels from the same rows.",
        )
    return labels


def _evaluate_group(
    label: str, outcome: Any, probability: Any, *, policy: DecisionPolicy
) -> GroupEvaluation:
    declined = probability >= policy.threshold
    paid, failed = outcome == 0, outcome == 1
    both = paid.any() and failed.any()
    ranking = (
        measure_ranking(
            np.ones((1, len(outcome))), defaulted=outcome, ranked=rank_probabilities(probability)
        )
        if both
        else None
    )
    return GroupEvaluation(
        group=label,
        row_count=len(outcome),
        default_share=float(outcome.mean()),
        mean_probability=float(probability.mean()),
        decline_share=float(declined.mean()),
        missed_default_share=float((~declined[failed]).mean()) if failed.any() else None,
        false_alarm_share=float(declined[paid].mean()) if paid.any() else None,
        roc_auc=None if ranking is None else float(ranking.roc_auc[0]),
    )
