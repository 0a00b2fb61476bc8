"""Pictures that tests make, where a page asks for one: `<!-- picture NAME.svg: what it shows -->`.

Tests put them into build/pictures/ (`make pictures`): none of them is committed, and none can go stale. Where a picture is
not there, its words stand in its place. A drawing that is committed is in docs/, and a page links to it as ever.
"""

import posixpath
import re
from pathlib import Path

PICTURE = re.compile(r"^<!-- picture ([\w-]+\.(?:svg|png)): (.+?) -->$", re.MULTILINE)


def list_pictures(root: Path) -> list[Path]:
    """Return the pictures that tests have made."""
    return sorted(
        path
        for path in (root / "build" / "pictures").glob("*.*")
        if path.suffix in {".svg", ".png"}
    )


def place_pictures(text: str, source: str, known: set[str]) -> str:
    """Return a page with each picture that it asks for, or with its words where nobody has made it yet.

    Args:
        text: The page.
        source: Its path below docs/.
        known: The paths of all files of the site.
    """

    def place(found: re.Match[str]) -> str:
        path = f"pictures/{found[1]}"
        if path in known:
            return f"![{found[2]}]({posixpath.relpath(path, posixpath.dirname(source) or '.')})"
        return f'!!! note "Picture"\n\n    {found[2]}. `make pictures` draws it.'

    return PICTURE.sub(place, text)
