"""A client's right to be forgotten: the rows are deleted everywhere in the lake; the ledger keeps digests and counts.

The ledger says first what is about to change and afterwards what it has become, so that `verify` can tell a client who
was forgotten from a score that somebody changed, and a second try completes one that a crash cut short.
"""

import datetime as dt
import json
from collections.abc import Collection, Iterator

import polars as pl

from credit_default.adapters.lake.inbox import PROCESSED
from credit_default.adapters.lake.snapshots import (
    Snapshot,
    delete_unreferenced_rows,
    list_snapshots,
    read_snapshot_rows,
    rewrite_snapshot,
)
from credit_default.adapters.tables.client_erasure import delete_client
from credit_default.adapters.tables.ledger import read_entries
from credit_default.adapters.tables.queries import collect_rows, scan_table
from credit_default.adapters.tables.schemas import CLIENT_TABLES
from credit_default.adapters.tables.score_digests import digest_scores
from credit_default.adapters.tables.scores import measure_scores
from credit_default.data.contract.schema import CLIENT_ID
from credit_default.errors import InputError
from credit_default.failpoints import hit_failpoint
from credit_default.gates.ledger import LedgerEntry
from credit_default.services.context.audit_log import append_ledger_entry
from credit_default.services.context.wiring import Wiring
from credit_default.views.summaries.summary import Summary

_NOT_SEARCHED_NOTE = (
    "not searched: files in incoming/ and refused/, scratch files of runs that were killed, copies handed over with "
    "--out, older versions of objects that a bucket keeps, the id's sha256 in the tables' logs, and the hashes by which "
    "a model knows the rows it was trained on; a file that is given again brings its clients back"
)


_ENDED = {"forgotten", "cut short"}


def forget_client(wiring: Wiring, client_id: str, *, forgotten_at: dt.datetime) -> Summary:
    """How many rows of the client were deleted from each table and from snapshots.

    Files in `processed/` of a batch that held the client are deleted whole: their other rows stand in the snapshot and
    in quarantine. Tables lose the versions that they had before: time travel begins anew.

    Raises:
        InputError: nothing in the lake is of that client.
    """
    lake = wiring.lake
    notes = _complete_cut_short_erasures(wiring, at=forgotten_at)
    results = sorted(_find_results(wiring, client_id))
    every = list_snapshots(lake)
    for snapshot in every:
        delete_unreferenced_rows(snapshot)
    snapshots = [snapshot for snapshot in every if _has_client_rows(snapshot, client_id)]
    if not (results or snapshots or _is_in_tables(wiring, client_id)):
        if (
            notes
        ):  # as it is when the client's own forgetting died with everything done but the record
            return Summary("forget", "nothing found of this client", notes=notes)
        raise InputError(
            f"client {client_id[:64]!r}",
            found="nowhere in the lake",
            expected="a client with rows",
            remedy="Check the id; it is matched to the letter.",
        )
    begun = f"forgetting {forgotten_at.isoformat()}"
    append_ledger_entry(
        wiring, "forgetting", key=begun, at=forgotten_at, details={"results": json.dumps(results)}
    )
    hit_failpoint("forget.begun")
    # files first: what names their batches are the rows that go next
    rejected = _find_batches(wiring, "quarantine", client_id)
    file_count = _delete_files(
        wiring, {batch for batch, _ in results} | {s.digest for s in snapshots} | rejected
    )
    hit_failpoint("forget.files")
    counts = delete_client(lake, client_id) | {"files": file_count}
    hit_failpoint("forget.tables")
    for snapshot in snapshots:
        rewrite_snapshot(
            snapshot,
            (rows.filter(pl.col(CLIENT_ID) != client_id) for rows in read_snapshot_rows(snapshot)),
        )
        counts["snapshots"] = counts.get("snapshots", 0) + 1
    hit_failpoint("forget.snapshots")
    for batch_id, version in results:
        _append_result_entry(wiring, batch_id, version, at=forgotten_at)
    hit_failpoint("forget.results")
    append_ledger_entry(
        wiring,
        "forgotten",
        key=f"forgotten {begun}",
        at=forgotten_at,
        details={"begun": begun, **counts},
    )
    hit_failpoint("forget.recorded")
    return Summary("forget", "forgotten", counts=counts, notes=(*notes, _NOT_SEARCHED_NOTE))


