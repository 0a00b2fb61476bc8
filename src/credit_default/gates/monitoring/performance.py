"""Are the scores still right, now that outcomes are in? Ranking and calibration of one scored batch, noise allowed for.

Who defaults is known before who pays, so a batch is judged only when its outcomes are due and nearly all of them are in:
a batch that is not mature never rings.
"""

from dataclasses import dataclass
from typing import Final

from credit_default.gates.verdict import Level, Verdict
from credit_default.model.evaluation.intervals import Metric
from credit_default.model.evaluation.metrics import Evaluation

GATE: Final = "performance"
_REPORTED_METRICS: Final = (
    "brier",
    "log_loss",
    "cost_per_1000",
)  # beside what is judged: estimates are held against them


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much is known of what became of a batch's clients. Early outcomes, which may still turn, count as unknown."""

    known_share: float  # of the scored rows, 0-1
    is_mature: bool  # the day has come on which all outcomes should be known
    early_count: int = 0


@dataclass(frozen=True, slots=True)
class PerformancePolicy:
    """What a batch must still show."""

    fewest_rows: int = 200  # with known outcomes
    fewest_defaults: int = 20  # and as many clients who paid
    lowest_coverage_share: float = 0.8  # of the scored rows, 0-1
    lowest_roc_auc: float = 0.70
    highest_roc_auc_loss: float = 0.04  # against the model's own test side, where that is given
    # Observed against expected defaults: relative error that matters, and standard deviations that are not chance.
    highest_calibration_error: float = 0.15
    calibration_deviations: float = 3.0
    lowest_slope: float = (
        0.8  # of the calibration line; 1 is calibrated, below it the scores are too extreme
    )
    highest_slope: float = 1.25


def judge_performance(
    evaluation: Evaluation,
    *,
    policy: PerformancePolicy | None = None,
    test_roc_auc: float | None = None,
    coverage: Coverage | None = None,
) -> Verdict:
    """`alarm` when ranking or calibration is worse than allowed beyond doubt, `watch` when it looks so, else `ok`.

    Beyond doubt: the AUC's whole 95 % interval is below the floor; observed defaults are further from expected ones
    than chance explains, and by enough to matter; the calibration slope's whole interval is out of range. With too few
    rows or defaults, or a `coverage` that is early or thin: `not judged`. `test_roc_auc` is the model's AUC on its test
    side; the floor is then the higher of the absolute one and that less the allowed loss.
    """
    policy = policy or PerformancePolicy()
    known = {"coverage_share": coverage.known_share} if coverage else {}
    if thin := _explain_immature_outcomes(coverage, policy) or _explain_too_few_rows(
        evaluation, policy
    ):
        return Verdict(
            GATE, "not judged", (thin,), {"row_count": float(evaluation.row_count), **known}
        )
    roc_auc = evaluation.metrics["roc_auc"]
    floor = max(policy.lowest_roc_auc, (test_roc_auc or 0.0) - policy.highest_roc_auc_loss)
    error, deviations = _measure_calibration_error(evaluation)
    ranking: Level = "alarm" if roc_auc.high < floor else "watch" if roc_auc.value < floor else "ok"
    matters, doubtless = (
        abs(error) > policy.highest_calibration_error,
        abs(deviations) > policy.calibration_deviations,
    )
    calibration: Level = (
        "alarm" if matters and doubtless else "watch" if matters or doubtless else "ok"
    )
    reasons: dict[str, Level] = {
        f"ROC AUC {roc_auc.value:.3f} ({roc_auc.low:.3f} to {roc_auc.high:.3f}), floor {floor:.3f}": ranking,
        f"{evaluation.default_count:,} defaults where {evaluation.expected_default_count:,.0f} were expected "
        f"({error:+.0%}, {deviations:+.1f} standard deviations)": calibration,
    }
    slope = evaluation.metrics.get("calibration_slope")
    if slope is not None:
        told = f"calibration slope {slope.value:.2f} ({slope.low:.2f} to {slope.high:.2f})"
        reasons[f"{told}, {policy.lowest_slope:g} to {policy.highest_slope:g} is allowed"] = (
            _judge_slope(slope, policy)
        )
    figures = {
        "row_count": float(evaluation.row_count),
        **known,
        "roc_auc": roc_auc.value,
        "roc_auc_low": roc_auc.low,
        "roc_auc_high": roc_auc.high,
        "roc_auc_floor": floor,
        "default_share": evaluation.default_count / evaluation.row_count,
        "mean_probability": evaluation.expected_default_count / evaluation.row_count,
        "calibration_error": error,
        "calibration_deviations": deviations,
        **_list_metric("calibration_slope", slope),
        **{
            name: evaluation.metrics[name].value
            for name in _REPORTED_METRICS
            if name in evaluation.metrics
        },
    }
    level = max(reasons.values(), key=("ok", "watch", "alarm").index)
    return Verdict(
        GATE, level, tuple(reason for reason, found in reasons.items() if found == level), figures
    )


def _measure_calibration_error(evaluation: Evaluation) -> tuple[float, float]:
    """How far defaults are from what was expected: relative to it, and in standard deviations of chance."""
    expected, deviation = evaluation.expected_default_count, evaluation.expected_deviation
    distance = evaluation.default_count - expected
    return distance / expected if expected else 1.0, distance / deviation if deviation else distance


def _judge_slope(slope: Metric, policy: PerformancePolicy) -> Level:
    if slope.high < policy.lowest_slope or slope.low > policy.highest_slope:
        return "alarm"
    in_range = policy.lowest_slope <= slope.value <= policy.highest_slope
    return "ok" if in_range or slope.low <= 1 <= slope.high else "watch"


def _list_metric(name: str, metric: Metric | None) -> dict[str, float]:
    return (
        {}
        if metric is None
        else {name: metric.value, f"{name}_low": metric.low, f"{name}_high": metric.high}
    )


def _explain_immature_outcomes(coverage: Coverage | None, policy: PerformancePolicy) -> str | None:
    if coverage is None:
        return None
    early = (
        f", {coverage.early_count:,} more came too early to count" if coverage.early_count else ""
    )
    if not coverage.is_mature:
        return f"the outcomes are not due yet: {coverage.known_share:.0%} are known{early}"
    if coverage.known_share < policy.lowest_coverage_share:
        return f"{coverage.known_share:.0%} of the outcomes are known{early}: at least {policy.lowest_coverage_share:.0%}"
    return None


def _explain_too_few_rows(evaluation: Evaluation, policy: PerformancePolicy) -> str | None:
    paid_count = evaluation.row_count - evaluation.default_count
    if evaluation.row_count < policy.fewest_rows:
        return f"{evaluation.row_count:,} rows with outcomes are too few: at least {policy.fewest_rows:,}"
    if min(evaluation.default_count, paid_count) < policy.fewest_defaults:
        told = f"{evaluation.default_count:,} defaults and {paid_count:,} others are too few"
        return f"{told}: at least {policy.fewest_defaults:,} of each"
    return None
