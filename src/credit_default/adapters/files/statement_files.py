"""Read files of statements: open one once, then hand out its rows as raw batches under the schema's names.

`open_statement_file` is the only place that works out what a file is. From one handle it takes the format, the header, the
digest of the bytes and what the disk knows of the file; `StatementFile` carries these, so that no later step asks again.
Only the file itself is checked here. What the cells hold is judged by `data.checking.validation`.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

import polars as pl

from credit_default.adapters.files.csv_files import (
    check_quotes,
    check_text,
    parse_csv_head,
    read_csv_rows,
)
from credit_default.adapters.files.excel_files import read_workbook_head, read_workbook_rows
from credit_default.adapters.files.formats import (
    HEAD_BYTES,
    FileFormat,
    FormatName,
    detect_format,
    open_binary,
)
from credit_default.adapters.files.headers import Header, check_month_source, find_header
from credit_default.adapters.files.parquet_files import read_parquet_head, read_parquet_rows
from credit_default.data.contract.schema import CLIENT_ID, LINE, OUTCOME, STATEMENT_MONTH, Schema
from credit_default.errors import InputError

_BLOCK_BYTES = 1_048_576


@dataclass(frozen=True, slots=True)
class Source:
    """Where rows came from: enough to find the same bytes again."""

    uri: str
    sha256: str  # of the file's bytes, hexadecimal
    row_count: int | None = None  # None until it is counted
    object_version: str | None = None  # where the store keeps versions


@dataclass(frozen=True, slots=True)
class FileStamp:
    """What the disk knows of a file's content; another stamp means that the file was written again."""

    inode: int
    byte_count: int
    modified_ns: int

    @classmethod
    def from_stat(cls, stat: os.stat_result) -> "FileStamp":
        """Return the stamp that is part of the result of `os.stat` or `os.fstat`."""
        return cls(stat.st_ino, stat.st_size, stat.st_mtime_ns)


@dataclass(frozen=True, slots=True)
class StatementFile:
    """A file of statements that has been opened and recognised; `read_batches` reads its rows as often as needed.

    Text is always UTF-8 and a workbook's sheet is always the first one: any other file was refused at opening. The handle
    is closed again. The reading library opens the path by itself for each pass over the rows.
    """

    path: Path
    schema: Schema = field(repr=False)
    month: str | None  # "YYYY-MM" for every row; None where the file has the column
    format: FormatName
    header: Header
    source: Source
    stamp: FileStamp
    _lines: list[list[str]] = field(repr=False, compare=False)  # the cells of the first lines

    def read_batches(self, *, batch_rows: int = 65_536) -> Iterator[pl.DataFrame]:
        """Yield the rows as raw batches of at most `batch_rows`: the schema's columns under our names, then the rest.

        Cells of text files and workbooks are texts, those of Parquet files have the file's types. The outcome follows
        where the file has one, and then `line`: the row's line in the file, from 1 (where a file has no lines, the number
        of the row below the header, plus one). Empty rows at the end of the file are left out.

        Raises:
            InputError: A row cannot be read, there are no rows, or the file was written to since it was opened.
        """
        row_count = 0
        for batch in _drop_trailing_blank_rows(self._read_rows(batch_rows)):
            for part in batch.iter_slices(batch_rows):
                yield self._name_columns(part, first_row=row_count)
                row_count += part.height
        self._require_unchanged()
        if not row_count:
            raise InputError(
                str(self.path),
                found="a header and no rows",
                expected="rows",
                remedy="Export the file again.",
            )

    def _read_rows(self, batch_rows: int) -> Iterator[pl.DataFrame]:
        place, positions = self.header.place, sorted(self.header.positions.values())
        if self.format == "parquet":
            return read_parquet_rows(self.path, positions=positions, batch_rows=batch_rows)
        if self.format == "workbook":
            return read_workbook_rows(self.path, place=place, positions=positions)
        if len(self._lines) == place + 1 and self.stamp.byte_count < HEAD_BYTES:
            return iter(())  # the header is the last line: pyarrow's own message would not help
        width = len(self._lines[place])
        return read_csv_rows(self.path, place=place, width=width, positions=positions)

    def _name_columns(self, batch: pl.DataFrame, *, first_row: int) -> pl.DataFrame:
        header = self.header
        known = {name: batch[str(place)].alias(name) for name, place in header.positions.items()}
        rows = pl.int_range(first_row, first_row + batch.height, dtype=pl.Int64, eager=True)
        if header.numbers_clients:
            known[CLIENT_ID] = (rows + 1).cast(pl.String).alias(CLIENT_ID)
        if self.month is not None:
            month = pl.Series(STATEMENT_MONTH, [self.month])
            known[STATEMENT_MONTH] = month.new_from_index(0, batch.height)
        names = [*self.schema.names, *([OUTCOME] if header.has_outcome else [])]
        lines = (rows + header.place + 2).alias(LINE)
        return pl.DataFrame([*(known[name] for name in names), lines])

    def _require_unchanged(self) -> None:
        try:
            is_unchanged = FileStamp.from_stat(self.path.stat()) == self.stamp
        except FileNotFoundError:
            is_unchanged = False
        if not is_unchanged:
            raise InputError(
                f"file {self.path}",
                found="other content than when it was checked",
                expected="a file that nobody writes to",
                remedy="Wait until the program that writes it has finished, then run again.",
            )


