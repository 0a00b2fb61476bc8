"""Convert the values of an id column to text, by one rule for text and numbers.

Spreadsheets and pandas store ids as numbers, and write 20001 as "20001.0": a decimal point and
zeros only are left out. A float keeps 53 bits and a spreadsheet 15 digits: an id that may have lost
digits there is null, since the ids of different clients may have become one.

Plain ids are letters, digits and _ . - and can be typed anywhere. Ids of any text are kept as they are; they must print, so
that what a person sees is the id, and what a spreadsheet makes of numbers or writes around texts is none of them.
"""

import polars as pl

from credit_default.data.checking.converted_column import ConvertedColumn, name_faulty_forms

_WHOLE_NUMBER = r"\A(0|[1-9][0-9]*)\.0+\z"
_EXACT_BELOW = 2**53
_EXACT_BELOW_BY_TYPE: dict[pl.DataType, int] = {pl.Float32(): 2**24, pl.Float16(): 2**11}
# One digit, a point, an exponent: as programs write a number. "12E5" may well be somebody's id.
_SCIENTIFIC = r"\A[0-9]\.[0-9]+[eE][+]?[0-9]+\z"
# What programs write for a missing value; R writes NA. It would be one client in all files.
_MISSING_WORDS = (
    *("nan", "NaN", "NAN", "None", "none", "NONE", "null", "NULL", "Null", "nil"),
    *("NA", "N/A", "n/a", "<NA>", "NaT", "(null)", r"\N"),
)
_BLANKS = r"[\t\p{Zs}]+"
_ID = r"[A-Za-z0-9_.-]+"
_FAULTY_FORMS = {
    "rounded": r"\A(?:[0-9](?:[.,][0-9]+)?[eE][+]?[0-9]+|[1-9][0-9]{15,}\.0+)\z",
    "hidden": r"\A#+\z",
    "guarded": rf"\A(?:=\s*\"{_ID}\"|'{_ID})\z",
    "separator": r"\A[0-9]{1,3}(?:[,' \u{a0}\u{202f}][0-9]{3})+\z",
    "blank": (
        rf"\A(?:{_BLANKS}{_ID}(?:{_BLANKS}{_ID})*(?:{_BLANKS})?"
        rf"|{_ID}(?:{_BLANKS}{_ID})*{_BLANKS}|{_ID}(?:{_BLANKS}{_ID})+)\z"
    ),
}
# No plain id begins with . or -: it could be read as a hidden file, an option or a formula.
_PLAIN_FORM = r"\A[A-Za-z0-9_][A-Za-z0-9_.-]*\z"
_LONGEST_ID = 64  # counted apart: within the form it would make the search three times slower
_FAULTY_TEXTS = {
    "unprintable": r"[\p{C}\p{Zl}\p{Zp}]",
    "blank": r"\A\p{Zs}|\p{Zs}\z",
    "rounded": r"\A(?:[0-9](?:[.,][0-9]+[eE][+]?|[eE][+])[0-9]+|[1-9][0-9]{15,}\.0+)\z",
    "hidden": _FAULTY_FORMS["hidden"],
    "guarded": '\\A(?:=\\s*".*"|\'[=+\\-@\uff1d\uff0b\uff0d\uff200-9].*)\\z',
    "separator": _FAULTY_FORMS["separator"],
}
_FORMULA_SIGNS = "=+-@\uff1d\uff0b\uff0d\uff20"  # the full-width ones as well, as exports have them


def has_id_form(value: pl.Expr, *, ids: str) -> pl.Expr:
    """Return whether a text has the form of an id, "plain" or "text"."""
    if ids == "plain":
        return value.str.contains(_PLAIN_FORM) & (value.str.len_bytes() <= _LONGEST_ID)
    is_faulty = pl.any_horizontal(value.str.contains(form) for form in _FAULTY_TEXTS.values())
    is_short = value.str.len_chars().is_between(1, _LONGEST_ID)
    # two spellings of one letter would be two clients who look the same
    return is_short & (value.str.normalize("NFC") == value) & ~is_faulty


def convert_to_id(raw: pl.Series) -> ConvertedColumn:
    """Return the ids as texts; null where the value is missing, not an id, or has lost digits."""
    if raw.dtype == pl.String:
        texts = raw.set(is_missing, None) if (is_missing := _is_missing(raw)).any() else raw
        # Most ids have no point, and need no closer look.
        has_points = texts.str.contains(".", literal=True).any()
        return _read_texts_with_points(texts) if has_points else ConvertedColumn(texts)
    if raw.dtype.is_integer():
        return ConvertedColumn(raw.cast(pl.String))
    if raw.dtype.is_decimal():
        return ConvertedColumn(raw.cast(pl.String).str.extract(r"\A(-?[0-9]+)(?:\.0*)?\z"))
    if raw.dtype.is_float():
        return _read_floats(raw)
    return ConvertedColumn.of_nulls(raw, pl.String)


def read_client_id(text: str) -> str:
    """Return the id that a person means by this text: as in a file, 20001.0 is client 20001.

    An apostrophe in front of a formula's sign is that of an export: '=A1 is client =A1.
    """
    if text[:1] == "'" and text[1:2] in set(_FORMULA_SIGNS):
        return text[1:]
    found: str | None = convert_to_id(pl.Series([text])).values.item()
    return text if found is None else found


def name_id_faults(raw: pl.Series, *, ids: str) -> pl.Series:
    """Return the name of what is wrong with each value, none of which is an id."""
    if raw.dtype.is_float():
        is_whole = raw.is_finite() & (raw == raw.floor())
        return is_whole.replace_strict(
            [True, False], ["rounded", "type"], default=None, return_dtype=pl.String
        )
    if raw.dtype != pl.String:
        return pl.repeat("type", len(raw), eager=True)
    known, other = (_FAULTY_FORMS, "format") if ids == "plain" else (_FAULTY_TEXTS, "spelling")
    forms = name_faulty_forms(raw, known, other=other)
    too_long = (raw.str.len_chars() > _LONGEST_ID).fill_null(value=False)
    forms = forms.set(too_long & (forms == other), "format")
    words = pl.repeat("missing_word", len(raw), eager=True)
    return words.zip_with(raw.is_in(_MISSING_WORDS).fill_null(value=False), forms)


def _is_missing(texts: pl.Series) -> pl.Series:
    return texts.is_in(["", *_MISSING_WORDS])


def _read_texts_with_points(texts: pl.Series) -> ConvertedColumn:
    text = pl.col("text")
    whole = text.str.extract(_WHOLE_NUMBER)
    has_lost_digits = text.str.contains(_SCIENTIFIC)
    has_lost_digits |= (whole.cast(pl.Float64, strict=False) >= _EXACT_BELOW).fill_null(value=False)
    ids = pl.when(~has_lost_digits).then(pl.coalesce(whole, text))
    read = pl.DataFrame(texts.alias("text")).select(
        ids.alias(texts.name), (ids.is_not_null() & whole.is_not_null()).alias("is_shortened")
    )
    return ConvertedColumn(read.to_series(), noted_count=int(read["is_shortened"].sum()))


def _read_floats(raw: pl.Series) -> ConvertedColumn:
    limit = _EXACT_BELOW_BY_TYPE.get(raw.dtype, _EXACT_BELOW)
    sound = raw.is_finite() & (raw == raw.floor()) & (raw.abs() < limit)
    ids = raw.set(~sound, None).cast(pl.Int64).cast(pl.String)
    return ConvertedColumn(ids, noted_count=ids.count())
