"""Figures of scores and drift, month by month."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from numpy.typing import NDArray

from credit_default.views.figures.canvas import (
    ALERT_COLOUR,
    MODEL_COLOUR,
    TEXT_COLOUR,
    add_legend,
    open_figure,
)
from credit_default.views.history.month_axis import (
    disable_math_text,
    format_month_axis,
    shorten_name,
)
from credit_default.views.history.values import History

_QUANTILES: Final = (0.05, 0.25, 0.5, 0.75, 0.95)
_DRIFT_COLOUR_MAP: Final = LinearSegmentedColormap.from_list(
    "moved", ["#f4f6f8", "#f3d9a4", ALERT_COLOUR, "#5c1a0b"]
)
_HIGHEST_DRIFT_RATIO: Final = 3.0  # times its limit; drift beyond it has the same colour
_NOT_INPUTS: Final = frozenset({"default_probability", "decision"})


def draw_scores(history: History, *, subtitle: str) -> Figure:
    """Draw the score's distribution in each batch: median, middle half, middle 90 %."""
    figure, axes = open_figure(_build_scores_title(history), subtitle=subtitle, height=4.4)
    quantiles = np.array([batch.find_quantiles(_QUANTILES) for batch in history.batches]).T
    _fill_band(axes, quantiles[0], quantiles[4], alpha=0.15, label="nine in ten clients")
    _fill_band(axes, quantiles[1], quantiles[3], alpha=0.35, label="the middle half")
    places = np.arange(len(history.batches))
    axes.plot(places, quantiles[2], "o-", color=MODEL_COLOUR, label="median")
    format_month_axis(axes, history, y_label="default probability")
    axes.set_ylim(0, 1.35 * axes.get_ylim()[1])
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    add_legend(axes, "upper left")
    return disable_math_text(figure)


def draw_drift(history: History, *, subtitle: str) -> Figure:
    """Draw a heat map of each column's drift in each batch, as a multiple of its limit."""
    ratios = [batch.list_drift_ratios() for batch in history.batches]
    names = list(dict.fromkeys(name for found in ratios for name in found))
    values = np.array([[found.get(name, np.nan) for found in ratios] for name in names])
    height = 1.8 + 0.22 * max(6, len(names))
    figure, axes = open_figure(_build_drift_title(names, values), subtitle=subtitle, height=height)
    axes.grid(visible=False)
    if names:
        image = axes.imshow(
            values,
            aspect="auto",
            cmap=_DRIFT_COLOUR_MAP,
            vmin=0,
            vmax=_HIGHEST_DRIFT_RATIO,
            interpolation="nearest",
        )
        bar = figure.colorbar(image, ax=axes, shrink=0.6, extend="max")
        bar.set_label("drift, times its limit", color=TEXT_COLOUR)
        axes.set_yticks(range(len(names)), [shorten_name(name) for name in names], fontsize=9)
    format_month_axis(axes, history, y_label="")
    return disable_math_text(figure)


def _fill_band(
    axes: Axes, low: NDArray[np.float64], high: NDArray[np.float64], *, alpha: float, label: str
) -> None:
    places = np.arange(len(low))
    axes.fill_between(places, low, high, color=MODEL_COLOUR, alpha=alpha, label=label, step="mid")


def _build_scores_title(history: History) -> str:
    found = [median for batch in history.batches for median in batch.find_quantiles([0.5])]
    medians = [median for median in found if np.isfinite(median)]
    if not medians:
        return "No distribution of scores is on record"
    return f"The median score lay between {min(medians):.1%} and {max(medians):.1%}"


def _build_drift_title(names: Sequence[str], values: NDArray[np.float64]) -> str:
    most = {
        name: float(np.nanmax(row, initial=0.0))
        for name, row in zip(names, values, strict=True)
        if name not in _NOT_INPUTS
    }
    if not most:
        return "No column's drift is on record"
    beyond_count = sum(ratio >= 1 for ratio in most.values())
    first = shorten_name(max(most, key=lambda name: most[name]))
    return f"{beyond_count} of {len(most)} columns exceeded their limit; {first} drifted most"
