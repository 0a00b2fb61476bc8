"""A document at rest: plain JSON that is read back into the same values, its pictures by path only.

What is read may have been written by anybody: it is taken apart strictly, and stays plain text for the form that shows it.
"""

import json
from typing import Any, Final

from credit_default.errors import ArtifactError
from credit_default.views.documents.document import (
    Block,
    Bullets,
    Document,
    Paragraph,
    Picture,
    Section,
    Table,
)

DOCUMENT_FORMAT: Final = "credit-default document 1"


def write_document_json(document: Document) -> str:
    """The document as JSON, without the bytes of its pictures."""
    content = {
        "format": DOCUMENT_FORMAT,
        "title": document.title,
        "subtitle": document.subtitle,
        "warning": document.warning,
        "sections": [
            {"title": s.title, "blocks": [_describe_block(b) for b in s.blocks]}
            for s in document.sections
        ],
    }
    return json.dumps(content, ensure_ascii=True, indent=1)


def parse_document(text: str) -> Document:
    """The document that the JSON describes.

    Raises:
        ArtifactError: it is no JSON, or of another form.
    """
    try:
        content = json.loads(text)
        if content["format"] != DOCUMENT_FORMAT:
            raise _invalid_document(f"format {content['format']!r}")
        sections = tuple(
            Section(_require_text(s["title"]), tuple(_parse_block(block) for block in s["blocks"]))
            for s in content["sections"]
        )
        return Document(
            _require_text(content["title"]),
            _require_text(content["subtitle"]),
            sections,
            _require_text(content["warning"]),
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _invalid_document(f"{type(error).__name__}: {error}"[:200]) from error


def _describe_block(block: Block) -> dict[str, Any]:
    match block:
        case Paragraph(text):
            return {"paragraph": text}
        case Bullets(items):
            return {"bullets": list(items)}
        case Table(heading, rows, first_figure):
            return {
                "heading": list(heading),
                "rows": [list(row) for row in rows],
                "first_figure": first_figure,
            }
        case Picture(path, description, _):
            return {"picture": path, "description": description}


def _parse_block(block: Any) -> Block:
    match block:
        case {"paragraph": str(text)}:
            return Paragraph(text)
        case {"bullets": list(items)}:
            return Bullets(tuple(_require_text(item) for item in items))
        case {"heading": list(heading), "rows": list(rows), "first_figure": int(first_figure)}:
            cells = tuple(tuple(_require_text(cell) for cell in row) for row in rows)
            if any(len(row) != len(heading) for row in cells):
                raise _invalid_document("a table with rows of other lengths than its heading")
            return Table(tuple(_require_text(cell) for cell in heading), cells, first_figure)
        case {"picture": str(path), "description": str(description)}:
            return Picture(path, description, b"")
    raise _invalid_document(f"a block {str(block)[:60]!r}")


def _require_text(value: Any) -> str:
    if not isinstance(value, str):
        raise _invalid_document(f"{type(value).__name__} where a text belongs")
    return value


def _invalid_document(found: str) -> ArtifactError:
    return ArtifactError(
        "model card",
        found=found,
        expected="a card as `train` writes it",
        remedy="Train and register the model anew.",
    )
