"""Find formulas whose results are not stored in an .xlsx workbook: the reading library gives 0 or nothing in their place.

Programs that write a workbook without computing it leave the results out, or write 0 and ask the spreadsheet to compute all
formulas when it opens the file. A sheet is parsed for this only where it has a formula.
"""

import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO
from xml.etree import ElementTree as ET

_BLOCK_BYTES = 1_048_576
_WORKBOOK, _RELATIONS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
_FORMULA = re.compile(rb"<(?:\w+:)?f[ />]")
_LONGEST_PREFIX_BYTES = 32
_LETTERS = re.compile(r"[A-Z]+")


@dataclass(frozen=True, slots=True)
class UnstoredFormulas:
    """The formulas without a stored result: how many there are, and the first cell with one, such as N2."""

    count: int
    first_cell: str


@dataclass(slots=True)
class _Column:
    """The formulas of one column."""

    missing: list[str] = field(default_factory=list)  # cells without a result
    zeros: list[str] = field(default_factory=list)
    has_results: bool = False


def find_unstored_formulas(
    archive: zipfile.ZipFile, *, sheet: str, first_row: int, positions: frozenset[int]
) -> UnstoredFormulas | None:
    """Return the formulas without a stored result in the columns that are read; None where there are none.

    Args:
        archive: The open workbook.
        sheet: The sheet's name.
        first_row: The first row below the header, from 1.
        positions: The columns that are read, counted from 0 at the first column with a value.
    """
    part = _find_sheet_part(archive, sheet)
    if part is None or not _has_formula(archive, part):
        return None
    with archive.open(part) as file:
        columns, first_column = _collect_formulas(file, first_row=first_row)
    read = [column for at, column in columns.items() if at - first_column in positions]
    cells = [cell for column in read for cell in column.missing]
    # A writer that computes nothing gives every formula the same 0; where it gave other results, a 0 is one of them.
    if _is_computed_at_opening(archive) and not any(column.has_results for column in read):
        cells += [cell for column in read for cell in column.zeros]
    return UnstoredFormulas(len(cells), cells[0]) if cells else None


def _collect_formulas(file: IO[bytes], *, first_row: int) -> tuple[dict[int, _Column], int]:
    """Return the formulas by column, and the first column with a value; columns are counted from 1."""
    columns: dict[int, _Column] = {}
    first_column: int | None = None
    for row, at, cell in _iterate_cells(file):
        formula, result = _find_child(cell, "f"), _read_result(cell)
        if result is not None or _find_child(cell, "is") is not None:
            first_column = at if first_column is None else min(at, first_column)
        if formula is None or row < first_row:
            continue
        column = columns.setdefault(at, _Column())
        if result is None:
            column.missing.append(cell.get("r", f"row {row}"))
        elif result == "0":
            column.zeros.append(cell.get("r", f"row {row}"))
        elif (
            cell.get("t") != "e"
        ):  # an error may have been written by hand beside formulas that nobody computed
            column.has_results = True
    return columns, first_column or 1


def _iterate_cells(file: IO[bytes]) -> Iterator[tuple[int, int, ET.Element]]:
    """Yield the row, the column and the element of each cell; a row is forgotten when it is read."""
    row, rows = 0, None
    for event, element in ET.iterparse(file, ("start", "end")):  # noqa: S314 - as below
        name = _get_local_name(element)
        if event == "start":
            rows = element if name == "sheetData" else rows
            continue
        if name != "row":
            continue
        row = int(element.get("r", row + 1))
        at = 0
        for cell in element:
            at = _parse_column(cell.get("r", "")) or at + 1
            yield row, at, cell
        if rows is not None:
            rows.clear()


def _read_result(cell: ET.Element) -> str | None:
    """Return the stored value; None where there is none. An empty text is one."""
    value = _find_child(cell, "v")
    text = None if value is None else value.text
    return text or ("" if value is not None and cell.get("t") == "str" else None)


def _find_child(element: ET.Element, name: str) -> ET.Element | None:
    return next((child for child in element if _get_local_name(child) == name), None)


def _get_local_name(element: ET.Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _parse_column(address: str) -> int:
    letters = _LETTERS.match(address)
    column = 0
    for letter in letters[0] if letters else "":
        column = column * 26 + ord(letter) - ord("A") + 1
    return column


def _has_formula(archive: zipfile.ZipFile, part: str) -> bool:
    with archive.open(part) as file:
        tail = b""
        for block in iter(lambda: file.read(_BLOCK_BYTES), b""):
            if _FORMULA.search(tail + block):
                return True
            tail = block[-_LONGEST_PREFIX_BYTES:]
    return False


def _find_sheet_part(archive: zipfile.ZipFile, sheet: str) -> str | None:
    """Return the name of the archive's member that holds the sheet; None where that cannot be told."""
    names = set(archive.namelist())
    if not {_WORKBOOK, _RELATIONS} <= names:
        return None
    relation = next(
        (
            value
            for element in _parse_member(archive, _WORKBOOK).iter()
            if _get_local_name(element) == "sheet" and element.get("name") == sheet
            for key, value in element.attrib.items()
            if key.endswith("}id")
        ),
        None,
    )
    for element in _parse_member(archive, _RELATIONS):
        if element.get("Id") == relation:
            part = posixpath.normpath(posixpath.join("/xl", element.get("Target", "")))[1:]
            return part if part in names else None
    return None


def _is_computed_at_opening(archive: zipfile.ZipFile) -> bool:
    return any(
        element.get("fullCalcOnLoad") in {"1", "true"}
        for element in _parse_member(archive, _WORKBOOK).iter()
        if _get_local_name(element) == "calcPr"
    )


def _parse_member(archive: zipfile.ZipFile, name: str) -> ET.Element:
    return ET.fromstring(archive.read(name))  # noqa: S314 - expat bounds what entities expand to, and opens no other file
