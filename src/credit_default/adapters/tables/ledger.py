"""The table of the ledger: one row a decision, chained by hash and never changed.

`gates.ledger.chain` has the rules of the chain. An entry is committed only onto the version of the table whose last entry
it was chained to; a slower run reads the new last entry and tries again. So there is one chain, however many runs append to
it, and one entry for each decision, however often it is tried.
"""

import datetime as dt
import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl
import pyarrow as pa
from deltalake import DeltaTable

from credit_default.adapters.delta.commits import append_row, compact_rows
from credit_default.adapters.delta.errors import delta_errors
from credit_default.adapters.delta.retries import RetryPolicy
from credit_default.adapters.delta.table import find_delta_table, query_rows
from credit_default.adapters.lake.layout import Lake
from credit_default.adapters.tables.schemas import LEDGER, locate_table
from credit_default.errors import CreditDefaultError, ServiceError
from credit_default.gates.ledger.chain import (
    GENESIS_HASH,
    LedgerEntry,
    Scalar,
    chain_entry,
    write_details,
)

_HEAD: Final = "ledger head"  # a transaction whose version is the last entry's sequence
_LEDGER_RETRY = RetryPolicy(attempt_count=300, first_wait_seconds=0.01, longest_wait_seconds=0.5)
_DERIVED_COLUMNS: Final = ("month", "decided_at")  # both from `at`: as a partition, and as a time
_COMPACT_EVERY: Final = 50  # entries; until then each is a small file of its own

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LedgerTail:
    """The end of the ledger: an entry that was noted before, those after it, and which of their keys it had before."""

    noted: LedgerEntry
    entries: tuple[LedgerEntry, ...]
    earlier_keys: frozenset[str]


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
    """Append an entry to the end of the chain and return it.

    Where an entry has the key already, return that one. `at` has a time zone. Where the reply to
    the commit is lost, the entry is found by its key.

    Raises:
        InputError: `details` holds something other than texts, finite numbers, truth values and
            nulls.
        ServiceError: The table cannot be written to, or other runs were faster some hundreds of
            times.
    """
    utc = at.astimezone(dt.UTC)
    draft = LedgerEntry(
        sequence=0,
        at=format_utc_time(utc),
        event=event,
        key=key,
        batch_id=batch_id,
        model_version=model_version,
        details=write_details(details),
        previous_hash=GENESIS_HASH,
    )
    found = draft

    def build(delta: DeltaTable) -> tuple[pa.Table, Mapping[str, int]] | None:
        nonlocal found
        if (existing := _find_entry(lake, delta, key)) is not None:
            found = existing
            return None
        head = delta.transaction_version(_HEAD)
        found = chain_entry(draft, None if head is None else _read_entry(lake, delta, head))
        return _to_row(found, utc), {_name_transaction(key): found.sequence, _HEAD: found.sequence}

    append_row(locate_table(lake, "ledger"), build, retry=_LEDGER_RETRY)
    if found.sequence % _COMPACT_EVERY == 0:
        _compact_entries(lake)
    return found


def find_entry(lake: Lake, key: str) -> LedgerEntry | None:
    """Return the entry with this key; None where the decision is not on record."""
    table = locate_table(lake, "ledger")
    with delta_errors(table.uri):
        delta = find_delta_table(table)
        return None if delta is None else _find_entry(lake, delta, key)


def read_entries(
    lake: Lake,
    *,
    events: Collection[str] = (),
    batch_id: str | None = None,
    model_version: int | None = None,
) -> tuple[LedgerEntry, ...]:
    """Return all entries by their sequence, unchecked, or those of these events, this batch and this version alone.

    `gates.ledger.chain.judge_chain` checks the chain.
    """

    def select(table: pl.LazyFrame) -> pl.LazyFrame:
        if events:
            table = table.filter(pl.col("event").is_in(list(events)))
        if batch_id is not None:
            table = table.filter(batch_id=batch_id)
        if model_version is not None:
            table = table.filter(model_version=model_version)
        return table.select(LEDGER.names).sort("sequence")

    rows = query_rows(locate_table(lake, "ledger"), select)
    return tuple(_from_row(row) for row in rows.iter_rows(named=True))


