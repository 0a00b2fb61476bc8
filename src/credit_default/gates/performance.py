"""Are the scores still right, now that outcomes are in? Ranking and calibration of one scored batch, noise allowed for."""

from dataclasses import dataclass
from typing import Final

from credit_default.gates.verdict import Level, Verdict
from credit_default.model.evaluation import Evaluation

GATE: Final = "performance"


@dataclass(frozen=True, slots=True)
class PerformancePolicy:
    """What a batch must still show."""

    fewest_rows: int = 200  # with known outcomes
    fewest_defaults: int = 20  # and as many clients who paid
    lowest_roc_auc: float = 0.70
    highest_roc_auc_loss: float = 0.04  # against the model's own test side, where that is given
    # Observed against expected defaults: relative error that matters, and standard deviations that are not chance.
    highest_calibration_error: float = 0.15
    calibration_deviations: float = 3.0


def judge_performance(
    evaluation: Evaluation, *, policy: PerformancePolicy | None = None, test_roc_auc: float | None = None
) -> Verdict:
    """`alarm` when ranking or calibration is worse than allowed beyond doubt, `watch` when it looks so, else `ok`.

    Beyond doubt: the AUC's whole 95 % interval is below the floor; observed defaults are further from expected ones
    than chance explains, and by enough to matter. With too few rows or defaults: `not judged`. `test_roc_auc` is the
    model's AUC on its test side; the floor is then the higher of the absolute one and that less the allowed loss.
    """
    policy = policy or PerformancePolicy()
    if thin := _tell_thin(evaluation, policy):
        return Verdict(GATE, "not judged", (thin,), {"row_count": float(evaluation.row_count)})
    roc_auc = evaluation.metrics["roc_auc"]
    floor = max(policy.lowest_roc_auc, (test_roc_auc or 0.0) - policy.highest_roc_auc_loss)
    distance = evaluation.default_count - evaluation.expected_default_count
    error = distance / evaluation.expected_default_count if evaluation.expected_default_count else 1.0
    deviations = distance / evaluation.expected_deviation if evaluation.expected_deviation else distance
    figures = {
        "row_count": float(evaluation.row_count),
        "roc_auc": roc_auc.value,
        "roc_auc_low": roc_auc.low,
        "roc_auc_high": roc_auc.high,
        "roc_auc_floor": floor,
        "default_share": evaluation.default_count / evaluation.row_count,
        "mean_probability": evaluation.expected_default_count / evaluation.row_count,
        "calibration_error": error,
        "calibration_deviations": deviations,
    }
    ranking: Level = "alarm" if roc_auc.high < floor else "watch" if roc_auc.value < floor else "ok"
    matters, doubtless = abs(error) > policy.highest_calibration_error, abs(deviations) > policy.calibration_deviations
    calibration: Level = "alarm" if matters and doubtless else "watch" if matters or doubtless else "ok"
    reasons = {
        f"ROC AUC {roc_auc.value:.3f} ({roc_auc.low:.3f} to {roc_auc.high:.3f}), floor {floor:.3f}": ranking,
        f"{evaluation.default_count:,} defaults where {evaluation.expected_default_count:,.0f} were expected "
        f"({error:+.0%}, {deviations:+.1f} standard deviations)": calibration,
    }
    level = max(reasons.values(), key=("ok", "watch", "alarm").index)
    return Verdict(GATE, level, tuple(reason for reason, found in reasons.items() if found == level), figures)


def _tell_thin(evaluation: Evaluation, policy: PerformancePolicy) -> str | None:
    paid_count = evaluation.row_count - evaluation.default_count
    if evaluation.row_count < policy.fewest_rows:
        return f"{evaluation.row_count:,} rows with outcomes are too few: at least {policy.fewest_rows:,}"
    if min(evaluation.default_count, paid_count) < policy.fewest_defaults:
        told = f"{evaluation.default_count:,} defaults and {paid_count:,} others are too few"
        return f"{told}: at least {policy.fewest_defaults:,} of each"
    return None
