"""Compare champion and challenger on one set of rows, and describe what is significant.

A change of recipe has two comparisons, out of fold and on the test side; a refresh has one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from credit_default.errors import InputError
from credit_default.gates.promotion.check_result import Check
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
    """The gains on one set of rows, by measure, with DeLong's interval of the ROC AUC."""

    gains: dict[str, Gain]
    auc_difference: AucDifference
    rows_label: str  # which rows these are, such as "out of fold"
    row_count: int
    confidence: float  # of the gains' intervals, 0-1

    def list_figures(self, *, prefix: str = "") -> dict[str, float]:
        """Return both models' figures, the gains and their intervals, by name."""
        figures: dict[str, float] = {}
        for gain in self.gains.values():
            figures |= {
                f"{prefix}champion_{gain.measure}": gain.champion,
                f"{prefix}challenger_{gain.measure}": gain.challenger,
                f"{prefix}{gain.measure}_gain": gain.gain,
                f"{prefix}{gain.measure}_gain_low": gain.low,
                f"{prefix}{gain.measure}_gain_high": gain.high,
            }
        return figures | {
            f"{prefix}roc_auc_gain_low_delong": self.auc_difference.low,
            f"{prefix}roc_auc_gain_high_delong": self.auc_difference.high,
        }


def compare_on_rows(
    scores: PairedScores,
    *,
    decision_policy: DecisionPolicy,
    policy: PromotionPolicy,
    rows_label: str,
    confidence: float | None = None,
) -> PairedComparison:
    """Compare both models on rows for which `find_comparison_faults` found none.

    Intervals have the `confidence` of the attempt; the policy's where it is not given.
    """
    confidence = policy.confidence if confidence is None else confidence
    gains = measure_gains(
        scores,
        decision_policy=decision_policy,
        confidence=confidence,
        resample_count=policy.resample_count,
        seed=policy.seed,
    )
    auc_difference = measure_auc_difference(
        scores.defaulted,
        scores.champion,
        challenger=scores.challenger,
        confidence=confidence,
    )
    return PairedComparison(
        {gain.measure: gain for gain in gains},
        auc_difference,
        rows_label,
        len(scores.defaulted),
        confidence,
    )


def find_comparison_faults(
    scores: PairedScores, *, policy: PromotionPolicy, rows_label: str
) -> list[str]:
    """Return why no fair comparison is possible on these rows, in which case nothing is promoted."""
    for side, scored in (("champion", scores.champion), ("challenger", scores.challenger)):
        try:
            check_scores(scores.defaulted, scored)
        except InputError as error:
            reason = f"found {error.found}; expected {error.expected}"
            return [f"the {side} cannot be compared {rows_label}: {reason}"]
    defaulted = np.asarray(scores.defaulted)
    faults = find_sample_size_faults(len(defaulted), int(defaulted.sum()), policy=policy)
    if np.ptp(np.asarray(scores.challenger, dtype=np.float64)) == 0:
        faults.append("the challenger gives every client the same probability")
    return [f"{fault} {rows_label}" for fault in faults]


def find_sample_size_faults(
    row_count: int, default_count: int, *, policy: PromotionPolicy
) -> list[str]:
    """Return what there is too little of to judge by: rows, or clients of either outcome."""
    faults = []
    if row_count < policy.fewest_rows:
        faults.append(
            f"{row_count:,} rows are too few to judge by: at least {policy.fewest_rows:,} "
            "(promotion.fewest_rows)"
        )
    if min(default_count, row_count - default_count) < policy.fewest_defaults:
        faults.append(
            f"{default_count:,} defaults among {row_count:,} rows are too few, or leave too few "
            f"others: at least {policy.fewest_defaults:,} of each (promotion.fewest_defaults)"
        )
    return faults


