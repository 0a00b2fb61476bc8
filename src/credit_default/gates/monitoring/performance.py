"""Judge whether ranking and calibration of a batch are still right, once outcomes are known.

Defaults become known before it is known who pays, so a batch is judged only when its outcomes are
due and nearly all of them are known. A batch that is not mature never raises an alarm. Neither does
a right model when a month's defaults vary as months do (docs/adr/0024), or as on its test side.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import hypot
from typing import Final

from credit_default.gates.completeness import Completeness
from credit_default.gates.monitoring.monitoring_gates import PERFORMANCE
from credit_default.gates.verdict import Level, Verdict
from credit_default.model.evaluation.intervals import NORMAL_QUANTILE_95, Metric
from credit_default.model.evaluation.metrics import Evaluation
from credit_default.model.evaluation.reference_performance import ReferencePerformance
from credit_default.model.months.month_effects import (
    CountError,
    MonthDeviation,
    estimate_month_effect_sd,
    measure_count_error,
)
from credit_default.model.statistics.auc_placements import RocAuc

GATE: Final = PERFORMANCE.name
# Recorded beside what is judged, so that estimates can be compared with them.
_REPORTED_METRICS: Final = ("brier", "log_loss", "cost_per_1000")
_LEVELS: Final[tuple[Level, ...]] = ("ok", "watch", "alarm")


@dataclass(frozen=True, slots=True)
class PerformancePolicy:
    """What a batch must still show."""

    fewest_rows: int = 200  # with known outcomes
    fewest_defaults: int = 20  # and as many clients who paid
    lowest_roc_auc: float = 0.70
    highest_roc_auc_loss: float = 0.04  # below the model's AUC on its test side, where it is given
    # Observed against expected defaults: a relative error that matters, and standard deviations
    # that neither chance among clients nor the effects of months explain.
    highest_calibration_error: float = 0.15
    calibration_deviations: float = 3.0
    # Of the log odds of all clients of a month, before months were observed: 0.12 moves the number
    # of defaults by some 8 %. 0 counts defaults as independent.
    month_effect_sd: float = 0.12
    month_effect_weight: float = 4.0  # how many observed months it counts for
    # Of the calibration line; 1 is calibrated, below it the scores are too extreme.
    lowest_slope: float = 0.8
    highest_slope: float = 1.25


@dataclass(frozen=True, slots=True)
class _Finding:
    level: Level
    reason: str


def judge_performance(
    evaluation: Evaluation,
    *,
    policy: PerformancePolicy | None = None,
    reference: ReferencePerformance | None = None,
    completeness: Completeness | None = None,
    past: Sequence[MonthDeviation] = (),
) -> Verdict:
    """Judge ranking and calibration of one batch.

    Args:
        evaluation: Metrics of the rows whose outcome is known.
        policy: Thresholds; the defaults when not given.
        reference: How the model was on its test side. The floor of the ROC AUC is then the higher
            of the policy's and that of the test side less the allowed loss; a slope or a level is
            no news where the test side, or the rows that the model learned from, allow for it.
        completeness: How many outcomes are known, and what the missing ones look like; None where
            all of them are known.
        past: Earlier months that were judged of the same version, from which the size of month
            effects is learnt.

    Returns:
        `alarm` when a finding is beyond doubt: the AUC is below the floor by more than the 95 %
        interval of their difference; observed defaults are further from expected ones than
        chance, month effects and the model's own level explain, and by enough to matter; or the
        calibration slope's whole interval is out of range, and further out than on the test side
        beyond noise. `watch` when the evidence for one is weaker, or the missing
        outcomes are not missing at random by score, else `ok`. `not judged` with too few rows or
        defaults, or while the outcomes are not complete.
    """
    policy, reference = policy or PerformancePolicy(), reference or ReferencePerformance()
    known = completeness.list_figures() if completeness else {}
    incomplete = None if completeness is None or completeness.is_complete else completeness.reason
    reason = incomplete or _explain_too_few_rows(evaluation, policy)
    if reason:
        figures = {"row_count": float(evaluation.row_count), **known}
        return Verdict(GATE, "not judged", (reason,), figures)
    effect_sd = estimate_month_effect_sd(
        past, declared_sd=policy.month_effect_sd, declared_weight=policy.month_effect_weight
    )
    error = measure_count_error(
        evaluation, month_effect_sd=effect_sd, level_error=reference.level_error
    )
    floors = _list_floors(policy, reference.roc_auc)
    findings = [
        _judge_ranking(evaluation.metrics["roc_auc"], floors),
        _judge_calibration(evaluation, error, policy),
        *_judge_slope(evaluation.metrics.get("calibration_slope"), reference, policy),
        *_judge_missing(completeness),
    ]
    figures = {**_list_figures(evaluation, floors[0], known), **_list_count_figures(error, policy)}
    level = max((finding.level for finding in findings), key=_LEVELS.index)
    found = (finding.reason for finding in findings if finding.level == level)
    reasons = (*found, *reference.describe_small())
    return Verdict(GATE, level, reasons, figures)


def _list_floors(policy: PerformancePolicy, test_roc_auc: RocAuc | None) -> tuple[RocAuc, ...]:
    """Return the floors, the highest first; the policy's own is exact."""
    floors = [RocAuc(policy.lowest_roc_auc, 0.0)]
    if test_roc_auc is not None:
        value = test_roc_auc.value - policy.highest_roc_auc_loss
        floors.append(RocAuc(value, test_roc_auc.standard_error))
    return tuple(sorted(floors, key=lambda floor: -floor.value))


