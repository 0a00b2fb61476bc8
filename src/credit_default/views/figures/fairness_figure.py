"""The figure of acceptance by group: each group's acceptance ratio, with the four-fifths line."""

from collections.abc import Sequence
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MultipleLocator

from credit_default.model.evaluation.intervals import Metric
from credit_default.model.fairness.report import FairnessReport, GroupFairness
from credit_default.views.figures.canvas import (
    ALERT_COLOUR,
    MODEL_COLOUR,
    MUTED_COLOUR,
    TEXT_COLOUR,
    label_axes,
    open_figure,
)

_MOST_GROUPS_IN_LARGE_FONT: Final = 20


def draw_fairness(report: FairnessReport, *, lowest_ratio: float, subtitle: str = "") -> Figure:
    """Draw the acceptance ratios of the groups of single attributes, with 95 % intervals.

    Args:
        report: The groups, drawn in its order from the top. Groups too small to be judged are grey,
            with their number of clients only.
        lowest_ratio: The policy's line (0-1).
        subtitle: Which model and rows these are.
    """
    groups = [group for group in report.groups if group.is_single]
    figure, axes = open_figure(_build_title(groups, lowest_ratio), subtitle=subtitle)
    ratios = [group.acceptance_ratio for group in groups if group.acceptance_ratio is not None]
    left = min([0.7, lowest_ratio, *(ratio.low for ratio in ratios)]) - 0.02
    axes.axvline(lowest_ratio, color=ALERT_COLOUR, linestyle="--", linewidth=1.5)
    axes.axvline(1.0, color=MUTED_COLOUR, linestyle=":", linewidth=1.5)
    for place, group in enumerate(groups):
        _draw_group(axes, group, place=place, left=left, lowest_ratio=lowest_ratio)
    _label_groups(axes, groups)
    axes.set_xlim(left, max([1.04, *(ratio.high for ratio in ratios)]) + 0.02)
    axes.set_ylim(len(groups) - 0.4, -0.9)
    axes.xaxis.set_major_locator(MultipleLocator(0.1))
    x_label = (
        "share accepted, over that of the attribute's\n"
        f"most accepted group (diamond); dashed: {lowest_ratio:g}"
    )
    label_axes(axes, x_label=x_label, y_label="")
    axes.xaxis.label.set_fontsize(11)
    return figure


def _draw_group(
    axes: Axes, group: GroupFairness, *, place: int, left: float, lowest_ratio: float
) -> None:
    ratio = group.acceptance_ratio
    if ratio is None:
        _draw_small_group(axes, group, place=place, left=left)
    elif group.is_reference:
        axes.plot([1], [place], "D", color=TEXT_COLOUR, markersize=7)
    else:
        colour = ALERT_COLOUR if ratio.value < lowest_ratio else MODEL_COLOUR
        _draw_ratio(axes, ratio, place=place, colour=colour)


def _draw_small_group(axes: Axes, group: GroupFairness, *, place: int, left: float) -> None:
    axes.text(
        left + 0.005,
        place,
        f"{group.row_count:,} clients, {group.default_count:,} defaults: too few",
        va="center",
        fontsize=9,
        color=MUTED_COLOUR,
        style="italic",
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},
    )


def _draw_ratio(axes: Axes, ratio: Metric, *, place: int, colour: str) -> None:
    axes.errorbar(
        [ratio.value],
        [place],
        xerr=[[ratio.value - ratio.low], [ratio.high - ratio.value]],
        fmt="o",
        color=colour,
        markersize=7,
        capsize=4,
        linewidth=2,
    )
    axes.annotate(
        f"{ratio.value:.2f}",
        (ratio.value, place),
        (0, 6),
        textcoords="offset points",
        ha="center",
        color=TEXT_COLOUR,
        fontsize=9,
    )


def _label_groups(axes: Axes, groups: Sequence[GroupFairness]) -> None:
    names = [f"{group.attribute}: {group.group}" for group in groups]
    axes.set_yticks(range(len(groups)), names)
    for label, group in zip(axes.get_yticklabels(), groups, strict=True):
        label.set_parse_math(False)  # a dollar sign in a name is not a formula
        label.set_color(MUTED_COLOUR if group.is_too_small else TEXT_COLOUR)
        label.set_fontsize(10 if len(groups) <= _MOST_GROUPS_IN_LARGE_FONT else 7)


def _build_title(groups: Sequence[GroupFairness], lowest_ratio: float) -> str:
    known = [
        (group.acceptance_ratio, group)
        for group in groups
        if group.acceptance_ratio and not group.is_reference
    ]
    if not known:
        return "No two groups are large enough to compare"
    ratio, lowest = min(known, key=lambda pair: pair[0].value)
    finding = (
        f"{lowest.attribute} {lowest.group} is accepted {ratio.value:.2f} times as often "
        "as the most accepted group"
    )
    if ratio.value >= lowest_ratio:
        return f"Every judged group reaches {lowest_ratio:g}: {finding}"
    return f"{finding}, {'beyond noise' if ratio.high < lowest_ratio else 'which may be noise'}"