def _complete_cut_short_erasures(wiring: Wiring, *, at: dt.datetime) -> tuple[str, ...]:
    """One note for each forgetting that a crash cut short, after what its results have become stands on record.

    Whose it was nobody knows any more: that client is forgotten when the command is given again for that client.
    """
    unfinished = _list_unfinished(wiring)
    for batch_id, version in sorted(set(_parse_results(unfinished))):
        _append_result_entry(wiring, batch_id, version, at=at)
    for entry in unfinished:
        append_ledger_entry(
            wiring, "cut short", key=f"cut short {entry.key}", at=at, details={"begun": entry.key}
        )
    return tuple(
        f"a forgetting of {entry.at} was cut short: give it again for its client"
        for entry in unfinished
    )


def _find_results(wiring: Wiring, client_id: str) -> list[tuple[str, int]]:
    scores = scan_table(wiring.lake, "scores").filter(pl.col(CLIENT_ID) == client_id)
    return collect_rows(wiring.lake, scores.select("batch_id", "model_version").unique()).rows()


def _find_batches(wiring: Wiring, table: str, client_id: str) -> set[str]:
    rows = scan_table(wiring.lake, table).filter(pl.col(CLIENT_ID) == client_id)
    return set(collect_rows(wiring.lake, rows.select("batch_id").unique())["batch_id"])


def _is_in_tables(wiring: Wiring, client_id: str) -> bool:
    tables = (
        scan_table(wiring.lake, name).filter(pl.col(CLIENT_ID) == client_id)
        for name in CLIENT_TABLES
    )
    return any(
        not collect_rows(wiring.lake, table.select(CLIENT_ID).head(1)).is_empty()
        for table in tables
    )


def _list_unfinished(wiring: Wiring) -> tuple[LedgerEntry, ...]:
    """What was begun and never ended: whose results may be others than those on record by now."""
    entries = read_entries(wiring.lake)
    done = {json.loads(entry.details).get("begun") for entry in entries if entry.event in _ENDED}
    return tuple(
        entry for entry in entries if entry.event == "forgetting" and entry.key not in done
    )


def _parse_results(unfinished: Collection[LedgerEntry]) -> Iterator[tuple[str, int]]:
    for entry in unfinished:
        named = json.loads(json.loads(entry.details)["results"])
        yield from ((str(batch), int(version)) for batch, version in named)


def _has_client_rows(snapshot: Snapshot, client_id: str) -> bool:
    return any(
        (rows[CLIENT_ID] == client_id).any()
        for rows in read_snapshot_rows(snapshot, columns=(CLIENT_ID,))
    )


def _delete_files(wiring: Wiring, batches: Collection[str]) -> int:
    storage = wiring.lake.storage
    keys = [
        stored.key
        for batch in sorted(batches)
        for stored in storage.list_objects(f"{PROCESSED}{batch}-")
    ]
    for key in keys:
        storage.delete_object(key)
    return len(keys)


def _append_result_entry(wiring: Wiring, batch_id: str, version: int, *, at: dt.datetime) -> None:
    measured = measure_scores(wiring.lake, batch_id=batch_id, model_version=version)
    digest = digest_scores(wiring.lake, batch_id=batch_id, model_version=version)
    append_ledger_entry(
        wiring,
        "forgotten",
        key=f"forgotten {batch_id} v{version} {digest[:16]}",
        at=at,
        batch_id=batch_id,
        model_version=version,
        details={"scored_count": measured.scored_count, "scores_digest": digest},
    )
