"""Grow a lake with a champion to thousands of batches and a hundred thousand ledger entries, in about a minute.

Everything is written through the tables' own schemas and in the form that scoring and monitoring leave: for each batch a
snapshot, its scores, a verdict of each gate, and its entries in the ledger, chained to those that are there. The newest
batches are written as a live lake has them, in files and commits of their own; older ones in commits of a thousand, each
with the transactions that single commits would have left.
"""

import datetime as dt
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Transaction
from room_pages import NOON, build_scores, build_verdicts

from credit_default.adapters.delta.part_files import PartFileWriter, _build_action
from credit_default.adapters.delta.table import open_or_create_delta_table
from credit_default.adapters.lake.layout import Lake
from credit_default.adapters.lake.snapshot_record import write_record
from credit_default.adapters.lake.snapshots import list_snapshot_parts, list_snapshots
from credit_default.adapters.tables.ledger import read_entries
from credit_default.adapters.tables.schemas import LEDGER, locate_table
from credit_default.adapters.tables.score_digests import digest_frames
from credit_default.adapters.tables.scores import build_scores_key
from credit_default.data.months import add_months
from credit_default.gates.ledger.batch_events import Ingested, MonitorAlarmed, Scored
from credit_default.gates.ledger.chain import LedgerEntry, chain_entry, write_details
from credit_default.gates.ledger.event_format import select_events, write_event

CHUNK = 1_000
BATCHES_A_MONTH = 100


@dataclass(frozen=True, slots=True)
class Growth:
    """How many batches and ledger entries are added, and how many of the batches have files of their own."""

    batch_count: int
    entry_count: int
    apart_count: int = 0


