"""A text of several, marked so that its second line is not taken for another text."""

from rich.table import Table
from rich.text import Text


def render_bullet(text: Text) -> Table:
    """Return the text behind a bullet, its further lines below its first word."""
    item = Table.grid(padding=(0, 1, 0, 0))
    item.add_column(width=1)
    item.add_column(overflow="fold")
    item.add_row("•", text)
    return item
