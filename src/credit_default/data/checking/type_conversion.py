"""Convert raw values to the types of the schema, and flag values that cannot be converted exactly.

A text becomes a number when it reads as one: "20000", " 20000.0" and "2e+04" are whole numbers,
"20000.5" is not; "NaN", "inf" and "1,000" are not numbers at all. What cannot be converted becomes
null with the flag False, so that a missing value (null, flag True) and a value that makes no sense
are distinguished and rejected under different rules. Each value is converted by itself: what other
rows hold never changes the result.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl

from credit_default.data.checking.converted_column import ConvertedColumn
from credit_default.data.checking.formula_errors import RULE as FORMULA_ERROR
from credit_default.data.checking.formula_errors import is_formula_error
from credit_default.data.checking.id_conversion import convert_to_id, name_id_faults
from credit_default.data.checking.month_conversion import convert_to_month, name_month_faults
from credit_default.data.checking.number_marks import NumberMarks
from credit_default.data.checking.time_conversion import TIME, convert_to_time, name_time_faults
from credit_default.data.checking.word_conversion import (
    WORD_FAULTS,
    convert_to_day,
    convert_to_place,
    drop_missing_words,
    read_words,
    reads_words,
    write_out_words,
)
from credit_default.data.contract.schema import Column, ColumnKind

_WHOLE_FLOATS = 2.0**53  # beyond it a float no longer holds every whole number
_TYPES: dict[ColumnKind, type[pl.DataType] | pl.DataType] = {
    "identifier": pl.String,
    "month": pl.String,
    "code": pl.Int64,
    "integer": pl.Int64,
    "outcome": pl.Int64,
    "amount": pl.Float64,
    "percent": pl.Float64,
    "category": pl.Int64,
    "date": pl.Int64,
    "time": TIME,
}


_CONVERTERS: dict[ColumnKind, Callable[[pl.Series], ConvertedColumn]] = {
    "identifier": convert_to_id,
    "month": convert_to_month,
    "time": convert_to_time,
}


# Words for an outcome, without regard to case: what programs and spreadsheets write for true, false.
OUTCOME_WORDS = {"true": 1, "yes": 1, "t": 1, "y": 1, "false": 0, "no": 0, "f": 0, "n": 0}


def find_checked_type(column: Column) -> type[pl.DataType] | pl.DataType:
    """Return the type that the column has in a checked frame."""
    return _TYPES[column.kind]


def build_flag_name(column: Column) -> str:
    """Return the name of the column's flag: True where the raw value is missing or convertible."""
    return f"type:{column.name}"


@dataclass(frozen=True, slots=True)
class ConvertedRows:
    """The columns of a batch in their checked types, each followed by its flag.

    `noted_counts` says by column how many of its values were not read as they stand.
    """

    frame: pl.DataFrame
    noted_counts: Mapping[str, int]


def convert(
    raw: pl.DataFrame, *, columns: tuple[Column, ...], marks: NumberMarks | None = None
) -> ConvertedRows:
    """Convert the columns to their checked types, without other columns.

    A value is null where the raw value is null, an empty text, or cannot be converted. Numbers in
    texts have a decimal point and no other mark, or the `marks` that are given.
    """
    converted: list[pl.Series] = []
    noted_counts: dict[str, int] = {}
    for column in columns:
        given = drop_missing_words(raw[column.name], column=column)
        found = _convert_column(given, column=column, marks=marks)
        flag = _flag_conversion(given, found.values)
        converted += [found.values.alias(column.name), flag.alias(build_flag_name(column))]
        if found.noted_count:
            noted_counts[column.name] = found.noted_count
    return ConvertedRows(pl.DataFrame(converted), noted_counts)


def name_faults(raw: pl.Series, *, column: Column) -> pl.Series:
    """Return the name of what is wrong with each raw value, none of which can be converted."""
    raw = _spell_out_categories(raw)
    names = _name_own_faults(raw, column=column)
    if raw.dtype != pl.String:
        return names
    formula_errors = pl.repeat(FORMULA_ERROR, len(raw), eager=True)
    return formula_errors.zip_with(is_formula_error(raw), names)


def _name_own_faults(raw: pl.Series, *, column: Column) -> pl.Series:
    if column.kind == "identifier":
        return name_id_faults(raw, ids=column.ids)
    if column.kind == "month":
        return name_month_faults(raw)
    if column.kind == "time":
        return name_time_faults(raw)
    if column.kind in WORD_FAULTS:
        return pl.repeat(WORD_FAULTS[column.kind], len(raw), eager=True)
    return pl.repeat("type", len(raw), eager=True)


