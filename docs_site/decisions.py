"""The list of decisions, from their pages."""

from pathlib import Path

from docs_site.markdown import read_title

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "adr"


def write_decisions() -> str:
    """Return a line for each decision, the oldest first."""
    pages = sorted(FOLDER.glob("[0-9]*.md"))
    titles = [read_title(page.read_text(encoding="utf-8")) for page in pages]
    lines = [f"- [{title}]({page.name})" for page, title in zip(pages, titles, strict=True)]
    return "\n".join(lines)
