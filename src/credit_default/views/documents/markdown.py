"""A document as markdown: for a repository, a review or a UI that renders it. Pictures are named by their paths."""

from credit_default.views.documents.document import (
    Block,
    Bullets,
    Document,
    Paragraph,
    Picture,
    Table,
)
from credit_default.views.summaries.run_artifact import escape_markdown


def write_document_markdown(document: Document, *, pictures: str = "") -> str:
    """The document as markdown; text that came with the data cannot turn into markup.

    `pictures` leads from where the document stands to where its pictures' paths begin ("../").
    """
    parts = [f"# {escape_markdown(document.title)}", escape_markdown(document.subtitle)]
    parts += [f"> **{escape_markdown(document.warning)}**"] if document.warning else []
    for section in document.sections:
        parts += [
            f"## {escape_markdown(section.title)}",
            *(_write_block(block, pictures) for block in section.blocks),
        ]
    return "\n\n".join(parts) + "\n"


def _write_block(block: Block, pictures: str) -> str:
    match block:
        case Paragraph(text):
            return escape_markdown(text)
        case Bullets(items):
            return "\n".join(f"* {escape_markdown(item)}" for item in items)
        case Table():
            return _write_table(block)
        case Picture(path, description, _):
            return f"![{escape_markdown(description)}]({pictures}{path})"


def _write_table(table: Table) -> str:
    rules = [
        "---:" if place >= table.first_figure else "---" for place in range(len(table.heading))
    ]
    lines = [
        [escape_markdown(cell) for cell in table.heading],
        rules,
        *([escape_markdown(cell) for cell in row] for row in table.rows),
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