def open_statement_file(path: Path, *, schema: Schema, month: str | None = None) -> StatementFile:
    """Open a file of statements and recognise its format and header, and take the digest of its bytes.

    Args:
        path: A .csv, .xls, .xlsx, .parquet or .pq file.
        schema: The portfolio's columns, to find the header by.
        month: "YYYY-MM" for every row, where the file has no statement_month column; None where it has one.

    Raises:
        InputError: The file is missing, of no format that we read, damaged or (text) not UTF-8; columns are missing or
            there twice; or the month is given neither by the file nor by `month`, or by both.
        SetupError: `month` is not a month.
    """
    with open_binary(path) as file:
        stamp = FileStamp.from_stat(os.fstat(file.fileno()))
        found = detect_format(path, file)
        lines = _read_head(path, file, found=found, schema=schema)
        header = find_header(lines, schema=schema, path=path)
        check_month_source(header, month=month, path=path)
        digest = _hash_content(path, file, is_text=found.name == "csv")
    source = Source(uri=str(path), sha256=digest)
    return StatementFile(path, schema, month, found.name, header, source, stamp, lines)


def read_header(path: Path, *, schema: Schema, month: str | None = None) -> Header:
    """Return which raw column is which of the schema's, reading no more of the file than its first lines.

    Raises:
        InputError: As `open_statement_file`, but for what only the rest of the file shows.
    """
    header = _find_file_header(path, schema=schema)
    check_month_source(header, month=month, path=path)
    return header


def has_month_column(path: Path, *, schema: Schema) -> bool:
    """Return True when the file has a statement_month column of its own.

    Raises:
        InputError: As `read_header`, but for the month.
    """
    return _find_file_header(path, schema=schema).has_month


def _find_file_header(path: Path, *, schema: Schema) -> Header:
    with open_binary(path) as file:
        lines = _read_head(path, file, found=detect_format(path, file), schema=schema)
    return find_header(lines, schema=schema, path=path)


def _read_head(path: Path, file: BinaryIO, *, found: FileFormat, schema: Schema) -> list[list[str]]:
    if found.name == "csv":
        return parse_csv_head(path, head=found.head, schema=schema)
    if found.name == "workbook":
        return read_workbook_head(path, file)
    return read_parquet_head(path, file)


def _hash_content(path: Path, file: BinaryIO, *, is_text: bool) -> str:
    """Return the sha256 of the file; text is checked in the same pass, so that it is read from disk only once."""
    file.seek(0)
    blocks = iter(lambda: file.read(_BLOCK_BYTES), b"")
    digest, has_quotes = sha256(), False
    for block in check_text(path, blocks) if is_text else blocks:
        digest.update(block)
        has_quotes = has_quotes or b'"' in block
    if is_text and has_quotes:
        file.seek(0)
        check_quotes(path, file)
    return digest.hexdigest()


def _drop_trailing_blank_rows(batches: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """Yield the batches without the empty rows at the very end; those between rows stay, and are rejected by name."""
    held: list[pl.DataFrame] = []
    for batch in batches:
        end = _count_until_last_filled_row(batch)
        if end:
            yield from (*held, batch.head(end))
            held = []
        held.append(batch.slice(end))


def _count_until_last_filled_row(batch: pl.DataFrame) -> int:
    if batch.height and any(cell is not None for cell in batch.row(-1)):
        return batch.height
    filled = (~batch.select(pl.all_horizontal(pl.all().is_null())).to_series()).arg_true()
    return int(filled[-1]) + 1 if len(filled) else 0
