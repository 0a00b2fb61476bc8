"""Print the licence of each locked dependency, and fail when one is not allowed.

    python ci/licences.py

Licences are read from the installed metadata: the licence expression, else the classifiers, else the licence field. A package
with a copyleft licence, or none in its metadata, is allowed by name only, with the reason beside it.
"""

import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions
from pathlib import Path

LOCKS = ("requirements.lock", "requirements.image.lock")
ROOT = Path(__file__).resolve().parents[1]

# Licences that require a notice and no more, as identifiers and classifiers spell them.
PERMISSIVE = frozenset(
    {
        "0bsd",
        "apache-2.0",
        "apache-2.0 with llvm-exception",
        "apache software",
        "bsd",
        "bsd-2-clause",
        "bsd-3-clause",
        "3-clause bsd",
        "cc0-1.0",
        "cnri-python",
        "isc",
        "isc (iscl)",
        "mit",
        "mit-0",
        "mit-cmu",
        "psf-2.0",
        "python software foundation",
        "tcl",
        "unlicense",
        "zlib",
        "hpnd",
        "bsl-1.0",
    }
)

# Everything else is allowed by name, for a reason.
EXCEPTIONS: Mapping[str, str] = {
    "axe-playwright-python": "none in its metadata; its LICENSE file is MIT, and axe is MPL-2.0: in tests only, used unchanged",
    "certifi": "MPL-2.0: a list of certificates, used unchanged",
    "dataframely": "none in its metadata; its LICENSE file is BSD-3-Clause",
    "huey": "none in its metadata; its LICENSE file is MIT",
    "hypothesis": "MPL-2.0: in tests only, used unchanged",
    "orjson": "MPL-2.0 in part: used unchanged",
    "pathspec": "MPL-2.0: used unchanged",
    "psycopg2-binary": "LGPL with exceptions: linked at run time, used unchanged",
    "skops": "none in its metadata; its LICENSE file is MIT",
    "text-unidecode": "also offered under the Artistic licence, which we use",
    "tqdm": "MPL-2.0 and MIT: used unchanged",
}


@dataclass(frozen=True, slots=True)
class Licence:
    """The licence of one installed package, and why it is allowed: empty when it is not."""

    package: str
    version: str
    said: str
    reason: str


def judge_licences(
    installed: Iterable[Distribution], locked: frozenset[str]
) -> tuple[Licence, ...]:
    """Return the licence of each installed package that a lock names, sorted by name."""
    found = {normalise(item.name): item for item in installed}
    return tuple(_judge(name, found[name]) for name in sorted(locked & found.keys()))


def _judge(name: str, item: Distribution) -> Licence:
    said = read_licence(item)
    reason = "permissive" if is_permissive(said) else EXCEPTIONS.get(name, "")
    return Licence(name, item.version, said, reason)


def read_licence(item: Distribution) -> str:
    """Return the licence that the package's metadata names, empty when it names none."""
    metadata = item.metadata
    if expression := metadata.get("License-Expression"):
        return str(expression)
    classifiers = [
        line.rpartition(" :: ")[2]
        for line in metadata.get_all("Classifier") or []
        if "License ::" in line
    ]
    if classifiers := [line for line in classifiers if line != "OSI Approved"]:
        return " AND ".join(classifiers)  # the strictest reading of several
    return next(iter(str(metadata.get("License") or "").strip().splitlines()), "")


def is_permissive(said: str) -> bool:
    """Return whether every licence joined by AND is permissive, and at least one of those joined by OR."""
    words = (
        said.lower().replace("(", " ").replace(")", " ")
        if " and " in said.lower()
        else said.lower()
    )
    parts = [re.split(r"\s+or\s+", part) for part in re.split(r"\s+and\s+", words)]
    return bool(said) and all(
        any(_simplify(choice) in PERMISSIVE for choice in part) for part in parts
    )


def _simplify(words: str) -> str:
    text = re.sub(r"^the\s+|\s+\([a-z]+\)$", "", words.strip())
    return re.sub(r"\s*\blicen[cs]e\b\s*", " ", text).strip()


def read_locked(root: Path) -> frozenset[str]:
    """Return the names of the packages in the lock files."""
    texts = [(root / name).read_text(encoding="utf-8") for name in LOCKS]
    return frozenset(
        normalise(name)
        for text in texts
        for name in re.findall(r"^([A-Za-z0-9_.-]+)==", text, re.MULTILINE)
    )


def normalise(name: str) -> str:
    """Return the normalised spelling of a package's name."""
    return re.sub(r"[-_.]+", "-", name).lower()


def main() -> None:
    """Print the table, and fail with the names of packages that are not allowed."""
    locked = read_locked(ROOT)
    licences = judge_licences(distributions(), locked)
    for licence in licences:
        print(
            f"{licence.package:<32} {licence.version:<16} {licence.said[:48]:<48} {licence.reason or 'NOT ALLOWED'}"
        )
    absent = sorted(locked - {licence.package for licence in licences})
    print(
        f"{len(licences)} judged; {len(absent)} not installed here, so not judged: {', '.join(absent) or 'none'}"
    )
    refused = [licence.package for licence in licences if not licence.reason]
    if refused:
        sys.exit(
            f"licence not allowed: {', '.join(refused)}. Remove the package, or list it in ci/licences.py with a reason."
        )


if __name__ == "__main__":
    main()
