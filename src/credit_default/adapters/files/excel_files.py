"""Read Excel workbooks, .xlsx and .xls: the one visible sheet that has the header, as a whole, or the sheet that is named.

A sheet has at most a million rows, so the format bounds the memory. Cells are read as texts, numbers to nine decimals: a
type guessed for a whole column would silently turn the cells that do not fit it into missing values.
"""

import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO
from xml.etree.ElementTree import ParseError

import polars as pl

from credit_default.adapters.files.headers import HEADER_LINES
from credit_default.adapters.files.workbook_formulas import find_unstored_formulas
from credit_default.data.checking.number_marks import NumberMarks
from credit_default.errors import InputError

_MOST_BYTES = 2 << 30  # unpacked; a million rows of this portfolio take half of it
_ERROR_CELL = re.compile(r"'Error\((\w+)\)'")
_UNKNOWN_ERROR = re.compile(r"Unsupported cell error value '([^']+)'")
_ERRORS = {
    "Div0": "#DIV/0!",
    "NA": "#N/A",
    "Name": "#NAME?",
    "Null": "#NULL!",
    "Num": "#NUM!",
    "Ref": "#REF!",
    "Value": "#VALUE!",
    "GettingData": "#GETTING_DATA",
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of a workbook: its name, whether people see it, and the cells of its first lines, "" where one is empty."""

    name: str
    visible: bool
    row_count: int
    lines: list[list[str]] = field(repr=False)


def read_sheets(path: Path, file: BinaryIO) -> tuple[Sheet, ...]:
    """Return the sheets of the workbook in their order, with the cells of their first lines.

    `file` is the open workbook, which is checked for damage; the sheets are read from `path`.

    Raises:
        InputError: The workbook is damaged or too large.
    """
    if path.suffix.lower() == ".xlsx":
        _check_archive(path, file)
    import fastexcel

    with _reader_errors(path):
        book = fastexcel.read_excel(path)
        return tuple(_read_sheet_head(book, name) for name in book.sheet_names)


def read_workbook_rows(
    path: Path, *, sheet: str, place: int, positions: Sequence[int], marks: NumberMarks | None
) -> Iterator[pl.DataFrame]:
    """Yield the rows below the header in one frame of texts, in columns named by their position ("0", "1" …).

    A cell that holds a date is the text of its midnight: spreadsheets turn a month that is typed in into such a date.
    A cell that holds a formula's error becomes the text that the spreadsheet shows there. Where texts are written with
    marks of their own, cells that hold numbers are written with them too.
    """
    import fastexcel

    options: dict[str, Any] = {"header_row": None, "skip_rows": place + 1}
    with _reader_errors(path):
        book = fastexcel.read_excel(path)
        loaded = book.load_sheet(sheet, dtypes="string", **options)
        batch, errors = loaded.to_arrow_with_errors()
        numbers = (
            book.load_sheet(sheet, dtypes="int", **options).to_polars()
            if marks is not None and marks.decimal != "."
            else None
        )
    frame = pl.DataFrame(batch)
    if frame.is_empty():
        return
    frame = _show_errors(frame, errors.errors if errors is not None else ())
    if numbers is not None and marks is not None:
        frame = _write_numbers(frame, numbers=numbers, decimal=marks.decimal)
    cells = [frame.to_series(position).alias(str(position)) for position in positions]
    yield pl.DataFrame(cells)


def check_formulas(
    path: Path, file: BinaryIO, *, sheet: str, place: int, positions: Sequence[int]
) -> None:
    """Check that the formulas in the columns that are read have their results stored with them.

    In .xls workbooks this cannot be told: such a cell is empty there, or holds the 0 that was written in its place.

    Raises:
        InputError: Some have not.
    """
    if path.suffix.lower() != ".xlsx":
        return
    with _archive_errors(path), zipfile.ZipFile(file) as archive:
        unstored = find_unstored_formulas(
            archive, sheet=sheet, first_row=place + 2, positions=frozenset(positions)
        )
    if unstored is not None:
        raise InputError(
            f"sheet {sheet!r} of {path}",
            found=f"{unstored.count:,} formulas whose results are not stored, the first in {unstored.first_cell}",
            expected="values, or formulas with their results",
            remedy="Open the file in Excel and save it, or export the table as CSV.",
        )


def _read_sheet_head(book: Any, name: str) -> Sheet:
    loaded = book.load_sheet(
        name, dtypes="string", header_row=None, skip_rows=0, n_rows=HEADER_LINES + 1
    )
    lines = [[cell or "" for cell in row] for row in loaded.to_polars().rows()]
    return Sheet(name, loaded.visible == "visible", loaded.total_height, lines)


def _show_errors(frame: pl.DataFrame, errors: Sequence[Any]) -> pl.DataFrame:
    """Return the frame with the texts of formula errors in the cells that hold them; the library leaves these empty."""
    by_column: dict[int, dict[int, str]] = {}
    for error in errors:
        if found := _ERROR_CELL.search(error.detail):
            row, position = error.offset_position
            by_column.setdefault(position, {})[row] = _ERRORS.get(found[1], "#UNKNOWN!")
    shown = {
        position: frame.to_series(position).clone().scatter(list(texts), list(texts.values()))
        for position, texts in by_column.items()
    }
    return frame.with_columns(shown.values())


def _write_numbers(frame: pl.DataFrame, *, numbers: pl.DataFrame, decimal: str) -> pl.DataFrame:
    """Return the frame with the marks of texts in cells that hold numbers.

    `numbers` is the same sheet read as whole numbers: texts with a mark are null there, and cells that hold numbers are not.
    """
    return pl.DataFrame(
        texts.zip_with(
            numbers.to_series(position).is_null(), texts.str.replace(".", decimal, literal=True)
        )
        for position, texts in enumerate(frame.iter_columns())
    )


def _check_archive(path: Path, file: BinaryIO) -> None:
    # The reading library verifies no checksums: it would read a damaged cell as another value.
    with _archive_errors(path), zipfile.ZipFile(file) as archive:
        byte_count = sum(member.file_size for member in archive.infolist())
        damaged = archive.testzip() if byte_count <= _MOST_BYTES else None
    if byte_count > _MOST_BYTES:
        raise InputError(
            str(path),
            found=f"{byte_count:,} bytes once unpacked",
            expected=f"at most {_MOST_BYTES:,}",
            remedy="Give the table as .csv or .parquet, which may be of any size.",
        )
    if damaged is not None:
        reason = f"{damaged} does not match its checksum"
        raise _build_damage_error(path, zipfile.BadZipFile(reason))


@contextmanager
def _archive_errors(path: Path) -> Iterator[None]:
    damage = (
        zipfile.BadZipFile,
        zlib.error,
        ParseError,
        EOFError,
        OSError,
        RuntimeError,
        ValueError,
    )
    try:
        yield
    except damage as error:
        raise _build_damage_error(path, error) from error


@contextmanager
def _reader_errors(path: Path) -> Iterator[None]:
    import fastexcel

    try:
        yield
    except fastexcel.FastExcelError as error:
        if found := _UNKNOWN_ERROR.search(str(error)):
            raise _build_unknown_error(path, found[1]) from error
        raise _build_damage_error(path, error) from error
    except BaseException as error:
        # The reader is written in Rust; on some damaged files it panics, with a class that cannot be imported.
        if type(error).__name__ != "PanicException":
            raise
        raise _build_damage_error(path, error) from error


def _build_unknown_error(path: Path, text: str) -> InputError:
    return InputError(
        str(path),
        found=f"the formula error {text} in a cell, which the reading library does not know",
        expected="values",
        remedy="Repair the formula in the spreadsheet and save the file, or export the table as CSV.",
    )


def _build_damage_error(path: Path, error: BaseException) -> InputError:
    return InputError(
        str(path),
        found=f"a damaged workbook ({str(error).partition(chr(10))[0]})",
        expected=f"a whole {path.suffix} file",
        remedy="It was cut short or changed on its way here: copy or export it again.",
    )
