"""Hold the locks above every advisory that is listed in advisories.csv, without a network.

    python ci/advisories.py

The list is kept by hand: the advisories that a lock was raised for, or that would hurt most if one were lowered again.
`make audit` asks the databases of all advisories besides.
"""

import csv
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]
LOCKS = (
    "requirements.lock",
    "requirements.image.lock",
    "ci/requirements.lock",
    "infra/requirements.lock",
)
LIST = ROOT / "ci" / "advisories.csv"


@dataclass(frozen=True, slots=True)
class Advisory:
    """A published fault of a package, and the first version without it."""

    id: str
    package: str
    fixed: str
    link: str


@dataclass(frozen=True, slots=True)
class Breach:
    """A pin of a lock that is below the fixed version of an advisory."""

    lock: str
    version: str
    advisory: Advisory

    def __str__(self) -> str:
        known = self.advisory
        return f"{self.lock}: {known.package} {self.version} has {known.id}, fixed in {known.fixed}: {known.link}"


def read_advisories(path: Path) -> tuple[Advisory, ...]:
    """Return the listed advisories."""
    with path.open(encoding="utf-8", newline="") as lines:
        return tuple(Advisory(**row) for row in csv.DictReader(lines))


def read_pins(text: str) -> Iterator[tuple[str, str]]:
    """Yield name and version of each pin of a lock; a package may have several, for several Pythons."""
    for name, version in re.findall(r"^([\w.-]+)(?:\[[\w,-]+\])?==([^\s;\\]+)", text, re.MULTILINE):
        yield re.sub(r"[-_.]+", "-", name).lower(), version


def find_breaches(lock: str, text: str, advisories: Iterable[Advisory]) -> Iterator[Breach]:
    """Yield the pins of a lock that are below a fixed version."""
    listed = tuple(advisories)
    for name, version in read_pins(text):
        for advisory in listed:
            if advisory.package == name and Version(version) < Version(advisory.fixed):
                yield Breach(lock, version, advisory)


def main() -> None:
    """Print each breach, and fail when there is one."""
    advisories = read_advisories(LIST)
    breaches = [
        breach
        for lock in LOCKS
        for breach in find_breaches(lock, (ROOT / lock).read_text(encoding="utf-8"), advisories)
    ]
    if breaches:
        sys.exit("\n".join(map(str, breaches)))
    print(f"every pin of {len(LOCKS)} locks is above the {len(advisories)} listed advisories")


if __name__ == "__main__":
    main()
