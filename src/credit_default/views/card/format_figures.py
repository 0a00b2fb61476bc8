"""Format figures for a card: shares in per cent, scores in four decimals, intervals in words.

A figure that is absent or not finite is written as a dash.
"""

import datetime as dt
import math
from collections.abc import Callable

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


def format_moment(at: str) -> str:
    """Return an ISO time as people read it, to the minute in UTC; what is no such time to the letter."""
    try:
        moment = dt.datetime.fromisoformat(at)
    except ValueError:
        return at or NO_VALUE
    return f"{moment.astimezone(dt.UTC) if moment.tzinfo else moment:%Y-%m-%d %H:%M} UTC"


def format_share(share: float | None) -> str:
    """Return a share (0-1) in per cent with one decimal."""
    return NO_VALUE if share is None or not math.isfinite(share) else f"{share:.1%}"


def format_score(value: float | None) -> str:
    """Return a figure with four decimals."""
    return NO_VALUE if value is None or not math.isfinite(value) else f"{value:.4f}"


def format_difference(value: float | None) -> str:
    """Return a difference with its sign and four decimals."""
    return NO_VALUE if value is None or not math.isfinite(value) else f"{value:+.4f}"


def format_amount(amount: float | None) -> str:
    """Return an amount or a count without decimals, thousands separated."""
    return NO_VALUE if amount is None or not math.isfinite(amount) else f"{amount:,.0f}"


def format_metric(name: str, metric: Metric) -> str:
    """Return a metric and its 95 % interval in the form of its kind: share, amount or score."""
    show = _choose_format(name)
    return f"{show(metric.value)} ({show(metric.low)} to {show(metric.high)})"


def format_share_metric(metric: Metric | None) -> str:
    """Return the metric's value in per cent, or a dash where there is none."""
    return format_share(None if metric is None else metric.value)


def format_interval(low: float | None, high: float | None) -> str:
    """Return an interval as "low to high", or a dash where an end is missing."""
    if low is None or high is None or not (math.isfinite(low) and math.isfinite(high)):
        return NO_VALUE
    return f"{format_score(low)} to {format_score(high)}"


def _choose_format(name: str) -> Callable[[float | None], str]:
    if name in _SHARE_METRICS:
        return format_share
    return format_amount if name == "cost_per_1000" else format_score
