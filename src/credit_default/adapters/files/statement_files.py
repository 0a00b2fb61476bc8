"""Open files of statements: one file, or a folder whose parts are one table."""

from pathlib import Path
from typing import TypeAlias

from credit_default.adapters.files.format_readers import find_file_header
from credit_default.adapters.files.formats import is_folder
from credit_default.adapters.files.headers import Header, check_month_source
from credit_default.adapters.files.part_folders import find_parts, require_whole_table
from credit_default.adapters.files.reading_options import NO_OPTIONS, ReadingOptions
from credit_default.adapters.files.single_files import StatementFile, open_single_file
from credit_default.adapters.files.statement_folders import StatementFolder, open_folder
from credit_default.data.contract.schema import Schema

Statements: TypeAlias = StatementFile | StatementFolder


def open_statement_file(
    path: Path,
    *,
    schema: Schema,
    month: str | None = None,
    options: ReadingOptions = NO_OPTIONS,
) -> Statements:
    """Open a file of statements, or a folder of part files, and take the digest of its bytes.

    Args:
        path: A .csv, .tsv, .xls, .xlsx, .parquet or .pq file, or a folder of such files.
        schema: The portfolio's columns, to find the header by.
        month: "YYYY-MM" for every row, where the file has no statement_month column; None where it has one.
        options: How to read it, where the file alone does not tell.

    Raises:
        InputError: The file is missing, of no format that we read, damaged or (text) not UTF-8; columns are missing or
            there twice; the month is given neither by the file nor by `month`, or by both; no sheet of a workbook can be
            chosen; formulas have no results; the file is one part of several; or the parts of a folder do not fit.
        SetupError: `month` is not a month.
    """
    if is_folder(path):
        return open_folder(path, schema=schema, month=month, options=options)
    require_whole_table(path)
    return open_single_file(path, schema=schema, month=month, options=options)


def read_header(
    path: Path,
    *,
    schema: Schema,
    month: str | None = None,
    options: ReadingOptions = NO_OPTIONS,
) -> Header:
    """Return which raw column is which of the schema's, reading no more than the first lines of the file or the first part.

    Raises:
        InputError: As `open_statement_file`, but for what only the rest shows.
    """
    header = _find_header(path, schema=schema, options=options)
    check_month_source(header, month=month, path=path)
    return header


def has_month_column(path: Path, *, schema: Schema, options: ReadingOptions = NO_OPTIONS) -> bool:
    """Return True when the file has a statement_month column of its own.

    Raises:
        InputError: As `read_header`, but for the month.
    """
    return _find_header(path, schema=schema, options=options).has_month


def _find_header(path: Path, *, schema: Schema, options: ReadingOptions) -> Header:
    if is_folder(path):
        first = find_parts(path, schema=schema)[0]
        return find_file_header(first.path, schema=schema, options=options, given=first.given)
    require_whole_table(path)
    return find_file_header(path, schema=schema, options=options)
