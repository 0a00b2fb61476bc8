"""Convert raw values to the types of the schema, and flag values that cannot be converted exactly.

A text becomes a number when it reads as one: "20000", " 20000.0" and "2e+04" are whole numbers,
"20000.5" is not; "NaN", "inf" and "1,000" are not numbers at all. What cannot be converted becomes
null with the flag False, so that a missing value (null, flag True) and a value that makes no sense
are distinguished and rejected under different rules. Each value is converted by itself: what other
rows hold never changes the result.
"""

import polars as pl

from credit_default.data.checking.number_marks import NumberMarks
from credit_default.data.contract.schema import Column, ColumnKind

_WHOLE_FLOATS = 2.0**53  # beyond it a float no longer holds every whole number
_TIME = pl.Datetime("us", "UTC")
_TYPES: dict[ColumnKind, type[pl.DataType] | pl.DataType] = {
    "identifier": pl.String,
    "month": pl.String,
    "code": pl.Int64,
    "integer": pl.Int64,
    "outcome": pl.Int64,
    "amount": pl.Float64,
    "time": _TIME,
}


def find_checked_type(column: Column) -> type[pl.DataType] | pl.DataType:
    """Return the type that the column has in a checked frame."""
    return _TYPES[column.kind]


def build_flag_name(column: Column) -> str:
    """Return the name of the column's flag: True where the raw value is missing or convertible."""
    return f"type:{column.name}"


def convert(
    raw: pl.DataFrame, *, columns: tuple[Column, ...], marks: NumberMarks | None = None
) -> pl.DataFrame:
    """Return the columns in their checked types, each followed by its flag, without other columns.

    A value is null where the raw value is null, an empty text, or cannot be converted. Numbers in
    texts have a decimal point and no other mark, or the `marks` that are given.
    """
    converted: list[pl.Series] = []
    for column in columns:
        value = _convert_column(raw[column.name], column=column, marks=marks)
        converted += [
            value,
            _flag_conversion(raw[column.name], value).alias(build_flag_name(column)),
        ]
    return pl.DataFrame(converted)


def format_as_text(raw: pl.Series) -> pl.Series:
    """Return the raw values as texts, null where missing.

    Lists, bytes and durations are written as Python shows them.
    """
    if raw.dtype.is_nested() or isinstance(raw.dtype, pl.Binary | pl.Object | pl.Duration):
        return pl.Series(
            raw.name,
            [None if item is None else str(item) for item in raw.to_list()],
            dtype=pl.String,
        )
    return raw.cast(pl.String)


def _convert_column(raw: pl.Series, *, column: Column, marks: NumberMarks | None) -> pl.Series:
    target = find_checked_type(column)
    if column.kind == "month" and isinstance(raw.dtype, pl.Date | pl.Datetime):
        return raw.dt.strftime("%Y-%m")
    if isinstance(raw.dtype, pl.Categorical | pl.Enum):
        raw = raw.cast(pl.String)
    if column.kind == "time":
        return _convert_to_time(raw)
    if target == pl.String:
        return _convert_to_text(raw)
    if raw.dtype == pl.String:
        plain = raw if marks is None else marks.normalise(raw)
        return _parse_numbers(plain, whole=target == pl.Int64)
    if not raw.dtype.is_numeric():
        return _build_null_column(raw, target)
    return _convert_to_number(raw, whole=target == pl.Int64)


def _convert_to_text(raw: pl.Series) -> pl.Series:
    """Return texts, an empty one as null; numbers are written without decimals.

    Spreadsheets store ids as numbers.
    """
    if raw.dtype == pl.String:
        return raw.replace("", None) if (raw == "").any() else raw
    if raw.dtype.is_numeric():
        return _convert_to_number(raw, whole=True).cast(pl.String)
    return _build_null_column(raw, pl.String)


def _convert_to_time(raw: pl.Series) -> pl.Series:
    """Return times in UTC, from ISO 8601 texts; null where there is no zone.

    A day alone is its first moment.
    """
    if raw.dtype == pl.String:
        days = (
            raw.str.to_date("%Y-%m-%d", strict=False)
            .cast(pl.Datetime("us"))
            .dt.replace_time_zone("UTC")
        )
        return raw.str.to_datetime("%+", time_unit="us", time_zone="UTC", strict=False).fill_null(
            days
        )
    if raw.dtype == pl.Date:
        return raw.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    if isinstance(raw.dtype, pl.Datetime) and raw.dtype.time_zone is not None:
        return raw.dt.convert_time_zone("UTC").cast(_TIME)
    return _build_null_column(raw, _TIME)


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


def _build_null_column(raw: pl.Series, target: type[pl.DataType] | pl.DataType) -> pl.Series:
    return pl.Series(raw.name, [None], dtype=target).new_from_index(0, len(raw))


def _flag_conversion(raw: pl.Series, value: pl.Series) -> pl.Series:
    if value.null_count() == raw.null_count():
        return pl.Series([True], dtype=pl.Boolean).new_from_index(0, len(raw))
    missing = raw.is_null()
    if raw.dtype == pl.String:
        missing = raw.fill_null("").str.strip_chars() == ""
    return missing | value.is_not_null()
