"""Words and figures of the evidence that stands beside each line of a draft."""

from collections.abc import Mapping
from typing import Final

import polars as pl

_SHOWN_TEXTS: Final = 6
_LONGEST_TEXT: Final = 24
_WITHOUT_DECIMALS: Final = 1_000


def format_share(share: float) -> str:
    """Return a share as percent, one that is not 0 never as 0."""
    return "under .1 %" if 0 < share < 0.001 else f"{share:.1%}".replace("%", " %")  # noqa: PLR2004


def format_value(number: float) -> str:
    """Return a number as people read it."""
    if number == int(number) or abs(number) >= _WITHOUT_DECIMALS:
        return f"{number:,.0f}"
    return f"{number:.4g}"


def describe_numbers(numbers: pl.Series) -> str:
    """Return how many different numbers there are, and from where to where."""
    found = numbers.drop_nulls().unique().sort()
    if found.is_empty():
        return "no number"
    ends = f"{format_value(float(found[0]))} to {format_value(float(found[-1]))}"
    return f"{len(found):,} values, {ends}"


def describe_days(days: pl.Series) -> str:
    """Return from which date to which the days since 1970-01-01 are."""
    dates = days.drop_nulls().cast(pl.Int32).cast(pl.Date).sort()
    return f"dates, {dates[0]:%Y-%m-%d} to {dates[-1]:%Y-%m-%d}"


def describe_texts(counts: Mapping[str, int]) -> str:
    """Return the most frequent texts with their rows, and how many more there are."""
    shown = [f"{shorten(text)} {count:,}" for text, count in list(counts.items())[:_SHOWN_TEXTS]]
    more = len(counts) - len(shown)
    return " · ".join(shown) + (f" · {more} more" if more else "")


def shorten(text: str) -> str:
    """Return the text, cut where it is long."""
    return text if len(text) <= _LONGEST_TEXT else f"{text[: _LONGEST_TEXT - 1]}…"
