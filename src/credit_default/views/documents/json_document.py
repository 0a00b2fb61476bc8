"""Store a document as plain JSON, with its pictures by path, and read it back as the same values.

What is read may come from an untrusted source, so it is parsed strictly, and its texts stay plain
text for the form that renders them.
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


def render_document_json(document: Document) -> str:
    """Return the document as JSON, without the bytes of its pictures."""
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
    """Return the document that the JSON describes.

    Raises:
        ArtifactError: The text is not JSON, or not a document of this format.
    """
    try:
        content = json.loads(text)
        if content["format"] != DOCUMENT_FORMAT:
            raise _build_document_error(f"format {content['format']!r}")
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
        raise _build_document_error(f"{type(error).__name__}: {error}"[:200]) from error


def _describe_block(block: Block) -> dict[str, Any]:
    match block:
        case Paragraph(text):
            return {"paragraph": text}
        case Bullets(items):
            return {"bullets": list(items)}
        case Table(heading, rows, first_figure, light_column):
            return {
                "heading": list(heading),
                "rows": [list(row) for row in rows],
                "first_figure": first_figure,
                **({} if light_column is None else {"light_column": light_column}),
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
                raise _build_document_error("a table whose rows and heading differ in length")
            light_column = block.get("light_column")
            if not (light_column is None or isinstance(light_column, int)):
                raise _build_document_error(f"a light column {str(light_column)[:60]!r}")
            names = tuple(_require_text(cell) for cell in heading)
            return Table(names, cells, first_figure, light_column)
        case {"picture": str(path), "description": str(description)}:
            return Picture(path, description, b"")
    raise _build_document_error(f"a block {str(block)[:60]!r}")


def _require_text(value: Any) -> str:
    if not isinstance(value, str):
        raise _build_document_error(f"{type(value).__name__} instead of a text")
    return value


def _build_document_error(found: str) -> ArtifactError:
    return ArtifactError(
        "model card",
        found=found,
        expected="a model card as `credit-default train` writes it",
        remedy="Train and register the model again.",
    )