def format_as_text(raw: pl.Series) -> pl.Series:
    """Return the raw values as texts, null where missing.

    Lists, bytes and durations are written as Python shows them, times with their zone's name where
    it is not UTC.
    """
    if isinstance(raw.dtype, pl.Datetime) and raw.dtype.time_zone not in {None, "UTC"}:
        return raw.dt.strftime(f"%Y-%m-%d %H:%M:%S%.f%:z[{raw.dtype.time_zone}]")
    if raw.dtype.is_nested() or isinstance(raw.dtype, pl.Binary | pl.Object | pl.Duration):
        return pl.Series(
            raw.name,
            [None if item is None else str(item) for item in raw.to_list()],
            dtype=pl.String,
        )
    return raw.cast(pl.String)


def _convert_column(
    raw: pl.Series, *, column: Column, marks: NumberMarks | None
) -> ConvertedColumn:
    raw = _spell_out_categories(raw)
    if column.kind in _CONVERTERS:
        return _CONVERTERS[column.kind](raw)
    if column.kind == "category":
        return ConvertedColumn(convert_to_place(format_as_text(raw), column=column))
    if column.kind == "date":
        return ConvertedColumn(convert_to_day(raw, date_format=column.date_format))
    return ConvertedColumn(_convert_number(raw, column=column, marks=marks))


def _convert_number(raw: pl.Series, *, column: Column, marks: NumberMarks | None) -> pl.Series:
    if column.kind == "outcome" and column.readings and not raw.dtype.is_nested():
        raw = write_out_words(raw)  # 2 in a file of numbers is the declared "2"
    if raw.dtype != pl.String or not reads_words(column):
        return _convert_plain_number(raw, column=column, marks=marks)
    read = read_words(raw, column=column)
    numbers = _convert_plain_number(read.rest, column=column, marks=marks)
    return read.numbers.cast(numbers.dtype).fill_null(numbers)


def _convert_plain_number(
    raw: pl.Series, *, column: Column, marks: NumberMarks | None
) -> pl.Series:
    if column.kind == "outcome":
        return _convert_to_outcome(raw, marks=marks)
    return _convert_to_checked_number(raw, whole=_TYPES[column.kind] == pl.Int64, marks=marks)


def _spell_out_categories(raw: pl.Series) -> pl.Series:
    return raw.cast(pl.String) if isinstance(raw.dtype, pl.Categorical | pl.Enum) else raw


def _convert_to_outcome(raw: pl.Series, *, marks: NumberMarks | None) -> pl.Series:
    """Return 0 and 1, from numbers, truth values and the words for them."""
    if raw.dtype == pl.Boolean:
        return raw.cast(pl.Int64)
    values = _convert_to_checked_number(raw, whole=True, marks=marks)
    if raw.dtype != pl.String or values.null_count() == raw.null_count():
        return values
    words = raw.str.strip_chars().str.to_lowercase()
    return values.fill_null(
        words.replace_strict(OUTCOME_WORDS, default=None, return_dtype=pl.Int64)
    )


def _convert_to_checked_number(
    raw: pl.Series, *, whole: bool, marks: NumberMarks | None
) -> pl.Series:
    if raw.dtype == pl.String:
        plain = raw if marks is None else marks.normalise(raw)
        return _parse_numbers(plain, whole=whole)
    if not raw.dtype.is_numeric():
        return ConvertedColumn.of_nulls(raw, pl.Int64 if whole else pl.Float64).values
    return _convert_to_number(raw, whole=whole)


def _parse_numbers(raw: pl.Series, *, whole: bool) -> pl.Series:
    target = pl.Int64 if whole else pl.Float64
    quick = raw.cast(target, strict=False)
    # Blanks around a number, or "2e+04" for a whole one, are rare: the slow way is a fallback.
    if quick.null_count() > raw.null_count():
        stripped = raw.str.strip_chars()
        slow = _convert_to_number(stripped.cast(pl.Float64, strict=False), whole=whole)
        quick = quick.zip_with(quick.is_not_null(), stripped.cast(target, strict=False))
        quick = quick.zip_with(quick.is_not_null(), slow)
    return quick if whole else _convert_to_number(quick, whole=False)


def _convert_to_number(raw: pl.Series, *, whole: bool) -> pl.Series:
    """Return whole numbers or floats; null where not finite or, if `whole`, with a fraction."""
    if raw.dtype.is_integer():
        return raw.cast(pl.Int64 if whole else pl.Float64, strict=False)
    number = raw.cast(pl.Float64, strict=False)
    sound = number.is_finite()
    if whole:
        sound &= (number == number.floor()) & (number.abs() <= _WHOLE_FLOATS)
    number = number if sound.all(ignore_nulls=True) else number.set(~sound, None)
    return number.cast(pl.Int64) if whole else number


def _flag_conversion(raw: pl.Series, value: pl.Series) -> pl.Series:
    if value.null_count() == raw.null_count():
        return pl.Series([True], dtype=pl.Boolean).new_from_index(0, len(raw))
    missing = raw.is_null()
    if raw.dtype == pl.String:
        missing = raw.fill_null("").str.strip_chars() == ""
    return missing | value.is_not_null()
