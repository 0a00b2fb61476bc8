"""May this model become champion? Absolute floors for the first one, a fair contest for every one after it.

A change of recipe is judged on pooled out-of-fold probabilities of both recipes and confirmed on the test side; a
refresh as frozen champion against frozen challenger on rows that neither was trained on. A tie keeps the champion:
a change costs work and trust, so it has to earn them. Reasons come in the order in which a person asks for them: what was
decided, by which figure, what else was looked at, and what these rows could have shown.
"""

from typing import Final, Literal

from credit_default.gates.promotion.calibration_check import check_calibration
from credit_default.gates.promotion.check_result import Check
from credit_default.gates.promotion.fairness_check import check_fairness_change
from credit_default.gates.promotion.paired_comparison import (
    PairedComparison,
    compare_on_rows,
    describe_gain,
    describe_roc_auc_gain,
    find_comparison_faults,
    find_sample_size_faults,
    find_significant_gains,
    find_worse_measures,
    name_measures,
)
from credit_default.gates.promotion.paired_gains import Gain, PairedScores
from credit_default.gates.promotion.policy import PromotionPolicy
from credit_default.gates.promotion.power import measure_power
from credit_default.gates.promotion.slice_check import check_slices
from credit_default.gates.verdict import Verdict
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.evaluation.metrics import Evaluation

__all__ = ["PromotionPolicy", "build_refusal", "judge_first_model", "judge_recipe", "judge_refresh"]

GATE: Final = "promotion"


def judge_first_model(
    evaluation: Evaluation, *, policy: PromotionPolicy | None = None, structure: Check | None = None
) -> Verdict:
    """`ok` when a first model clears every floor on unseen rows, else `refused` with each floor that it misses."""
    policy = policy or PromotionPolicy()
    metrics = {name: metric.value for name, metric in evaluation.metrics.items()}
    told = ("roc_auc", "brier", "brier_skill", "calibration_slope")
    figures: dict[str, float] = {name: metrics[name] for name in told if name in metrics}
    faults = [structure.fault] if structure and structure.fault else []
    faults += find_sample_size_faults(evaluation.row_count, evaluation.default_count, policy=policy)
    if evaluation.distinct_count == 1:
        faults.append("the model gives every client the same probability")
    bounds = (
        ("roc_auc", "ROC AUC", policy.lowest_roc_auc, policy.highest_roc_auc),
        ("brier_skill", "Brier skill", policy.lowest_brier_skill, 1.0),
        (
            "calibration_slope",
            "calibration slope",
            policy.lowest_calibration_slope,
            policy.highest_calibration_slope,
        ),
    )
    for name, label, lowest, highest in bounds:
        if name not in metrics:
            faults.append(
                f"{label} cannot be measured: {evaluation.absent.get(name, 'it was not evaluated')}"
            )
        elif not lowest < metrics[name] < highest:
            faults.append(f"{label} {metrics[name]:.4f} is not between {lowest:g} and {highest:g}")
    if faults:
        return Verdict(GATE, "refused", tuple(faults), figures)
    reason = f"first model: ROC AUC {metrics['roc_auc']:.4f}, Brier {metrics['brier']:.4f}, every floor cleared"
    return Verdict(GATE, "ok", (reason, *((structure.told,) if structure else ())), figures)


def judge_recipe(
    out_of_fold: PairedScores,
    test: PairedScores,
    *,
    decision_policy: DecisionPolicy,
    policy: PromotionPolicy | None = None,
    structure: Check | None = None,
) -> Verdict:
    """The verdict on a change of recipe: better on the pooled out-of-fold rows, and not worse on the test side.

    The test side alone is too small to show a gain of this size: it can contradict one, and then the champion stays.
    """
    policy = policy or PromotionPolicy()
    faults = find_comparison_faults(out_of_fold, policy=policy, where="out of fold")
    faults += find_comparison_faults(test, policy=policy, where="on the test side")
    if faults:
        return build_refusal(*faults)
    bout = compare_on_rows(
        out_of_fold, decision_policy=decision_policy, policy=policy, where="out of fold"
    )
    confirmation = compare_on_rows(
        test, decision_policy=decision_policy, policy=policy, where="on the test side"
    )
    checks = (
        _check_test_side(confirmation),
        *_run_checks(out_of_fold, bout, decision_policy, policy=policy),
        structure,
    )
    return _build_verdict(bout, checks, policy)


