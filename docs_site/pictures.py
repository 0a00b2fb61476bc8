"""Pictures that tests make: those of the terminal and of the control room, in build/pictures/.

`make pictures` fills that folder. Where a picture is not there, its words stand in its place.
"""

import re
from pathlib import Path

_PICTURE = re.compile(r"^!\[([^\]]+)\]\(((?:\.\./)*)pictures/([\w.-]+)\)(\{[^}]*\})?$", re.MULTILINE)


def list_pictures(root: Path) -> list[Path]:
    """Return the pictures that tests have made."""
    return sorted((root / "build" / "pictures").glob("*.[ps][nv]g"))


def name_missing_pictures(text: str, source: str, known: set[str]) -> str:
    """Return a page in which words stand in the place of each picture that nobody has made yet.

    Args:
        text: The page.
        source: Its path below docs/.
        known: The paths of all files of the site.
    """
    del source

    def write(found: re.Match[str]) -> str:
        if f"pictures/{found[3]}" in known:
            return found[0]
        return f'!!! note "A picture: {found[1]}"\n    `make pictures` draws it.'

    return _PICTURE.sub(write, text)
