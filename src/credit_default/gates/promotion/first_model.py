"""Judge a first model, which has no champion to compare with, by floors on unseen rows."""

from typing import Final

from credit_default.gates.promotion.check_result import Check
from credit_default.gates.promotion.paired_comparison import find_sample_size_faults
from credit_default.gates.promotion.policy import PromotionPolicy
from credit_default.gates.verdict import Verdict
from credit_default.model.evaluation.metrics import Evaluation

GATE: Final = "promotion"
_REPORTED_METRICS: Final = ("roc_auc", "brier", "brier_skill", "calibration_slope")


def judge_first_model(
    evaluation: Evaluation, *, policy: PromotionPolicy | None = None, structure: Check | None = None
) -> Verdict:
    """Judge a first model.

    Args:
        evaluation: Metrics of the model on rows that it never saw.
        policy: The gate's numbers; the defaults when not given.
        structure: The result of the structure check, if it was made.

    Returns:
        `ok` where every floor is met, else `refused` with each floor that is not.
    """
    policy = policy or PromotionPolicy()
    metrics = {name: metric.value for name, metric in evaluation.metrics.items()}
    figures: dict[str, float] = {
        name: metrics[name] for name in _REPORTED_METRICS if name in metrics
    }
    faults = [structure.fault] if structure and structure.fault else []
    faults += find_sample_size_faults(evaluation.row_count, evaluation.default_count, policy=policy)
    if evaluation.distinct_count == 1:
        faults.append("the model gives every client the same probability")
    faults += _find_missed_floors(evaluation, metrics, policy)
    if faults:
        return Verdict(GATE, "refused", tuple(faults), figures)
    reason = (
        f"first model: ROC AUC {metrics['roc_auc']:.4f}, Brier score {metrics['brier']:.4f}, "
        "every floor met"
    )
    return Verdict(GATE, "ok", (reason, *((structure.summary,) if structure else ())), figures)


def _find_missed_floors(
    evaluation: Evaluation, metrics: dict[str, float], policy: PromotionPolicy
) -> list[str]:
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
    faults = []
    for name, label, lowest, highest in bounds:
        if name not in metrics:
            reason = evaluation.absent.get(name, "it was not evaluated")
            faults.append(f"{label} cannot be measured: {reason}")
        elif not lowest < metrics[name] < highest:
            faults.append(f"{label} {metrics[name]:.4f} is not between {lowest:g} and {highest:g}")
    return faults
