"""How figures are written in a card: shares in per cent, scores in four decimals, intervals in brackets."""

import math

from credit_default.model.evaluation.intervals import Metric

NO_VALUE = "–"
_SHARE_METRICS = frozenset(
    {
        "accuracy",
        "precision",
        "recall",
        "f1",
        "decline_share",
        "mean_probability",
        "default_share",
        "brier_skill",
    }
)


def format_share(share: float | None) -> str:
    """A share (0-1) in per cent, one decimal."""
    return NO_VALUE if share is None or not math.isfinite(share) else f"{share:.1%}"


def format_score(value: float | None) -> str:
    """A figure in four decimals."""
    return NO_VALUE if value is None or not math.isfinite(value) else f"{value:.4f}"


def format_difference(value: float | None) -> str:
    """A difference in four decimals, its sign before it."""
    return NO_VALUE if value is None or not math.isfinite(value) else f"{value:+.4f}"


def format_amount(amount: float | None) -> str:
    """An amount or a count without decimals, thousands set apart."""
    return NO_VALUE if amount is None or not math.isfinite(amount) else f"{amount:,.0f}"


def format_metric(name: str, metric: Metric) -> str:
    """A metric and its 95 % interval, in the form that its kind asks for."""
    show = (
        format_share
        if name in _SHARE_METRICS
        else format_amount
        if name == "cost_per_1000"
        else format_score
    )
    return f"{show(metric.value)} ({show(metric.low)} to {show(metric.high)})"


def format_interval(low: float | None, high: float | None, *, share: bool = False) -> str:
    """An interval in brackets, or nothing where there is none."""
    if low is None or high is None or not (math.isfinite(low) and math.isfinite(high)):
        return NO_VALUE
    show = format_share if share else format_score
    return f"{show(low)} to {show(high)}"
