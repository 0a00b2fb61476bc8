"""Links of a page: moved along with a text, and turned into the repository's where they leave docs/."""

import os
import re
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from docs_site.markdown import FENCE

LINK = re.compile(r"(?<=\]\()(?![a-z][a-z+.-]*:)([^)#\s]+)(#[^)\s]*)?(?=\))")
BRANCH = "main"


def move_links(text: str, old: str, new: str) -> str:
    """Return a text of one file as it must read in another, both named by their paths from the root."""

    def move(target: str) -> str:
        path = os.path.normpath(PurePosixPath(old).parent / target)
        return os.path.relpath(path, PurePosixPath(new).parent)

    return replace_links(text, move)


def point_to_repository(text: str, source: str, *, root: Path, repository: str) -> str:
    """Return a page whose links out of docs/ lead into the repository, and whose links to a folder to its first page.

    Args:
        text: The page.
        source: Its path below docs/.
        root: The checkout.
        repository: The address of the repository.
    """

    def turn(target: str) -> str:
        path = PurePosixPath(os.path.normpath(PurePosixPath("docs", source).parent / target))
        is_folder = (root / path).is_dir()
        if path.parts[0] == "docs" and path.suffix != ".py":
            return (
                f"{target.rstrip('/')}/README.md" if is_folder and path.name != "docs" else target
            )
        return f"{repository.rstrip('/')}/{'tree' if is_folder else 'blob'}/{BRANCH}/{path}"

    return replace_links(text, turn)


def replace_links(text: str, change: Callable[[str], str]) -> str:
    """Return the text with each relative link changed; what stands in a fence is no link."""
    fences: list[str] = []

    def keep(fence: re.Match[str]) -> str:
        fences.append(fence[0])
        return f"\0{len(fences) - 1}\0"

    hidden = FENCE.sub(keep, text)
    hidden = LINK.sub(lambda link: change(link[1]) + (link[2] or ""), hidden)
    return re.sub(r"\0(\d+)\0", lambda number: fences[int(number[1])], hidden)
