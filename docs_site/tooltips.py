"""Terms that are explained where a page names them, in the words of docs/glossary.md."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

_ROW = re.compile(r"^\| \*\*(.+?)\*\* \| (.+) \|$", re.MULTILINE)


def read_meanings(root: Path) -> dict[str, str]:
    """Return what the glossary says of each term; a row about several has their meanings in the same order."""
    meanings = {}
    for names, row in _ROW.findall((root / "docs" / "glossary.md").read_text(encoding="utf-8")):
        terms, parts = re.split(r" / |, ", names), row.split(" / ")
        parts = parts if len(parts) == len(terms) else [row] * len(terms)
        meanings |= {term: _write_plain(part) for term, part in zip(terms, parts, strict=True)}
    return meanings


def explain_terms(text: str, meanings: Mapping[str, str], terms: Sequence[str]) -> str:
    """Return a page with the meaning of each term that it names, for the theme to show.

    Raises:
        KeyError: The glossary does not have a term.
    """
    lines = [f"*[{term}]: {meanings[term]}" for term in terms]
    return "\n".join([text, "", *lines, ""])


def _write_plain(text: str) -> str:
    return re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", text).strip()
