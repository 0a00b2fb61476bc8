"""Read one file of statements: open it once, then hand out its rows as raw batches under the schema's names.

`open_single_file` is the only place that works out what a file is. From one handle it takes the format, the header, the
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

from credit_default.adapters.files.csv_files import check_quotes, check_text
from credit_default.adapters.files.format_readers import (
    NOTHING_GIVEN,
    FileHead,
    GivenValues,
    check_workbook_formulas,
    read_file_head,
    read_file_rows,
)
from credit_default.adapters.files.formats import (
    FormatName,
    detect_format,
    open_binary,
)
from credit_default.adapters.files.headers import Header, check_month_source, find_header
from credit_default.adapters.files.reading_options import NO_OPTIONS, ReadingOptions
from credit_default.adapters.files.sources import FileStamp, Source
from credit_default.data.contract.schema import CLIENT_ID, LINE, OUTCOME, STATEMENT_MONTH, Schema
from credit_default.errors import InputError

_BLOCK_BYTES = 1_048_576


@dataclass(frozen=True, slots=True)
class StatementFile:
    """A file of statements that has been opened and recognised; `read_batches` reads its rows as often as needed.

    Text is always UTF-8 and a workbook's sheet has been chosen: any other file was refused at opening. The handle is closed
    again. The reading library opens the path by itself for each pass over the rows.
    """

    path: Path
    schema: Schema = field(repr=False)
    month: str | None  # "YYYY-MM" for every row; None where the file has the column
    format: FormatName
    header: Header
    source: Source
    stamp: FileStamp
    options: ReadingOptions  # those that change how a file of this format is read
    head: FileHead = field(repr=False, compare=False)

    @property
    def notes(self) -> tuple[str, ...]:
        """Return what people should know about how the file was read."""
        return self.head.notes

    def read_batches(self, *, batch_rows: int = 32_768) -> Iterator[pl.DataFrame]:
        """Yield the rows as raw batches of at most `batch_rows`: the schema's columns under our names, then the rest.

        Cells of text files and workbooks are texts, those of Parquet files have the file's types. The outcome follows
        where the file has one, and then `line`: the row's line in the file, from 1 (where a file has no lines, the number
        of the row below the header, plus one). Empty rows at the end of the file are left out.

        Raises:
            InputError: A row cannot be read, there are no rows, or the file was written to since it was opened.
        """
        row_count = 0
        for batch in self.read_part(batch_rows=batch_rows, first_row=0):
            row_count += batch.height
            yield batch
        if not row_count:
            raise build_no_rows_error(self.path)

    def read_part(self, *, batch_rows: int, first_row: int) -> Iterator[pl.DataFrame]:
        """Yield the same batches of a file that is a part of a table and has `first_row` rows before it; it may have none.

        Raises:
            InputError: As `read_batches`, but for a file without rows.
        """
        for batch in _drop_trailing_blank_rows(self._read_rows(batch_rows)):
            for part in batch.iter_slices(batch_rows):
                yield self._name_columns(part, first_row=first_row)
                first_row += part.height
        self.require_unchanged()

    def _read_rows(self, batch_rows: int) -> Iterator[pl.DataFrame]:
        return read_file_rows(
            self.path,
            form=self.format,
            head=self.head,
            header=self.header,
            marks=self.options.marks,
            batch_rows=batch_rows,
        )

    def _name_columns(self, batch: pl.DataFrame, *, first_row: int) -> pl.DataFrame:
        header = self.header
        known = {name: batch[str(place)].alias(name) for name, place in header.positions.items()}
        rows = pl.int_range(first_row, first_row + batch.height, dtype=pl.Int64, eager=True)
        if header.numbers_clients:
            known[CLIENT_ID] = (rows + 1).cast(pl.String).alias(CLIENT_ID)
        given = dict(header.given) | ({} if self.month is None else {STATEMENT_MONTH: self.month})
        for name, value in given.items():
            constant = pl.Series(name, [value], dtype=pl.String)
            known[name] = constant.new_from_index(0, batch.height)
        names = [*self.schema.names, *([OUTCOME] if header.has_outcome else [])]
        lines = (rows + header.place + 2).alias(LINE)
        return pl.DataFrame([*(known[name] for name in names), lines])

    def require_unchanged(self) -> None:
        """Check that the file is the one that was opened.

        Raises:
            InputError: It was written to since.
        """
        try:
            is_unchanged = FileStamp.from_stat(self.path.stat()) == self.stamp
        except FileNotFoundError:
            is_unchanged = False
        if not is_unchanged:
            raise build_changed_error(f"file {self.path}")


def open_single_file(
    path: Path,
    *,
    schema: Schema,
    month: str | None,
    options: ReadingOptions = NO_OPTIONS,
    given: GivenValues = NOTHING_GIVEN,
) -> StatementFile:
    """Open a file of statements and recognise its format and header, and take the digest of its bytes.

    Args:
        path: A .csv, .tsv, .xls, .xlsx, .parquet or .pq file, or text of any ending where a separator is given.
        schema: The portfolio's columns, to find the header by.
        month: "YYYY-MM" for every row, where the file has no statement_month column; None where it has one.
        options: How to read it, where the file alone does not tell.
        given: Values of columns that the names of its folders give.

    Raises:
        InputError: As `open_statement_file`.
        SetupError: `month` is not a month.
    """
    with open_binary(path) as file:
        stamp = FileStamp.from_stat(os.fstat(file.fileno()))
        found = detect_format(path, file, separator=options.separator)
        head = read_file_head(path, file, found=found, schema=schema, options=options, given=given)
        header = find_header(
            head.lines, schema=schema, path=path, given=given, declared=options.header
        )
        check_month_source(header, month=month, path=path)
        check_workbook_formulas(path, file, head=head, header=header)
        digest = _hash_content(path, file, delimiter=head.delimiter)
    source = Source(uri=str(path), sha256=digest)
    used = options if found.name == "workbook" else options.drop_sheet()
    return StatementFile(path, schema, month, found.name, header, source, stamp, used, head)


def build_no_rows_error(path: Path) -> InputError:
    """Return the error for a table without rows."""
    return InputError(
        str(path), found="a header and no rows", expected="rows", remedy="Export the file again."
    )


def build_changed_error(thing: str) -> InputError:
    """Return the error for a file or folder that was written to while it was read."""
    return InputError(
        thing,
        found="other content than when it was checked",
        expected="a file that nobody writes to",
        remedy="Wait until the program that writes it has finished, then run again.",
    )


def _hash_content(path: Path, file: BinaryIO, *, delimiter: str) -> str:
    """Return the sha256 of the file; text is checked in the same pass, so that it is read from disk only once.

    `delimiter` is that of a text file, and empty for any other.
    """
    file.seek(0)
    blocks = iter(lambda: file.read(_BLOCK_BYTES), b"")
    digest, has_quotes = sha256(), False
    for block in check_text(path, blocks) if delimiter else blocks:
        digest.update(block)
        has_quotes = has_quotes or b'"' in block
    if delimiter and has_quotes:
        file.seek(0)
        check_quotes(path, file, delimiter=delimiter)
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
