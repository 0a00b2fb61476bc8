"""The figure of the inputs or features that a model weighs most."""

from collections.abc import Mapping

from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from credit_default.views.figures.canvas import MODEL_COLOUR, TEXT_COLOUR, label_axes, open_figure


def draw_importance(
    importance: Mapping[str, float], *, most: int = 15, subtitle: str = ""
) -> Figure:
    """Draw the most important features or columns, the largest at the top.

    Args:
        importance: Shares (0-1) of the model by name, at least one.
        most: How many to show.
        subtitle: Which model and rows these are.
    """
    shown = sorted(importance.items(), key=lambda item: (-item[1], item[0]))[:most]
    names = [name.replace("_", " ") for name, _ in shown]
    shares = [share for _, share in shown]
    title = f"“{names[0]}” weighs most: {shares[0]:.0%} of the model"
    figure, axes = open_figure(title, subtitle=subtitle)
    bars = axes.barh(names, shares, color=MODEL_COLOUR)
    labels = [f"{share:.1%}" for share in shares]
    axes.bar_label(bars, labels=labels, padding=4, color=TEXT_COLOUR)
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    axes.set_xlim(0, 1.15 * shares[0] or 1)
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    covered = f"the {len(shown)} of {len(importance)} shown make {sum(shares):.0%}"
    label_axes(axes, x_label=f"share of impurity decrease; {covered}", y_label="")
    return figure
