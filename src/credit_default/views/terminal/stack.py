"""The running stack for people: a table of its programs, and the lines of their logs."""

from collections.abc import Sequence
from dataclasses import dataclass
from zlib import crc32

from rich.table import Table
from rich.text import Text

from credit_default.errors import escape_unprintable

_STYLES = ("cyan", "magenta", "green", "yellow", "blue")


@dataclass(frozen=True, slots=True)
class StackLine:
    """One running program. `address` is empty for a program without a web page."""

    name: str
    address: str
    version: str
    process_id: int
    log_path: str


def render_stack(lines: Sequence[StackLine]) -> Table:
    """Return one line for each program, in the order in which they were started."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for title in ("name", "address", "version", "pid", "log"):
        table.add_column(title, no_wrap=True, justify="right" if title == "pid" else "left")
    for line in lines:
        table.add_row(
            line.name,
            line.address or "–",
            line.version,
            str(line.process_id),
            Text(escape_unprintable(line.log_path)),
        )
    return table


def render_log_line(name: str, line: str) -> Text:
    """Return a log line after its program's name, without markup and terminal codes."""
    style = _STYLES[crc32(name.encode()) % len(_STYLES)]
    return Text.assemble((f"{name:<10}", style), "│ ", escape_unprintable(line))
