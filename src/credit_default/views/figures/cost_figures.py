"""Pictures of the decision in money: what other costs would change, and what a review team of so many hands catches."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, PercentFormatter

from credit_default.model.evaluation.economics import Economics
from credit_default.model.evaluation.intervals import Metric
from credit_default.model.evaluation.operating_points import OperatingPoint
from credit_default.views.figures.canvas import (
    ALERT_COLOUR,
    MODEL_COLOUR,
    MUTED_COLOUR,
    TEXT_COLOUR,
    add_legend,
    label_axes,
    open_figure,
)

_LIGHT_MUTED_COLOUR: Final = "#c9d1d8"
_BAR_WIDTH: Final = 0.25


def draw_cost_sensitivity(economics: Economics, *, subtitle: str = "") -> Figure:
    """Cost per 1,000 clients at each cost ratio, with its 95 % interval, beside declining everybody and nobody."""
    points = economics.sensitivity
    figure, axes = open_figure(_build_title(points), subtitle=subtitle)
    places = np.arange(len(points), dtype=np.float64)
    costs = [point.cost_per_1000 for point in points]
    _draw_bars(
        axes,
        places - 0.27,
        [cost.value for cost in costs],
        name="the model's decisions",
        colour=MODEL_COLOUR,
    )
    _draw_bars(
        axes,
        places,
        [p.decline_all_cost for p in points],
        name="decline everybody",
        colour=MUTED_COLOUR,
    )
    _draw_bars(
        axes,
        places + 0.27,
        [p.decline_nobody_cost for p in points],
        name="decline nobody",
        colour=_LIGHT_MUTED_COLOUR,
    )
    axes.errorbar(
        places - 0.27,
        [cost.value for cost in costs],
        yerr=_compute_error_bars(costs),
        fmt="none",
        color=TEXT_COLOUR,
        capsize=5,
    )
    axes.set_xticks(places, [_label_operating_point(point) for point in points])
    axes.grid(visible=False, axis="x")
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    highest = [max(p.cost_per_1000.high, p.decline_all_cost, p.decline_nobody_cost) for p in points]
    axes.set_ylim(0, 1.15 * max([1.0, *highest]))
    label_axes(
        axes, across="cost of a missed default : cost of a false alarm", up="cost per 1,000 clients"
    )
    add_legend(axes, "upper left")
    return figure


def draw_capacity(economics: Economics, *, subtitle: str = "") -> Figure:
    """Defaulters caught and precision, with their 95 % intervals, by how many clients the review team can look at."""
    points = economics.capacity
    shares = [point.capacity_share for point in points]
    first = points[0].reached
    caught, hit = (
        0.0 if metric is None else metric.value for metric in (first.caught_share, first.precision)
    )
    told = f"The riskiest {shares[0]:.0%} hold {caught:.0%} of defaulters, and {hit:.0%} of them default"
    figure, axes = open_figure(told, subtitle=subtitle)
    axes.plot(
        [0, 1],
        [0, 1],
        color=MUTED_COLOUR,
        linestyle="--",
        label="defaulters caught by drawing lots",
    )
    precisions = [point.reached.precision for point in points]
    catches = [point.reached.caught_share for point in points]
    _draw_shares(
        axes,
        shares,
        precisions,
        name="defaulters among those looked at",
        colour=ALERT_COLOUR,
        others=catches,
    )
    _draw_shares(
        axes,
        shares,
        catches,
        name="caught, share of all defaulters",
        colour=MODEL_COLOUR,
        others=precisions,
    )
    axes.set_xticks(
        shares, [f"{point.capacity_share:.0%}\n{point.capacity_count:,}" for point in points]
    )
    axes.set_yticks(np.linspace(0, 1, 6))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set_xlim(0, min(1.02, 1.1 * max(shares)))
    axes.set_ylim(0, 1.3)  # room for the legend
    label_axes(
        axes, across=f"clients that can be looked at, of {economics.row_count:,}", up="share"
    )
    add_legend(axes, "upper right")
    return figure


def _build_title(points: Sequence[OperatingPoint]) -> str:
    plain = [min(point.decline_all_cost, point.decline_nobody_cost) for point in points]
    saved = [
        1 - point.cost_per_1000.value / cost
        for point, cost in zip(points, plain, strict=True)
        if cost
    ]
    if not saved:
        return "Nothing is to be saved: all clients have one outcome"
    least = (
        f"{min(saved):.0%}"
        if min(saved) >= 0
        else f"{-min(saved):.0%} more to {max(saved):.0%} less"
    )
    between = least if len(saved) == 1 or min(saved) < 0 else f"{least} to {max(saved):.0%}"
    less = " less" if min(saved) >= 0 else ""
    return f"Whatever a missed default costs, the model costs {between}{less} than declining all or nobody"


def _draw_bars(
    axes: Axes, places: np.ndarray, heights: Sequence[float], *, name: str, colour: str
) -> None:
    bars = axes.bar(places, heights, _BAR_WIDTH, color=colour, label=name)
    axes.bar_label(
        bars,
        labels=[f"{height:,.0f}" for height in heights],
        padding=9,
        color=TEXT_COLOUR,
        fontsize=11,
    )


def _draw_shares(
    axes: Axes,
    shares: Sequence[float],
    metrics: Sequence[Metric | None],
    *,
    name: str,
    colour: str,
    others: Sequence[Metric | None],
) -> None:
    """A line with intervals; each number stands on the side away from the other line."""
    known = [
        (share, metric) for share, metric in zip(shares, metrics, strict=True) if metric is not None
    ]
    found = [metric for _, metric in known]
    places, values = [share for share, _ in known], [metric.value for metric in found]
    axes.errorbar(
        places,
        values,
        yerr=_compute_error_bars(found),
        fmt="o-",
        color=colour,
        capsize=4,
        label=name,
    )
    for share, metric, other in zip(shares, metrics, others, strict=True):
        if metric is None:
            continue
        end, offset = (
            (metric.low, -16)
            if other is not None and metric.value < other.value
            else (metric.high, 5)
        )
        axes.annotate(
            f"{metric.value:.0%}",
            (share, end),
            (0, offset),
            textcoords="offset points",
            ha="center",
            color=colour,
        )


def _compute_error_bars(metrics: Sequence[Metric]) -> np.ndarray:
    ends = [
        [metric.value - metric.low for metric in metrics],
        [metric.high - metric.value for metric in metrics],
    ]
    return np.array(ends)


def _label_operating_point(point: OperatingPoint) -> str:
    caught = 0.0 if point.caught_share is None else point.caught_share.value
    return (
        f"{point.cost_ratio:g} : 1\ndeclined from {point.threshold:.3f}: {point.declined_share.value:.0%}"
        f"\n{caught:.0%} of defaulters caught"
    )
