"""A document for people, as values: sections of paragraphs, lists, tables and pictures, in the order they are read.

One content, three forms: a page for a browser (`document_html`), markdown for a repository or a UI (`document_markdown`), and
a terminal (`document_terminal`). What came with the data is plain text here; each form makes it harmless in its own way.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text."""

    text: str


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list of short texts."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells under a heading; columns from `first_figure` on hold figures and stand to the right."""

    heading: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    first_figure: int = 1


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture by the path that it has beside the document, in words for who can't see it, and its PNG bytes."""

    path: str
    description: str
    png: bytes


Block = Paragraph | Bullets | Table | Picture


@dataclass(frozen=True, slots=True)
class Section:
    """A titled part of a document."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A whole document. `warning` is what nobody may overlook: that no real client stands behind it, for one."""

    title: str
    subtitle: str
    sections: tuple[Section, ...]
    warning: str = ""
