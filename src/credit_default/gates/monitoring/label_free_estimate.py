"""Before any outcome is known: what the scores themselves say of the batch, and how far such estimates were off before.

An estimate trusts the scores, so it never rings: it asks for a look.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from credit_default.gates.verdict import Verdict
from credit_default.model.evaluation.intervals import Metric
from credit_default.model.evaluation.label_free_estimates import (
    ESTIMATED_METRICS,
    Estimate,
    PastError,
)

GATE: Final = "estimate"
PAST_ERROR_SUFFIX: Final = "_past_error"
_METRIC_NAMES: Final[Mapping[str, str]] = {
    "default_share": "default share",
    "roc_auc": "ROC AUC",
    "brier": "Brier score",
    "log_loss": "log loss",
    "cost_per_1000": "cost of 1,000 decisions",
}


@dataclass(frozen=True, slots=True)
class EstimatePolicy:
    """When an estimate asks for a look."""

    fewest_rows: int = 200
    lowest_roc_auc: float = 0.70  # estimated, its whole range below it


def judge_estimate(
    estimate: Estimate,
    past_errors: Mapping[str, PastError],
    *,
    policy: EstimatePolicy | None = None,
) -> Verdict:
    """`watch` when the ranking is expected to be below the floor, else `ok`; below the fewest rows `not judged`.

    Each metric is told with its range and with what its earlier estimates were off by, on the mean, and in how many
    batches.
    """
    policy = policy or EstimatePolicy()
    figures = {"row_count": float(estimate.row_count), **_list_figures(estimate, past_errors)}
    if estimate.row_count < policy.fewest_rows:
        reason = f"{estimate.row_count:,} rows are too few to estimate from: at least {policy.fewest_rows:,}"
        return Verdict(GATE, "not judged", (reason,), figures)
    told = [
        _describe_metric(name, metric, past_errors.get(name))
        for name, metric in estimate.metrics.items()
    ]
    told += [] if past_errors else ["no earlier estimate has met its outcomes yet"]
    roc_auc = estimate.metrics.get("roc_auc")
    if roc_auc is not None and roc_auc.high < policy.lowest_roc_auc:
        return Verdict(GATE, "watch", (_describe_weak_ranking(roc_auc, policy), *told), figures)
    return Verdict(GATE, "ok", tuple(told), figures)


def read_estimate(figures: Mapping[str, float]) -> dict[str, Metric]:
    """The estimate's metrics out of a verdict's figures, as they were recorded."""
    return {
        name: Metric(figures[name], figures[f"{name}_low"], figures[f"{name}_high"])
        for name in ESTIMATED_METRICS
        if {name, f"{name}_low", f"{name}_high"} <= set(figures)
    }


def _list_figures(estimate: Estimate, past_errors: Mapping[str, PastError]) -> dict[str, float]:
    figures: dict[str, float] = {}
    for name, metric in estimate.metrics.items():
        figures |= {name: metric.value, f"{name}_low": metric.low, f"{name}_high": metric.high}
        if (past := past_errors.get(name)) is not None:
            figures[f"{name}{PAST_ERROR_SUFFIX}"] = past.mean_absolute_error
    return figures


def _describe_metric(name: str, metric: Metric, past: PastError | None) -> str:
    told = f"{_METRIC_NAMES[name]} expected {_format_value(name, metric.value)}"
    told += f" ({_format_value(name, metric.low)} to {_format_value(name, metric.high)})"
    if past is None:
        return told
    return f"{told}; off by {_format_value(name, past.mean_absolute_error)} on the mean of {past.batch_count} earlier batches"


def _describe_weak_ranking(roc_auc: Metric, policy: EstimatePolicy) -> str:
    return f"the scores tell clients apart less than they should: ROC AUC at most {roc_auc.high:.3f}, floor {policy.lowest_roc_auc:g}"


def _format_value(name: str, value: float) -> str:
    if name == "default_share":
        return f"{value:.1%}"
    return f"{value:,.0f}" if name == "cost_per_1000" else f"{value:.3f}"
