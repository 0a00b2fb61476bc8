"""Parts that the figures of the history page share: the axis of months, and literal texts.

All figures have the same horizontal axis, so that they can be read one below the other.
"""

from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from credit_default.errors import escape_unprintable
from credit_default.views.figures.canvas import MUTED_COLOUR, label_axes
from credit_default.views.history.values import History

_MOST_LABELS: Final = 24
_LONGEST_NAME: Final = 32


def format_month_axis(axes: Axes, history: History, *, y_label: str) -> None:
    """Label the horizontal axis with months, and mark each change of champion with a dotted line.

    Of more than 24 batches only every n-th is labelled.
    """
    label_axes(axes, x_label="", y_label=y_label)
    batch_count = len(history.batches)
    places = range(0, batch_count, -(-batch_count // _MOST_LABELS) or 1)
    labels = [history.labels[place] for place in places]
    axes.set_xticks(list(places), labels, rotation=45, ha="right", fontsize=10)
    axes.set_xlim(-0.6, batch_count - 0.4)
    versions = [batch.model_version for batch in history.batches]
    for place in range(1, batch_count):
        if versions[place] != versions[place - 1]:
            axes.axvline(place - 0.5, color=MUTED_COLOUR, linestyle=":", linewidth=1.5)


def shorten_name(name: str) -> str:
    """Return the name as a label of at most 32 characters.

    Underscores become spaces, and unprintable characters are shown as escapes.
    """
    plain = escape_unprintable(name.replace("_", " "))
    return plain if len(plain) <= _LONGEST_NAME else f"{plain[:_LONGEST_NAME]}…"


def disable_math_text(figure: Figure) -> Figure:
    """Return the figure with all texts taken literally: a dollar sign in a name is no formula."""
    for text in figure.findobj(Text):
        if isinstance(text, Text):
            text.set_parse_math(False)
    return figure
