"""Judge a batch before any outcome is known, by what its scores lead to expect.

An estimate trusts the scores, so it never raises an alarm: at most it asks for a review. Each
estimate is shown with the error of earlier estimates, once their outcomes are known.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from credit_default.gates.monitoring.monitoring_gates import ESTIMATE
from credit_default.gates.verdict import Verdict
from credit_default.model.evaluation.intervals import Metric
from credit_default.model.months.label_free_estimates import (
    ESTIMATED_METRICS,
    Estimate,
    PastError,
)

GATE: Final = ESTIMATE.name
PAST_ERROR_SUFFIX: Final = "_past_error"
_CHANCE_SUFFIX: Final = "_chance_deviation"
_NO_PAST: Final = (
    "no earlier estimate can be compared with outcomes yet: the ranges rest on the month effect that "
    "the settings declare"
)
_METRIC_NAMES: Final[Mapping[str, str]] = {
    "default_share": "default share",
    "roc_auc": "ROC AUC",
    "brier": "Brier score",
    "log_loss": "log loss",
    "cost_per_1000": "cost of 1,000 decisions",
}


@dataclass(frozen=True, slots=True)
class EstimatePolicy:
    """When an estimate is a `watch`."""

    fewest_rows: int = 200
    lowest_roc_auc: float = 0.70  # watch when the estimate's whole range is below it


def judge_estimate(
    estimate: Estimate,
    past_errors: Mapping[str, PastError],
    *,
    policy: EstimatePolicy | None = None,
) -> Verdict:
    """Judge the performance that is expected of a batch.

    Args:
        estimate: The expected metrics, each with its range, which `widen_estimate` has widened.
        past_errors: The errors of earlier estimates by metric; empty while no outcomes are known.
        policy: Thresholds; the defaults when not given.

    Returns:
        `watch` when the expected ranking is below the floor, else `ok`; `not judged` below the
        fewest rows. The reasons list each metric with its range, and the mean absolute error of earlier
        estimates.
    """
    policy = policy or EstimatePolicy()
    figures = {"row_count": float(estimate.row_count), **_list_figures(estimate, past_errors)}
    if estimate.row_count < policy.fewest_rows:
        reason = (
            f"{estimate.row_count:,} rows are too few for an estimate: "
            f"at least {policy.fewest_rows:,} (estimate.fewest_rows)"
        )
        return Verdict(GATE, "not judged", (reason,), figures)
    reasons = [
        _describe_metric(name, metric, past_errors.get(name))
        for name, metric in estimate.metrics.items()
    ]
    reasons += [] if past_errors else [_NO_PAST]
    roc_auc = estimate.metrics.get("roc_auc")
    if roc_auc is not None and roc_auc.high < policy.lowest_roc_auc:
        return Verdict(GATE, "watch", (_describe_weak_ranking(roc_auc, policy), *reasons), figures)
    return Verdict(GATE, "ok", tuple(reasons), figures)


def read_estimate(figures: Mapping[str, float]) -> dict[str, Metric]:
    """Return the estimated metrics from the recorded figures of a verdict."""
    return {
        name: Metric(figures[name], figures[f"{name}_low"], figures[f"{name}_high"])
        for name in ESTIMATED_METRICS
        if {name, f"{name}_low", f"{name}_high"} <= set(figures)
    }


def read_chance_deviations(figures: Mapping[str, float]) -> dict[str, float]:
    """Return the deviations that chance leaves, from the recorded figures of a verdict.

    They are empty where the verdict was recorded before its ranges were widened.
    """
    return {
        name: figures[f"{name}{_CHANCE_SUFFIX}"]
        for name in ESTIMATED_METRICS
        if f"{name}{_CHANCE_SUFFIX}" in figures
    }


def _list_figures(estimate: Estimate, past_errors: Mapping[str, PastError]) -> dict[str, float]:
    figures: dict[str, float] = {}
    for name, metric in estimate.metrics.items():
        figures |= metric.list_figures(name)
        figures[f"{name}{_CHANCE_SUFFIX}"] = estimate.chance_deviations[name]
        if (past := past_errors.get(name)) is not None:
            figures[f"{name}{PAST_ERROR_SUFFIX}"] = past.mean_absolute_error
    return figures


def _describe_metric(name: str, metric: Metric, past: PastError | None) -> str:
    value, low, high = (
        _format_value(name, number) for number in (metric.value, metric.low, metric.high)
    )
    expected = f"{_METRIC_NAMES[name]} expected {value} ({low} to {high})"
    if past is None:
        return expected
    error = _format_value(name, past.mean_absolute_error)
    return f"{expected}; mean absolute error {error} over {past.batch_count} earlier batches"


def _describe_weak_ranking(roc_auc: Metric, policy: EstimatePolicy) -> str:
    return (
        "the scores separate the clients less than they should: "
        f"ROC AUC at most {roc_auc.high:.3f}, floor {policy.lowest_roc_auc:g} "
        "(estimate.lowest_roc_auc)"
    )


def _format_value(name: str, value: float) -> str:
    if name == "default_share":
        return f"{value:.1%}"
    return f"{value:,.0f}" if name == "cost_per_1000" else f"{value:.3f}"