def read_entries_after(lake: Lake, entry_hash: str) -> LedgerTail | None:
    """Return the entries after the one with this hash; None where the ledger has no such entry.

    Of the entries before it only the keys are read: one that comes again after it is named.
    """
    rows = query_rows(
        locate_table(lake, "ledger"),
        lambda table: table.filter(entry_hash=entry_hash).select(LEDGER.names).head(1),
    )
    if rows.is_empty():
        return None
    noted = _from_row(rows.row(0, named=True))
    is_new = pl.col("sequence") > noted.sequence
    later = query_rows(
        locate_table(lake, "ledger"),
        lambda table: table.filter(is_new).select(LEDGER.names).sort("sequence"),
    )
    again = query_rows(
        locate_table(lake, "ledger"),
        lambda table: table.filter(~is_new, pl.col("key").is_in(later["key"].implode())).select(
            "key"
        ),
    )
    entries = tuple(_from_row(row) for row in later.iter_rows(named=True))
    return LedgerTail(noted, entries, frozenset(again["key"]))


def list_recorded_results(lake: Lake, events: Collection[str]) -> set[tuple[str, int]]:
    """Return the batch_id and model version of every entry of these events that is about a version, unread otherwise."""
    rows = query_rows(
        locate_table(lake, "ledger"),
        lambda table: (
            table.filter(pl.col("event").is_in(list(events)), pl.col("model_version") > 0)
            .select("batch_id", "model_version")
            .unique()
        ),
    )
    return set(rows.iter_rows())


def _find_entry(lake: Lake, delta: DeltaTable, key: str) -> LedgerEntry | None:
    sequence = delta.transaction_version(_name_transaction(key))
    return None if sequence is None else _read_entry(lake, delta, sequence)


def _read_entry(lake: Lake, delta: DeltaTable, sequence: int) -> LedgerEntry:
    scanned = delta.scan(columns=LEDGER.names, predicate=f"sequence = {int(sequence)}")
    found = pl.DataFrame(pa.RecordBatchReader.from_stream(scanned).read_all())
    if found.height != 1:
        raise ServiceError(
            f"ledger {lake.table_uri('ledger')}",
            found=f"{found.height} entries numbered {sequence}",
            expected="one",
            remedy="The table was changed from outside: run `credit-default verify`.",
        )
    return _from_row(found.row(0, named=True))


def _compact_entries(lake: Lake) -> None:
    """Merge the small files of the entries.

    The last entry is committed already, so an error here is only logged: a later append tries again.
    """
    try:
        compact_rows(locate_table(lake, "ledger"), retry=RetryPolicy(attempt_count=1))
    except CreditDefaultError as error:
        _LOG.debug("ledger was not compacted, a later entry tries again: %s", error)


def _name_transaction(key: str) -> str:
    return f"ledger entry {key}"


def format_utc_time(at: dt.datetime) -> str:
    """Return the time as entries have it: ISO 8601, UTC, to the microsecond."""
    return at.astimezone(dt.UTC).isoformat(timespec="microseconds")


def _to_row(entry: LedgerEntry, at: dt.datetime) -> pa.Table:
    values = {name: getattr(entry, name) for name in LEDGER.names if name not in _DERIVED_COLUMNS}
    return pa.Table.from_pylist(
        [{**values, "decided_at": at, "month": entry.at[:7]}], schema=LEDGER
    )


def _from_row(row: Mapping[str, object]) -> LedgerEntry:
    at = row["decided_at"]
    assert isinstance(at, dt.datetime)
    values = {name: row[name] for name in LEDGER.names if name not in _DERIVED_COLUMNS}
    return LedgerEntry(at=format_utc_time(at.astimezone(dt.UTC)), **values)  # type: ignore[arg-type]
