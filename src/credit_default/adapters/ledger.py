"""The ledger in the lake: one row of a Delta table for each decision, each sealed to the one before (`gates/ledger`)."""

import datetime as dt
from collections.abc import Mapping

import polars as pl
import pyarrow as pa

from credit_default.adapters.delta import append_next, compact_rows, read_rows
from credit_default.adapters.delta_commits import Table
from credit_default.adapters.lake import Lake
from credit_default.failpoints import reach
from credit_default.gates.ledger import LedgerEntry, Scalar, seal, write_details

LEDGER = pa.schema(
    [
        ("sequence", pa.int64()),
        ("at", pa.timestamp("us", tz="UTC")),
        ("month", pa.string()),  # of `at`, YYYY-MM: the partition
        ("event", pa.string()),
        ("key", pa.string()),
        ("batch_id", pa.string()),
        ("model_version", pa.int64()),
        ("details", pa.string()),
        ("previous_hash", pa.string()),
        ("entry_hash", pa.string()),
    ]
)
_COMPACTED = 50  # entries after which their files, one each, are made into one


def append_entry(
    lake: Lake,
    *,
    event: str,
    key: str,
    batch_id: str,
    model_version: int,
    details: Mapping[str, Scalar],
    at: dt.datetime,
) -> LedgerEntry:
    """The entry of this decision, appended behind the last one; the one that is there when its `key` has one already.

    Raises:
        InputError: details that are no texts, finite numbers, truth values or nulls.
        ServiceError: the table can't be reached or refuses.
    """
    moment = at.astimezone(dt.UTC)
    content = write_details(details)

    def follow(last: pl.DataFrame) -> pl.DataFrame:
        previous = next(iter(_to_entries(last)), None)
        open_entry = LedgerEntry(0, moment.isoformat(), event, key, batch_id, int(model_version), content, "")
        return _to_row(seal(open_entry, previous), moment)

    table = _table(lake)
    written = append_next(table, follow, key=f"entry {key}", number="sequence")
    reach("ledger.appended")
    entry = find_entry(lake, key)
    if entry is None:  # only where somebody removed it by hand
        raise LookupError(key)
    if not written.was_there and entry.sequence % _COMPACTED == 0:
        compact_rows(table)
    return entry


def find_entry(lake: Lake, key: str) -> LedgerEntry | None:
    """The entry of this decision, or None."""
    return next(iter(_to_entries(read_rows(_table(lake), lambda table: table.filter(pl.col("key") == key)))), None)


def read_entries(lake: Lake) -> tuple[LedgerEntry, ...]:
    """Every entry, in order of their numbers."""
    return _to_entries(read_rows(_table(lake), lambda table: table.sort("sequence")))


def _table(lake: Lake) -> Table:
    indexed = ("sequence", "key", "batch_id")
    return Table(lake.table_uri("ledger"), LEDGER, "month", lambda: lake.storage_options, indexed)


def _to_row(entry: LedgerEntry, at: dt.datetime) -> pl.DataFrame:
    row = {name: getattr(entry, name) for name in LedgerEntry.__slots__}
    return pl.DataFrame([{**row, "at": at, "month": f"{at:%Y-%m}"}])


def _to_entries(rows: pl.DataFrame) -> tuple[LedgerEntry, ...]:
    return tuple(
        LedgerEntry(**{name: row[name] for name in LedgerEntry.__slots__} | {"at": row["at"].isoformat()})
        for row in rows.iter_rows(named=True)
    )
