"""Names for a portfolio's columns, made of those in a file, and what the words in a name say.

"RevolvingUtilization" becomes `revolving_utilization`, to people "Revolving utilization".
"""

import re
import unicodedata
from collections.abc import Collection, Sequence
from typing import Final

from credit_default.data.contract.schema import (
    CLIENT_ID,
    LINE,
    OUTCOME,
    STATEMENT_MONTH,
    normalise_name,
)

_LONGEST: Final = 35  # a name is typed by people, and once more in features
_RESERVED: Final = frozenset({CLIENT_ID, STATEMENT_MONTH, OUTCOME, LINE, "rules"})
_HUMP: Final = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[0-9])(?=[A-Z][a-z])|(?<=[A-Z])(?=[A-Z][a-z])")
_BEFORE_NUMBER: Final = re.compile(r"(?<=[a-z])(?=[0-9])")
_WORD: Final = re.compile(r"[a-z0-9]+")


def split_words(name: str) -> tuple[str, ...]:
    """Return the words of a raw name in lower case, without accents, split at marks and humps."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    apart = _HUMP.sub(" ", plain)
    if apart != plain:  # where words have humps, numbers are words too
        apart = _BEFORE_NUMBER.sub(" ", apart)
    return tuple(_WORD.findall(apart.lower()))


def build_names(raw_names: Sequence[str], *, in_file: Collection[str]) -> tuple[str, ...]:
    """Return a name for each column: valid, none of ours, each once, and no other column's name in the file.

    Args:
        raw_names: The columns that get a name, as the file calls them.
        in_file: The names of all its columns.
    """
    known = {normalise_name(name) for name in in_file}
    names: list[str] = []
    for place, raw in enumerate(raw_names, 1):
        taken = {*names, *_RESERVED, *(known - {normalise_name(raw)})}
        wanted = _build_name(raw, place=place)
        name, number = wanted, 2
        while name in taken:
            name, number = f"{wanted}_{number}", number + 1
        names.append(name)
    return tuple(names)


def list_aliases(name: str, raw_name: str) -> tuple[str, ...]:
    """Return the raw name as an alias, where the file's name is not found by `name` itself."""
    return () if normalise_name(raw_name) == name else (raw_name.strip(),)


def describe_name(raw_name: str) -> str:
    """Return the name as words that people read; "Unnamed column" where there is none."""
    words = " ".join(split_words(raw_name)) or "unnamed column"
    return words[0].upper() + words[1:]


def _build_name(raw: str, *, place: int) -> str:
    words = split_words(raw)
    if not words:
        return f"column_{place}"
    name = "_".join(words)
    if not name[0].isalpha():
        name = f"column_{name}"
    if len(name) > _LONGEST:
        name = name[:_LONGEST].rpartition("_")[0] or name[:_LONGEST]
    return name
