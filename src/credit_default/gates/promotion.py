"""May this model become champion? Absolute floors for the first one, a fair contest for every one after it.

A change of recipe is judged on pooled out-of-fold probabilities of both recipes and confirmed on the test side; a
refresh as frozen champion against frozen challenger on rows that neither was trained on. A tie keeps the champion:
a change costs work and trust, so it has to earn them.
"""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from credit_default.errors import InputError
from credit_default.gates.contest import Contest, Gain, measure_gains
from credit_default.gates.verdict import Verdict
from credit_default.model.decision import DecisionPolicy
from credit_default.model.evaluation import Evaluation
from credit_default.model.resampling import check_scores

GATE: Final = "promotion"

_DECISIVE: Final = ("log_loss", "brier", "roc_auc")  # cost hangs on one threshold: it can stop, not win
_NAMES: Final = {
    "log_loss": "log loss",
    "brier": "Brier score",
    "roc_auc": "ROC AUC",
    "cost_per_1000": "cost per 1,000",
}


@dataclass(frozen=True, slots=True)
class PromotionPolicy:
    """What a first model must reach, and what a challenger must show."""

    lowest_roc_auc: float = 0.70
    highest_roc_auc: float = 0.97  # beyond belief for this kind of outcome: something tells it the answer
    lowest_brier_skill: float = 0.0
    lowest_calibration_slope: float = 0.6
    highest_calibration_slope: float = 1.6
    fewest_rows: int = 200
    fewest_defaults: int = 20  # and as many clients who paid
    roc_auc_margin: float = 0.002  # the largest loss of AUC that another gain may outweigh
    least_log_loss_gain: float = 0.0005  # a gain that is sure but smaller is not worth a change
    least_brier_gain: float = 0.0002
    least_roc_auc_gain: float = 0.001
    # Three measures may win, so each interval is wider than the usual 95 %: about one tie in a hundred would pass.
    confidence: float = 0.99
    resample_count: int = 300
    seed: int = 20_050_901


def judge_first(evaluation: Evaluation, *, policy: PromotionPolicy | None = None) -> Verdict:
    """`ok` when a first model clears every floor on unseen rows, else `refused` with each floor that it misses."""
    policy = policy or PromotionPolicy()
    metrics = {name: metric.value for name, metric in evaluation.metrics.items()}
    told = ("roc_auc", "brier", "brier_skill", "calibration_slope")
    figures: dict[str, float] = {name: metrics[name] for name in told if name in metrics}
    faults = _find_thin(evaluation.row_count, evaluation.default_count, policy)
    if evaluation.distinct_count == 1:
        faults.append("the model gives every client the same probability")
    bounds = (
        ("roc_auc", "ROC AUC", policy.lowest_roc_auc, policy.highest_roc_auc),
        ("brier_skill", "Brier skill", policy.lowest_brier_skill, 1.0),
        ("calibration_slope", "calibration slope", policy.lowest_calibration_slope, policy.highest_calibration_slope),
    )
    for name, label, lowest, highest in bounds:
        if name not in metrics:
            faults.append(f"{label} cannot be measured: {evaluation.absent.get(name, 'it was not evaluated')}")
        elif not lowest < metrics[name] < highest:
            faults.append(f"{label} {metrics[name]:.4f} is not between {lowest:g} and {highest:g}")
    if faults:
        return Verdict(GATE, "refused", tuple(faults), figures)
    reason = f"first model: ROC AUC {metrics['roc_auc']:.4f}, Brier {metrics['brier']:.4f}, every floor cleared"
    return Verdict(GATE, "ok", (reason,), figures)


def judge_recipe(
    out_of_fold: Contest, test: Contest, *, decision_policy: DecisionPolicy, policy: PromotionPolicy | None = None
) -> Verdict:
    """The verdict on a change of recipe: better on the pooled out-of-fold rows, and not worse on the test side.

    The test side alone is too small to show a gain of this size: it can contradict one, and then the champion stays.
    """
    policy = policy or PromotionPolicy()
    faults = _find_faults(out_of_fold, policy, where="out of fold") + _find_faults(
        test, policy, where="on the test side"
    )
    if faults:
        return Verdict(GATE, "refused", tuple(faults))
    gains, test_gains = (_measure(contest, policy, decision_policy) for contest in (out_of_fold, test))
    figures = _list_figures(gains) | _list_figures(test_gains, prefix="test_")
    level, reasons = _weigh(gains, policy, where="out of fold")
    contradicted = [gain for gain in test_gains if gain.is_worse]
    if level == "ok" and contradicted:
        reasons = tuple(f"{_tell(gain)} on the test side: the gain is not confirmed" for gain in contradicted)
        return Verdict(GATE, "refused", reasons, figures)
    return Verdict(GATE, level, reasons, figures)