def judge_refresh(
    contest: PairedScores,
    *,
    decision_policy: DecisionPolicy,
    policy: PromotionPolicy | None = None,
    structure: Check | None = None,
) -> Verdict:
    """The verdict on the same recipe with newer data: both models frozen, on rows that neither was trained on."""
    policy = policy or PromotionPolicy()
    faults = find_comparison_faults(contest, policy=policy, where="on the newest rows")
    if faults:
        return build_refusal(*faults)
    bout = compare_on_rows(
        contest, decision_policy=decision_policy, policy=policy, where="on the newest rows"
    )
    return _build_verdict(
        bout, (*_run_checks(contest, bout, decision_policy, policy=policy), structure), policy
    )


def build_refusal(*reasons: str) -> Verdict:
    """The verdict where there is nothing to compare."""
    first, *others = reasons
    return Verdict(GATE, "refused", (f"champion stays: {first}", *others))


def _run_checks(
    contest: PairedScores,
    bout: PairedComparison,
    decision_policy: DecisionPolicy,
    *,
    policy: PromotionPolicy,
) -> tuple[Check, ...]:
    return (
        _check_plausible_gain(bout, policy),
        check_calibration(contest, policy=policy),
        check_fairness_change(contest, decision_policy=decision_policy, policy=policy),
        check_slices(contest, policy=policy),
    )


def _check_plausible_gain(bout: PairedComparison, policy: PromotionPolicy) -> Check:
    """A fault where the challenger ranks too well to be true; says nothing otherwise."""
    area = bout.area
    # A champion that ranks no better than a first model may is no measure of how far one step can lead.
    is_jump = area.gain > policy.largest_roc_auc_gain and area.champion > policy.lowest_roc_auc
    if area.challenger < policy.highest_roc_auc and not is_jump:
        return Check("")
    told = "leak: look for an input that was not known on the day of the statement before anybody overrules this"
    return Check(
        told,
        fault=f"ROC AUC {area.challenger:.4f} against {area.champion:.4f} is too good to be true",
    )


def _check_test_side(bout: PairedComparison) -> Check:
    """The test side's word: it can contradict a gain, not make one."""
    contradicted = [gain for gain in bout.gains.values() if gain.is_worse]
    told = [describe_gain(gain) for gain in contradicted or (bout.gains["roc_auc"],)]
    return Check(
        f"test side, {bout.row_count:,} rows: {'; '.join(told)}",
        fault="the test side contradicts it" if contradicted else "",
        figures=bout.list_figures(prefix="test_"),
    )


def _build_verdict(
    bout: PairedComparison, checks: tuple[Check | None, ...], policy: PromotionPolicy
) -> Verdict:
    done = [check for check in checks if check is not None]
    won = find_significant_gains(bout, policy=policy)
    losses = list(find_worse_measures(bout, won=won, policy=policy))
    if not won and not losses:
        losses = ["a tie, no gain is both beyond noise and worth a change"]
    objections = [*losses, *(check.fault for check in done if check.fault)]
    power = measure_power(
        bout.gains["roc_auc"], bout.gains["log_loss"], row_count=bout.row_count, policy=policy
    )
    figures = bout.list_figures()
    for check in (*done, power):
        figures |= check.figures
    decisive = _find_decisive_gain(bout, won)
    told = [describe_gain(decisive)] if decisive.measure != "roc_auc" else []
    told += [
        describe_roc_auc_gain(bout, policy=policy),
        *(check.told for check in done if check.told),
        power.told,
    ]
    level: Literal["ok", "refused"] = "refused" if objections else "ok"
    return Verdict(
        GATE, level, (_describe_decision(bout, won, objections=objections), *told), figures
    )


def _describe_decision(bout: PairedComparison, won: list[Gain], *, objections: list[str]) -> str:
    place = f"{bout.where}, {bout.row_count:,} rows"
    if not objections:
        return f"challenger wins: better beyond noise on {name_measures(won)} ({place})"
    aside = f", although better on {name_measures(won)}" if won else ""
    return f"champion stays: {'; '.join(objections)}{aside} ({place})"


def _find_decisive_gain(bout: PairedComparison, won: list[Gain]) -> Gain:
    """The gain that stands out of its noise the most, on the side that decided."""
    worse = [gain for gain in bout.gains.values() if gain.is_worse]
    if worse:
        return min(worse, key=_count_standard_errors)
    return max(won or bout.gains.values(), key=_count_standard_errors)


def _count_standard_errors(gain: Gain) -> float:
    """By how many standard errors the challenger is better."""
    return gain.gain / gain.standard_error if gain.standard_error else 0.0
