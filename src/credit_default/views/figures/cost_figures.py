"""Figures of the decision in money: other cost ratios, and a review team of limited size.

Each title states the finding. `subtitle` says which model and rows these are, and that data is
simulated where it is.
"""

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
_BAR_STEP: Final = 0.27  # between the middles of neighbouring bars


def draw_cost_sensitivity(economics: Economics, *, subtitle: str = "") -> Figure:
    """Draw the cost per 1,000 clients at each cost ratio, beside the two simplest decisions.

    Costs have 95 % intervals. The simplest decisions are to decline everybody and to decline
    nobody.
    """
    points = economics.sensitivity
    figure, axes = open_figure(_build_sensitivity_title(points), subtitle=subtitle)
    places = np.arange(len(points), dtype=np.float64)
    costs = [point.cost_per_1000 for point in points]
    everybody = [point.decline_all_cost for point in points]
    nobody = [point.decline_nobody_cost for point in points]
    bars = (
        (-_BAR_STEP, [cost.value for cost in costs], "the model's decisions", MODEL_COLOUR),
        (0.0, everybody, "decline everybody", MUTED_COLOUR),
        (_BAR_STEP, nobody, "decline nobody", _LIGHT_MUTED_COLOUR),
    )
    for offset, heights, name, colour in bars:
        _draw_bars(axes, places + offset, heights, name=name, colour=colour)
    axes.errorbar(
        places - _BAR_STEP,
        [cost.value for cost in costs],
        yerr=_compute_error_bars(costs),
        fmt="none",
        color=TEXT_COLOUR,
        capsize=5,
    )
    axes.set_xticks(places, [_label_operating_point(point) for point in points])
    axes.grid(visible=False, axis="x")
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.set_ylim(0, 1.15 * max([1.0, *(cost.high for cost in costs), *everybody, *nobody]))
    x_label = "cost of a missed default : cost of a false alarm"
    label_axes(axes, x_label=x_label, y_label="cost per 1,000 clients")
    add_legend(axes, "upper left")
    return figure


def draw_capacity(economics: Economics, *, subtitle: str = "") -> Figure:
    """Draw defaulters caught and precision by how many clients can be reviewed.

    Both have 95 % intervals.
    """
    points = economics.capacity
    figure, axes = open_figure(_build_capacity_title(economics), subtitle=subtitle)
    by_lot = "defaulters caught by drawing lots"
    axes.plot([0, 1], [0, 1], color=MUTED_COLOUR, linestyle="--", label=by_lot)
    shares = [point.capacity_share for point in points]
    precisions = [point.reached.precision for point in points]
    catches = [point.reached.caught_share for point in points]
    _draw_shares(
        axes,
        shares,
        precisions,
        name="defaulters among those reviewed",
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
    labels = [f"{point.capacity_share:.0%}\n{point.capacity_count:,}" for point in points]
    axes.set_xticks(shares, labels)
    axes.set_yticks(np.linspace(0, 1, 6))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set_xlim(0, min(1.02, 1.1 * max(shares)))
    axes.set_ylim(0, 1.3)  # room for the legend
    x_label = f"clients that can be reviewed, of {economics.row_count:,}"
    label_axes(axes, x_label=x_label, y_label="share")
    add_legend(axes, "upper right")
    return figure


def _build_sensitivity_title(points: Sequence[OperatingPoint]) -> str:
    simplest = [min(point.decline_all_cost, point.decline_nobody_cost) for point in points]
    saved = [
        1 - point.cost_per_1000.value / cost
        for point, cost in zip(points, simplest, strict=True)
        if cost
    ]
    if not saved:
        return "Nothing can be saved: all clients have the same outcome"
    if min(saved) < 0:
        difference = f"{-min(saved):.0%} more to {max(saved):.0%} less"
    elif len(saved) == 1:
        difference = f"{saved[0]:.0%} less"
    else:
        difference = f"{min(saved):.0%} to {max(saved):.0%} less"
    return (
        f"Whatever a missed default costs, the model costs {difference} "
        "than declining all or nobody"
    )


def _build_capacity_title(economics: Economics) -> str:
    first = economics.capacity[0]
    caught, hit = (
        0.0 if metric is None else metric.value
        for metric in (first.reached.caught_share, first.reached.precision)
    )
    return (
        f"The riskiest {first.capacity_share:.0%} hold {caught:.0%} of defaulters, "
        f"and {hit:.0%} of them default"
    )


def _draw_bars(
    axes: Axes, places: np.ndarray, heights: Sequence[float], *, name: str, colour: str
) -> None:
    bars = axes.bar(places, heights, _BAR_WIDTH, color=colour, label=name)
    labels = [f"{height:,.0f}" for height in heights]
    axes.bar_label(bars, labels=labels, padding=9, color=TEXT_COLOUR, fontsize=11)


def _draw_shares(
    axes: Axes,
    shares: Sequence[float],
    metrics: Sequence[Metric | None],
    *,
    name: str,
    colour: str,
    others: Sequence[Metric | None],
) -> None:
    """Draw a line with intervals; each number is on the side away from the `others`' line."""
    known = [
        (share, metric) for share, metric in zip(shares, metrics, strict=True) if metric is not None
    ]
    axes.errorbar(
        [share for share, _ in known],
        [metric.value for _, metric in known],
        yerr=_compute_error_bars([metric for _, metric in known]),
        fmt="o-",
        color=colour,
        capsize=4,
        label=name,
    )
    for share, metric, other in zip(shares, metrics, others, strict=True):
        if metric is not None:
            _annotate_share(axes, share, metric, other, colour=colour)


def _annotate_share(
    axes: Axes, share: float, metric: Metric, other: Metric | None, *, colour: str
) -> None:
    is_below = other is not None and metric.value < other.value
    end, offset = (metric.low, -16) if is_below else (metric.high, 5)
    axes.annotate(
        f"{metric.value:.0%}",
        (share, end),
        (0, offset),
        textcoords="offset points",
        ha="center",
        color=colour,
    )


def _compute_error_bars(metrics: Sequence[Metric]) -> np.ndarray:
    below = [metric.value - metric.low for metric in metrics]
    above = [metric.high - metric.value for metric in metrics]
    return np.array([below, above])


def _label_operating_point(point: OperatingPoint) -> str:
    caught = 0.0 if point.caught_share is None else point.caught_share.value
    return (
        f"{point.cost_ratio:g} : 1\n"
        f"declined from {point.threshold:.3f}: {point.declined_share.value:.0%}\n"
        f"{caught:.0%} of defaulters caught"
    )
