"""Clean up after a kill or an outage: close orphaned runs, add missing records, remove leftover files.

Each function is idempotent and may run at any time, beside other commands: running it again finds nothing to do.
"""

import datetime as dt
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from credit_default.adapters.host.given_paths import resolve_folder
from credit_default.adapters.host.stale_files import find_leftovers, remove_leftover
from credit_default.adapters.lake.snapshot_parts import remove_lost_rows
from credit_default.adapters.lake.snapshots import read_snapshot
from credit_default.adapters.mlflow.datasets import DatasetRecord
from credit_default.adapters.mlflow.orphaned_runs import close_orphaned_run, find_orphaned_runs
from credit_default.adapters.mlflow.run_search import list_recorded_batches
from credit_default.adapters.tables.ledger import read_entries
from credit_default.adapters.tables.worker_files import remove_lost_part_files
from credit_default.errors import ServiceError
from credit_default.failpoints import hit_failpoint
from credit_default.gates.ledger.batch_events import Scored
from credit_default.gates.ledger.chain import LedgerEntry
from credit_default.gates.ledger.event_format import RecordedEvent, select_events
from credit_default.gates.verdict import Verdict
from credit_default.services.audit.erased_files import remove_erased_files
from credit_default.services.champion.alias_history import record_champion_change
from credit_default.services.champion.pinned_champion import MLFLOW_GATE, format_age, pin_version
from credit_default.services.champion.version_page import write_champion_pages
from credit_default.services.context.wiring import Wiring
from credit_default.services.scoring.lost_entries import enter_lost_scores
from credit_default.services.scoring.run_metadata import build_batch_tags
from credit_default.services.scoring.score_record import BatchFigures, record_scoring_run
from credit_default.views.summaries.summary import Summary

_LOG = logging.getLogger(__name__)
CLOSED_RUNS: Final = "MLflow runs closed"
ADDED_RECORDS: Final = "records added"
LEFTOVERS: Final = "leftovers removed"
REPORTS: Final = "reports drawn"
FLOW_RUNS: Final = "flow runs closed"


@dataclass(frozen=True, slots=True)
class Repairs:
    """What one function repaired."""

    counts: dict[str, int]
    notes: tuple[str, ...] = ()  # one for each thing repaired
    verdict: Verdict | None = (
        None  # where a service did not answer, so that its part is still to do
    )
    recorded: tuple[LedgerEntry, ...] = ()  # batches whose missing MLflow record was added


def remove_stale_files(wiring: Wiring, *, now: dt.datetime) -> Repairs:
    """Remove unfinished files of processes that are gone, from the lake, this machine's part of it, and the cache.

    A leftover that holds the only copy of a file is kept, with a note.
    """
    age = dt.timedelta(hours=wiring.settings.reconcile.leftover_hours)
    folders = {wiring.lake.home, resolve_folder(wiring.settings.cache, thing="setting cache")}
    folders |= set() if wiring.lake.in_bucket else {Path(wiring.lake.uri)}
    roots = [folder for folder in folders if not any(one in folder.parents for one in folders)]
    found = find_leftovers(roots, now=now, age=age)
    removed = [leftover for leftover in found if not leftover.holds_only_copy]
    for leftover in removed:
        remove_leftover(leftover)
    kept = [leftover for leftover in found if leftover.holds_only_copy]
    lost_count = remove_lost_part_files(wiring.lake, now=now, age=age)
    _LOG.info("removed leftover files count=%d kept_count=%d", len(removed), len(kept))
    notes = [f"removed {leftover.path}" for leftover in removed]
    notes += [f"kept {leftover.path}: it holds the only copy of a file" for leftover in kept]
    if lost_count:
        notes.append(f"removed {lost_count} files that the workers of a killed run left")
    row_count = remove_lost_rows(wiring.lake.storage, before=now - age)
    if row_count:
        notes.append(f"removed {row_count} files of rows that a killed run left")
    erased = remove_erased_files(wiring.lake)
    notes += [f"removed {key}: a client was erased from its batch" for key in erased]
    hit_failpoint("reconcile.cleaned")
    return Repairs({LEFTOVERS: len(removed) + lost_count + row_count + len(erased)}, tuple(notes))


def repair_records(wiring: Wiring, *, now: dt.datetime) -> Repairs:
    """Do what a kill or an outage left undone in MLflow and the ledger.

    Orphaned runs are closed, missing records of scored batches added, the champion recorded and pinned, and the pages of
    the versions written that its last change was about.

    Returns:
        What was repaired; or a verdict where MLflow does not answer.
    """
    try:
        wiring.tracking.wait_for_store(timeout_seconds=wiring.settings.mlflow.wait_seconds)
        with wiring.lake.hold_lock("reconcile"):  # a second one finds nothing left to do
            closed = tuple(_close_runs(wiring, now))
            entered = tuple(_enter_lost_scores(wiring, now))
            added = tuple(_add_missing_records(wiring, now))
            refreshed = tuple(_refresh_champion_record(wiring, now))
            write_champion_pages(wiring)
    except ServiceError as error:
        if not wiring.tracking.is_mlflow_outage(error):
            raise
        _LOG.warning("mlflow does not answer, its records are repaired at the next run")
        reason = f"does not answer ({error.found}): its part is done at the next run"
        return Repairs({}, verdict=Verdict(MLFLOW_GATE, "watch", (reason,)))
    recorded = [
        f"recorded batch {entry.batch_id}, version {entry.model_version}" for entry in added
    ]
    return Repairs(
        {CLOSED_RUNS: len(closed), ADDED_RECORDS: len(added)},
        (*closed, *entered, *recorded, *refreshed),
        recorded=added,
    )


