"""Measure by how much the challenger is better than the champion on the same rows, with intervals.

Both models scored the same clients, so differences are resampled in pairs: what is hard about a
client is hard for both and cancels out. Gains are positive where the challenger is better, whatever
the measure.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import Any, Final

import numpy as np

from credit_default.errors import InputError
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.evaluation.share_intervals import encode_clusters
from credit_default.model.statistics.bootstrap import (
    FloatArray,
    IntArray,
    draw_weights,
    measure_log_loss,
    measure_roc_auc,
    rank_probabilities,
)

MEASURES: Final = ("log_loss", "brier", "roc_auc", "cost_per_1000")
MEASURE_NAMES: Final[Mapping[str, str]] = {
    "log_loss": "log loss",
    "brier": "Brier score",
    "roc_auc": "ROC AUC",
    "cost_per_1000": "cost per 1,000",
}
# In the order of MEASURES: losses and costs count negative, so that more is better throughout.
_GAIN_SIGNS: Final = (-1.0, -1.0, 1.0, -1.0)


@dataclass(frozen=True, slots=True, eq=False)
class PairedScores:
    """Outcomes (0 or 1) and both models' default probabilities (0-1) of the same rows, in one order.

    `groups` divide the same rows, each by one label for every row: all of them are slices, and
    fairness is compared by those named in `protected`. `clients` are the rows' client ids, so that
    several months of one client are drawn together; None where every row is another client's.

    Raises:
        InputError: The labels of a group are not one for each row, or a protected group is not
            among the groups.
    """

    defaulted: Any
    champion: Any
    challenger: Any
    groups: Mapping[str, Any] = field(default_factory=dict)
    protected: tuple[str, ...] = ()
    clients: Any = None

    def __post_init__(self) -> None:
        counts = {name: len(labels) for name, labels in self.groups.items()}
        wrong = [name for name, count in counts.items() if count != len(self.defaulted)]
        wrong += [name for name in self.protected if name not in counts]
        if wrong:
            raise InputError(
                f"groups of paired scores, {wrong[0]!r}",
                found=f"{counts.get(wrong[0], 'no')} labels",
                expected=f"one for each of {len(self.defaulted)} rows",
                remedy="Take the labels from the same rows.",
            )


@dataclass(frozen=True, slots=True)
class Gain:
    """Both models' figures by one measure, and the challenger's gain with its interval.

    Positive gains mean that the challenger is better.
    """

    measure: str
    champion: float
    challenger: float
    gain: float
    low: float
    high: float
    standard_error: float  # of the gain

    @property
    def is_better(self) -> bool:
        """Return whether the whole interval is on the challenger's side."""
        return self.low > 0

    def is_worse(self, *, confidence: float) -> bool:
        """Return whether the whole interval of that confidence is on the champion's side."""
        return self.gain < -NormalDist().inv_cdf((1 + confidence) / 2) * self.standard_error


def measure_gains(
    scores: PairedScores,
    *,
    decision_policy: DecisionPolicy,
    confidence: float,
    resample_count: int,
    seed: int,
) -> tuple[Gain, ...]:
    """Measure the challenger's gain by each of `MEASURES`, in that order.

    Intervals are the bootstrap's standard deviation times the normal quantile: at a few hundred
    resamples this is smoother in the tails than the bootstrap's own quantiles. The error of a
    difference in cost is at least the one that both models' own probabilities imply: where they
    decide differently on few clients who all paid, the resamples cannot know that one may default.

    Args:
        scores: Both outcomes must occur.
        decision_policy: The threshold and the costs.
        confidence: Of the two-sided intervals, 0-1.
        resample_count: Bootstrap resamples.
        seed: Of the resamples.
    """
    defaulted = np.asarray(scores.defaulted, dtype=np.int64)
    champion, challenger = (
        _ModelMeasures(defaulted, np.asarray(scored, dtype=np.float64), decision_policy)
        for scored in (scores.champion, scores.challenger)
    )
    every_row = np.ones((1, len(defaulted)))
    before, after = champion.measure(every_row)[0], challenger.measure(every_row)[0]
    drawn = [
        challenger.measure(weights) - champion.measure(weights)
        for weights in draw_weights(
            len(defaulted),
            resample_count=resample_count,
            seed=seed,
            clusters=encode_clusters(scores.clients),
        )
    ]
    spread: FloatArray = np.nanstd(np.vstack(drawn), axis=0)
    place = MEASURES.index("cost_per_1000")
    least_error = _measure_least_cost_error(champion, challenger, decision_policy)
    spread[place] = max(spread[place], least_error)
    reach = NormalDist().inv_cdf((1 + confidence) / 2) * spread
    gains = after - before
    return tuple(
        Gain(
            measure=measure,
            champion=_GAIN_SIGNS[position] * float(before[position]),
            challenger=_GAIN_SIGNS[position] * float(after[position]),
            gain=float(gains[position]),
            low=float(gains[position] - reach[position]),
            high=float(gains[position] + reach[position]),
            standard_error=float(spread[position]),
        )
        for position, measure in enumerate(MEASURES)
    )


def _measure_least_cost_error(
    champion: "_ModelMeasures", challenger: "_ModelMeasures", policy: DecisionPolicy
) -> float:
    """Return the standard error of the difference in cost per 1,000 by the models' probabilities.

    Only clients on whom they decide differently matter; the mean of both probabilities is used.
    """
    differs = champion.declined != challenger.declined
    probability = (champion.probability[differs] + challenger.probability[differs]) / 2
    deviation = float(np.sqrt((probability * (1 - probability)).sum()))
    swing = policy.missed_default_cost + policy.false_alarm_cost
    return 1000 * swing * deviation / len(differs)


class _ModelMeasures:
    """One model's rows, prepared to be weighted many times."""

    def __init__(
        self, defaulted: IntArray, probability: FloatArray, policy: DecisionPolicy
    ) -> None:
        self.declined = probability >= policy.threshold
        self.probability = probability
        cost = np.where(
            self.declined,
            policy.false_alarm_cost * (1 - defaulted),
            policy.missed_default_cost * defaulted,
        )
        losses = [
            measure_log_loss(defaulted, probability),
            (probability - defaulted) ** 2,
            1000 * cost,
        ]
        self._losses = np.column_stack(losses)
        self._defaulted = defaulted
        self._ranked = rank_probabilities(probability)

    def measure(self, weights: FloatArray) -> FloatArray:
        """Return the figures of shape (resamples, measures), signed so that more is better."""
        log_loss, brier, cost = (-(weights @ self._losses) / weights.sum(axis=1)[:, None]).T
        roc_auc = measure_roc_auc(weights, defaulted=self._defaulted, ranked=self._ranked)
        return np.column_stack([log_loss, brier, roc_auc, cost])
