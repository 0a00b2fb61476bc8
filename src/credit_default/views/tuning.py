"""What a search came to, as a table for a terminal: every recipe and family against the recipe in force."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rich.table import Table
from rich.text import Text

from credit_default.gates.contest import Gain
from credit_default.views.summary import render_text

_SHOWN: Final = {"roc_auc": "AUC", "average_precision": "AP", "brier": "Brier", "log_loss": "log loss", "ece": "ECE"}
_STYLES: Final = {"better": "green", "worse": "red", "a tie": ""}


@dataclass(frozen=True, slots=True)
class Standing:
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


def render_standings(standings: Sequence[Standing]) -> Table:
    """One line a recipe or family; gains are positive where it is better, each with its interval."""
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    table.add_column("", no_wrap=True)
    for heading in _SHOWN.values():
        table.add_column(heading, justify="right", no_wrap=True)
    for heading in ("AUC gain", "log loss gain"):
        table.add_column(heading, no_wrap=True)
    table.add_column("")
    for standing in standings:
        figures = [f"{standing.figures[name]:.4f}" for name in _SHOWN]
        gains = [_tell_gain(standing.gains.get(name)) for name in ("roc_auc", "log_loss")]
        word = Text(standing.word, style=_STYLES.get(standing.word, ""))
        table.add_row(render_text(standing.name), *figures, *gains, word)
    return table


def tell_standing(standing: Standing) -> str:
    """The line as a sentence, for those who read no tables."""
    figures = ", ".join(f"{heading} {standing.figures[name]:.4f}" for name, heading in _SHOWN.items())
    if not standing.gains:
        return f"{standing.name}: {figures}"
    told = ", ".join(f"{_SHOWN[name]} gain {_tell_gain(standing.gains[name])}" for name in ("roc_auc", "log_loss"))
    return f"{standing.name}: {figures}; {told}: {standing.word}"


def _tell_gain(gain: Gain | None) -> str:
    return f"{gain.gain:+.4f} ({gain.low:+.4f} to {gain.high:+.4f})" if gain else ""