def judge_refresh(
    contest: Contest, *, decision_policy: DecisionPolicy, policy: PromotionPolicy | None = None
) -> Verdict:
    """The verdict on the same recipe with newer data: both models frozen, on rows that neither was trained on."""
    policy = policy or PromotionPolicy()
    faults = _find_faults(contest, policy, where="on the newest rows")
    if faults:
        return Verdict(GATE, "refused", tuple(faults))
    gains = _measure(contest, policy, decision_policy)
    level, reasons = _weigh(gains, policy, where="on the newest rows")
    return Verdict(GATE, level, reasons, _list_figures(gains))


def _weigh(
    gains: tuple[Gain, ...], policy: PromotionPolicy, *, where: str
) -> tuple[Literal["ok", "refused"], tuple[str, ...]]:
    by_measure = {gain.measure: gain for gain in gains}
    worse = [gain for gain in gains if gain.is_worse]
    if by_measure["roc_auc"].gain < -policy.roc_auc_margin and by_measure["roc_auc"] not in worse:
        worse.append(by_measure["roc_auc"])
    if worse:
        return "refused", tuple(f"{_tell(gain)} {where}" for gain in worse)
    least = {
        "log_loss": policy.least_log_loss_gain,
        "brier": policy.least_brier_gain,
        "roc_auc": policy.least_roc_auc_gain,
    }
    won = [
        by_measure[name] for name in _DECISIVE if by_measure[name].is_better and by_measure[name].gain >= least[name]
    ]
    if won:
        return "ok", tuple(f"{_tell(gain)} {where}" for gain in won)
    reason = f"a tie {where} keeps the champion: no gain is both beyond noise and worth a change"
    return "refused", (reason, *(_tell(by_measure[name]) for name in _DECISIVE))


def _tell(gain: Gain) -> str:
    side = "better" if gain.gain >= 0 else "worse"
    ends = sorted((abs(gain.low), abs(gain.high))) if gain.is_better or gain.is_worse else None
    noise = f"{ends[0]:.4f} to {ends[1]:.4f}" if ends else f"{gain.low:+.4f} to {gain.high:+.4f}, which holds 0"
    return (
        f"{_NAMES[gain.measure]} {gain.challenger:.4f} against {gain.champion:.4f}: "
        f"challenger {side} by {abs(gain.gain):.4f} ({noise})"
    )


def _measure(contest: Contest, policy: PromotionPolicy, decision_policy: DecisionPolicy) -> tuple[Gain, ...]:
    return measure_gains(
        contest,
        decision_policy=decision_policy,
        confidence=policy.confidence,
        resample_count=policy.resample_count,
        seed=policy.seed,
    )


def _find_faults(contest: Contest, policy: PromotionPolicy, *, where: str) -> list[str]:
    """What makes a contest void: no fair comparison is possible, so nothing is promoted."""
    for side, scored in (("champion", contest.champion), ("challenger", contest.challenger)):
        try:
            check_scores(contest.defaulted, scored)
        except InputError as error:
            return [f"the {side} cannot be compared {where}: found {error.found}; expected {error.expected}"]
    defaulted = np.asarray(contest.defaulted)
    faults = _find_thin(len(defaulted), int(defaulted.sum()), policy)
    if np.ptp(np.asarray(contest.challenger, dtype=np.float64)) == 0:
        faults.append("the challenger gives every client the same probability")
    return [f"{fault} {where}" for fault in faults]


def _find_thin(row_count: int, default_count: int, policy: PromotionPolicy) -> list[str]:
    faults = []
    if row_count < policy.fewest_rows:
        faults.append(f"{row_count:,} rows are too few to judge by: at least {policy.fewest_rows:,}")
    if min(default_count, row_count - default_count) < policy.fewest_defaults:
        told = f"{default_count:,} defaults among {row_count:,} rows are too few, or leave too few others"
        faults.append(f"{told}: at least {policy.fewest_defaults:,} of each")
    return faults


def _list_figures(gains: tuple[Gain, ...], *, prefix: str = "") -> dict[str, float]:
    figures: dict[str, float] = {}
    for gain in gains:
        figures |= {
            f"{prefix}champion_{gain.measure}": gain.champion,
            f"{prefix}challenger_{gain.measure}": gain.challenger,
            f"{prefix}{gain.measure}_gain": gain.gain,
            f"{prefix}{gain.measure}_gain_low": gain.low,
            f"{prefix}{gain.measure}_gain_high": gain.high,
        }
    return figures
