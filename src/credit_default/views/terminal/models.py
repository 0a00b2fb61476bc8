"""The registered versions as a table for a terminal."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.table import Table
from rich.text import Text

from credit_default.views.summaries.summary import LEVEL_STYLES, render_text


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One version as a line: where it sits, what it is, and the verdict on it."""

    number: int
    seat: str
    digest: str
    trained_at: str
    data_origin: str
    level: str
    reason: str
    evidence: tuple[str, ...] = ()  # the verdict's other reasons, in its order


def render_models(rows: Sequence[ModelRow]) -> Table:
    """One line a version, the newest first; the champion's and the challenger's evidence below their verdict."""
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for name in ("v", "seat", "digest", "trained", "data", "verdict", "reason"):
        table.add_column(
            name,
            justify="right" if name == "v" else "left",
            no_wrap=name != "reason",
            overflow="fold",
        )
    for row in rows:
        level = render_text(row.level, style=LEVEL_STYLES.get(row.level, ""))
        seat = render_text(row.seat, style="bold" if row.seat == "champion" else "")
        told = (row.digest[:8], row.trained_at[:10], row.data_origin)
        reasons = (row.reason, *row.evidence) if row.seat else (row.reason,)
        reason = Text("\n").join(render_text(text) for text in reasons)
        table.add_row(str(row.number), seat, *map(render_text, told), level, reason)
    return table
