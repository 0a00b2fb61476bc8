"""Files in and out: statements as raw batches under our names, and tables handed over to people.

Nothing is judged here but the file itself: what the cells hold is for `data/checking/validation` to say.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path

import polars as pl

from credit_default.adapters.files.csv_files import read_csv_head, read_csv_rows
from credit_default.adapters.files.excel_files import read_workbook_head, read_workbook_rows
from credit_default.adapters.files.formats import FileFormat, detect_format
from credit_default.adapters.files.headers import Header, find_header
from credit_default.adapters.files.parquet_files import read_parquet_head, read_parquet_rows
from credit_default.data.contract.schema import CLIENT_ID, LINE, OUTCOME, STATEMENT_MONTH, Schema
from credit_default.errors import InputError

_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class Source:
    """Where rows came from: enough to find the very same bytes again."""

    uri: str
    sha256: str  # of the file's bytes, hexadecimal
    row_count: int | None = None  # None until it is counted
    object_version: str | None = None  # where the store keeps versions


def read_source(path: Path) -> Source:
    """The file's place and the digest of its bytes.

    Raises:
        InputError: It cannot be read, or is none of the kinds that we read.
    """
    detect_format(path)
    with path.open("rb") as file:
        return Source(uri=str(path), sha256=file_digest(file, "sha256").hexdigest())


def read_header(path: Path, *, schema: Schema, month: str | None = None) -> Header:
    """Which raw column is which of the schema's, and what the file has besides.

    Raises:
        InputError: The file is no table, columns are missing or there twice, or the month is not said, or twice.
    """
    found = detect_format(path)
    header = find_header(_read_head(path, found=found, schema=schema), schema=schema, path=path)
    _check_month_source(header, month=month, path=path)
    return header


def has_month_column(path: Path, *, schema: Schema) -> bool:
    """True when the file has a statement_month column of its own.

    Raises:
        InputError: as `read_header`, but for the month.
    """
    return find_header(
        _read_head(path, found=detect_format(path), schema=schema), schema=schema, path=path
    ).has_month


def read_batches(
    path: Path, *, schema: Schema, month: str | None = None, batch_rows: int = 65_536
) -> Iterator[pl.DataFrame]:
    """The file's rows as raw batches of at most `batch_rows`: the schema's columns under our names, then the rest.

    Cells of text files are texts, Parquet's and workbooks' have the file's types. The outcome follows where the file
    has one, and `line` is the row's line in the file, from 1 (the number of the row below the header, plus one, where
    a file has no lines). statement_month comes from its column or is `month` ("YYYY-MM") in every row.

    Raises:
        InputError: At the first batch what `read_header` raises, or that there are no rows; later what turns up.
    """
    found = detect_format(path)
    head = _read_head(path, found=found, schema=schema)
    header = find_header(head, schema=schema, path=path)
    _check_month_source(header, month=month, path=path)
    row_count = 0
    for batch in _drop_trailing_blank_rows(
        _read_rows(path, found=found, head=head, header=header, batch_rows=batch_rows)
    ):
        for part in batch.iter_slices(batch_rows):
            yield _name_columns(
                part, schema=schema, header=header, month=month, first_row=row_count
            )
            row_count += part.height
    if not row_count:
        raise InputError(
            str(path),
            found="a header and no rows",
            expected="rows",
            remedy="Export the file again.",
        )


def _read_head(path: Path, *, found: FileFormat, schema: Schema) -> list[list[str]]:
    if found.kind == "csv":
        return read_csv_head(path, head=found.head, schema=schema)
    return read_workbook_head(path) if found.kind == "workbook" else read_parquet_head(path)


def _read_rows(
    path: Path, *, found: FileFormat, head: list[list[str]], header: Header, batch_rows: int
) -> Iterator[pl.DataFrame]:
    positions = sorted(header.positions.values())
    if found.kind == "csv":
        return read_csv_rows(path, head=head, place=header.place, positions=positions)
    if found.kind == "workbook":
        return read_workbook_rows(path, place=header.place, positions=positions)
    return read_parquet_rows(path, positions=positions, batch_rows=batch_rows)


def _drop_trailing_blank_rows(batches: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """The batches without the empty lines at the very end; those between rows stay, and are rejected by name."""
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


def _name_columns(
    batch: pl.DataFrame, *, schema: Schema, header: Header, month: str | None, first_row: int
) -> pl.DataFrame:
    known = {name: batch[str(position)].alias(name) for name, position in header.positions.items()}
    rows = pl.int_range(first_row, first_row + batch.height, dtype=pl.Int64, eager=True)
    if header.numbers_clients:
        known[CLIENT_ID] = (rows + 1).cast(pl.String).alias(CLIENT_ID)
    if month is not None:
        known[STATEMENT_MONTH] = pl.Series(STATEMENT_MONTH, [month]).new_from_index(0, batch.height)
    names = [*schema.names, *([OUTCOME] if header.has_outcome else [])]
    return pl.DataFrame([*(known[name] for name in names), (rows + header.place + 2).alias(LINE)])


def _check_month_source(header: Header, *, month: str | None, path: Path) -> None:
    expected = "the month of the statements, either in a column or given with --month"
    if month is not None and not _MONTH.fullmatch(month):
        raise InputError(
            "--month", found=repr(month), expected="YYYY-MM", remedy="Give it as in 2005-09."
        )
    if month is not None and header.has_month:
        remedy = "Leave --month out: the file says the month of every row."
        raise InputError(
            f"{STATEMENT_MONTH} of {path}", found="both", expected=expected, remedy=remedy
        )
    if month is None and not header.has_month:
        remedy = "Add --month YYYY-MM (the source's is 2005-09)."
        raise InputError(
            f"{STATEMENT_MONTH} of {path}", found="neither", expected=expected, remedy=remedy
        )
