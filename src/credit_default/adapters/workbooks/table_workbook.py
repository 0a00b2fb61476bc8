"""Write tables as the sheets of one .xlsx workbook.

Texts from outside stay texts: nothing in a cell becomes a formula, a number or a link. The creation time in the file is a
fixed one, so that the bytes depend on the tables alone.
"""

import datetime as dt
import io
import math
import re
from collections.abc import Mapping
from typing import Any, Final

import polars as pl

from credit_default.errors import escape_unprintable

_CREATED_AT: Final = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
_LONGEST_TEXT: Final = 32_767  # a cell of Excel holds no more
_WIDEST: Final = 60
_NARROWEST: Final = 9
_FORBIDDEN_IN_NAMES: Final = re.compile(r"[\[\]:*?/\\]")
_LONGEST_NAME: Final = 31


def render_workbook(tables: Mapping[str, pl.DataFrame]) -> bytes:
    """Return a workbook with one sheet for each table: a header row, numbers as numbers, texts as texts, nulls empty.

    Args:
        tables: The tables by the names of their sheets, in order.
    """
    import xlsxwriter

    buffer = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_numbers": False,
        "strings_to_urls": False,
    }
    book = xlsxwriter.Workbook(buffer, options)
    book.set_properties({"created": _CREATED_AT.replace(tzinfo=None)})
    heading = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    for name, table in tables.items():
        sheet = book.add_worksheet(_FORBIDDEN_IN_NAMES.sub(" ", name)[:_LONGEST_NAME])
        _write_sheet(sheet, table, heading=heading)
    book.close()
    return buffer.getvalue()


def _write_sheet(sheet: Any, table: pl.DataFrame, *, heading: Any) -> None:
    for place, column in enumerate(table.get_columns()):
        sheet.write_string(0, place, _prepare_text(column.name), heading)
        widest = len(column.name)
        for row, value in enumerate(column.to_list(), 1):
            widest = max(widest, _write_cell(sheet, row, place, value))
        sheet.set_column(place, place, min(max(widest, _NARROWEST), _WIDEST))
    sheet.freeze_panes(1, 0)
    if table.height:
        sheet.autofilter(0, 0, table.height, table.width - 1)


def _write_cell(sheet: Any, row: int, place: int, value: object) -> int:
    """Write one value, and return how wide it is in characters."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return 0
    if isinstance(value, int | float):
        sheet.write_number(row, place, value)
        return _NARROWEST
    text = _prepare_text(str(value))
    sheet.write_string(row, place, text)
    return len(text)


def _prepare_text(text: str) -> str:
    return escape_unprintable(text)[:_LONGEST_TEXT]
