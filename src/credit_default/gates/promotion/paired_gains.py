"""Champion against challenger on the same rows: by how much is the challenger better, and is that more than noise?

Both scored the same clients, so differences are resampled in pairs: what is hard about a client is hard for both and
drops out. Gains are positive where the challenger is better, whatever the figure.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import Any, Final

import numpy as np

from credit_default.errors import InputError
from credit_default.model.estimator.decision import DecisionPolicy
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


@dataclass(frozen=True, slots=True, eq=False)
class PairedScores:
    """Outcomes (0 or 1) of one set of rows, and both models' default probabilities (0-1) for them, in one order.

    `groups` divide the same rows, each by one label a row: all of them are slices, those named in `protected` are what
    fairness is compared by.

    Raises:
        InputError: labels of another number than rows, or a protected group that is not among the groups.
    """

    defaulted: Any
    champion: Any
    challenger: Any
    groups: Mapping[str, Any] = field(default_factory=dict)
    protected: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        counts = {name: len(labels) for name, labels in self.groups.items()}
        odd = [name for name, count in counts.items() if count != len(self.defaulted)]
        odd += [name for name in self.protected if name not in counts]
        if odd:
            raise InputError(
                f"groups of a contest, {odd[0]!r}",
                found=f"{counts.get(odd[0], 'no')} labels",
                expected=f"one for each of {len(self.defaulted)} rows",
                remedy="Take the labels from the same rows.",
            )


@dataclass(frozen=True, slots=True)
class Gain:
    """One measure: both models' figures, and the challenger's gain with its interval (positive: challenger better)."""

    measure: str
    champion: float
    challenger: float
    gain: float
    low: float
    high: float
    standard_error: float  # of the gain

    @property
    def is_better(self) -> bool:
        """True when the whole interval is on the challenger's side."""
        return self.low > 0

    @property
    def is_worse(self) -> bool:
        """True when the whole interval is on the champion's side."""
        return self.high < 0


def measure_gains(
    contest: PairedScores,
    *,
    decision_policy: DecisionPolicy,
    confidence: float,
    resample_count: int,
    seed: int,
) -> tuple[Gain, ...]:
    """The challenger's gain in each of `MEASURES`, in that order, with two-sided intervals of that confidence (0-1).

    Intervals are the bootstrap's standard deviation times the normal quantile: smoother in the tails than its
    quantiles at a few hundred resamples. Both outcomes must occur.
    """
    defaulted = np.asarray(contest.defaulted, dtype=np.int64)
    scores = [
        np.asarray(scored, dtype=np.float64) for scored in (contest.champion, contest.challenger)
    ]
    measured = [_ModelMeasures(defaulted, score, decision_policy) for score in scores]
    levels = [model.measure(np.ones((1, len(defaulted)))) for model in measured]
    spread: FloatArray = np.vstack(
        [
            measured[1].measure(weights) - measured[0].measure(weights)
            for weights in draw_weights(defaulted, resample_count=resample_count, seed=seed)
        ]
    ).std(axis=0)
    reach = NormalDist().inv_cdf((1 + confidence) / 2) * spread
    gains = levels[1][0] - levels[0][0]
    return tuple(
        Gain(
            measure=measure,
            champion=_GAIN_SIGNS[position] * float(levels[0][0, position]),
            challenger=_GAIN_SIGNS[position] * float(levels[1][0, position]),
            gain=float(gains[position]),
            low=float(gains[position] - reach[position]),
            high=float(gains[position] + reach[position]),
            standard_error=float(spread[position]),
        )
        for position, measure in enumerate(MEASURES)
    )


_GAIN_SIGNS: Final = (
    -1.0,
    -1.0,
    1.0,
    -1.0,
)  # losses count negative, so that more is better throughout


class _ModelMeasures:
    """One model's rows, ready to be weighed many times."""

    def __init__(
        self, defaulted: IntArray, probability: FloatArray, policy: DecisionPolicy
    ) -> None:
        declined = probability >= policy.threshold
        cost = np.where(
            declined,
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
        """(resamples, measures): each figure, more is better."""
        log_loss, brier, cost = (-(weights @ self._losses) / weights.sum(axis=1)[:, None]).T
        roc_auc = measure_roc_auc(weights, defaulted=self._defaulted, ranked=self._ranked)
        return np.column_stack([log_loss, brier, roc_auc, cost])
