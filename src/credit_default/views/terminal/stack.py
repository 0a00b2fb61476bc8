"""The stack as a person sees it: one table of what runs where, and the lines of its logs with a name before each."""

from collections.abc import Sequence
from dataclasses import dataclass
from zlib import crc32

from rich.table import Table
from rich.text import Text

from credit_default.errors import escape_unprintable

_STYLES = ("cyan", "magenta", "green", "yellow", "blue")


@dataclass(frozen=True, slots=True)
class StackLine:
    """One program that is up. `address` is empty for one that has no pages."""

    name: str
    address: str
    version: str
    process_id: int
    log_path: str


def render_stack(lines: Sequence[StackLine]) -> Table:
    """The table: name, address, version, process id and log file, in the order of their start."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for title in ("name", "address", "version", "pid", "log"):
        table.add_column(title, no_wrap=True, justify="right" if title == "pid" else "left")
    for line in lines:
        table.add_row(
            line.name,
            line.address or "–",
            line.version,
            str(line.process_id),
            escape_unprintable(line.log_path),
        )
    return table


def render_log_line(name: str, line: str) -> Text:
    """The line behind its program's name; nothing in it is markup or moves the cursor."""
    style = _STYLES[crc32(name.encode()) % len(_STYLES)]
    return Text.assemble((f"{name:<10}", style), "│ ", escape_unprintable(line))
