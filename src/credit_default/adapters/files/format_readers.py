"""Call the reader of a file's format: for its first lines, to find the header among them, and then for its rows.

This is also where a text file's delimiter is found and the sheet of a workbook is chosen, as the header decides both.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO, Final

import polars as pl

from credit_default.adapters.files.csv_files import parse_csv_head, read_csv_rows
from credit_default.adapters.files.excel_files import (
    check_formulas,
    read_sheets,
    read_workbook_rows,
)
from credit_default.adapters.files.formats import (
    HEAD_BYTES,
    FileFormat,
    FormatName,
    detect_format,
    open_binary,
)
from credit_default.adapters.files.headers import HEADER_LINES, Header, find_header
from credit_default.adapters.files.parquet_files import read_parquet_head, read_parquet_rows
from credit_default.adapters.files.reading_options import ReadingOptions
from credit_default.adapters.files.sheet_choice import choose_sheet, describe_sheets
from credit_default.data.checking.number_marks import NumberMarks
from credit_default.data.contract.schema import Schema

GivenValues = Mapping[str, str | None]  # by our column name: the value that a folder's name gives
NOTHING_GIVEN: Final[GivenValues] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class FileHead:
    """The cells of a file's first lines, and where in the file they are."""

    lines: list[list[str]] = field(repr=False)
    delimiter: str = ""  # of a text file
    sheet: str = ""  # of a workbook
    notes: tuple[str, ...] = ()  # what people should know about the choice
    is_all: bool = False  # a text file has no more lines than these


def find_file_header(
    path: Path, *, schema: Schema, options: ReadingOptions, given: GivenValues = NOTHING_GIVEN
) -> Header:
    """Return the header of the file at `path`, reading no more of it than its first lines.

    Raises:
        InputError: The file is missing, of no format that we read or damaged; or columns are missing or there twice.
    """
    with open_binary(path) as file:
        found = detect_format(path, file, separator=options.separator)
        head = read_file_head(path, file, found=found, schema=schema, options=options, given=given)
    return find_header(head.lines, schema=schema, path=path, given=given, declared=options.header)


def read_file_head(
    path: Path,
    file: BinaryIO,
    *,
    found: FileFormat,
    schema: Schema,
    options: ReadingOptions,
    given: GivenValues,
) -> FileHead:
    """Return the first lines of the file that is open as `file`.

    Raises:
        InputError: The file is damaged, or no sheet or several sheets of a workbook have the header.
    """
    if found.name == "csv":
        text = parse_csv_head(path, head=found.head, schema=schema, separator=options.separator)
        is_all = len(found.head) < HEAD_BYTES and len(text.lines) <= HEADER_LINES
        return FileHead(text.lines, delimiter=text.delimiter, is_all=is_all)
    if found.name == "workbook":
        sheets = read_sheets(path, file)
        sheet = choose_sheet(sheets, named=options.sheet, schema=schema, path=path, given=given)
        return FileHead(sheet.lines, sheet=sheet.name, notes=describe_sheets(sheets, sheet))
    return FileHead(read_parquet_head(path, file))


def read_file_rows(
    path: Path,
    *,
    form: FormatName,
    head: FileHead,
    header: Header,
    marks: NumberMarks | None,
    batch_rows: int,
) -> Iterator[pl.DataFrame]:
    """Return the rows below the header, in columns named by their position ("0", "1" …).

    Args:
        path: The file.
        form: Its format.
        head: Its first lines.
        header: The header among them.
        marks: How numbers in texts are written; None where that was not given.
        batch_rows: How many rows a batch has, where the format lets it be chosen.
    """
    place, positions = header.place, sorted(header.positions.values())
    if form == "parquet":
        return read_parquet_rows(path, positions=positions, batch_rows=batch_rows)
    if form == "workbook":
        return read_workbook_rows(
            path, sheet=head.sheet, place=place, positions=positions, marks=marks
        )
    if head.is_all and len(head.lines) == place + 1:
        return iter(())  # the header is the last line: pyarrow's own message would not help
    return read_csv_rows(
        path,
        place=place,
        width=len(head.lines[place]),
        positions=positions,
        delimiter=head.delimiter,
    )


def check_workbook_formulas(path: Path, file: BinaryIO, *, head: FileHead, header: Header) -> None:
    """Check that the results of the formulas are stored in the sheet; a file of another format has none.

    Raises:
        InputError: Some are not.
    """
    if head.sheet:
        positions = tuple(header.positions.values())
        check_formulas(path, file, sheet=head.sheet, place=header.place, positions=positions)
