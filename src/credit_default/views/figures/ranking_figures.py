"""Figures of how well a model ranks clients: the ROC curve and the precision-recall curve.

Each title states the finding. `subtitle` says which model and rows these are, and that data is
simulated where it is.
"""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.statistics.bootstrap import rank_probabilities
from credit_default.views.figures.canvas import (
    ALERT_COLOUR,
    MODEL_COLOUR,
    MUTED_COLOUR,
    add_legend,
    format_axes_as_percent,
    label_axes,
    open_figure,
)
from credit_default.views.figures.scored_outcomes import check_scored_outcomes


def draw_roc(defaulted: Any, default_probability: Any, *, subtitle: str = "") -> Figure:
    """Draw the ROC curve: defaulters declined against payers declined, over all thresholds.

    Raises:
        InputError: The columns are no outcomes and probabilities, or all outcomes are equal.
    """
    scored = check_scored_outcomes(defaulted, default_probability)
    ranked = rank_probabilities(scored.probability)
    caught, alarmed = (
        np.append(0.0, np.cumsum(side[ranked.order])[ranked.ends] / side.sum())
        for side in (scored.outcome, 1 - scored.outcome)
    )
    area = float(np.trapezoid(caught, alarmed))
    title = f"Ranks a defaulter above a payer {area:.0%} of the time (ROC AUC {area:.3f})"
    figure, axes = open_figure(title, subtitle=subtitle)
    axes.plot([0, 1], [0, 1], color=MUTED_COLOUR, linestyle="--", label="by chance")
    axes.plot(alarmed, caught, color=MODEL_COLOUR, linewidth=2.5, label="model")
    label_axes(
        axes,
        x_label="payers declined, share of payers",
        y_label="defaulters declined, share of defaulters",
    )
    format_axes_as_percent(axes)
    add_legend(axes, "lower right")
    return figure


def draw_precision_recall(
    defaulted: Any, default_probability: Any, *, policy: DecisionPolicy, subtitle: str = ""
) -> Figure:
    """Draw the precision-recall curve, with the point of the policy's threshold.

    Raises:
        InputError: The columns are no outcomes and probabilities, or all outcomes are equal.
    """
    scored = check_scored_outcomes(defaulted, default_probability)
    outcome, probability = scored.outcome, scored.probability
    ranked = rank_probabilities(probability)
    caught = np.cumsum(outcome[ranked.order])[ranked.ends]
    precision, recall = caught / (ranked.ends + 1), caught / outcome.sum()
    declined = probability >= policy.threshold
    caught_share = float(outcome[declined].sum() / outcome.sum())
    hit_share = float(outcome[declined].mean()) if declined.any() else None
    title = "No client is declined"
    if hit_share is not None:
        title = f"Declining catches {caught_share:.0%} of defaulters; {hit_share:.0%} of those declined default"
    figure, axes = open_figure(title, subtitle=subtitle)
    by_chance = f"by chance: {outcome.mean():.1%} default"
    axes.axhline(outcome.mean(), color=MUTED_COLOUR, linestyle="--", label=by_chance)
    axes.plot(recall, precision, color=MODEL_COLOUR, linewidth=2.5, label="model")
    if hit_share is not None:  # without a declined client there is no precision to mark
        in_force = f"threshold {policy.threshold:.3f}"
        axes.plot(
            [caught_share], [hit_share], "o", color=ALERT_COLOUR, markersize=10, label=in_force
        )
    label_axes(
        axes,
        x_label="recall: defaulters declined, share of defaulters",
        y_label="precision: defaulters, share of those declined",
    )
    format_axes_as_percent(axes)
    add_legend(axes, "upper right")
    return figure
