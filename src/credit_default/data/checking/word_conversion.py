"""Read cells that hold words as a declaration says: categories, dates, missing words, "36 months".

Each value is read by itself. What a declaration does not name is null, as any value that cannot be
read.
"""

from dataclasses import dataclass
from typing import Final

import polars as pl

from credit_default.data.contract.schema import Column, ColumnKind

WORD_FAULTS: Final[dict[ColumnKind, str]] = {
    "category": "unseen",
    "date": "date",
    "percent": "percent",
}
# Digits behind the words would be another number: "1 000" is not 1.
_LEADING_NUMBER: Final = r"\A([+-]?[0-9]+(?:\.[0-9]+)?)(?:[^0-9.,][^0-9]*)?\z"
_PERCENT: Final = r"\s*%\z"


@dataclass(frozen=True, slots=True)
class ReadWords:
    """The numbers that words stand for, null for other texts, and those other texts."""

    numbers: pl.Series
    rest: pl.Series


def drop_missing_words(raw: pl.Series, *, column: Column) -> pl.Series:
    """Return the values with null for those that the declaration says are missing.

    In an optional column of floats, not-a-number is missing too.
    """
    if column.optional and raw.dtype.is_float():
        raw = raw.fill_nan(None)
    if not column.missing or raw.dtype.is_nested():
        return raw
    is_missing = raw.cast(pl.String).str.strip_chars().is_in(list(column.missing))
    return raw.set(is_missing.fill_null(value=False), None)


def reads_words(column: Column) -> bool:
    """Return whether the column's texts may hold more than a plain number."""
    return bool(column.readings) or column.parse == "leading-number" or column.kind == "percent"


def write_out_words(raw: pl.Series) -> pl.Series:
    """Return the values as texts without blanks around them, whole numbers without a decimal point."""
    if raw.dtype.is_float():
        whole = raw.cast(pl.Int64, strict=False)
        texts = raw.cast(pl.String).zip_with(raw != raw.floor(), whole.cast(pl.String))
        return texts.set(raw.is_null(), None)
    return raw.cast(pl.String).str.strip_chars()


def read_words(raw: pl.Series, *, column: Column) -> ReadWords:
    """Return the numbers of the texts that `readings` names, and the rest without its words."""
    texts = raw.str.strip_chars()
    numbers = texts.replace_strict(dict(column.readings), default=None, return_dtype=pl.Float64)
    if column.parse == "leading-number":
        texts = texts.str.extract(_LEADING_NUMBER)
    if column.kind == "percent":
        texts = texts.str.replace(_PERCENT, "")
    return ReadWords(numbers, texts)


def convert_to_place(texts: pl.Series, *, column: Column) -> pl.Series:
    """Return each text's place among the category's values, from 1; 0 for others where that is said."""
    stripped = texts.str.strip_chars()
    places = {text: place for place, text in enumerate(column.values, 1)}
    found = stripped.replace_strict(places, default=None, return_dtype=pl.Int64)
    if column.unseen == "reject":
        return found
    is_other = found.is_null() & (stripped != "")
    return found.set(is_other.fill_null(value=False), 0)


def convert_to_day(raw: pl.Series, *, date_format: str) -> pl.Series:
    """Return the days since 1970-01-01; a form without a day of the month gives its first day."""
    if raw.dtype == pl.String:
        has_day = any(word in date_format for word in ("%d", "%e", "%F", "%D", "%j"))
        texts = raw.str.strip_chars() if has_day else "01 " + raw.str.strip_chars()
        form = date_format if has_day else f"%d {date_format}"
        raw = texts.str.to_date(form, strict=False)
    if raw.dtype == pl.Date or isinstance(raw.dtype, pl.Datetime):
        return raw.cast(pl.Date).cast(pl.Int32).cast(pl.Int64)
    return pl.Series(raw.name, [None], dtype=pl.Int64).new_from_index(0, len(raw))
