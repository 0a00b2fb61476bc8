"""What a search came to, as a table for a terminal: every recipe and family against the recipe in force."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from credit_default.gates.promotion.paired_gains import Gain
from credit_default.views.summaries.summary import render_text

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
    """One line: a recipe or a family, its figures on pooled folds, and its gains over the recipe in force.

    The recipe in force itself has none.
    """

    name: str
    figures: Mapping[str, float]
    gains: Mapping[str, Gain]

    @property
    def word(self) -> str:
        """`better` or `worse` where log loss says so beyond noise, else `a tie`; nothing for the recipe in force."""
        gain = self.gains.get("log_loss")
        if gain is None:
            return ""
        return "better" if gain.is_better else "worse" if gain.is_worse else "a tie"


def render_recipe_comparisons(standings: Sequence[RecipeComparison]) -> RenderableType:
    """Two tables of one line a recipe or family: its figures, then its gains, positive where it is better."""
    figures, gains = (
        Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold") for _ in range(2)
    )
    gains.title, gains.title_style, gains.title_justify = (
        "gains over the recipe in force",
        "bold",
        "left",
    )
    for heading in ("", *_SHOWN_METRICS.values()):
        figures.add_column(heading, justify="right" if heading else "left", no_wrap=True)
    for heading in ("", *(_SHOWN_METRICS[measure] for measure in _GAIN_METRICS), ""):
        gains.add_column(heading, no_wrap=True)
    for standing in standings:
        name = render_text(standing.name)
        figures.add_row(name, *(f"{standing.figures[metric]:.4f}" for metric in _SHOWN_METRICS))
        if standing.gains:
            told = [_format_gain(standing.gains[measure]) for measure in _GAIN_METRICS]
            gains.add_row(name, *told, Text(standing.word, style=_STYLES[standing.word]))
    return Group(figures, "", gains, "") if gains.row_count else Group(figures, "")


def format_recipe_comparison(standing: RecipeComparison) -> str:
    """The line as a sentence, for those who read no tables."""
    figures = ", ".join(
        f"{heading} {standing.figures[name]:.4f}" for name, heading in _SHOWN_METRICS.items()
    )
    if not standing.gains:
        return f"{standing.name}: {figures}"
    told = ", ".join(
        f"{_SHOWN_METRICS[measure]} gain {_format_gain(standing.gains[measure])}"
        for measure in _GAIN_METRICS
    )
    return f"{standing.name}: {figures}; {told}: {standing.word}"


def _format_gain(gain: Gain) -> str:
    return f"{gain.gain:+.4f} ({gain.low:+.4f} to {gain.high:+.4f})"
