"""Texts that have an order of their own: grades, ranges of numbers, and words such as low and high."""

import re
from collections.abc import Collection, Sequence
from typing import Final

_GRADE_WORDS: Final = frozenset({"grade", "subgrade", "rating", "band", "tier", "bucket"})
_GRADE: Final = re.compile(r"[A-Z]{1,3}[0-9]{0,2}[+-]?")
_RANGE: Final = re.compile(
    r"(?P<sign>[<>≤≥]?)=?\s*[$€£]?\s*(?P<number>-?[0-9][0-9,]*(?:\.[0-9]+)?).*"
)
_LEAST_TEXTS: Final = 2
# Each from little to much.
_SCALES: Final = (
    ("no", "yes"),
    ("n", "y"),
    ("f", "t"),
    ("false", "true"),
    ("none", "very low", "low", "medium", "moderate", "high", "very high"),
    ("none", "very poor", "poor", "fair", "average", "good", "very good", "excellent"),
    ("none", "little", "moderate", "quite rich", "rich"),
    ("none", "few", "some", "many"),
    ("tiny", "small", "medium", "large", "huge"),
    ("never", "rarely", "sometimes", "often", "always"),
    ("none", "primary", "secondary", "tertiary"),
    ("none", "part", "full"),
    ("weak", "medium", "strong"),
    ("short", "medium", "long"),
)


def find_order(texts: Sequence[str], *, words: Collection[str]) -> tuple[str, ...] | None:
    """Return the texts of a column from little to much, None where they say no order.

    Args:
        texts: All different texts.
        words: The words of the column's name: "A" to "G" are an order where it says that they are
            grades.
    """
    if len(texts) < _LEAST_TEXTS:
        return None
    return _order_by_scale(texts) or _order_ranges(texts) or _order_grades(texts, words=words)


def _order_by_scale(texts: Sequence[str]) -> tuple[str, ...] | None:
    lower = {text.lower().replace("_", " ").replace("-", " "): text for text in texts}
    for scale in _SCALES:
        if len(lower) == len(texts) and set(lower) <= set(scale):
            return tuple(lower[word] for word in scale if word in lower)
    return None


def _order_ranges(texts: Sequence[str]) -> tuple[str, ...] | None:
    """Return "<25", "25-34", "35-44", "45+" in this order, by the first number of each."""
    found = {text: _RANGE.fullmatch(text) for text in texts}
    places = {
        text: (float(match["number"].replace(",", "")), "<≤".find(match["sign"] or "x") < 0)
        for text, match in found.items()
        if match is not None
    }
    if len(set(places.values())) < len(texts):
        return None
    return tuple(sorted(texts, key=places.__getitem__))


def _order_grades(texts: Sequence[str], *, words: Collection[str]) -> tuple[str, ...] | None:
    if not _GRADE_WORDS & set(words) or not all(map(_GRADE.fullmatch, texts)):
        return None
    return tuple(sorted(texts))
