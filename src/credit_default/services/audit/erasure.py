"""Erase a client from the lake (command `forget`).

Every row of the client is deleted; the ledger keeps digests and counts. The ledger gets an entry before anything is deleted
and others when it is done. So `verify` can distinguish scores that an erasure changed from scores that were tampered with,
and an erasure that was cut short is found and completed when the command is run again.
"""

import datetime as dt
import logging
from collections.abc import Collection, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Final

import polars as pl

from credit_default.adapters.lake.inbox import PROCESSED
from credit_default.adapters.lake.layout import Lake
from credit_default.adapters.lake.snapshots import (
    Snapshot,
    delete_unreferenced_rows,
    list_snapshots,
    read_snapshot_rows,
    rewrite_snapshot,
)
from credit_default.adapters.tables.client_erasure import delete_client
from credit_default.adapters.tables.overrides import read_overrides
from credit_default.adapters.tables.queries import collect_rows, scan_table
from credit_default.adapters.tables.schemas import CLIENT_TABLES
from credit_default.data.checking.id_conversion import read_client_id
from credit_default.data.contract.schema import CLIENT_ID
from credit_default.errors import InputError
from credit_default.failpoints import hit_failpoint
from credit_default.gates.ledger.erasure_events import ErasureBegun, ErasureCompleted
from credit_default.services.audit.cut_short import (
    append_erased_scores,
    complete_cut_short_erasures,
)
from credit_default.services.context.audit_log import append_ledger_entry
from credit_default.services.context.erasure_lock import lock_for_erasure
from credit_default.services.context.wiring import Wiring
from credit_default.views.summaries.summary import Summary

_NOT_SEARCHED_NOTE: Final = (
    "not searched: files in incoming/ and refused/, scratch files of runs that were killed, copies handed over with "
    "--out, older versions of objects that a bucket keeps, the id's sha256 in the tables' logs, and the hashes by which "
    "a model knows the rows it was trained on; a file that is given again brings its clients back"
)

# Read of a client's rows in each table, besides the id.
_TRACED_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    **dict.fromkeys(CLIENT_TABLES, ()),
    "scores": ("batch_id", "model_version"),
    "quarantine": ("batch_id",),
}

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _ClientTraces:
    """Where the lake has rows of a client, and under which spellings of the id."""

    spellings: frozenset[str]
    results: tuple[tuple[str, int], ...]  # batch_id and model version of each scoring
    snapshots: tuple[Snapshot, ...]
    rejected_batches: frozenset[str]  # batch_ids with rejected rows of the client
    in_tables: bool

    @property
    def batches(self) -> set[str]:
        """The batch_ids whose files hold the client."""
        scored = {batch_id for batch_id, _ in self.results}
        return scored | {snapshot.digest for snapshot in self.snapshots} | self.rejected_batches

    def __bool__(self) -> bool:
        return bool(self.results or self.snapshots or self.in_tables)


def forget_client(wiring: Wiring, client_id: str, *, forgotten_at: dt.datetime) -> Summary:
    """Erase the client's rows from all tables and snapshots; return how many were deleted from each.

    Files in `processed/` of a batch that held the client are deleted whole: their other rows are in
    the snapshot and in quarantine. The tables lose their earlier versions, so that time travel
    starts anew. It waits until no run on this machine is at work on a file.

    Raises:
        InputError: The lake has no row of that client.
    """
    lake = wiring.lake
    # Nobody is at work in an empty folder, as each run begins with its lock, and a refusal is to leave no file there.
    is_empty = not lake.in_bucket and not any(lake.home.iterdir())
    with nullcontext() if is_empty else lock_for_erasure(wiring):
        return _forget(wiring, client_id, forgotten_at=forgotten_at)


