"""Pictures of a model on unseen rows, for people who decide by them: each title says what was found.

Every function takes plain values and returns a matplotlib Figure; nothing is shown, saved or kept. `subtitle` is where
a caller says which model and rows these are, and that data is simulated where it is. All are 1,200 pixels wide.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, PercentFormatter
from numpy.typing import NDArray

from credit_default.errors import InputError
from credit_default.model.estimator.calibration_line import bin_by_quantile
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.evaluation.metrics import Confusion
from credit_default.model.statistics.bootstrap import check_scores, rank_probabilities
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

Values = NDArray[np.float64]


def draw_roc(defaulted: Any, default_probability: Any, *, subtitle: str = "") -> Figure:
    """The ROC curve: share of defaulters caught against share of payers declined, over all thresholds."""
    scored = _validate_scores(defaulted, default_probability)
    outcome, probability = scored.outcome, scored.probability
    ranked = rank_probabilities(probability)
    caught, alarmed = (
        np.append(0.0, np.cumsum(side[ranked.order])[ranked.ends] / side.sum())
        for side in (outcome, 1 - outcome)
    )
    area = float(np.trapezoid(caught, alarmed))
    figure, axes = open_figure(
        f"Ranks a defaulter above a payer {area:.0%} of the time (ROC AUC {area:.3f})",
        subtitle=subtitle,
    )
    axes.plot([0, 1], [0, 1], color=MUTED_COLOUR, linestyle="--", label="by chance")
    axes.plot(alarmed, caught, color=MODEL_COLOUR, linewidth=2.5, label="model")
    label_axes(
        axes,
        across="payers declined, share of payers",
        up="defaulters declined, share of defaulters",
    )
    format_axes_as_percent(axes)
    add_legend(axes, "lower right")
    return figure


def draw_precision_recall(
    defaulted: Any, default_probability: Any, *, policy: DecisionPolicy, subtitle: str = ""
) -> Figure:
    """The precision-recall curve, with the point where the policy's threshold stands."""
    scored = _validate_scores(defaulted, default_probability)
    outcome, probability = scored.outcome, scored.probability
    ranked = rank_probabilities(probability)
    caught = np.cumsum(outcome[ranked.order])[ranked.ends]
    precision, recall = caught / (ranked.ends + 1), caught / outcome.sum()
    declined = probability >= policy.threshold
    hit = float(outcome[declined].mean()) if declined.any() else 0.0
    reached = float(outcome[declined].sum() / outcome.sum())
    figure, axes = open_figure(
        f"Declining catches {reached:.0%} of defaulters; {hit:.0%} of those declined default",
        subtitle=subtitle,
    )
    axes.axhline(
        outcome.mean(),
        color=MUTED_COLOUR,
        linestyle="--",
        label=f"by chance: {outcome.mean():.1%} default",
    )
    axes.plot(recall, precision, color=MODEL_COLOUR, linewidth=2.5, label="model")
    axes.plot(
        [reached],
        [hit],
        "o",
        color=ALERT_COLOUR,
        markersize=10,
        label=f"threshold {policy.threshold:.3f}",
    )
    label_axes(
        axes,
        across="recall: defaulters declined, share of defaulters",
        up="precision: defaulters, share of those declined",
    )
    format_axes_as_percent(axes)
    add_legend(axes, "upper right")
    return figure


