"""Render a document as markdown for a repository or a UI, with links to its pictures."""

from credit_default.views.documents.document import (
    Block,
    Bullets,
    Document,
    Paragraph,
    Picture,
    Table,
)
from credit_default.views.summaries.run_artifact import escape_markdown


def render_document_markdown(document: Document, *, pictures: str = "") -> str:
    """Return the document as markdown.

    Args:
        document: The document. Text that came with the data cannot turn into markup.
        pictures: The relative path from the markdown file to the folder where the pictures' paths
            begin, such as "../".
    """
    parts = [f"# {escape_markdown(document.title)}", escape_markdown(document.subtitle)]
    parts += [f"> **{escape_markdown(document.warning)}**"] if document.warning else []
    for section in document.sections:
        parts += [
            f"## {escape_markdown(section.title)}",
            *(_render_block(block, pictures) for block in section.blocks),
        ]
    return "\n\n".join(parts) + "\n"


def _render_block(block: Block, pictures: str) -> str:
    match block:
        case Paragraph(text):
            return escape_markdown(text)
        case Bullets(items):
            return "\n".join(f"* {escape_markdown(item)}" for item in items)
        case Table():
            return _render_table(block)
        case Picture(path, description, _):
            return f"![{escape_markdown(description)}]({pictures}{path})"


def _render_table(table: Table) -> str:
    rules = [
        "---:" if place >= table.first_figure else "---" for place in range(len(table.heading))
    ]
    lines = [
        [escape_markdown(cell) for cell in table.heading],
        rules,
        *([escape_markdown(cell) for cell in row] for row in table.rows),
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
