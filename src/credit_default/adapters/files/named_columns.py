"""Read columns of anybody's table by the names that they have there, through the readers of statements.

A file of statements is known by its schema; here the schema is made of the wanted names once the file's header is known, so
that formats, sheets, folders of parts, damage and digests are dealt with in one place, `statement_files`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import polars as pl

from credit_default.adapters.files.excel_files import Sheet, read_sheets
from credit_default.adapters.files.format_readers import NOTHING_GIVEN, read_file_head
from credit_default.adapters.files.formats import detect_format, is_folder, open_binary
from credit_default.adapters.files.headers import HEADER_LINES, count_known_columns
from credit_default.adapters.files.part_folders import find_parts
from credit_default.adapters.files.reading_options import NO_OPTIONS, ReadingOptions
from credit_default.adapters.files.statement_files import open_statement_file
from credit_default.data.contract.schema import (
    CLIENT_ID,
    LINE,
    OUTCOME,
    STATEMENT_MONTH,
    Column,
    Schema,
    normalise_name,
)
from credit_default.errors import InputError, show_examples

_ANY_MONTH: Final = "2000-01"  # the readers want a month for every row; it is not handed on
_OWN_NAMES: Final = {name: name for name in (CLIENT_ID, STATEMENT_MONTH, OUTCOME)}


@dataclass(frozen=True, slots=True)
class TableHeader:
    """The names of a table's columns, and the sheet that they are in ("" where the file has no sheets)."""

    names: tuple[str, ...]
    sheet: str = ""


@dataclass(frozen=True, slots=True)
class NamedColumns:
    """The wanted columns of a table, raw, under the names that the file gives them.

    Cells of text files and workbooks are texts, those of Parquet files have the file's types.
    """

    rows: pl.DataFrame = field(repr=False)
    lines: pl.Series = field(repr=False)  # each row's line in the file, from 1
    sha256: str  # of the file
    notes: tuple[str, ...]  # what people should know about how the file was read
    is_all: bool = True  # there are no more rows than these


def read_table_header(
    path: Path, *, known: Sequence[str], options: ReadingOptions = NO_OPTIONS
) -> TableHeader:
    """Return the names of the table's columns, in the file's order.

    Args:
        path: A .csv, .tsv, .xls, .xlsx, .parquet or .pq file, or a folder of such files.
        known: Names of which some are expected: of the first lines, the one that has most of them is the header.
        options: How to read the file; a workbook's sheet is the visible one with such a header, unless it is named.

    Raises:
        InputError: The file is missing, damaged or of no format that we read, it is empty, or no sheet can be chosen.
    """
    once = {normalise_name(name): name for name in known}
    schema = _build_schema([name for key, name in once.items() if key])
    file_path = find_parts(path, schema=schema)[0].path if is_folder(path) else path
    with open_binary(file_path) as file:
        found = detect_format(file_path, file, separator=options.separator)
        if found.name == "workbook":
            sheet = _choose_sheet(
                read_sheets(file_path, file), named=options.sheet, schema=schema, path=path
            )
            return TableHeader(_find_names(sheet.lines, schema=schema, path=path), sheet.name)
        head = read_file_head(
            file_path, file, found=found, schema=schema, options=options, given=NOTHING_GIVEN
        )
    return TableHeader(_find_names(head.lines, schema=schema, path=path))


def read_named_columns(
    path: Path,
    header: TableHeader,
    *,
    names: Sequence[str],
    options: ReadingOptions = NO_OPTIONS,
    most_rows: int | None = None,
) -> NamedColumns:
    """Return these columns of the table, all rows or about as many as are asked for.

    Args:
        path: The file or folder that `header` was read from.
        header: Its header.
        names: The columns to read, as the file names them.
        options: How to read the file.
        most_rows: No batch is read after so many rows; None reads all.

    Raises:
        InputError: As `open_statement_file` and its `read_batches`.
    """
    schema = _build_schema(names, row_number_for=names)
    file = open_statement_file(
        path,
        schema=schema,
        month=None if STATEMENT_MONTH in map(normalise_name, header.names) else _ANY_MONTH,
        options=replace(options, sheet=header.sheet) if header.sheet else options,
    )
    own = {_build_own_name(place, name): name for place, name in enumerate(names)}
    batches: list[pl.DataFrame] = []
    is_all = True
    for batch in file.read_batches():
        batches.append(batch)
        is_all = most_rows is None or sum(one.height for one in batches) <= most_rows
        if not is_all:
            break
    rows = pl.concat(batches, how="vertical_relaxed")
    return NamedColumns(
        rows.select(*own).rename(own), rows[LINE], file.source.sha256, tuple(file.notes), is_all
    )


def _build_schema(names: Sequence[str], *, row_number_for: Sequence[str] = ()) -> Schema:
    """Return a schema whose columns are these names; those of our own tables keep their meaning."""
    own = {_build_own_name(place, name): name for place, name in enumerate(names)}
    inputs = tuple(
        Column(ours, "amount", f"the column {name}", aliases=(name,))
        for ours, name in own.items()
        if ours not in _OWN_NAMES
    )
    return Schema(
        name="scored file",
        version="1",
        columns=(
            Column(CLIENT_ID, "identifier", "the client"),
            Column(STATEMENT_MONTH, "month", "the month"),
            *(inputs or (Column("column", "amount", "any"),)),
        ),
        outcome=Column(OUTCOME, "outcome", "the outcome", codes={0: "no", 1: "yes"}),
        row_number_for=tuple(row_number_for),
    )


def _build_own_name(place: int, name: str) -> str:
    return _OWN_NAMES.get(normalise_name(name), f"place_{place}_of_table")


def _choose_sheet(
    sheets: Sequence[Sheet], *, named: str | None, schema: Schema, path: Path
) -> Sheet:
    """Return the sheet of that name, or the visible one whose first lines name most of the columns."""
    if named is not None:
        found = [sheet for sheet in sheets if sheet.name.casefold() == named.casefold()]
        shown, remedy = sheets, "Correct --sheet, or leave it out."
    else:
        shown = [sheet for sheet in sheets if sheet.visible and sheet.row_count > 1]
        counts = [_count_most_known(sheet, schema=schema) for sheet in shown]
        most = max(counts, default=0)
        found = [s for s, count in zip(shown, counts, strict=True) if count == most]
        remedy = 'Say which to read, with --sheet "NAME".'
    if len(found) == 1:
        return found[0]
    raise InputError(
        f"sheets of {path}",
        found=show_examples([sheet.name for sheet in shown]) or "none that is visible and filled",
        expected=f"one called {named!r}" if named is not None else "one with the scores",
        remedy=remedy,
    )


def _count_most_known(sheet: Sheet, *, schema: Schema) -> int:
    return max((count_known_columns(line, schema=schema) for line in sheet.lines), default=0)


def _find_names(lines: Sequence[Sequence[str]], *, schema: Schema, path: Path) -> tuple[str, ...]:
    """Return the names in the header line: the first of those lines that name most of the columns."""
    candidates = lines[:HEADER_LINES]
    counts = [count_known_columns(line, schema=schema) for line in candidates]
    names = candidates[counts.index(max(counts))] if candidates else []
    if not any(name.strip() for name in names):
        raise InputError(
            str(path),
            found="no header",
            expected="a table whose first line names its columns",
            remedy="Export the file again, with its header.",
        )
    return tuple(names)
