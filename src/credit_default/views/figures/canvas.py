"""The common appearance of all figures: size, colours, titles, axes and legends.

Figures are made without pyplot, so that drawing keeps no state, opens no window and works in
threads.
"""

import io
import textwrap
from typing import Final, Literal

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import PercentFormatter

TEXT_COLOUR: Final = "#1b2a41"
MODEL_COLOUR: Final = "#1f5f99"
ALERT_COLOUR: Final = "#b5452c"
MUTED_COLOUR: Final = "#8b97a3"
_GRID_COLOUR: Final = "#e3e7eb"
_WIDTH: Final = 8.0  # inches; at 150 dots an inch 1,200
_HEIGHT: Final = 5.6
_DOTS_PER_INCH: Final = 150
_TITLE_WIDTH: Final = 64  # characters of the title's size that fit on one line


def open_figure(title: str, *, subtitle: str, height: float = _HEIGHT) -> tuple[Figure, Axes]:
    """Return an empty figure with one pair of axes.

    Args:
        title: What the figure shows, as a finding; wrapped over several lines where it is long.
        subtitle: Which model and rows these are. It is drawn in the alert colour where it says that
            data is simulated.
        height: In inches.
    """
    figure = Figure(
        figsize=(_WIDTH, height),
        dpi=_DOTS_PER_INCH,
        facecolor="white",
        layout=ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.1),
    )
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    heading = figure.suptitle(
        textwrap.fill(title, _TITLE_WIDTH),
        x=0.02,
        ha="left",
        color=TEXT_COLOUR,
        fontsize=14,
        weight="bold",
    )
    beneath = axes.set_title(
        subtitle,
        loc="left",
        color=ALERT_COLOUR if "simulated" in subtitle.lower() else TEXT_COLOUR,
        fontsize=11,
    )
    # A dollar sign or an underscore in a name is not a formula.
    for text in (heading, beneath):
        text.set_parse_math(False)
    axes.grid(visible=True, color=_GRID_COLOUR)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=11, colors=TEXT_COLOUR)
    return figure, axes


def label_axes(axes: Axes, *, x_label: str, y_label: str) -> None:
    """Label both axes with what they show and its unit."""
    axes.set_xlabel(x_label, fontsize=12, color=TEXT_COLOUR)
    axes.set_ylabel(y_label, fontsize=12, color=TEXT_COLOUR)


def format_axes_as_percent(axes: Axes, *, top: float = 1.0) -> None:
    """Let both axes run from 0 to `top` (a share, 1 is all) and label them in per cent."""
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set_xlim(0, top)
    axes.set_ylim(0, top)


def add_legend(axes: Axes, place: Literal["upper left", "upper right", "lower right"]) -> None:
    """Add a legend on a white background."""
    axes.legend(loc=place, fontsize=11, frameon=True, facecolor="white", edgecolor=_GRID_COLOUR)


def render_png(figure: Figure) -> bytes:
    """Return the figure as PNG; the same figure gives the same bytes."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()
