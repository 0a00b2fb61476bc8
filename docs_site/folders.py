"""The navigation, in which a folder's name stands for all its pages that are not named elsewhere."""

from pathlib import Path
from typing import Any

from docs_site.markdown import read_title


def list_navigation(navigation: list[Any], docs: Path) -> list[Any]:
    """Return the navigation with the pages of each folder in the place of its name."""
    named = set(_list_names(navigation))
    return _open_items(navigation, docs, named)


def _list_names(item: Any) -> list[str]:
    if isinstance(item, str):
        return [item]
    parts = item.values() if isinstance(item, dict) else item
    return [name for part in parts for name in _list_names(part)]


def _open_item(item: Any, docs: Path, named: set[str]) -> list[Any]:
    if isinstance(item, dict):
        return [
            {title: part if isinstance(part, str) else _open_items(part, docs, named)}
            for title, part in item.items()
        ]
    if not item.endswith("/"):
        return [item]
    pages = [page.relative_to(docs).as_posix() for page in sorted((docs / item).glob("*.md"))]
    return [{_read_page_title(docs / page): page} for page in pages if page not in named]


def _open_items(items: list[Any], docs: Path, named: set[str]) -> list[Any]:
    return [part for item in items for part in _open_item(item, docs, named)]


def _read_page_title(page: Path) -> str:
    return read_title(page.read_text(encoding="utf-8"))
