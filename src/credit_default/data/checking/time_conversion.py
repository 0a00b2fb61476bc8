"""Convert the values of a time column to times in UTC, by one rule for text, dates and times.

A time is taken in ISO 8601 with a zone. One without a zone, as pandas writes it, is in UTC, and the
run says for how many rows that was assumed. A day is its first moment in UTC.
"""

import polars as pl

from credit_default.data.checking.converted_column import ConvertedColumn, name_faulty_forms

TIME = pl.Datetime("us", "UTC")

_FORM = (
    r"\A(?<day>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[T ](?<minute>[0-9]{2}:[0-9]{2})(?<second>:[0-9]{2}(?:\.[0-9]+)?)?"
    r" ?(?:(?<utc>[Zz]|UTC)|(?<hours>[+-][0-9]{2}):?(?<minutes>[0-9]{2})?)?)?\z"
)
_FAULTY_FORMS = {
    "serial_date": r"\A[1-9][0-9]{4}(?:\.[0-9]+)?\z",
    "epoch": r"\A[0-9]{9,}(?:\.[0-9]+)?\z",
    "half_day": r"(?i)\A.*[0-9] ?[ap]\.?m\.?\z",
    "zone_name": r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]+ ?(?:[+-][0-9:]+)? ?\[?\p{L}{2,}",
    "day_order": r"\A[0-9]{1,2}[./-][0-9]{1,2}[./-](?:[0-9]{2}|[0-9]{4})(?:[T ].*)?\z",
}


def convert_to_time(raw: pl.Series) -> ConvertedColumn:
    """Return the times in UTC; null where the value is missing or not a time."""
    if raw.dtype == pl.String:
        raw = raw.str.strip_chars()
        times = _parse_iso(raw)
        # Times with a zone and seconds are read in one go; any other form is rare.
        return (
            ConvertedColumn(times)
            if times.null_count() == raw.null_count()
            else _read_other_forms(raw, times)
        )
    if raw.dtype == pl.Date:
        return ConvertedColumn(raw.cast(pl.Datetime("us")).dt.replace_time_zone("UTC"))
    if not isinstance(raw.dtype, pl.Datetime):
        return ConvertedColumn.of_nulls(raw, TIME)
    if raw.dtype.time_zone is None:
        times = raw.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
        return ConvertedColumn(times, noted_count=times.count())
    return ConvertedColumn(raw.dt.convert_time_zone("UTC").cast(TIME))


def name_time_faults(raw: pl.Series) -> pl.Series:
    """Return the name of what is wrong with each value, none of which is a time."""
    if raw.dtype != pl.String and not raw.dtype.is_numeric():
        return pl.repeat("type", len(raw), eager=True)
    return name_faulty_forms(raw.cast(pl.String), _FAULTY_FORMS, other="type")


def _parse_iso(texts: pl.Series) -> pl.Series:
    return texts.str.to_datetime("%+", time_unit="us", time_zone="UTC", strict=False)


def _read_other_forms(raw: pl.Series, times: pl.Series) -> ConvertedColumn:
    """Fill in times without a zone, seconds or a time of day, all written in full first."""
    parts = pl.col("raw").str.extract_groups(_FORM).struct
    minute, hours = parts.field("minute"), parts.field("hours")
    zone = (
        pl.when(hours.is_null())
        .then(pl.lit("Z"))
        .otherwise(pl.concat_str(hours, parts.field("minutes").fill_null("00"), separator=":"))
    )
    full = pl.concat_str(
        parts.field("day"),
        pl.lit("T"),
        minute.fill_null("00:00"),
        parts.field("second").fill_null(":00"),
        zone,
    )
    has_no_zone = minute.is_not_null() & hours.is_null() & parts.field("utc").is_null()
    read = pl.DataFrame(raw.alias("raw")).select(full.alias("full"), has_no_zone.alias("no_zone"))
    found = times.fill_null(_parse_iso(read["full"]))
    return ConvertedColumn(found, noted_count=int((read["no_zone"] & found.is_not_null()).sum()))
