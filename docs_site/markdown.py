"""Pieces of Markdown that the pages are written with."""

import re
from collections.abc import Iterable, Sequence

FENCE = re.compile(r"^( *)(```+).*?^\1\2 *$", re.MULTILINE | re.DOTALL)


def write_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; what would end a cell is escaped."""
    lines = [_write_row(headings), _write_row(["---"] * len(headings)), *map(_write_row, rows)]
    return "\n".join(lines)


def _write_row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(map(_escape_cell, cells))} |"


def _escape_cell(text: str) -> str:
    return re.sub(r"(?<!\\)\|", r"\\|", text)


def read_title(text: str) -> str:
    """Return the first heading of a page, without marks."""
    found = re.search(r"^# (.+)$", text, re.MULTILINE)
    return found[1].replace("`", "").strip() if found else ""


def read_section(text: str, heading: str) -> str:
    """Return what stands below a heading of the second level, up to the next one.

    Raises:
        KeyError: The text has no such heading.
    """
    parts = re.split(r"^## (.+)$", FENCE.sub(_hide_headings, text), flags=re.MULTILINE)
    sections = dict(zip(parts[1::2], parts[2::2], strict=True))
    if heading not in sections:
        message = f"no heading ## {heading}; there are {', '.join(sections) or 'none'}"
        raise KeyError(message)
    return sections[heading].replace("\0", "#").strip("\n")


def _hide_headings(fence: re.Match[str]) -> str:
    """Return the fence with its hashes replaced, as a comment in it is no heading."""
    return fence[0].replace("#", "\0")


def read_opening(text: str, *, longest: int = 200) -> str:
    """Return the first sentence of a page's first paragraph as plain text."""
    body = FENCE.sub("", re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL))
    for paragraph in re.split(r"\n\s*\n", body):
        first = paragraph.strip("\n")
        if first.strip() and not first.startswith(("#", "|", "!", "<", ":::", "    ", "---")):
            plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", " ".join(first.split()))
            plain = re.sub(
                r"\*\*\w+\.\*\* |[*`]", "", plain
            )  # a word such as "Context." tells nothing
            sentence = re.split(r"(?<=[.:]) (?=[A-Z])", plain, maxsplit=1)[0]
            return sentence if len(sentence) <= longest else f"{sentence[: longest - 1]}…"
    return ""
