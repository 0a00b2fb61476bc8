"""One set of rows on which champion and challenger met: who gained what, whether that wins or loses, and how it is told.

A contest of recipes has two bouts, out of fold and on the test side; a refresh has one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from credit_default.errors import InputError
from credit_default.gates.promotion.delong import AucDifference, measure_auc_difference
from credit_default.gates.promotion.paired_gains import (
    MEASURE_NAMES,
    Gain,
    PairedScores,
    measure_gains,
)
from credit_default.gates.promotion.policy import PromotionPolicy
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.statistics.bootstrap import check_scores


@dataclass(frozen=True, slots=True)
class PairedComparison:
    """Gains by measure, DeLong's interval of the AUC beside them, and where it was ("out of fold")."""

    gains: dict[str, Gain]
    area: AucDifference
    where: str
    row_count: int

    def list_figures(self, *, prefix: str = "") -> dict[str, float]:
        """Both models' figures, the gains and their intervals, by name."""
        figures: dict[str, float] = {}
        for gain in self.gains.values():
            figures |= {
                f"{prefix}champion_{gain.measure}": gain.champion,
                f"{prefix}challenger_{gain.measure}": gain.challenger,
                f"{prefix}{gain.measure}_gain": gain.gain,
                f"{prefix}{gain.measure}_gain_low": gain.low,
                f"{prefix}{gain.measure}_gain_high": gain.high,
            }
        delong = {"low": self.area.low, "high": self.area.high}
        return figures | {
            f"{prefix}roc_auc_gain_{end}_delong": value for end, value in delong.items()
        }


def compare_on_rows(
    contest: PairedScores, *, decision_policy: DecisionPolicy, policy: PromotionPolicy, where: str
) -> PairedComparison:
    """The bout on these rows, which must not be void."""
    gains = measure_gains(
        contest,
        decision_policy=decision_policy,
        confidence=policy.confidence,
        resample_count=policy.resample_count,
        seed=policy.seed,
    )
    area = measure_auc_difference(
        contest.defaulted,
        contest.champion,
        challenger=contest.challenger,
        confidence=policy.confidence,
    )
    return PairedComparison(
        {gain.measure: gain for gain in gains}, area, where, len(contest.defaulted)
    )


def find_comparison_faults(
    contest: PairedScores, *, policy: PromotionPolicy, where: str
) -> list[str]:
    """What makes a contest void: no fair comparison is possible, so nothing is promoted."""
    for side, scored in (("champion", contest.champion), ("challenger", contest.challenger)):
        try:
            check_scores(contest.defaulted, scored)
        except InputError as error:
            return [
                f"the {side} cannot be compared {where}: found {error.found}; expected {error.expected}"
            ]
    defaulted = np.asarray(contest.defaulted)
    faults = find_sample_size_faults(len(defaulted), int(defaulted.sum()), policy=policy)
    if np.ptp(np.asarray(contest.challenger, dtype=np.float64)) == 0:
        faults.append("the challenger gives every client the same probability")
    return [f"{fault} {where}" for fault in faults]


def find_sample_size_faults(
    row_count: int, default_count: int, *, policy: PromotionPolicy
) -> list[str]:
    """What is too few to judge by: rows, or clients of either outcome."""
    faults = []
    if row_count < policy.fewest_rows:
        faults.append(
            f"{row_count:,} rows are too few to judge by: at least {policy.fewest_rows:,}"
        )
    if min(default_count, row_count - default_count) < policy.fewest_defaults:
        told = f"{default_count:,} defaults among {row_count:,} rows are too few, or leave too few others"
        faults.append(f"{told}: at least {policy.fewest_defaults:,} of each")
    return faults


def find_worse_measures(
    bout: PairedComparison, *, won: Sequence[Gain], policy: PromotionPolicy
) -> Iterator[str]:
    """What the challenger does worse: any measure beyond noise, and the AUC beyond its margin where another gain is won."""
    worse = [gain for gain in bout.gains.values() if gain.is_worse]
    if worse:
        yield f"worse beyond noise on {name_measures(worse)}"
    if (
        won
        and not bout.gains["roc_auc"].is_worse
        and bout.gains["roc_auc"].gain < -policy.roc_auc_margin
    ):
        yield f"ROC AUC is lower by more than {policy.roc_auc_margin:g}"


def find_significant_gains(bout: PairedComparison, *, policy: PromotionPolicy) -> list[Gain]:
    """The gains that are beyond noise and worth a change."""
    least = {
        "log_loss": policy.least_log_loss_gain,
        "brier": policy.least_brier_gain,
        "roc_auc": policy.least_roc_auc_gain,
        "cost_per_1000": policy.least_cost_gain_share * bout.gains["cost_per_1000"].champion,
    }
    return [
        gain for gain in bout.gains.values() if gain.is_better and gain.gain >= least[gain.measure]
    ]


def name_measures(gains: Sequence[Gain]) -> str:
    """What the gains are in, as a list that a person reads."""
    *others, last = [MEASURE_NAMES[gain.measure] for gain in gains]
    return f"{', '.join(others)} and {last}" if others else last


def describe_gain(gain: Gain) -> str:
    """The gain as a person reads it: both figures, the difference, its interval."""
    digits = _count_digits(gain)
    return f"{_describe_difference(gain)} ({gain.low:+.{digits}f} to {gain.high:+.{digits}f})"


def describe_roc_auc_gain(bout: PairedComparison, *, policy: PromotionPolicy) -> str:
    """The gain in ROC AUC with both of its intervals."""
    gain, area = bout.gains["roc_auc"], bout.area
    bootstrap = f"bootstrap {gain.low:+.4f} to {gain.high:+.4f}"
    delong = f"DeLong {area.low:+.4f} to {area.high:+.4f}"
    return f"{_describe_difference(gain)} ({policy.confidence:.2%}: {bootstrap}, {delong})"


def _describe_difference(gain: Gain) -> str:
    side = "better" if gain.gain >= 0 else "worse"
    digits = _count_digits(gain)
    figures = f"{gain.challenger:.{digits}f} against {gain.champion:.{digits}f}"
    return (
        f"{MEASURE_NAMES[gain.measure]} {figures}: challenger {side} by {abs(gain.gain):.{digits}f}"
    )


def _count_digits(gain: Gain) -> int:
    """How many decimals mean something: a cost per 1,000 clients is some hundreds, the others are shares."""
    return 1 if gain.measure == "cost_per_1000" else 4