def _forget(wiring: Wiring, client_id: str, *, forgotten_at: dt.datetime) -> Summary:
    notes = complete_cut_short_erasures(wiring, at=forgotten_at)
    hit_failpoint("forget.completed-earlier")
    traces = _find_traces(wiring.lake, client_id)
    if not traces:
        if notes:  # an erasure of this client may have been complete except for its last entry
            return Summary("forget", "nothing found of this client", notes=notes)
        raise InputError(
            f"client {client_id[:64]!r}",
            found="nowhere in the lake",
            expected="a client with rows",
            remedy="Check the id; it is matched to the letter, but for a decimal point and zeros.",
        )
    begun = f"{ErasureBegun.name} {forgotten_at.isoformat()}"
    event = ErasureBegun.of_results(
        traces.results, overrides=_list_overrides(wiring.lake, traces.spellings)
    )
    append_ledger_entry(wiring, event, key=begun, at=forgotten_at)
    hit_failpoint("forget.begun")
    counts = _erase_rows(wiring.lake, traces, is_client=_matches_client(client_id))
    for batch_id, version in traces.results:
        append_erased_scores(wiring, batch_id, version, at=forgotten_at)
    hit_failpoint("forget.results")
    append_ledger_entry(
        wiring,
        ErasureCompleted(begun=begun, counts=counts),
        key=f"{ErasureCompleted.name} {begun}",
        at=forgotten_at,
    )
    hit_failpoint("forget.recorded")
    _LOG.info(
        "erased client row_count=%d result_count=%d", sum(counts.values()), len(traces.results)
    )
    return Summary("forget", "forgotten", counts=counts, notes=(*notes, _NOT_SEARCHED_NOTE))


def _find_traces(lake: Lake, client_id: str) -> _ClientTraces:
    every = list_snapshots(lake)
    for snapshot in every:
        delete_unreferenced_rows(snapshot)
    is_client = _matches_client(client_id)
    held = [snapshot for snapshot in every if _has_client_rows(snapshot, is_client)]
    rows = {
        name: collect_rows(
            lake, scan_table(lake, name).filter(is_client).select(CLIENT_ID, *columns).unique()
        )
        for name, columns in _TRACED_COLUMNS.items()
    }
    found = pl.concat([frame.select(CLIENT_ID) for frame in rows.values()])[CLIENT_ID]
    return _ClientTraces(
        frozenset({client_id, read_client_id(client_id), *found}),
        tuple(rows["scores"].select("batch_id", "model_version").unique().sort(pl.all()).rows()),
        tuple(held),
        frozenset(rows["quarantine"]["batch_id"]),
        in_tables=any(not frame.is_empty() for frame in rows.values()),
    )


def _list_overrides(lake: Lake, spellings: Collection[str]) -> tuple[str, ...]:
    """Return the digests of the overrides of the client."""
    return tuple(one.compute_digest() for one in read_overrides(lake) if one.client_id in spellings)


def _matches_client(client_id: str) -> pl.Expr:
    """Return an expression that is true for rows of the client, however its id was written.

    Lakes may hold "20001.0" for client 20001: among rejected rows, and from before such ids were
    read as numbers.
    """
    meant = read_client_id(client_id)
    is_meant = pl.col(CLIENT_ID).is_in([client_id, meant])
    if not meant.isdecimal():
        return is_meant
    return is_meant | pl.col(CLIENT_ID).str.contains(rf"\A{meant}\.0+\z")


def _erase_rows(lake: Lake, traces: _ClientTraces, *, is_client: pl.Expr) -> dict[str, int]:
    """Delete the files, then the rows of the tables that name their batches, then the rows of snapshots; count each."""
    file_count = _delete_files(lake, traces.batches)
    hit_failpoint("forget.files")
    counts = delete_client(lake, traces.spellings) | {"files": file_count}
    hit_failpoint("forget.tables")
    for snapshot in traces.snapshots:
        rewrite_snapshot(
            snapshot, (rows.filter(~is_client) for rows in read_snapshot_rows(snapshot))
        )
        counts["snapshots"] = counts.get("snapshots", 0) + 1
    hit_failpoint("forget.snapshots")
    return counts


def _has_client_rows(snapshot: Snapshot, is_client: pl.Expr) -> bool:
    return any(
        rows.select(is_client.any()).item()
        for rows in read_snapshot_rows(snapshot, columns=(CLIENT_ID,))
    )


def _delete_files(lake: Lake, batches: Collection[str]) -> int:
    """Delete the processed files of these batches; return how many there were."""
    keys = [
        stored.key
        for batch in sorted(batches)
        for stored in lake.storage.list_objects(f"{PROCESSED}{batch}-")
    ]
    for key in keys:
        lake.storage.delete_object(key)
    return len(keys)