def draw_calibration(
    defaulted: Any, default_probability: Any, *, bin_count: int = 10, subtitle: str = ""
) -> Figure:
    """Default share against mean probability in bins of equal size, with 95 % intervals, and how many lie off."""
    scored = _validate_scores(defaulted, default_probability)
    outcome, probability = scored.outcome, scored.probability
    bins = bin_by_quantile(probability, bin_count=bin_count)
    used = np.unique(bins)
    said = np.array([probability[bins == number].mean() for number in used])
    came = np.array([outcome[bins == number].mean() for number in used])
    counts = np.array([(bins == number).sum() for number in used])
    reach = 1.96 * np.sqrt(np.maximum(said * (1 - said), 1e-9) / counts)
    off_count = int((np.abs(came - said) > reach).sum())
    figure, axes = open_figure(
        f"{len(used) - off_count} of {len(used)} groups default as often as predicted",
        subtitle=subtitle,
    )
    top = min(1.0, 1.08 * float(max(said.max(), (came + reach).max())))
    axes.plot([0, top], [0, top], color=MUTED_COLOUR, linestyle="--", label="exactly as predicted")
    axes.errorbar(
        said,
        came,
        yerr=reach,
        fmt="o",
        color=MODEL_COLOUR,
        markersize=7,
        capsize=4,
        label="a group, with 95 % by chance",
    )
    label_axes(
        axes,
        across="mean predicted default probability of the group",
        up="clients who defaulted, share of the group",
    )
    format_axes_as_percent(axes, top=top)
    add_legend(axes, "upper left")
    return figure


def draw_score_distribution(
    defaulted: Any, default_probability: Any, *, policy: DecisionPolicy, subtitle: str = ""
) -> Figure:
    """Distributions of the probability among defaulters and payers, with the threshold."""
    scored = _validate_scores(defaulted, default_probability)
    outcome, probability = scored.outcome, scored.probability
    declined = float((probability >= policy.threshold).mean())
    figure, axes = open_figure(
        f"{declined:.0%} of clients are scored at or above the threshold and declined",
        subtitle=subtitle,
    )
    edges = [step / 40 for step in range(41)]
    for value, colour, name in ((0, MODEL_COLOUR, "paid"), (1, ALERT_COLOUR, "defaulted")):
        chosen = probability[outcome == value]
        weights = np.full(len(chosen), 1 / len(chosen))
        label = f"{name} ({len(chosen):,} clients)"
        axes.hist(chosen, edges, weights=weights, color=colour, alpha=0.55, label=label)
    axes.axvline(
        policy.threshold,
        color=TEXT_COLOUR,
        linewidth=1.5,
        linestyle="--",
        label=f"threshold {policy.threshold:.3f}",
    )
    label_axes(
        axes,
        across="predicted default probability",
        up="share of each group, by steps of 2.5 points",
    )
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set_xlim(0, 1)
    add_legend(axes, "upper right")
    return figure


def draw_confusion(confusion: Confusion, *, threshold: float, subtitle: str = "") -> Figure:
    """What was decided against what came, in clients and as shares of the outcome."""
    cells = np.array(
        [
            [confusion.right_accept_count, confusion.false_alarm_count],
            [confusion.missed_default_count, confusion.caught_default_count],
        ]
    )
    shares = cells / np.maximum(cells.sum(axis=1, keepdims=True), 1)
    right = float((cells[0, 0] + cells[1, 1]) / max(1, cells.sum()))
    figure, axes = open_figure(
        f"At threshold {threshold:.3f}, {right:.0%} of decisions prove right", subtitle=subtitle
    )
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    words = (("accepted, paid", "false alarm"), ("missed default", "caught default"))
    for row, column in np.ndindex(2, 2):
        text = f"{words[row][column]}\n{cells[row, column]:,}\n{shares[row, column]:.0%} of the row"
        colour = "white" if shares[row, column] > 0.5 else TEXT_COLOUR  # noqa: PLR2004 (half-way up the colour scale)
        axes.text(column, row, text, ha="center", va="center", color=colour, fontsize=14)
    axes.set_xticks([0, 1], ["accepted", "declined"])
    axes.set_yticks([0, 1], ["paid", "defaulted"])
    axes.grid(visible=False)
    label_axes(axes, across="decision, clients", up="outcome, clients")
    return figure


