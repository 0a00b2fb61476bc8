"""Render a document for the terminal: pictures are shown by their description and path."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from credit_default.views.documents.document import (
    Block,
    Bullets,
    Document,
    Paragraph,
    Picture,
    Table,
)
from credit_default.views.summaries.summary import render_level, render_text
from credit_default.views.tables.bullets import render_bullet
from credit_default.views.tables.fitted_table import Column, FittedTable


def render_document(document: Document) -> RenderableType:
    """Return the document as Rich prints it."""
    return Group(*_render_parts(document))


def _render_parts(document: Document) -> Iterator[RenderableType]:
    yield render_text(document.title, style="bold")
    yield render_text(document.subtitle, style="dim")
    if document.warning:
        yield render_text(document.warning, style="bold yellow")
    for section in document.sections:
        yield Text()
        yield render_text(section.title.upper(), style="bold")
        for block in section.blocks:
            yield Padding(_render_block(block), (0, 0, 0, 2))


def _render_block(block: Block) -> RenderableType:
    match block:
        case Paragraph(text):
            return render_text(text)
        case Bullets(items):
            return Group(*(render_bullet(render_text(item)) for item in items))
        case Table():
            return _render_table(block)
        case Picture(path, description, _):
            return render_text(f"[picture {path}] {description}", style="dim")


def _render_table(table: Table) -> FittedTable:
    columns = (
        Column(name, is_figure=place >= table.first_figure)
        for place, name in enumerate(table.heading)
    )
    drawn = FittedTable(tuple(columns))
    for row in table.rows:
        drawn.add_row(
            *(
                render_level(cell) if place == table.light_column else cell
                for place, cell in enumerate(row)
            )
        )
    return drawn