def describe_drawing(drawn: Sequence[str], failed: Sequence[str]) -> Repairs:
    """Return what became of the reports that were owed: each line says which one was drawn, or why it was not."""
    return Repairs({REPORTS: len(drawn)}, (*drawn, *failed))


def summarise_repairs(*repairs: Repairs) -> Summary:
    """Return all repairs as one summary; its exit code is 3 when a service did not answer and work is left."""
    figures = {
        name: float(count) for part in repairs for name, count in part.counts.items() if count
    }
    verdicts = tuple(part.verdict for part in repairs if part.verdict is not None)
    notes = tuple(note for part in repairs for note in part.notes)
    status = "reconciled" if notes else "nothing to do"
    if verdicts:
        status += f"; {' and '.join(verdict.gate for verdict in verdicts)} unavailable"
    return Summary(
        "reconcile",
        status,
        exit_code=3 if verdicts else 0,
        verdicts=verdicts,
        figures=figures,
        notes=notes,
    )


def _close_runs(wiring: Wiring, now: dt.datetime) -> Iterator[str]:
    silence = dt.timedelta(seconds=wiring.settings.reconcile.silence_seconds)
    for run in find_orphaned_runs(wiring.tracking, now=now, silence=silence):
        close_orphaned_run(wiring.tracking, run, because="reconcile found its process gone")
        _LOG.info("closed orphaned mlflow run run_id=%s run_type=%s", run.run_id, run.run_type)
        age = format_age(now - run.began_at)
        yield f"closed MLflow run {run.run_id} ({run.run_type}), begun {age} ago"


def _enter_lost_scores(wiring: Wiring, now: dt.datetime) -> Iterator[str]:
    """Put scores on record whose run died before it could, unless they were committed a moment ago."""
    silence = dt.timedelta(seconds=wiring.settings.reconcile.silence_seconds)
    for entry in enter_lost_scores(wiring, before=now - silence):
        yield f"put on record: batch {entry.batch_id}, scored by version {entry.model_version}"


def _add_missing_records(wiring: Wiring, now: dt.datetime) -> Iterator[LedgerEntry]:
    """Record the batches that are in the ledger and not in MLflow, and yield their entries.

    Batches that were scored a moment ago are left to the run that scored them.
    """
    policy = wiring.settings.reconcile
    first, last = (
        now - dt.timedelta(days=policy.look_back_days),
        now - dt.timedelta(seconds=policy.silence_seconds),
    )
    scored = [
        recorded
        for recorded in select_events(read_entries(wiring.lake, events=(Scored.name,)), Scored)
        if first <= _read_time(recorded.entry) <= last
    ]
    if not scored:
        return
    known = list_recorded_batches(wiring.tracking, "predict", since=first)
    for recorded in scored:
        entry = recorded.entry
        if (entry.batch_id, str(entry.model_version)) not in known:
            _record(wiring, recorded)
            _LOG.info(
                "recorded batch in mlflow batch_id=%s model_version=%s",
                entry.batch_id,
                entry.model_version,
            )
            yield entry


def _record(wiring: Wiring, recorded: RecordedEvent[Scored]) -> None:
    entry, event = recorded.entry, recorded.event
    snapshot = read_snapshot(wiring.lake, entry.batch_id)
    origin, source = snapshot.origin, snapshot.source
    tags = build_batch_tags(
        entry.batch_id,
        entry.model_version,
        data_origin=origin.data_origin,
        git_commit=event.git_commit,
    )
    figures = BatchFigures(
        read_count=event.read_count,
        scored_count=event.scored_count,
        quarantined_count=event.quarantined_count,
        known_count=event.known_count if event.corrects else None,
        declined_share=event.declined_share,
        expected_default_share=event.expected_default_share,
        expected_losses=event.expected_losses,
    )
    record_scoring_run(
        wiring.tracking,
        DatasetRecord(
            origin.name,
            source.sha256,
            source.uri,
            "scoring",
            event.read_count,
            wiring.schema.names,
        ),
        figures,
        tags={**tags, "recorded_by": "reconcile"},
        scored_at=_read_time(entry),
    )


def _refresh_champion_record(wiring: Wiring, now: dt.datetime) -> Iterator[str]:
    """Record an unrecorded change of the champion, and pin the champion in the lake unless it was verified recently."""
    if (entry := record_champion_change(wiring)) is not None:
        _LOG.info(
            "recorded champion change model_version=%s event=%s", entry.model_version, entry.event
        )
        yield f"put on record: version {entry.model_version} {entry.event}"
    champion = wiring.registry.find_champion()
    fresh_for = dt.timedelta(hours=wiring.settings.reconcile.pin_hours)
    if champion is not None and pin_version(wiring, champion, at=now, fresh_for=fresh_for):
        _LOG.info("pinned champion model_version=%d", champion.number)
        yield f"pinned version {champion.number} in the lake, verified"


def _read_time(entry: LedgerEntry) -> dt.datetime:
    return dt.datetime.fromisoformat(entry.at)
