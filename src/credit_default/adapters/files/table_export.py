"""Export tables for people as .csv or .parquet files that are safe to open in a spreadsheet.

Cells may hold text from outside the lender's systems: one that a spreadsheet would run as a formula must not reach it.
"""

import os
from contextlib import suppress
from pathlib import Path

import polars as pl

from credit_default.errors import InputError, escape_unprintable

# The full-width signs too: some spreadsheets make no difference.
_FORMULA_START = "\\A[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]"
_UNPRINTABLE = r"[\p{C}\p{Zl}\p{Zp}]"


def write_table(frame: pl.DataFrame, path: Path) -> None:
    """Write the frame to `path`, a .csv or .parquet file, whole or not at all.

    In a .csv, a text that a spreadsheet would take for a formula (it begins with = + - @) gets a leading apostrophe, terminal
    codes and other characters that do not print become escapes, and lists are joined by "; ".

    Raises:
        InputError: The ending is neither of the two, or the folder cannot be written to.
    """
    if path.suffix.lower() not in {".csv", ".parquet"}:
        raise InputError(
            str(path),
            found="that ending",
            expected=".csv or .parquet",
            remedy="Choose one of them.",
        )
    neighbour = path.with_name(f".credit-default-{os.getpid()}.part")  # as short for any name
    try:
        if path.suffix.lower() == ".csv":
            _prepare_for_csv(frame).write_csv(neighbour)
        else:
            frame.write_parquet(neighbour)
        neighbour.replace(path)
    except OSError as error:
        raise InputError(
            str(path),
            found=str(error),
            expected="a file that can be written",
            remedy="Choose another folder, or free some space in this one.",
        ) from error
    finally:
        with suppress(OSError):  # a folder that may not be entered
            neighbour.unlink()


def render_csv(frame: pl.DataFrame, *, plain: str = "") -> bytes:
    """Return the frame as a CSV file for a spreadsheet, escaped as `write_table` does it.

    Args:
        frame: The table.
        plain: A pattern; a text that is wholly of this form, such as a negative number, is left as it is.
    """
    return _prepare_for_csv(frame, plain=plain).write_csv().encode()


def _prepare_for_csv(frame: pl.DataFrame, *, plain: str = "") -> pl.DataFrame:
    lists = [name for name, dtype in frame.schema.items() if dtype == pl.List(pl.String)]
    frame = frame.with_columns(pl.col(lists).list.join("; ")) if lists else frame
    return frame.with_columns(
        _escape_cells(column, plain=plain)
        for column in frame.get_columns()
        if column.dtype == pl.String
    )


def _escape_cells(texts: pl.Series, *, plain: str) -> pl.Series:
    formulas = texts.str.contains(_FORMULA_START)
    if plain:
        formulas &= ~texts.str.contains(rf"\A(?:{plain})\z")
    safe = texts.zip_with(~formulas, "'" + texts)
    if not safe.str.contains(_UNPRINTABLE).any():
        return safe
    return safe.map_elements(escape_unprintable, return_dtype=pl.String)
