"""Judge a first model, which has no champion to compare with, by floors on rows that it did not learn from.

A floor must be shown to be reached, by the whole 95 % interval: a model that is exactly at a floor
passes it at most once in forty times, and few rows show little. The level is judged by an objection
(`level_check`).
"""

from collections.abc import Iterator, Sequence
from typing import Final

from credit_default.gates.promotion.check_result import Check
from credit_default.gates.promotion.level_check import ScoredRows, check_first_level
from credit_default.gates.promotion.paired_comparison import find_sample_size_faults
from credit_default.gates.promotion.policy import PromotionPolicy
from credit_default.gates.verdict import Verdict
from credit_default.model.evaluation.intervals import Metric
from credit_default.model.evaluation.metrics import Evaluation

GATE: Final = "promotion"
_REPORTED_METRICS: Final = ("roc_auc", "brier", "brier_skill", "calibration_slope")


def judge_first_model(
    evaluation: Evaluation,
    scored: ScoredRows,
    *,
    policy: PromotionPolicy | None = None,
    structure: Check | None = None,
    checks: Sequence[Check] = (),
    rows_name: str = "",
) -> Verdict:
    """Judge a first model.

    Args:
        evaluation: Metrics on rows that the model, or that of a row's fold, never saw, with their 95 % intervals.
        scored: The same rows, with their slices.
        policy: The gate's numbers; the defaults when not given.
        structure: The result of the structure check, if it was made.
        checks: The results of the checks beside plain rivals: leaks, and rivals that rank better.
        rows_name: Which rows these are and how many, in words; "200 rows" when not given.

    Returns:
        `ok` where every floor is shown to be reached and the level is right, `watch` where a check
        has something to look at besides, else `refused` with each floor that is not.
    """
    policy = policy or PromotionPolicy()
    too_few = find_sample_size_faults(evaluation.row_count, evaluation.default_count, policy=policy)
    level = Check("") if too_few else check_first_level(scored, policy=policy)
    faults = [structure.fault] if structure and structure.fault else []
    faults += too_few
    if evaluation.distinct_count == 1:
        faults.append("the model gives every client the same probability")
    rows_name = rows_name or f"{evaluation.row_count:,} rows"
    faults += _find_missed_floors(evaluation, policy, rows_name=rows_name)
    faults += [check.fault for check in (level, *checks) if check.fault]
    figures = _list_figures(evaluation)
    for check in (level, *checks):
        figures |= check.figures
    if faults:
        told = [check.summary for check in (level, *checks) if check.fault]
        return Verdict(GATE, "refused", (*faults, *told), figures)
    watched = [check for check in checks if check.watch]
    reason = (
        f"first model: ROC AUC {_describe_metric(evaluation.metrics['roc_auc'])}, Brier score "
        f"{evaluation.metrics['brier'].value:.4f}, every floor met by {rows_name}"
        f"{describe_watched(watched)}"
    )
    told = [check.summary for check in (*watched, level, structure) if check and check.summary]
    return Verdict(GATE, "watch" if watched else "ok", (reason, *told), figures)


def describe_watched(checks: Sequence[Check]) -> str:
    """Return what people must look at although the model may pass, as the end of a sentence."""
    watched = [check.watch for check in checks if check.watch]
    return f", but {' and '.join(watched)}" if watched else ""


def _list_figures(evaluation: Evaluation) -> dict[str, float]:
    """Return the metrics by name, and the bounds of their intervals that the floors are held to."""
    metrics = evaluation.metrics
    figures = {name: metrics[name].value for name in _REPORTED_METRICS if name in metrics}
    bounded = [name for name in ("roc_auc", "brier_skill", "calibration_slope") if name in metrics]
    return figures | {f"{name}_low": metrics[name].low for name in bounded}


def _find_missed_floors(
    evaluation: Evaluation, policy: PromotionPolicy, *, rows_name: str
) -> Iterator[str]:
    floors = {
        "roc_auc": ("ROC AUC", policy.lowest_roc_auc),
        "brier_skill": ("Brier skill", policy.lowest_brier_skill),
        "calibration_slope": ("calibration slope", policy.lowest_calibration_slope),
    }
    for name, (label, lowest) in floors.items():
        metric = evaluation.metrics.get(name)
        if metric is None:
            reason = evaluation.absent.get(name, "it was not evaluated")
            yield f"{label} cannot be measured: {reason}"
        elif metric.low <= lowest:
            limit = f"above {lowest:g} (promotion.lowest_{name})"
            yield _describe_miss(label, metric, limit, rows_name)
    slope = evaluation.metrics.get("calibration_slope")
    if slope is not None and slope.high >= policy.highest_calibration_slope:
        limit = f"below {policy.highest_calibration_slope:g} (promotion.highest_calibration_slope)"
        yield _describe_miss("calibration slope", slope, limit, rows_name)
    roc_auc = evaluation.metrics.get("roc_auc")
    # A suspicion, not a floor: the value itself counts, however wide its interval.
    if roc_auc is not None and roc_auc.value >= policy.highest_roc_auc:
        yield (
            f"ROC AUC {roc_auc.value:.4f} is too good to be true: at most "
            f"{policy.highest_roc_auc:g} (promotion.highest_roc_auc) is plausible; look for an input that was not known on the "
            "day of the statement"
        )


def _describe_miss(label: str, metric: Metric, limit: str, rows_name: str) -> str:
    return f"{label} {_describe_metric(metric)} is not shown to be {limit} by {rows_name}"


def _describe_metric(metric: Metric) -> str:
    return f"{metric.value:.4f} (95 %: {metric.low:.4f} to {metric.high:.4f})"
