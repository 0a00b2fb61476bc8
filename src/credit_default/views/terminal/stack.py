"""The running stack for people: a table of its programs, and the lines of their logs."""

from collections.abc import Sequence
from dataclasses import dataclass
from zlib import crc32

from rich.text import Text

from credit_default.errors import escape_unprintable
from credit_default.views.tables.fitted_table import Column, FittedTable

_COLUMNS = (
    Column("name"),
    Column("address"),
    Column("version", rank=2),
    Column("pid", is_figure=True, rank=1),
)
_STYLES = ("cyan", "magenta", "green", "yellow", "blue")


@dataclass(frozen=True, slots=True)
class StackLine:
    """One running program. `address` is empty for a program without a web page."""

    name: str
    address: str
    version: str
    process_id: int
    log_path: str


def render_stack(lines: Sequence[StackLine]) -> FittedTable:
    """Return one row for each program, in the order in which they were started."""
    table = FittedTable(_COLUMNS, sentences="log")
    for line in lines:
        table.add_row(
            line.name,
            line.address or "–",
            line.version,
            str(line.process_id),
            # not wrapped: people copy it
            sentences=(Text(escape_unprintable(line.log_path), no_wrap=True, overflow="ignore"),),
        )
    return table


def render_log_line(name: str, line: str) -> Text:
    """Return a log line after its program's name, without markup and terminal codes."""
    style = _STYLES[crc32(name.encode()) % len(_STYLES)]
    return Text.assemble((f"{name:<10}", style), "│ ", escape_unprintable(line))
