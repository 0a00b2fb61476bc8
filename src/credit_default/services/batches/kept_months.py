"""Keep what was made of a table month by month, so that a new batch costs the reading of its own month, not of all.

A data file of a table never changes: a month whose files are the same has the same rows.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import lru_cache
from threading import Lock
from typing import Final

import polars as pl

from credit_default.adapters.lake.layout import Lake
from credit_default.adapters.tables.batch_commits import list_month_files, read_months
from credit_default.data.contract.schema import STATEMENT_MONTH

_MOST: Final = 16  # of lakes and queries at a time


@dataclass(slots=True)
class _Slot:
    lock: Lock = field(default_factory=Lock)
    files: dict[str, frozenset[str]] = field(default_factory=dict)  # by month, as last read
    frames: dict[str, pl.DataFrame] = field(default_factory=dict)  # by month


def keep_months(
    query: Callable[[pl.LazyFrame], pl.LazyFrame],
    *,
    name: str,
    lake: Lake,
    table: str,
    months: Collection[str] | None = None,
) -> pl.DataFrame:
    """Return what `query` makes of each month's rows, in no order; only months whose files changed are read again.

    Args:
        query: Keeps the column statement_month, and makes of a month's rows the same with other months beside them or not.
        name: What the result is called; with the table it tells one query from another.
        lake: Where the table is.
        table: The table's name.
        months: The months to return; None for all.
    """
    slot = _find_slot(name, lake.uri, table)
    present = list_month_files(lake, table)
    wanted = (
        present
        if months is None
        else {month: present[month] for month in months if month in present}
    )
    with slot.lock:
        changed = [month for month, files in wanted.items() if slot.files.get(month) != files]
        empty = pl.DataFrame()
        if changed or not slot.frames:
            found = read_months(lake, table, changed, query)
            empty = found.clear()
            parts = found.partition_by(STATEMENT_MONTH, as_dict=True)
            for month in changed:
                slot.frames[month] = parts.get((month,), empty)
                slot.files[month] = wanted[month]
        for month in set(slot.files) - set(wanted):
            del slot.files[month], slot.frames[month]
        kept = list(slot.frames.values())
    return pl.concat(kept) if kept else empty


@lru_cache(maxsize=_MOST)
def _find_slot(*_key: str) -> _Slot:
    return _Slot()
