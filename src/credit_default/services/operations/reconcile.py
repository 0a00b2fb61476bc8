"""After a kill or an outage: what was left open is closed, what is owed is recorded, what lies about is removed.

Each act can be done again at any time, beside commands that run: it finds nothing left to do, and starts nothing.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from credit_default.adapters.host.stale_files import find_leftovers, remove_leftover
from credit_default.adapters.lake.snapshots import read_snapshot
from credit_default.adapters.mlflow.orphaned_runs import close_orphaned_run, find_orphaned_runs
from credit_default.adapters.mlflow.run_search import list_recorded_batches
from credit_default.adapters.mlflow.tracking import DatasetRecord
from credit_default.adapters.tables.ledger import read_entries
from credit_default.errors import ServiceError
from credit_default.gates.ledger.batch_events import Scored
from credit_default.gates.ledger.chain import LedgerEntry
from credit_default.gates.ledger.event_format import RecordedEvent, select_events
from credit_default.gates.verdict import Verdict
from credit_default.services.champion.alias_history import record_champion_change
from credit_default.services.champion.pinned_champion import MLFLOW_GATE, format_age, pin_version
from credit_default.services.context.wiring import Wiring
from credit_default.services.scoring.run_metadata import build_batch_tags
from credit_default.services.scoring.score_record import BatchFigures, record_scoring_run
from credit_default.views.summaries.summary import Summary

CLOSED_RUNS, OWED_RECORDS, LEFTOVERS, FLOW_RUNS = (
    "MLflow runs closed",
    "records added",
    "leftovers removed",
    "flow runs closed",
)


@dataclass(frozen=True, slots=True)
class Repairs:
    """What one act mended, in words, one a thing; `verdict` where it could not do its part."""

    counts: dict[str, int]
    notes: tuple[str, ...] = ()
    verdict: Verdict | None = None
    recorded: tuple[LedgerEntry, ...] = ()  # batches whose record in MLflow was owed


def remove_stale_files(wiring: Wiring, *, now: dt.datetime) -> Repairs:
    """What dead processes had on its way is gone, in the lake, beside it and in the cache; an only copy stays."""
    age = dt.timedelta(hours=wiring.settings.reconcile.leftover_hours)
    places = {wiring.lake.home, Path(wiring.settings.cache).expanduser().absolute()}
    places |= set() if wiring.lake.in_bucket else {Path(wiring.lake.uri)}
    roots = [place for place in places if not any(other in place.parents for other in places)]
    found = find_leftovers(roots, now=now, age=age)
    removed = [leftover for leftover in found if not leftover.holds_only_copy]
    for leftover in removed:
        remove_leftover(leftover)
    kept = [
        f"kept {left.path}: it holds the only copy of a file"
        for left in found
        if left.holds_only_copy
    ]
    return Repairs(
        {LEFTOVERS: len(removed)}, (*(f"removed {left.path}" for left in removed), *kept)
    )


def repair_records(wiring: Wiring, *, now: dt.datetime) -> Repairs:
    """What a kill or an outage left undone in MLflow is done; a verdict says so where MLflow is still away."""
    try:
        wiring.tracking.wait(timeout_seconds=wiring.settings.mlflow.wait_seconds)
        with wiring.lake.hold_lock(
            "reconcile"
        ):  # of two at once the second finds nothing left to do
            closed = tuple(_close_runs(wiring, now))
            owed = tuple(_record_owed(wiring, now))
            seat = tuple(_refresh_champion_record(wiring, now))
    except ServiceError as error:
        if not wiring.tracking.is_away(error):
            raise
        return Repairs(
            {},
            verdict=Verdict(
                MLFLOW_GATE, "watch", (f"away ({error.found}): its part is done at the next run",)
            ),
        )
    notes = (
        *closed,
        *(f"recorded batch {entry.batch_id}, version {entry.model_version}" for entry in owed),
        *seat,
    )
    return Repairs({CLOSED_RUNS: len(closed), OWED_RECORDS: len(owed)}, notes, recorded=owed)


def summarise_repairs(*mended: Repairs) -> Summary:
    """All that was mended; exit code 3 where a service kept some of it from being done."""
    figures = {
        name: float(count) for part in mended for name, count in part.counts.items() if count
    }
    verdicts = tuple(part.verdict for part in mended if part.verdict is not None)
    notes = tuple(note for part in mended for note in part.notes)
    done = "reconciled" if notes else "nothing to do"
    status = (
        f"{done}; {' and '.join(verdict.gate for verdict in verdicts)} away" if verdicts else done
    )
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
        yield f"closed MLflow run {run.run_id} ({run.act}), begun {format_age(now - run.began_at)} ago"


def _record_owed(wiring: Wiring, now: dt.datetime) -> Iterator[LedgerEntry]:
    """Batches that the ledger has and MLflow has not, recorded; those of a moment ago are their own runner's to record."""
    policy = wiring.settings.reconcile
    first, last = (
        now - dt.timedelta(days=policy.look_back_days),
        now - dt.timedelta(seconds=policy.silence_seconds),
    )
    scored = [
        recorded
        for recorded in select_events(read_entries(wiring.lake), Scored)
        if first <= _read_time(recorded.entry) <= last
    ]
    if not scored:
        return
    known = list_recorded_batches(wiring.tracking, "predict", since=first)
    for recorded in scored:
        entry = recorded.entry
        if (entry.batch_id, str(entry.model_version)) not in known:
            _record(wiring, recorded)
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
    """Who has the seat is on record and pinned in the lake, verified not long ago."""
    if (entry := record_champion_change(wiring)) is not None:
        yield f"put on record: version {entry.model_version} {entry.event}"
    champion = wiring.registry.find_champion()
    fresh_for = dt.timedelta(hours=wiring.settings.reconcile.pin_hours)
    if champion is not None and pin_version(wiring, champion, at=now, fresh_for=fresh_for):
        yield f"pinned version {champion.number} in the lake, verified"


def _read_time(entry: LedgerEntry) -> dt.datetime:
    return dt.datetime.fromisoformat(entry.at)
