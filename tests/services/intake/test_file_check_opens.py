"""How often checking a file opens it: our code opens it once, however the file is made.

Two counts are taken. The interpreter's audit event "open" counts what Python code opens: there the format, the header, the
digest and (for text) the encoding are found, so it must be one. The kernel's inotify counts every open of the path. It sees
one more for each pass of a reading library (pyarrow, fastexcel) over the rows: those read by path, in C++ and Rust, from
the place below the header that they are given, and detect nothing about the file. They count as passes, not as checks.
"""

import ctypes
import os
import struct
import sys
from collections import Counter
from contextlib import contextmanager

import polars as pl
import pytest

from credit_default.services.intake.file_check import check_file

_ACCESS, _CLOSE, _OPEN = 0x1, 0x10, 0x20
_EVENT = struct.Struct("iIII")
_opened_by_python = Counter()
_watched = set()


def _count_open(event, arguments):
    if event == "open" and _watched and str(arguments[0]) in _watched:
        _opened_by_python[str(arguments[0])] += 1


@pytest.fixture(scope="module", autouse=True)
def _audit():
    sys.addaudithook(
        _count_open
    )  # a hook cannot be taken out again: it sleeps while nothing is watched


@contextmanager
def count_opens(path):
    """Yield a counter that holds, after the block, the opens by Python code and the opens in all."""
    counts = Counter()
    libc = ctypes.CDLL(None, use_errno=True)
    queue = libc.inotify_init1(os.O_NONBLOCK)
    # Reads and closes are asked for too: the kernel joins equal events that follow one another.
    assert libc.inotify_add_watch(queue, os.fsencode(path), _OPEN | _CLOSE | _ACCESS) > 0
    _watched.add(str(path))
    try:
        yield counts
        events = os.read(queue, 1 << 20)
    finally:
        _watched.clear()
        os.close(queue)
    masks = [mask for _, mask, _, _ in _EVENT.iter_unpack(events)]
    counts.update(python=_opened_by_python.pop(str(path), 0), all=sum(m == _OPEN for m in masks))


def write_csv(rows, path):
    rows.write_csv(path)


def write_quoted_csv(rows, path):
    rows.write_csv(path, quote_style="always")


def write_parquet(rows, path):
    rows.write_parquet(path)


def write_workbook(rows, path):
    import xlsxwriter

    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for place, cells in enumerate([rows.columns, *rows.rows()]):
            sheet.write_row(place, 0, cells)


@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="inotify is Linux's: run it on Linux"
)
@pytest.mark.parametrize(
    ("name", "write", "library_opens"),
    [
        # The libraries pass over the rows twice: to check them all, and the first of them again for the data's origin.
        ("a.csv", write_csv, 2),
        ("quoted.csv", write_quoted_csv, 2),
        ("a.parquet", write_parquet, 2),
        (
            "a.xlsx",
            write_workbook,
            3,
        ),  # fastexcel reads the first lines besides, to find the header
    ],
)
def test_checking_a_file_opens_it_once(wiring, month_rows, tmp_path, name, write, library_opens):
    path = tmp_path / name
    write(month_rows.head(60), path)

    with count_opens(path) as opened:
        checked = check_file(wiring, str(path), month=None, outcome="ignored")

    assert checked.validated.row_count == 60
    assert opened == {"python": 1, "all": 1 + library_opens}


def test_handing_out_the_rows_opens_nothing_but_the_reading_library(wiring, month_rows, tmp_path):
    path = tmp_path / "a.csv"
    month_rows.head(60).write_csv(path)
    checked = check_file(wiring, str(path), month=None, outcome="ignored")

    with count_opens(path) as opened:
        rows = pl.concat(list(checked.accepted()))

    assert rows.height == checked.validated.accepted_count
    assert opened == {"python": 0, "all": 1}
