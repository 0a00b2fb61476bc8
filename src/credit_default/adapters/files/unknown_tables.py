"""Read the rows of a table that no schema describes: what separates its cells, and whether it has a header.

A header is a line of names above cells of another kind: over numbers stands a word. A file that begins with such numbers has none,
and its columns are called column_1, column_2 ….
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import polars as pl

from credit_default.adapters.files.blank_separated import BLANK
from credit_default.adapters.files.csv_files import parse_csv_head
from credit_default.adapters.files.excel_files import Sheet, read_sheets
from credit_default.adapters.files.format_readers import NOTHING_GIVEN, read_file_head
from credit_default.adapters.files.formats import (
    READ_ENDINGS,
    FileFormat,
    detect_format,
    is_folder,
    open_binary,
)
from credit_default.adapters.files.headers import HEADER_LINES
from credit_default.adapters.files.named_columns import TableHeader, read_named_columns
from credit_default.adapters.files.part_folders import find_parts
from credit_default.adapters.files.reading_options import NO_OPTIONS, ReadingOptions
from credit_default.data.contract.schema import Column, Schema, normalise_name
from credit_default.errors import InputError, show_examples

# A blank comes last: words within cells have blanks too. A comma may be a decimal mark where another mark separates.
_SEPARATORS: Final = (";", "\t", "|", ",", BLANK)
_FOUND_BY_HEADER: Final = ","  # without a declaration
_LEAST_WIDTH: Final = 2
_MISSING: Final = frozenset({"", "na", "n/a", "nan", "null", "none", "?", ".", "-"})
_NO_SCHEMA: Final = Schema(
    "unknown table",
    "1",
    (
        Column("client_id", "identifier", "the client"),
        Column("statement_month", "month", "the month"),
        Column("column", "amount", "any"),
    ),
    Column("defaulted", "outcome", "the outcome", codes={0: "no", 1: "yes"}),
)


@dataclass(frozen=True, slots=True)
class UnknownTable:
    """The first rows of a table, raw, and the options by which a portfolio's `[file]` lets them be read again."""

    rows: pl.DataFrame = field(repr=False)
    options: ReadingOptions
    is_all: bool  # the file has no more rows
    has_header: bool
    notes: tuple[str, ...]


def read_unknown_table(
    path: Path, *, most_rows: int, options: ReadingOptions = NO_OPTIONS
) -> UnknownTable:
    """Return the first rows of a table.

    Args:
        path: A file of a format that `ingest` reads, text of any ending, or a folder of such files.
        most_rows: How many rows to read at most; a file of batches may give some more.
        options: How to read it, where a person said it; with a `header` the file's first line is a row.

    Raises:
        InputError: The file is missing or damaged, has no rows, or no sheet can be chosen.
    """
    first = find_parts(path, schema=_NO_SCHEMA)[0].path if is_folder(path) else path
    head = _read_head(first, options)
    place = _find_header_line(head.lines) if head.may_lack_header else 0
    has_header = place is not None and not options.header
    names = list(options.header or _build_names(head.lines, place=place))
    read = replace(head.options, header=() if has_header else tuple(names))
    named = read_named_columns(
        path, TableHeader(tuple(names)), names=names, options=read, most_rows=most_rows
    )
    declared = replace(
        read,
        separator=_declare_separator(first, read, has_header=has_header),
        sheet=options.sheet,
    )
    rows = named.rows.head(most_rows)
    return UnknownTable(rows, declared, named.is_all, has_header, named.notes)


@dataclass(frozen=True, slots=True)
class _Head:
    lines: Sequence[Sequence[str]]
    options: ReadingOptions
    may_lack_header: bool = True


def _read_head(path: Path, options: ReadingOptions) -> _Head:
    with open_binary(path) as file:
        found = detect_format(path, file, separator=options.separator or BLANK)
        if found.name == "csv":
            return _read_text_head(path, found, options)
        if found.name == "workbook":
            sheet = _choose_sheet(read_sheets(path, file), named=options.sheet, path=path)
            lines = _keep_widest([line for line in sheet.lines if any(map(str.strip, line))])
            return _Head(lines, replace(options, sheet=sheet.name))
        head = read_file_head(
            path, file, found=found, schema=_NO_SCHEMA, options=options, given=NOTHING_GIVEN
        )
    return _Head(head.lines, options, may_lack_header=False)


