"""A strip of months: one row a subject, one square a month, coloured by level. No heat map: Plotly's needs inline styles."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from credit_default.room.charts.chart import Chart
from credit_default.room.charts.points import build_label_axis

_ROW_HEIGHT: Final = 30  # pixels
_FRAME_HEIGHT: Final = 60
# The form says what the colour says, for whoever does not see it.
_SYMBOLS: Final = {"ok": "square", "watch": "diamond", "alarm": "x", "refused": "x"}
_COLOURS: Final = {"ok": "ok", "watch": "watch", "alarm": "alarm", "refused": "alarm"}


@dataclass(frozen=True, slots=True)
class StripCell:
    """One month of one subject: its level as a gate gives it, and a sentence."""

    subject: str
    month: str  # YYYY-MM, or a label
    level: str
    said: str = ""


def draw_month_strip(name: str, title: str, cells: Sequence[StripCell]) -> Chart:
    """Return the strip; subjects in the order in which they occur, the first at the top."""
    subjects = list(dict.fromkeys(cell.subject for cell in cells))
    months = sorted({cell.month for cell in cells})
    traces = [
        _build_row(subject, [cell for cell in cells if cell.subject == subject])
        for subject in subjects
    ]
    layout = {
        "height": _FRAME_HEIGHT + _ROW_HEIGHT * max(1, len(subjects)),
        "xaxis": build_label_axis(months),
        "yaxis": build_label_axis(subjects[::-1]),
        "showlegend": False,
    }
    rows = tuple((cell.month, cell.subject, cell.level, cell.said) for cell in cells)
    return Chart(
        name,
        title,
        {"data": traces, "layout": layout},
        ("month", "gate", "level", "note"),
        rows,
    )


def _build_row(subject: str, cells: Sequence[StripCell]) -> dict[str, object]:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": subject,
        "x": [cell.month for cell in cells],
        "y": [cell.subject for cell in cells],
        "customdata": [
            f"{cell.month}, {cell.subject}: {cell.level}" + (f"; {cell.said}" if cell.said else "")
            for cell in cells
        ],
        "marker": {
            "size": 14,
            "symbol": [_SYMBOLS.get(cell.level, "square-open") for cell in cells],
        },
        "meta": {
            "role": "reference",
            "levels": [_COLOURS.get(cell.level, "reference") for cell in cells],
        },
    }