def find_worse_measures(
    comparison: PairedComparison, *, significant_gains: Sequence[Gain], policy: PromotionPolicy
) -> Iterator[str]:
    """Yield what the challenger does worse.

    That is any measure that is worse beyond noise, and, where another gain is significant, a ROC
    AUC that is lower by more than its margin, beyond the noise that an objection asks for.
    """
    worse = list_losses(comparison, policy=policy)
    if worse:
        yield f"worse beyond noise on {name_measures(worse)} (promotion.confidence)"
    roc_auc = comparison.gains["roc_auc"]
    is_lower = roc_auc.gain < -policy.roc_auc_margin and roc_auc.is_worse(
        confidence=policy.objection_confidence
    )
    if significant_gains and roc_auc not in worse and is_lower:
        yield f"ROC AUC is lower by more than {policy.roc_auc_margin:g} (promotion.roc_auc_margin)"


def list_losses(comparison: PairedComparison, *, policy: PromotionPolicy) -> list[Gain]:
    """Return the measures that are worse beyond noise, at the policy's confidence.

    A later attempt must show more to win; an objection is not made harder by it.
    """
    gains = comparison.gains.values()
    return [gain for gain in gains if gain.is_worse(confidence=policy.confidence)]


def find_significant_gains(comparison: PairedComparison, *, policy: PromotionPolicy) -> list[Gain]:
    """Return the gains that are beyond noise and large enough to be worth a change."""
    champion_cost = comparison.gains["cost_per_1000"].champion
    least = {
        "log_loss": policy.least_log_loss_gain,
        "brier": policy.least_brier_gain,
        "roc_auc": policy.least_roc_auc_gain,
        "cost_per_1000": policy.least_cost_gain_share * champion_cost,
    }
    return [
        gain
        for gain in comparison.gains.values()
        if gain.is_better and gain.gain >= least[gain.measure]
    ]


def check_test_side(comparison: PairedComparison, policy: PromotionPolicy) -> Check:
    """Return a fault where the test side contradicts a gain; it cannot support one by itself."""
    contradicted = list_losses(comparison, policy=policy)
    shown = contradicted or [comparison.gains["roc_auc"]]
    return Check(
        f"test side, {comparison.row_count:,} rows: {'; '.join(map(describe_gain, shown))}",
        fault="the test side contradicts it (promotion.confidence)" if contradicted else "",
        figures=comparison.list_figures(prefix="test_"),
    )


def name_measures(gains: Sequence[Gain]) -> str:
    """Return the measures of the gains as a list in words: "log loss, Brier score and ROC AUC"."""
    *others, last = [MEASURE_NAMES[gain.measure] for gain in gains]
    return f"{', '.join(others)} and {last}" if others else last


def describe_gain(gain: Gain) -> str:
    """Return the gain in words: both figures, the difference and its interval."""
    digits = _count_digits(gain)
    return f"{_describe_difference(gain)} ({gain.low:+.{digits}f} to {gain.high:+.{digits}f})"


def describe_roc_auc_gain(comparison: PairedComparison) -> str:
    """Return the gain in ROC AUC in words, with the intervals of both methods."""
    gain, difference = comparison.gains["roc_auc"], comparison.auc_difference
    bootstrap = f"bootstrap {gain.low:+.4f} to {gain.high:+.4f}"
    delong = f"DeLong {difference.low:+.4f} to {difference.high:+.4f}"
    return f"{_describe_difference(gain)} ({comparison.confidence:.2%}: {bootstrap}, {delong})"


def _describe_difference(gain: Gain) -> str:
    side = "better" if gain.gain >= 0 else "worse"
    digits = _count_digits(gain)
    figures = f"{gain.challenger:.{digits}f} against {gain.champion:.{digits}f}"
    return (
        f"{MEASURE_NAMES[gain.measure]} {figures}: challenger {side} by {abs(gain.gain):.{digits}f}"
    )


def _count_digits(gain: Gain) -> int:
    """Return the decimals to show: a cost per 1,000 is some hundreds, the others are shares."""
    return 1 if gain.measure == "cost_per_1000" else 4
