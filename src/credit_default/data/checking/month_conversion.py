"""Convert the values of a month column to "YYYY-MM", by one rule for text, numbers, dates and times.

A month is taken from `YYYY-MM`, `YYYYMM`, `YYYY-MM-DD`, `YYYYMMDD`, a date, or a time that is a midnight in the
zone in which it is written. Any other time is an instant: which month it is in depends on the zone.
A file has few different months, so only its different values are converted.
"""

import polars as pl

from credit_default.data.checking.converted_column import ConvertedColumn, name_faulty_forms

_FIRST_YEAR, _LAST_YEAR = 1900, 2200

_CHECKED = r"\A(?:19[0-9]{2}|2[01][0-9]{2}|2200)-(?:0[1-9]|1[0-2])\z"
_DATE = (
    r"\A(?<year>[0-9]{4})-(?<month>[0-9]{2})"
    r"(?:-(?<day>[0-9]{2})(?:[T ](?<time>[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?)"
    r" ?(?:[Zz]|UTC|[+-][0-9]{2}(?::?[0-9]{2})?)?)?)?\z"
)
# 200511, or 20051130 as SAP writes it; pandas writes whole numbers in a column with gaps as 200511.0
_DIGITS = r"\A([0-9]{4})([0-9]{2})([0-9]{2})?(?:\.0+)?\z"
_MIDNIGHT = r"\A00:00(?::00(?:\.0+)?)?\z"
_FAULTY_FORMS = {
    "serial_date": r"\A[1-9][0-9]{4}(?:\.[0-9]+)?\z",
    "decimal_month": r"\A[0-9]{4}[.,][0-9]{1,2}\z",
    "named_month": r"\A(?:[0-9]{1,4}[^\p{L}0-9]*\p{L}{3,}(?:[^\p{L}0-9]*[0-9]{2,4})?"
    r"|\p{L}{3,}[^\p{L}0-9]*[0-9]{1,4}(?:[^\p{L}0-9]+[0-9]{2,4})?)\z",
    "day_order": r"\A[0-9]{1,2}[./-][0-9]{1,2}[./-](?:[0-9]{2}|[0-9]{4})(?:[T ].*)?\z",
    "short_year": r"\A[0-9]{1,2}[./-][0-9]{1,2}\z",
}


def convert_to_month(raw: pl.Series) -> ConvertedColumn:
    """Return the months as "YYYY-MM"; null where the value is missing or not a month."""
    values = raw.unique().drop_nulls()
    if raw.dtype == pl.String and values.str.contains(_CHECKED).all():
        return ConvertedColumn(raw)
    texts = _write_as_texts(values)
    if texts is None:
        return ConvertedColumn.of_nulls(raw, pl.String)
    months = _read_months(texts)
    if months.null_count() == len(months):
        return ConvertedColumn.of_nulls(raw, pl.String)
    return ConvertedColumn(raw.replace_strict(values, months, default=None, return_dtype=pl.String))


def name_month_faults(raw: pl.Series) -> pl.Series:
    """Return the name of what is wrong with each value, none of which is a month."""
    texts = _write_as_texts(raw)
    if texts is None:
        return pl.repeat("type", len(raw), eager=True)
    others = name_faulty_forms(texts, _FAULTY_FORMS, other="format")
    is_date = pl.col("year").is_not_null()
    faults = (
        pl.when(is_date & ~_is_midnight())
        .then(pl.lit("instant"))
        .when(is_date)
        .then(pl.lit("calendar"))
        .otherwise(others)
    )
    return _split_dates(texts).select(faults.alias(raw.name)).to_series()


def _read_months(texts: pl.Series) -> pl.Series:
    year, month = pl.col("year"), pl.col("month")
    day = pl.concat_str(year, month, pl.col("day").fill_null("01"), separator="-")
    is_in_calendar = day.str.to_date("%Y-%m-%d", strict=False).is_not_null()
    is_in_calendar &= year.cast(pl.Int32).is_between(_FIRST_YEAR, _LAST_YEAR)
    found = pl.when(is_in_calendar & _is_midnight()).then(pl.concat_str(year, month, separator="-"))
    return _split_dates(texts).select(found).to_series()


def _write_as_texts(values: pl.Series) -> pl.Series | None:
    """Return each value as it would stand in a text file; None for a type that never is a month.

    A time is written as the clocks of its own zone show it.
    """
    if isinstance(values.dtype, pl.Datetime):
        return values.dt.strftime("%Y-%m-%d %H:%M:%S%.f")
    if values.dtype == pl.String:
        return values.str.strip_chars()
    if values.dtype == pl.Date or values.dtype.is_numeric():
        return values.cast(pl.String)
    return None


def _split_dates(texts: pl.Series) -> pl.DataFrame:
    """Return the texts with their `year`, `month`, `day` and `time`, each null where not given."""
    text, short = pl.col("text"), pl.col("text").str.extract_groups(_DIGITS)
    parts = text.str.extract_groups(_DATE).struct
    return pl.DataFrame(texts.alias("text")).select(
        text,
        pl.coalesce(parts.field("year"), short.struct.field("1")).alias("year"),
        pl.coalesce(parts.field("month"), short.struct.field("2")).alias("month"),
        pl.coalesce(parts.field("day"), short.struct.field("3")).alias("day"),
        parts.field("time"),
    )


def _is_midnight() -> pl.Expr:
    return pl.col("time").is_null() | pl.col("time").str.contains(_MIDNIGHT)