def _judge_ranking(roc_auc: Metric, floors: tuple[RocAuc, ...]) -> _Finding:
    highest = floors[0]
    is_below = any(
        roc_auc.value
        + hypot(roc_auc.high - roc_auc.value, NORMAL_QUANTILE_95 * floor.standard_error)
        < floor.value
        for floor in floors
    )
    level: Level = "alarm" if is_below else "watch" if roc_auc.value < highest.value else "ok"
    interval = f"{roc_auc.low:.3f} to {roc_auc.high:.3f}"
    # only a floor that comes from the test side has an error
    setting = "highest_roc_auc_loss" if highest.standard_error else "lowest_roc_auc"
    error = (
        f" (itself known to ± {NORMAL_QUANTILE_95 * highest.standard_error:.3f})"
        if highest.standard_error
        else ""
    )
    return _Finding(
        level,
        f"ROC AUC {roc_auc.value:.3f} ({interval}), floor {highest.value:.3f}{error} "
        f"(performance.{setting})",
    )


def _judge_calibration(
    evaluation: Evaluation, error: CountError, policy: PerformancePolicy
) -> _Finding:
    matters = abs(error.relative) > policy.highest_calibration_error
    is_sure = abs(error.deviations) > policy.calibration_deviations
    # A month effect may explain one such month, and not several in a row (see `retraining`).
    is_odd = abs(error.chance_deviations) > policy.calibration_deviations
    level: Level = "alarm" if matters and is_sure else "watch" if matters or is_odd else "ok"
    return _Finding(
        level,
        f"{evaluation.default_count:,} defaults where {evaluation.expected_default_count:,.0f} "
        f"were expected ({error.relative:+.0%}, {error.deviations:+.1f} standard deviations of "
        f"chance and a month effect of {error.month_effect_sd:.2f} in log odds, "
        f"{error.chance_deviations:+.1f} of chance alone; ± {_measure_allowance(error, policy):.0%} "
        "is allowed: performance.highest_calibration_error, performance.calibration_deviations)",
    )


def _judge_slope(
    slope: Metric | None, reference: ReferencePerformance, policy: PerformancePolicy
) -> list[_Finding]:
    if slope is None:
        return []
    in_range = policy.lowest_slope <= slope.value <= policy.highest_slope
    is_out = slope.high < policy.lowest_slope or slope.low > policy.highest_slope
    if is_out and reference.has_another_slope(slope):
        level: Level = "alarm"
    else:
        level = "ok" if in_range or slope.low <= 1 <= slope.high else "watch"
    reason = (
        f"calibration slope {slope.value:.2f} ({slope.low:.2f} to {slope.high:.2f}), "
        f"{policy.lowest_slope:g} to {policy.highest_slope:g} is allowed "
        "(performance.lowest_slope, performance.highest_slope)"
        f"{reference.describe_slope() if is_out else ''}"
    )
    return [_Finding(level, reason)]


def _judge_missing(completeness: Completeness | None) -> list[_Finding]:
    if completeness is None or not completeness.is_watched:
        return []
    return [_Finding("watch", completeness.reason)]


def _list_figures(
    evaluation: Evaluation, floor: RocAuc, known: Mapping[str, float]
) -> dict[str, float]:
    metrics, row_count = evaluation.metrics, evaluation.row_count
    slope = metrics.get("calibration_slope")
    reported = [name for name in _REPORTED_METRICS if name in metrics]
    return {
        "row_count": float(row_count),
        **known,
        **metrics["roc_auc"].list_figures("roc_auc"),
        "roc_auc_floor": floor.value,
        "roc_auc_floor_error": floor.standard_error,
        "default_share": evaluation.default_count / row_count,
        "mean_probability": evaluation.expected_default_count / row_count,
        **(slope.list_figures("calibration_slope") if slope else {}),
        **{name: metrics[name].value for name in reported},
    }


def _list_count_figures(error: CountError, policy: PerformancePolicy) -> dict[str, float]:
    return {
        "calibration_error": error.relative,
        "calibration_deviations": error.deviations,
        "calibration_allowance": _measure_allowance(error, policy),
        "expected_deviation": error.chance_deviation,
        "month_effect_sd": error.month_effect_sd,
    }


def _measure_allowance(error: CountError, policy: PerformancePolicy) -> float:
    """Return the relative error from which an alarm is raised."""
    by_deviations = policy.calibration_deviations * error.relative_deviation
    return max(policy.highest_calibration_error, by_deviations)


def _explain_too_few_rows(evaluation: Evaluation, policy: PerformancePolicy) -> str | None:
    row_count, default_count = evaluation.row_count, evaluation.default_count
    paid_count = row_count - default_count
    if row_count < policy.fewest_rows:
        return (
            f"{row_count:,} rows with outcomes are too few: at least {policy.fewest_rows:,} "
            "(performance.fewest_rows)"
        )
    if min(default_count, paid_count) < policy.fewest_defaults:
        return (
            f"{default_count:,} defaults and {paid_count:,} others are too few: "
            f"at least {policy.fewest_defaults:,} of each (performance.fewest_defaults)"
        )
    return None
