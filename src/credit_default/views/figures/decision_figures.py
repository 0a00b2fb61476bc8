"""Figures of the decisions at a threshold: how many are right, and what each threshold costs.

Each title states the finding. `subtitle` says which model and rows these are, and that data is
simulated where it is.
"""

from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, PercentFormatter
from numpy.typing import NDArray

from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.evaluation.metrics import Confusion
from credit_default.views.figures.canvas import (
    ALERT_COLOUR,
    MODEL_COLOUR,
    MUTED_COLOUR,
    TEXT_COLOUR,
    add_legend,
    label_axes,
    open_figure,
)
from credit_default.views.figures.scored_outcomes import ScoredOutcomes, check_scored_outcomes

_CELL_NAMES: Final = (("accepted, paid", "false alarm"), ("missed default", "caught default"))
_DARK_SHARE: Final = 0.5  # from which a cell is dark, and its text white


def draw_confusion(confusion: Confusion, *, threshold: float, subtitle: str = "") -> Figure:
    """Draw decisions against outcomes, as numbers of clients and as shares of each outcome."""
    cells = np.array(
        [
            [confusion.right_accept_count, confusion.false_alarm_count],
            [confusion.missed_default_count, confusion.caught_default_count],
        ]
    )
    shares = cells / np.maximum(cells.sum(axis=1, keepdims=True), 1)
    right_share = float((cells[0, 0] + cells[1, 1]) / max(1, cells.sum()))
    title = f"At threshold {threshold:.3f}, {right_share:.0%} of decisions prove right"
    figure, axes = open_figure(title, subtitle=subtitle)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for row, column in np.ndindex(2, 2):
        share = shares[row, column]
        text = f"{_CELL_NAMES[row][column]}\n{cells[row, column]:,}\n{share:.0%} of the row"
        colour = "white" if share > _DARK_SHARE else TEXT_COLOUR
        axes.text(column, row, text, ha="center", va="center", color=colour, fontsize=14)
    axes.set_xticks([0, 1], ["accepted", "declined"])
    axes.set_yticks([0, 1], ["paid", "defaulted"])
    axes.grid(visible=False)
    label_axes(axes, x_label="decision, clients", y_label="outcome, clients")
    return figure


def draw_cost_curve(
    defaulted: Any, default_probability: Any, *, policy: DecisionPolicy, subtitle: str = ""
) -> Figure:
    """Draw the cost per 1,000 clients at every threshold, with declining all and nobody.

    Raises:
        InputError: The columns are no outcomes and probabilities, or all outcomes are equal.
    """
    scored = check_scored_outcomes(defaulted, default_probability)
    thresholds = np.linspace(0, 1, 201)
    costs = np.array([_measure_cost_at(scored, cut, policy) for cut in thresholds])
    in_force = _measure_cost_at(scored, policy.threshold, policy)
    everybody, nobody = (
        _measure_cost(scored, np.full(len(scored.outcome), flag), policy) for flag in (True, False)
    )
    title = _build_cost_title(in_force, min(everybody, nobody))
    figure, axes = open_figure(title, subtitle=subtitle)
    axes.plot(thresholds, costs, color=MODEL_COLOUR, linewidth=2.5, label="model")
    for cost, style, name in ((everybody, "--", "everybody"), (nobody, ":", "nobody")):
        label = f"decline {name}: {cost:,.0f}"
        axes.axhline(cost, color=MUTED_COLOUR, linestyle=style, label=label)
    label = f"threshold {policy.threshold:.3f}: {in_force:,.0f}"
    axes.plot([policy.threshold], [in_force], "o", color=ALERT_COLOUR, markersize=10, label=label)
    _format_cost_axes(axes, policy)
    add_legend(axes, "lower right")
    return figure


def _build_cost_title(cost: float, simplest_cost: float) -> str:
    saved = 1 - cost / simplest_cost if simplest_cost else 0.0
    side = "less" if saved >= 0 else "more"
    return f"The threshold costs {abs(saved):.0%} {side} than the better of declining all or nobody"


def _format_cost_axes(axes: Axes, policy: DecisionPolicy) -> None:
    costs = f"missed {policy.missed_default_cost:g}, false alarm {policy.false_alarm_cost:g}"
    label_axes(
        axes,
        x_label="threshold, default probability from which clients are declined",
        y_label=f"cost per 1,000 clients ({costs})",
    )
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.set_xlim(0, 1)
    axes.set_ylim(bottom=0)


def _measure_cost_at(scored: ScoredOutcomes, threshold: float, policy: DecisionPolicy) -> float:
    return _measure_cost(scored, scored.probability >= threshold, policy)


def _measure_cost(
    scored: ScoredOutcomes, declined: NDArray[np.bool_], policy: DecisionPolicy
) -> float:
    cost = np.where(
        declined,
        policy.false_alarm_cost * (1 - scored.outcome),
        policy.missed_default_cost * scored.outcome,
    )
    return float(1000 * cost.mean())
