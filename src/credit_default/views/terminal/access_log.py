"""Render who looked at clients, as a table for the terminal."""

from collections.abc import Sequence
from typing import Final

from rich.table import Table

from credit_default.views.summaries.summary import render_text

_HEADING: Final = ("when, UTC", "who", "role", "what", "batch", "client")


def render_access(rows: Sequence[Sequence[str]]) -> Table:
    """Return one line for each entry: when, who, role, what, and the first digits of the batch and of the client's hash."""
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for name in _HEADING:
        table.add_column(name, overflow="fold", no_wrap=name in {"batch", "client"})
    for row in rows:
        table.add_row(*map(render_text, row))
    return table
