"""The result of a recipe search as tables: recipes and families beside the recipe in force."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rich.console import Group, RenderableType
from rich.text import Text

from credit_default.gates.promotion.paired_gains import Gain
from credit_default.views.tables.fitted_table import Column, FittedTable

_SHOWN_METRICS: Final = {
    "roc_auc": "AUC",
    "average_precision": "AP",
    "brier": "Brier",
    "log_loss": "log loss",
    "ece": "ECE",
}
_GAIN_METRICS: Final = ("roc_auc", "log_loss")
_STYLES: Final = {"better": "green", "worse": "red", "a tie": ""}


@dataclass(frozen=True, slots=True)
class RecipeComparison:
    """A recipe or model family, its figures on pooled folds, and its gains over the recipe in force.

    The recipe in force itself has no gains.
    """

    name: str
    figures: Mapping[str, float]  # by metric
    gains: Mapping[str, Gain]  # by metric; positive: better than the recipe in force

    @property
    def result(self) -> str:
        """Return `better` or `worse` where log loss differs beyond noise, else `a tie`.

        It is empty for the recipe in force, which has no gains.
        """
        gain = self.gains.get("log_loss")
        if gain is None:
            return ""
        return "better" if gain.is_better else "worse" if gain.high < 0 else "a tie"


def render_recipe_comparisons(comparisons: Sequence[RecipeComparison]) -> RenderableType:
    """Return a table of figures and a table of gains, each with one line for each recipe or family."""
    compared = [comparison for comparison in comparisons if comparison.gains]
    if not compared:
        return Group(_render_figures(comparisons), "")
    return Group(_render_figures(comparisons), "", _render_gains(compared), "")


def format_recipe_comparison(comparison: RecipeComparison) -> str:
    """Return the comparison as one text, for output without tables."""
    figures = ", ".join(
        f"{heading} {comparison.figures[name]:.4f}" for name, heading in _SHOWN_METRICS.items()
    )
    if not comparison.gains:
        return f"{comparison.name}: {figures}"
    gains = ", ".join(
        f"{_SHOWN_METRICS[metric]} gain {_format_gain(comparison.gains[metric])}"
        for metric in _GAIN_METRICS
    )
    return f"{comparison.name}: {figures}; {gains}: {comparison.result}"


def _render_figures(comparisons: Sequence[RecipeComparison]) -> FittedTable:
    figures = (Column(heading, is_figure=True) for heading in _SHOWN_METRICS.values())
    table = FittedTable((Column(""), *figures))
    for comparison in comparisons:
        cells = (f"{comparison.figures[metric]:.4f}" for metric in _SHOWN_METRICS)
        table.add_row(comparison.name, *cells)
    return table


def _render_gains(comparisons: Sequence[RecipeComparison]) -> FittedTable:
    gains = (Column(_SHOWN_METRICS[metric], is_figure=True) for metric in _GAIN_METRICS)
    columns = (Column(""), *gains, Column("", rank=-1))
    table = FittedTable(columns, title="gains over the recipe in force")
    for comparison in comparisons:
        cells = [_format_gain(comparison.gains[metric]) for metric in _GAIN_METRICS]
        result = Text(comparison.result, style=_STYLES[comparison.result])
        table.add_row(comparison.name, *cells, result)
    return table


def _format_gain(gain: Gain) -> str:
    return f"{gain.gain:+.4f} ({gain.low:+.4f} to {gain.high:+.4f})"
