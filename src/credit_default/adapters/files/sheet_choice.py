"""Choose the sheet of a workbook: the one that is named, or the one visible sheet that has the header.

Hidden sheets are never read unless they are named: people see the other ones, and mean those. Where several sheets could be
meant none is read, as the rows of the others would be missing without a word.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from credit_default.adapters.files.excel_files import Sheet
from credit_default.adapters.files.headers import count_most_known, find_header
from credit_default.data.contract.schema import Schema
from credit_default.errors import InputError

_SHOWN_COUNT = 5


def choose_sheet(
    sheets: Sequence[Sheet],
    *,
    named: str | None,
    schema: Schema,
    path: Path,
    given: Mapping[str, str | None],
) -> Sheet:
    """Return the sheet to read.

    Args:
        sheets: All sheets of the workbook.
        named: The name of the sheet to read; None where none was given.
        schema: The columns, by which the header is found.
        path: The workbook, for the errors.
        given: Values of columns that the names of the file's folders give.

    Raises:
        InputError: There is no sheet of that name; several visible sheets have the header; or none has.
    """
    if named is not None:
        return _find_named_sheet(sheets, named=named, path=path)
    filled = [sheet for sheet in sheets if sheet.visible and sheet.lines]
    headed = [sheet for sheet in filled if _has_header(sheet, schema=schema, given=given)]
    # A sheet with the header alone is a form to fill in: it has no rows that could be missed.
    chosen = [sheet for sheet in headed if sheet.row_count > 1] or headed
    if len(chosen) > 1:
        raise InputError(
            str(path),
            found=f"{len(chosen)} sheets with the header: {_name_sheets(chosen)}",
            expected="one",
            remedy='Say which to read, with --sheet "NAME", or put the rows together in one sheet.',
        )
    if chosen:
        return chosen[0]
    hidden = [
        sheet
        for sheet in sheets
        if not sheet.visible and _has_header(sheet, schema=schema, given=given)
    ]
    if len(filled) == 1 and not (hidden and not _count_known(filled[0], schema=schema)):
        return filled[0]  # what its header lacks is said where the header is read
    raise _build_no_header_error(sheets, filled, hidden, schema=schema, path=path)


def describe_sheets(sheets: Sequence[Sheet], chosen: Sheet) -> tuple[str, ...]:
    """Return a line that names the sheet that was read and those that were not; none where there is one sheet only."""
    others = [
        sheet for sheet in sheets if sheet is not chosen and (sheet.lines or not sheet.visible)
    ]
    if not others:
        return ()
    return (f"sheet {chosen.name!r} was read; not read: {_name_sheets(others)}",)


def _find_named_sheet(sheets: Sequence[Sheet], *, named: str, path: Path) -> Sheet:
    for sheet in sheets:
        if sheet.name.casefold() == named.casefold():
            return sheet
    raise InputError(
        f"sheet {named!r} of {path}",
        found="no sheet of that name",
        expected=f"one of {_name_sheets(sheets)}",
        remedy="Correct --sheet, or leave it out: the sheet with the header is found.",
    )


def _has_header(sheet: Sheet, *, schema: Schema, given: Mapping[str, str | None]) -> bool:
    try:
        find_header(sheet.lines, schema=schema, path=Path(), given=given)
    except InputError:
        return False
    return True


def _count_known(sheet: Sheet, *, schema: Schema) -> int:
    return count_most_known(sheet.lines, schema=schema)


def _name_sheets(sheets: Sequence[Sheet]) -> str:
    shown = [repr(sheet.name) + ("" if sheet.visible else " (hidden)") for sheet in sheets]
    more = f" … ({len(shown)} in all)" if len(shown) > _SHOWN_COUNT else ""
    return ", ".join(shown[:_SHOWN_COUNT]) + more


def _build_no_header_error(
    sheets: Sequence[Sheet],
    filled: Sequence[Sheet],
    hidden: Sequence[Sheet],
    *,
    schema: Schema,
    path: Path,
) -> InputError:
    expected = f"one visible sheet with the columns of schema {schema.name!r}"
    if not filled:
        return InputError(
            str(path),
            found=f"no visible sheet with cells, of {_name_sheets(sheets)}",
            expected=expected,
            remedy='Name a hidden sheet with --sheet "NAME" if that is the one to read.',
        )
    if hidden:
        return InputError(
            str(path),
            found=f"the header in no visible sheet, only in {_name_sheets(hidden)}",
            expected=expected,
            remedy='Read it with --sheet "NAME" if it is the one, or unhide it.',
        )
    best = max(filled, key=lambda sheet: _count_known(sheet, schema=schema))
    count = _count_known(best, schema=schema)
    most = f"; the most are {count} of {len(schema.columns)}, in {best.name!r}" if count else ""
    return InputError(
        str(path),
        found=f"no sheet that has all of them, of {_name_sheets(filled)}{most}",
        expected=expected,
        remedy="Name one with --sheet to see what it lacks; the header must be in the first 5 lines.",
    )
