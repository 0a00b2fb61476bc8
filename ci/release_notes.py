"""Print the section of one version in the CHANGELOG: the text of its release.

    python ci/release_notes.py 0.1.0      or without a version: what is not released yet

A tag without a section in the CHANGELOG is refused: the command fails and says so.
"""

import argparse
import re
import sys
from pathlib import Path

CHANGELOG = Path(__file__).resolve().parents[1] / "CHANGELOG.md"
UNRELEASED = "Unreleased"


def find_section(changelog: str, version: str) -> str:
    """Return the lines under the heading of `version` (a leading v is ignored), without the heading.

    Raises:
        LookupError: There is no such heading, or no text under it.
    """
    name = version.removeprefix("v")
    headings = list(re.finditer(r"^## \[(?P<name>[^\]]+)\].*$", changelog, re.MULTILINE))
    for heading, after in zip(headings, [*headings[1:], None], strict=True):
        if heading["name"] == name:
            text = changelog[heading.end() : after.start() if after else None].strip()
            if text:
                return text
            raise LookupError(
                f"CHANGELOG.md says nothing of {name}: write what changed under its heading"
            )
    known = ", ".join(heading["name"] for heading in headings)
    raise LookupError(
        f"CHANGELOG.md has no heading [{name}], only {known}: add one with the changes of this version"
    )


def main() -> None:
    """Print the section, or fail with what to do."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("version", nargs="?", default=UNRELEASED)
    try:
        print(find_section(CHANGELOG.read_text(encoding="utf-8"), parser.parse_args().version))
    except LookupError as error:
        sys.exit(str(error.args[0]))


if __name__ == "__main__":
    main()
