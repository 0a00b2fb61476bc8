"""Excel workbooks, old and new: the first sheet, read whole.

A sheet has at most a million rows, so that memory is bounded by the format. A column whose cells are all numbers or
all dates keeps that type; a mixed one is text.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from credit_default.adapters.file_headers import HEADER_LINES
from credit_default.errors import InputError


def read_workbook_head(path: Path) -> list[list[str]]:
    """The cells of the first sheet's first lines, "" where a cell is empty.

    Raises:
        InputError: The workbook is damaged, or its first sheet is empty.
    """
    lines = [
        ["" if cell is None else cell for cell in row]
        for row in _read(path, n_rows=HEADER_LINES, dtypes="string").rows()
    ]
    if not lines:
        remedy = "Move the table to the first sheet."
        raise InputError(str(path), found="an empty first sheet", expected="a table", remedy=remedy)
    return lines


def read_workbook_rows(path: Path, *, place: int, positions: Sequence[int]) -> Iterator[pl.DataFrame]:
    """The rows below the header in one frame, in columns named by their position ("0", "1" …)."""
    sheet = _read(path, skip_rows=place + 1, schema_sample_rows=None)
    if sheet.height:
        yield sheet.select(sheet.to_series(position).alias(str(position)) for position in positions)


def _read(path: Path, **options: Any) -> pl.DataFrame:
    import fastexcel

    try:
        sheet = fastexcel.read_excel(path).load_sheet(0, header_row=None, **{"skip_rows": 0} | options)
        return sheet.to_polars()
    except fastexcel.FastExcelError as error:
        raise _damaged(path, error) from error
    except BaseException as error:
        # The reader is written in Rust; on some damaged files it panics, with a class that cannot be imported.
        if type(error).__name__ != "PanicException":
            raise
        raise _damaged(path, error) from error


def _damaged(path: Path, error: BaseException) -> InputError:
    return InputError(
        str(path),
        found=f"a damaged workbook ({str(error).partition(chr(10))[0]})",
        expected=f"a whole {path.suffix} file",
        remedy="It was cut short or changed on its way here: copy or export it again.",
    )