def draw_cost_curve(
    defaulted: Any, default_probability: Any, *, policy: DecisionPolicy, subtitle: str = ""
) -> Figure:
    """Cost per 1,000 clients at every threshold, with the policy's threshold, declining all and declining nobody."""
    scored = _validate_scores(defaulted, default_probability)
    outcome, probability = scored.outcome, scored.probability
    thresholds = np.linspace(0, 1, 201)
    costs = np.array(
        [_measure_cost(outcome, probability >= cut, policy=policy) for cut in thresholds]
    )
    here = _measure_cost(outcome, probability >= policy.threshold, policy=policy)
    everyone, nobody = (
        _measure_cost(outcome, np.full(len(outcome), flag), policy=policy) for flag in (True, False)
    )
    saved = 1 - here / min(everyone, nobody) if min(everyone, nobody) else 0.0
    told = f"costs {abs(saved):.0%} {'less' if saved >= 0 else 'more'} than the better of declining all or nobody"
    figure, axes = open_figure(f"The threshold {told}", subtitle=subtitle)
    axes.plot(thresholds, costs, color=MODEL_COLOUR, linewidth=2.5, label="model")
    axes.axhline(
        everyone, color=MUTED_COLOUR, linestyle="--", label=f"decline everybody: {everyone:,.0f}"
    )
    axes.axhline(nobody, color=MUTED_COLOUR, linestyle=":", label=f"decline nobody: {nobody:,.0f}")
    label = f"threshold {policy.threshold:.3f}: {here:,.0f}"
    axes.plot([policy.threshold], [here], "o", color=ALERT_COLOUR, markersize=10, label=label)
    label_axes(
        axes,
        across="threshold, default probability from which clients are declined",
        up=f"cost per 1,000 clients (missed {policy.missed_default_cost:g}, false alarm {policy.false_alarm_cost:g})",
    )
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.set_xlim(0, 1)
    axes.set_ylim(bottom=0)
    add_legend(axes, "lower right")
    return figure


def draw_importance(
    importance: Mapping[str, float], *, most: int = 15, subtitle: str = ""
) -> Figure:
    """The `most` important features or columns, by their share (0-1) of the whole, largest at the top."""
    shown = sorted(importance.items(), key=lambda item: (-item[1], item[0]))[:most]
    covered, total = sum(share for _, share in shown), len(importance)
    leader = shown[0][0].replace("_", " ")
    figure, axes = open_figure(
        f"“{leader}” weighs most: {shown[0][1]:.0%} of the model", subtitle=subtitle
    )
    names = [name.replace("_", " ") for name, _ in shown]
    bars = axes.barh(names, [share for _, share in shown], color=MODEL_COLOUR)
    axes.bar_label(
        bars, labels=[f"{share:.1%}" for _, share in shown], padding=4, color=TEXT_COLOUR
    )
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    axes.set_xlim(0, 1.15 * shown[0][1] or 1)
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    label_axes(
        axes,
        across=f"share of impurity decrease; the {len(shown)} of {total} shown make {covered:.0%}",
        up="",
    )
    return figure


@dataclass(frozen=True, slots=True, eq=False)
class _ScoredOutcomes:
    outcome: Values
    probability: Values


def _validate_scores(defaulted: Any, default_probability: Any) -> _ScoredOutcomes:
    check_scores(defaulted, default_probability)
    scored = _ScoredOutcomes(
        np.asarray(defaulted, dtype=np.float64), np.asarray(default_probability, dtype=np.float64)
    )
    if np.ptp(scored.outcome) == 0:
        found = f"{len(scored.outcome)} rows with the same outcome"
        remedy = "Leave the picture out until both outcomes are known."
        raise InputError("figure", found=found, expected="defaulters and payers", remedy=remedy)
    return scored


def _measure_cost(outcome: Values, declined: NDArray[np.bool_], *, policy: DecisionPolicy) -> float:
    cost = np.where(
        declined, policy.false_alarm_cost * (1 - outcome), policy.missed_default_cost * outcome
    )
    return float(1000 * cost.mean())