def _read_text_head(path: Path, found: FileFormat, options: ReadingOptions) -> _Head:
    """Return the first lines, cut by the first mark that cuts most of them into equally many cells."""
    heads = {
        mark: parse_csv_head(path, head=found.head, schema=_NO_SCHEMA, separator=mark).lines
        for mark in options.separator or _SEPARATORS
    }
    fitting = [mark for mark, lines in heads.items() if _is_cut_evenly(lines)]
    mark = fitting[0] if fitting else options.separator or _FOUND_BY_HEADER
    return _Head(_keep_widest(heads[mark]), replace(options, separator=mark))


def _is_cut_evenly(lines: Sequence[Sequence[str]]) -> bool:
    width, count = Counter(map(len, lines)).most_common(1)[0] if lines else (0, 0)
    return width >= _LEAST_WIDTH and count * 2 > len(lines)


def _keep_widest(lines: Sequence[Sequence[str]]) -> list[Sequence[str]]:
    """Return the lines with the usual number of cells: titles above the header have fewer."""
    width = Counter(map(len, lines)).most_common(1)[0][0] if lines else 0
    return [line for line in lines if len(line) == width]


def _choose_sheet(sheets: Sequence[Sheet], *, named: str | None, path: Path) -> Sheet:
    shown = [sheet for sheet in sheets if sheet.visible and sheet.row_count > 1]
    found = shown
    if named is not None:
        found = [sheet for sheet in sheets if sheet.name.casefold() == named.casefold()]
    if len(found) == 1:
        return found[0]
    raise InputError(
        f"sheets of {path}",
        found=show_examples([sheet.name for sheet in shown]) or "none that is visible and filled",
        expected="one" if named is None else f"one called {named!r}",
        remedy='Say which to read, with --sheet "NAME".',
    )


def _find_header_line(lines: Sequence[Sequence[str]]) -> int | None:
    """Return the place of the header among the first lines, None where the first of them is a row."""
    texts = 0
    while texts < len(lines) and not any(map(_is_number, lines[texts])):
        texts += 1
    if texts == 0:
        return None
    above = lines[: min(texts, HEADER_LINES)]
    filled = [sum(bool(cell.strip()) for cell in line) for line in above]
    place = filled.index(max(filled))
    return place if _names_columns(lines[place], lines[place + 1 :]) else None


def _names_columns(line: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Return whether these cells are names: words above numbers, and no cell of them again below."""
    columns = [[row[place] for row in below] for place in range(len(line))]
    above_numbers = sum(_are_numbers(cells) for cells in columns)
    repeated = sum(
        bool(cell.strip()) and cell in cells for cell, cells in zip(line, columns, strict=True)
    )
    return above_numbers >= repeated and (above_numbers > 0 or not repeated)


def _are_numbers(cells: Sequence[str]) -> bool:
    filled = [cell for cell in cells if cell.strip().lower() not in _MISSING]
    return bool(filled) and all(map(_is_number, filled))


def _is_number(cell: str) -> bool:
    try:
        float(cell.strip().replace(",", "").rstrip("%"))
    except ValueError:
        return False
    return cell.strip().lower() not in _MISSING


def _build_names(lines: Sequence[Sequence[str]], *, place: int | None) -> list[str]:
    if place is not None:
        return _name_columns(lines[place])
    return [f"column_{number}" for number, _ in enumerate(lines[-1], 1)]


def _name_columns(line: Sequence[str]) -> list[str]:
    """Return the names of the header, one that repeats another as `find_header` knows it: "name.1"."""
    counts: Counter[str] = Counter()
    names = []
    for name in line:
        key = normalise_name(name)
        names.append(f"{name.strip()}.{counts[key]}" if counts[key] else name.replace("\ufeff", ""))
        counts[key] += 1
    return names


def _declare_separator(path: Path, options: ReadingOptions, *, has_header: bool) -> str | None:
    """Return the separator where the file's ending and its header would not say it; None elsewhere."""
    is_found = has_header and path.suffix.lower() in READ_ENDINGS and options.separator != BLANK
    return None if is_found else options.separator


def list_file_options(options: ReadingOptions) -> dict[str, str | tuple[str, ...]]:
    """Return the options that are set, by their names in a portfolio's `[file]`."""
    found: dict[str, str | tuple[str, ...] | None] = {
        "sheet": options.sheet,
        "separator": options.separator,
        "decimal": options.decimal,
        "thousands": options.thousands,
        "header": options.header,
    }
    return {name: value for name, value in found.items() if value}
