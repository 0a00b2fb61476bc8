"""Judge whether a challenger may become champion, by a paired comparison with the champion.

A change of recipe is judged on the pooled out-of-fold probabilities of both recipes and confirmed
on the test side; a refresh is judged with both models frozen, on rows that neither was trained on.
A tie keeps the champion: a change costs work and trust, so it must be worth them. Reasons come in
the order in which people read them: what was decided, by which figure, what else was checked, and
what these rows could have shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from credit_default.gates.promotion.attempts import (
    Attempt,
    describe_attempt,
    find_attempt_confidence,
)
from credit_default.gates.promotion.calibration_check import check_calibration
from credit_default.gates.promotion.check_result import Check
from credit_default.gates.promotion.fairness_check import check_fairness_change
from credit_default.gates.promotion.first_model import GATE, describe_watched
from credit_default.gates.promotion.leak_check import check_plausible_gain
from credit_default.gates.promotion.level_check import check_level, check_test_level
from credit_default.gates.promotion.paired_comparison import (
    PairedComparison,
    check_test_side,
    compare_on_rows,
    describe_gain,
    describe_roc_auc_gain,
    find_comparison_faults,
    find_significant_gains,
    find_worse_measures,
    list_losses,
    name_measures,
)
from credit_default.gates.promotion.paired_gains import Gain, PairedScores
from credit_default.gates.promotion.policy import PromotionPolicy
from credit_default.gates.promotion.power import measure_power
from credit_default.gates.promotion.slice_check import check_slices
from credit_default.gates.verdict import Level, Verdict
from credit_default.model.estimator.decision import DecisionPolicy

_OUT_OF_FOLD: Final = "out of fold"
_TEST_SIDE: Final = "on the test side"
_NEWEST_ROWS: Final = "on the newest rows"


@dataclass(frozen=True, slots=True)
class PromotionVerdict(Verdict):
    """The verdict on a comparison, with the attempt that it spent; None where nobody counts."""

    attempt: Attempt | None = None


@dataclass(frozen=True, slots=True)
class _Outcome:
    """The outcome of a comparison."""

    significant_gains: tuple[Gain, ...]
    objections: tuple[str, ...]  # any of them keeps the champion


def judge_recipe(
    out_of_fold: PairedScores,
    test: PairedScores | None,
    *,
    decision_policy: DecisionPolicy,
    policy: PromotionPolicy | None = None,
    structure: Check | None = None,
    checks: Sequence[Check] = (),
    attempt: Attempt | None = None,
) -> Verdict:
    """Judge a change of recipe.

    Args:
        out_of_fold: Pooled out-of-fold probabilities of both recipes.
        test: Both models on the test side. It is too small to show a gain of the usual size, but it
            can contradict one. None where its rows are among those out of fold.
        decision_policy: The threshold and the costs.
        policy: The gate's numbers; the defaults when not given.
        structure: The result of the structure check, if it was made.
        checks: The results of the checks beside plain rivals.
        attempt: Which attempt on the out-of-fold rows it is; the first when not given.

    Returns:
        `ok` where the challenger is significantly better out of fold, the test side does not
        contradict it and no check has a fault, `watch` where a check has something to look at
        besides; else `refused`.
    """
    policy = policy or PromotionPolicy()
    faults = find_comparison_faults(out_of_fold, policy=policy, rows_label=_OUT_OF_FOLD)
    faults += find_comparison_faults(test, policy=policy, rows_label=_TEST_SIDE) if test else []
    if faults:
        return build_refusal(*faults)
    comparison = compare_on_rows(
        out_of_fold,
        decision_policy=decision_policy,
        policy=policy,
        rows_label=_OUT_OF_FOLD,
        confidence=find_attempt_confidence(attempt, confidence=policy.confidence),
    )
    done = (
        *(_check_test_side(test, decision_policy, policy) if test else ()),
        *_run_checks(out_of_fold, comparison, decision_policy, policy=policy),
        structure,
        *checks,
    )
    return _build_verdict(comparison, done, policy, attempt=attempt)


def judge_refresh(
    scores: PairedScores,
    *,
    decision_policy: DecisionPolicy,
    policy: PromotionPolicy | None = None,
    structure: Check | None = None,
    checks: Sequence[Check] = (),
    attempt: Attempt | None = None,
) -> Verdict:
    """Judge the same recipe fitted on newer data.

    Args:
        scores: Both models frozen, on rows that neither was trained on.
        decision_policy: The threshold and the costs.
        policy: The gate's numbers; the defaults when not given.
        structure: The result of the structure check, if it was made.
        checks: The results of the checks beside plain rivals.
        attempt: Which attempt on these rows it is; the first when not given.

    Returns:
        `ok` where the challenger is significantly better and no check has a fault, `watch` where a
        check has something to look at besides; else `refused`.
    """
    policy = policy or PromotionPolicy()
    faults = find_comparison_faults(scores, policy=policy, rows_label=_NEWEST_ROWS)
    if faults:
        return build_refusal(*faults)
    comparison = compare_on_rows(
        scores,
        decision_policy=decision_policy,
        policy=policy,
        rows_label=_NEWEST_ROWS,
        confidence=find_attempt_confidence(attempt, confidence=policy.confidence),
    )
    done = (*_run_checks(scores, comparison, decision_policy, policy=policy), structure, *checks)
    return _build_verdict(comparison, done, policy, attempt=attempt)


def build_refusal(*reasons: str) -> Verdict:
    """Return the verdict where no comparison is possible: the champion stays, for these reasons."""
    first, *others = reasons
    return Verdict(GATE, "refused", (f"champion stays: {first}", *others))


def _run_checks(
    scores: PairedScores,
    comparison: PairedComparison,
    decision_policy: DecisionPolicy,
    *,
    policy: PromotionPolicy,
) -> tuple[Check, ...]:
    return (
        check_plausible_gain(comparison, policy),
        check_calibration(scores, policy=policy),
        check_level(scores, policy=policy),
        check_fairness_change(scores, decision_policy=decision_policy, policy=policy),
        check_slices(scores, policy=policy),
    )


def _check_test_side(
    test: PairedScores, decision_policy: DecisionPolicy, policy: PromotionPolicy
) -> tuple[Check, Check]:
    """Return faults where the test side contradicts a gain or the level; it supports neither."""
    confirmation = compare_on_rows(
        test, decision_policy=decision_policy, policy=policy, rows_label=_TEST_SIDE
    )
    return (
        check_test_side(confirmation, policy),
        check_test_level(test, policy, rows_label=_TEST_SIDE),
    )


def _build_verdict(
    comparison: PairedComparison,
    checks: tuple[Check | None, ...],
    policy: PromotionPolicy,
    *,
    attempt: Attempt | None,
) -> PromotionVerdict:
    done = [check for check in checks if check is not None]
    outcome = _find_outcome(comparison, done, policy)
    power = measure_power(
        comparison.gains["roc_auc"],
        comparison.gains["log_loss"],
        row_count=comparison.row_count,
        policy=policy,
        confidence=comparison.confidence,
    )
    spent = describe_attempt(attempt, confidence=policy.confidence) if attempt else Check("")
    figures = comparison.list_figures()
    for check in (*done, spent, power):
        figures |= check.figures
    decisive = _find_decisive_gain(comparison, outcome, policy)
    aside = describe_watched(done)
    reasons = (
        _describe_decision(comparison, outcome) + ("" if outcome.objections else aside),
        *([describe_gain(decisive)] if decisive.measure != "roc_auc" else []),
        describe_roc_auc_gain(comparison),
        *(check.summary for check in (*done, spent) if check.summary),
        power.summary,
    )
    level: Level = "refused" if outcome.objections else "watch" if aside else "ok"
    return PromotionVerdict(GATE, level, reasons, figures, attempt)


def _find_outcome(
    comparison: PairedComparison, checks: list[Check], policy: PromotionPolicy
) -> _Outcome:
    gains = find_significant_gains(comparison, policy=policy)
    losses = [*find_worse_measures(comparison, significant_gains=gains, policy=policy)]
    if not gains and not losses:
        losses = ["a tie, no gain is both beyond noise and worth a change (promotion.confidence)"]
    faults = [check.fault for check in checks if check.fault]
    return _Outcome(tuple(gains), (*losses, *faults))


def _describe_decision(comparison: PairedComparison, outcome: _Outcome) -> str:
    rows = f"{comparison.rows_label}, {comparison.row_count:,} rows"
    gains = outcome.significant_gains
    if not outcome.objections:
        return f"challenger wins: better beyond noise on {name_measures(gains)} ({rows})"
    aside = f", although better on {name_measures(gains)}" if gains else ""
    return f"champion stays: {'; '.join(outcome.objections)}{aside} ({rows})"


def _find_decisive_gain(
    comparison: PairedComparison, outcome: _Outcome, policy: PromotionPolicy
) -> Gain:
    """Return the gain that exceeds its noise the most, on the side that decided."""
    worse = list_losses(comparison, policy=policy)
    if worse:
        return min(worse, key=_count_standard_errors)
    return max(outcome.significant_gains or comparison.gains.values(), key=_count_standard_errors)


def _count_standard_errors(gain: Gain) -> float:
    """Return by how many standard errors the challenger is better."""
    return gain.gain / gain.standard_error if gain.standard_error else 0.0
