"""Remove processed files that still hold a client who was erased from their batch.

A run that died before it moved its file leaves it in `incoming/`, where an erasure does not search; the next run finds the
batch scored and moves the file to `processed/`. Its accepted rows are in the snapshot, the others in quarantine.
"""

import logging
from collections.abc import Iterable

import polars as pl

from credit_default.adapters.lake.inbox import PROCESSED
from credit_default.adapters.lake.layout import Lake
from credit_default.adapters.lake.snapshots import has_snapshot, read_snapshot
from credit_default.adapters.tables.ledger import read_entries
from credit_default.adapters.tables.queries import collect_rows, scan_table
from credit_default.gates.ledger.batch_events import Ingested
from credit_default.gates.ledger.erasure_events import ErasureBegun
from credit_default.gates.ledger.event_format import RecordedEvent, select_events

_LOG = logging.getLogger(__name__)


def remove_erased_files(lake: Lake) -> tuple[str, ...]:
    """Delete the processed files of batches that lost rows in an erasure, and return their keys; idempotent.

    A batch has lost rows where its snapshot or its quarantine has fewer than its entry in the ledger says.

    Raises:
        ServiceError: The lake cannot be read or written.
    """
    entries = read_entries(lake, events=(Ingested.name, ErasureBegun.name))
    last = max((entry.sequence for entry in entries if ErasureBegun.matches(entry)), default=0)
    earlier = [entry for entry in entries if entry.sequence < last]
    if not earlier:
        return ()
    files: dict[str, list[str]] = {}
    for stored in lake.storage.list_objects(PROCESSED):
        files.setdefault(stored.key.removeprefix(PROCESSED).partition("-")[0], []).append(
            stored.key
        )
    taken_in = [one for one in select_events(earlier, Ingested) if one.entry.batch_id in files]
    keys = [key for batch_id in _list_shortened(lake, taken_in) for key in files[batch_id]]
    for key in keys:
        lake.storage.delete_object(key)
    _LOG.info("removed processed files of erased clients count=%d", len(keys))
    return tuple(keys)


def _list_shortened(lake: Lake, taken_in: Iterable[RecordedEvent[Ingested]]) -> list[str]:
    """Return the batch_ids of those that have fewer rows now than when they were taken in."""
    batches = scan_table(lake, "quarantine").group_by("batch_id").agg(pl.len())
    quarantined = dict(collect_rows(lake, batches).iter_rows())
    return [
        one.entry.batch_id
        for one in taken_in
        if quarantined.get(one.entry.batch_id, 0) < one.event.quarantined_count
        or _count_kept(lake, one.entry.batch_id) < one.event.accepted_count
    ]


def _count_kept(lake: Lake, batch_id: str) -> int:
    return read_snapshot(lake, batch_id).row_count if has_snapshot(lake, batch_id) else 0
