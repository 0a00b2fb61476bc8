"""Read Excel workbooks, .xlsx and .xls: the first sheet, as a whole.

A sheet has at most a million rows, so the format bounds the memory. Cells are read as texts, numbers to nine decimals: a
type guessed for a whole column would silently turn the cells that do not fit it into missing values.
"""

import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import polars as pl

from credit_default.adapters.files.headers import HEADER_LINES
from credit_default.errors import InputError

_MOST_BYTES = 2 << 30  # unpacked; a million rows of this portfolio take half of it


def read_workbook_head(path: Path, file: BinaryIO) -> list[list[str]]:
    """Return the cells of the first sheet's first lines, "" where a cell is empty.

    `file` is the open workbook, which is checked for damage; the sheet is read from `path`.

    Raises:
        InputError: The workbook is damaged or too large, or its first sheet is empty.
    """
    if path.suffix.lower() == ".xlsx":
        _check_archive(path, file)
    head = _read_sheet(path, n_rows=HEADER_LINES + 1)
    if head.is_empty():
        remedy = "Move the table to the first sheet."
        raise InputError(str(path), found="an empty first sheet", expected="a table", remedy=remedy)
    return [[cell or "" for cell in row] for row in head.rows()]


def read_workbook_rows(
    path: Path, *, place: int, positions: Sequence[int]
) -> Iterator[pl.DataFrame]:
    """Yield the rows below the header in one frame of texts, in columns named by their position ("0", "1" …).

    A cell that holds a date is the text of its midnight: spreadsheets turn a month that is typed in into such a date.
    """
    sheet = _read_sheet(path, skip_rows=place + 1)
    if not sheet.is_empty():
        cells = [sheet.to_series(position).alias(str(position)) for position in positions]
        yield pl.DataFrame(cells)


def _check_archive(path: Path, file: BinaryIO) -> None:
    # The reading library verifies no checksums: it would read a damaged cell as another value.
    try:
        with zipfile.ZipFile(file) as archive:
            byte_count = sum(member.file_size for member in archive.infolist())
            damaged = archive.testzip() if byte_count <= _MOST_BYTES else None
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError) as error:
        raise _build_damage_error(path, error) from error
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


def _read_sheet(path: Path, **options: Any) -> pl.DataFrame:
    import fastexcel

    options = {"skip_rows": 0} | options
    try:
        book = fastexcel.read_excel(path)
        return book.load_sheet(0, dtypes="string", header_row=None, **options).to_polars()
    except fastexcel.FastExcelError as error:
        raise _build_damage_error(path, error) from error
    except BaseException as error:
        # The reader is written in Rust; on some damaged files it panics, with a class that cannot be imported.
        if type(error).__name__ != "PanicException":
            raise
        raise _build_damage_error(path, error) from error


def _build_damage_error(path: Path, error: BaseException) -> InputError:
    return InputError(
        str(path),
        found=f"a damaged workbook ({str(error).partition(chr(10))[0]})",
        expected=f"a whole {path.suffix} file",
        remedy="It was cut short or changed on its way here: copy or export it again.",
    )
