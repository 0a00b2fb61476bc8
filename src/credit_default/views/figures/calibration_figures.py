"""Figures of the probabilities: whether they are calibrated, and how they are distributed.

Each title states the finding. `subtitle` says which model and rows these are, and that data is
simulated where it is.
"""

from typing import Any, Final

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from credit_default.model.estimator.calibration_line import bin_by_quantile
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.views.figures.canvas import (
    ALERT_COLOUR,
    MODEL_COLOUR,
    MUTED_COLOUR,
    TEXT_COLOUR,
    add_legend,
    format_axes_as_percent,
    label_axes,
    open_figure,
)
from credit_default.views.figures.scored_outcomes import check_scored_outcomes

_Z95: Final = 1.96
_STEP_COUNT: Final = 40  # bars of the distribution, each 2.5 points wide


def draw_calibration(
    defaulted: Any, default_probability: Any, *, bin_count: int = 10, subtitle: str = ""
) -> Figure:
    """Draw default shares against mean probabilities in bins of equal size, with 95 % intervals.

    Raises:
        InputError: The columns are no outcomes and probabilities, or all outcomes are equal.
    """
    scored = check_scored_outcomes(defaulted, default_probability)
    outcome, probability = scored.outcome, scored.probability
    bins = bin_by_quantile(probability, bin_count=bin_count)
    used = np.unique(bins)
    expected = np.array([probability[bins == number].mean() for number in used])
    observed = np.array([outcome[bins == number].mean() for number in used])
    counts = np.array([(bins == number).sum() for number in used])
    reach = _Z95 * np.sqrt(np.maximum(expected * (1 - expected), 1e-9) / counts)
    off_count = int((np.abs(observed - expected) > reach).sum())
    title = f"{len(used) - off_count} of {len(used)} groups default as often as predicted"
    figure, axes = open_figure(title, subtitle=subtitle)
    top = min(1.0, 1.08 * float(max(expected.max(), (observed + reach).max())))
    axes.plot([0, top], [0, top], color=MUTED_COLOUR, linestyle="--", label="exactly as predicted")
    axes.errorbar(
        expected,
        observed,
        yerr=reach,
        fmt="o",
        color=MODEL_COLOUR,
        markersize=7,
        capsize=4,
        label="a group, with its 95 % interval",
    )
    label_axes(
        axes,
        x_label="mean predicted default probability of the group",
        y_label="clients who defaulted, share of the group",
    )
    format_axes_as_percent(axes, top=top)
    add_legend(axes, "upper left")
    return figure


def draw_score_distribution(
    defaulted: Any, default_probability: Any, *, policy: DecisionPolicy, subtitle: str = ""
) -> Figure:
    """Draw the distributions of the probability among defaulters and payers, with the threshold.

    Raises:
        InputError: The columns are no outcomes and probabilities, or all outcomes are equal.
    """
    scored = check_scored_outcomes(defaulted, default_probability)
    declined_share = float((scored.probability >= policy.threshold).mean())
    title = f"{declined_share:.0%} of clients are scored at or above the threshold and declined"
    figure, axes = open_figure(title, subtitle=subtitle)
    edges = [step / _STEP_COUNT for step in range(_STEP_COUNT + 1)]
    for value, colour, name in ((0, MODEL_COLOUR, "paid"), (1, ALERT_COLOUR, "defaulted")):
        chosen = scored.probability[scored.outcome == value]
        weights = np.full(len(chosen), 1 / len(chosen))
        label = f"{name} ({len(chosen):,} clients)"
        axes.hist(chosen, edges, weights=weights, color=colour, alpha=0.55, label=label)
    in_force = f"threshold {policy.threshold:.3f}"
    axes.axvline(policy.threshold, color=TEXT_COLOUR, linewidth=1.5, linestyle="--", label=in_force)
    label_axes(
        axes,
        x_label="predicted default probability",
        y_label="share of each group, by steps of 2.5 points",
    )
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set_xlim(0, 1)
    add_legend(axes, "upper right")
    return figure