def grow_lake(lake: Lake, growth: Growth) -> None:
    """Add the batches to a lake that has scored at least one."""
    scored = next(select_events(reversed(read_entries(lake)), Scored))
    version, first_month = scored.entry.model_version, find_first_month(lake)
    months = -(-growth.batch_count // BATCHES_A_MONTH)
    batches = [
        (number, add_months(first_month, number // BATCHES_A_MONTH - months), version)
        for number in range(growth.batch_count)
    ]
    split = growth.batch_count - growth.apart_count
    parts = [batches[place : min(place + CHUNK, split)] for place in range(0, split, CHUNK)]
    for part in parts + [[batch] for batch in batches[split:]]:
        add_scores(lake, part)
        add_verdicts(lake, part)
    copy_snapshots(lake, batches)
    copy_profiles(lake, batches)
    entries = chain_entries(lake, batches, scored.event, count=growth.entry_count)
    add_entries(lake, entries)


def find_first_month(lake: Lake) -> str:
    """Return the oldest statement month that the lake has scores of."""
    files = pa.table(open_or_create_delta_table(locate_table(lake, "scores")).get_add_actions())
    return str(min(value["statement_month"] for value in files["partition"].to_pylist()))


def add_scores(lake: Lake, batches: Sequence[tuple[int, str, int]]) -> None:
    """Commit the scores of these batches, with the key of each."""
    frame = pl.concat([build_scores(*batch) for batch in batches])
    keys = {build_scores_key(f"{number:016x}", version): 1 for number, _, version in batches}
    commit(lake, "scores", frame, keys)


def add_verdicts(lake: Lake, batches: Sequence[tuple[int, str, int]]) -> None:
    """Commit the verdicts on these batches: one commit for each gate where it is one batch."""
    frame = pl.concat([build_verdicts(*batch) for batch in batches])
    frames = frame.partition_by("gate") if len(batches) == 1 else [frame]
    for rows in frames:
        keys = {
            f"replaced: batch_id = '{batch}' AND model_version = {version} AND gate = '{gate}'": 1
            for batch, version, gate in rows.select("batch_id", "model_version", "gate").rows()
        }
        commit(lake, "monitoring", rows, keys)


def copy_snapshots(lake: Lake, batches: Sequence[tuple[int, str, int]]) -> None:
    """Give each batch a snapshot: a link to the rows of the smallest one, and a record of its own."""
    model = min(list_snapshots(lake), key=lambda snapshot: snapshot.row_count)
    rows = Path(lake.uri) / list_snapshot_parts(model)[0].key
    for number, _, _ in batches:
        batch = f"{number:016x}"
        folder = Path(lake.uri) / "snapshots" / batch
        folder.mkdir(exist_ok=True)
        os.link(rows, folder / rows.name)
        origin = replace(model.origin, name=f"{number}.csv", kept_at=NOON)
        record = write_record(origin, model.row_count, f"snapshots/{batch}/{rows.name}")
        (folder / "snapshot.json").write_bytes(record)


def copy_profiles(lake: Lake, batches: Sequence[tuple[int, str, int]]) -> None:
    """Give each batch the profile of one that was monitored, where there is one."""
    reports = Path(lake.uri) / "reports"
    found = next(reports.glob("*/v*/profile.json"), None)
    if found is None:
        return
    for number, _, version in batches:
        folder = reports / f"{number:016x}" / f"v{version}"
        folder.mkdir(parents=True, exist_ok=True)
        os.link(found, folder / found.name)


def chain_entries(
    lake: Lake, batches: Sequence[tuple[int, str, int]], scored: Scored, *, count: int
) -> list[LedgerEntry]:
    """Return so many entries, chained to the last one that is there: two a batch, the others alarms of monitors."""
    found: list[LedgerEntry] = []
    last = read_entries(lake)[-1]
    for draft in list_drafts(batches, scored, alarm_count=count // max(len(batches), 1) - 2):
        last = chain_entry(draft, last)
        found.append(last)
    return found


def list_drafts(
    batches: Sequence[tuple[int, str, int]], scored: Scored, *, alarm_count: int
) -> Iterator[LedgerEntry]:
    """Yield the entries of each batch, not yet chained."""
    for number, month, version in batches:
        batch = f"{number:016x}"
        digest = digest_frames([build_scores(number, month, version)])
        ingested = Ingested(
            input_sha256=scored.input_sha256,
            object_version=None,
            schema_name=scored.schema_name,
            schema_version=scored.schema_version,
            corrects="",
            read_count=5,
            accepted_count=5,
            quarantined_count=0,
        )
        event = replace(scored, scores_digest=digest)  # as many rows as are usual here
        at = NOON + dt.timedelta(minutes=number)
        yield draft_entry(ingested, f"ingested {batch}", at, batch, 0)
        yield draft_entry(event, f"scored {batch} v{version}", at, batch, version)
        for place in range(alarm_count):
            alarmed = MonitorAlarmed(gate="drift", figures={"drifted_count": float(place)})
            key = f"alarmed drift {batch} v{version} {place}"
            yield draft_entry(alarmed, key, at, batch, version)


def draft_entry(event: Any, key: str, at: dt.datetime, batch: str, version: int) -> LedgerEntry:
    """Return the entry of an event, before it has a place in the chain."""
    moment = at.isoformat(timespec="microseconds")
    details = write_details(write_event(event))
    return LedgerEntry(0, moment, event.name, key, batch, version, details, "")


def add_entries(lake: Lake, entries: Sequence[LedgerEntry]) -> None:
    """Commit the entries in chunks, with the transactions by which they are found."""
    for place in range(0, len(entries), 10 * CHUNK):
        part = entries[place : place + 10 * CHUNK]
        rows = [
            {name: getattr(entry, name, None) for name in LEDGER.names}
            | {"decided_at": dt.datetime.fromisoformat(entry.at), "month": entry.at[:7]}
            for entry in part
        ]
        frame = pl.DataFrame(pa.Table.from_pylist(rows, schema=LEDGER))
        keys = {f"ledger entry {entry.key}": entry.sequence for entry in part}
        commit(lake, "ledger", frame, keys | {"ledger head": part[-1].sequence})


def commit(lake: Lake, name: str, frame: pl.DataFrame, keys: dict[str, int]) -> None:
    """Append the rows in one commit, a file a month, with these transactions."""
    table = locate_table(lake, name)
    delta = open_or_create_delta_table(table)
    with lake.scratch() as folder:
        writer = PartFileWriter(table, folder, name=f"{name}-{delta.version() + 1}")
        writer.write(frame)

        def store(target: str, path: Path) -> None:
            place = Path(table.uri) / target
            place.parent.mkdir(parents=True, exist_ok=True)
            path.replace(place)

        parts = writer.store(store)
    delta.create_write_transaction(
        [_build_action(table, part) for part in parts],
        "append",
        delta.schema(),
        [table.partition_by],
        commit_properties=CommitProperties(
            app_transactions=[Transaction(key, number) for key, number in keys.items()]
        ),
    )


def checkpoint(lake: Lake) -> None:
    """Write a checkpoint of each table, as a live lake has had one a moment ago."""
    for name in ("scores", "monitoring", "ledger"):
        DeltaTable(locate_table(lake, name).uri).create_checkpoint()
