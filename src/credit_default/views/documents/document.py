"""A document as values: sections of paragraphs, lists, tables and pictures, in reading order.

One content has several forms: a page for a browser (`html`), markdown for a repository or a UI
(`markdown`), JSON for storage (`json_document`) and a terminal (`terminal`). Text that came with
the data is plain text here; each form escapes it in its own way.
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
    """Rows of cells under a heading.

    Columns from `first_figure` on (counted from 0) hold figures and are aligned to the right. The
    cells of `light_column` are lights or levels, such as "red" or "alarm", which are shown in colour
    beside the word.
    """

    heading: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    first_figure: int = 1
    light_column: int | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture: its path beside the document, a description in place of it, and its PNG bytes."""

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
    """A whole document. `warning` is shown prominently: for one, that the clients are simulated."""

    title: str
    subtitle: str
    sections: tuple[Section, ...]
    warning: str = ""
