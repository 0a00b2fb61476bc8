"""Ingest a file: keep its accepted rows as a snapshot and the rejected ones in quarantine, and record both in the ledger.

Scoring a file keeps its rows by the same functions. Each step is idempotent, so that a run which was killed is completed by
running it again.
"""

import datetime as dt
import logging
from dataclasses import replace

from credit_default.adapters.files.reading_options import NO_OPTIONS, ReadingOptions
from credit_default.adapters.lake.snapshot_record import SnapshotOrigin
from credit_default.adapters.lake.snapshots import (
    Snapshot,
    has_snapshot,
    list_snapshots,
    write_snapshot,
    write_snapshot_of_parts,
)
from credit_default.adapters.tables.ledger import find_entry
from credit_default.adapters.tables.quarantine import commit_quarantine, write_quarantine
from credit_default.data.checking.validation import ValidationResult
from credit_default.data.contract.schema import Schema
from credit_default.errors import InputError, show_examples
from credit_default.failpoints import hit_failpoint
from credit_default.gates.ledger.batch_events import Ingested
from credit_default.services.context.audit_log import append_ledger_entry
from credit_default.services.context.erasure_lock import hold_off_erasures
from credit_default.services.context.ordered_threads import read_ahead
from credit_default.services.context.wiring import Wiring
from credit_default.services.intake.file_check import CheckedFile, check_file, judge_file
from credit_default.services.intake.kept_rows import keep_in_partitions
from credit_default.services.intake.value_notes import describe_values_read
from credit_default.services.partitions.partition_keeping import KeptRows
from credit_default.views.summaries.summary import Summary

_LOG = logging.getLogger(__name__)
_SHOWN_COUNT = 5


def ingest_file(
    wiring: Wiring,
    uri: str,
    *,
    month: str | None,
    corrects: str | None,
    kept_at: dt.datetime,
    options: ReadingOptions = NO_OPTIONS,
) -> Summary:
    """Check a file and keep its accepted rows as a snapshot, with outcomes where it has them, and the others in quarantine.

    Args:
        wiring: The lake and the portfolio.
        uri: A path or `s3://bucket/key`, of a file or of a folder of part files.
        month: "YYYY-MM" for every row, where the file has no statement_month column.
        corrects: The batch_id of the batch whose rejected rows this file corrects; None for any other file.
        kept_at: The time to put on record.
        options: How to read the file, where it does not tell by itself.

    Raises:
        InputError: The file as a whole cannot be used, or the lake's clients are of the other origin.
        RefusedError: The quality gate refused the file; nothing was kept.
    """
    checked = check_file(
        wiring, uri, month=month, outcome="kept", corrects=corrects, options=options
    )
    require_same_origin_as_lake(wiring, checked)
    verdict = judge_file(wiring, checked, judged_at=kept_at)
    known = has_snapshot(wiring.lake, checked.batch_id)
    with hold_off_erasures(wiring):
        snapshot = save_checked_file(wiring, checked, kept_at=kept_at)
    notes = [
        *describe_reading(checked, schema=wiring.schema),
        *describe_broken_rules(checked.validated),
    ]
    return Summary(
        "ingest",
        "already ingested, nothing to do" if known else "kept",
        verdicts=(verdict,),
        batch_id=checked.batch_id,
        counts=count_rows(checked, snapshot),
        months=checked.validated.month_counts,
        paths={"snapshot": snapshot.uri},
        notes=tuple(notes),
    )


def save_checked_file(wiring: Wiring, checked: CheckedFile, *, kept_at: dt.datetime) -> Snapshot:
    """Write the file's rejected rows to quarantine and its accepted rows to a snapshot, and record both.

    Running it again completes what a crash left undone, and otherwise changes nothing.
    """
    key = f"ingested {checked.batch_id}"
    is_new = find_entry(wiring.lake, key) is None
    if is_new:
        _require_new_rows(checked)
    with keep_in_partitions(wiring, checked) as kept:
        if is_new:  # otherwise a client who was erased would come back
            write_rejected_rows(wiring, checked, kept)
            hit_failpoint("ingest.quarantined")
        snapshot = write_file_snapshot(wiring, checked, kept_at=kept_at, kept=kept)
    hit_failpoint("ingest.kept")
    event = build_ingested_event(wiring.schema, checked, snapshot)
    append_ledger_entry(wiring, event, key=key, batch_id=checked.batch_id, at=kept_at)
    hit_failpoint("ingest.recorded")
    _LOG.info("kept rows batch_id=%s row_count=%d", checked.batch_id, snapshot.row_count)
    return snapshot


def build_ingested_event(schema: Schema, checked: CheckedFile, snapshot: Snapshot) -> Ingested:
    """Return what the ledger says of the file and where its rows went."""
    return Ingested(
        input_sha256=checked.source.sha256,
        object_version=checked.source.object_version,
        schema_name=schema.name,
        schema_version=schema.version,
        corrects=checked.corrects or "",
        read_count=checked.validated.row_count,
        accepted_count=snapshot.row_count,
        quarantined_count=checked.validated.rejected_count,
        known_count=count_known_rows(checked, snapshot) if checked.corrects else None,
    )


def _require_new_rows(checked: CheckedFile) -> None:
    if checked.corrects and not any(rows.height for rows in checked.accepted()):
        raise InputError(
            f"correction {checked.name}",
            found=f"no accepted row that batch {checked.corrects} does not have already",
            expected="rows that were rejected, corrected",
            remedy="See the rejected rows with `credit-default quarantine BATCH`.",
        )


def count_rows(checked: CheckedFile, snapshot: Snapshot) -> dict[str, int]:
    """Return where the file's rows went: read = accepted + quarantined (+ those that the corrected batch has already)."""
    validated = checked.validated
    known = {"in the batch already": count_known_rows(checked, snapshot)}
    return {
        "read": validated.row_count,
        "accepted": snapshot.row_count,
        "quarantined": validated.rejected_count,
        **(known if checked.corrects else {}),
    }


def count_known_rows(checked: CheckedFile, snapshot: Snapshot) -> int:
    """Return how many accepted rows of a correction the corrected batch had already: they are left as they are."""
    return checked.validated.accepted_count - snapshot.row_count


def require_same_origin_as_lake(wiring: Wiring, checked: CheckedFile) -> None:
    """Check that the file's clients and those in the lake are all real or all simulated.

    This comes before anything is kept: one snapshot of the other kind would stop every later `train --refresh`.

    Raises:
        InputError: Real and simulated clients would be mixed.
    """
    origins = {snapshot.origin.data_origin for snapshot in list_snapshots(wiring.lake)}
    if origins - {checked.data_origin}:
        raise InputError(
            f"file {checked.name}",
            found=f"{checked.data_origin} clients",
            expected=f"{origins.pop()} ones, as all others in {wiring.lake.uri}",
            remedy="Give simulated data a lake of its own with --lake.",
        )


def describe_broken_rules(validated: ValidationResult) -> tuple[str, ...]:
    """Return a line that names the rules that most rows broke, with their counts; none when no row broke any."""
    worst = sorted(validated.rule_counts.items(), key=lambda item: (-item[1], item[0]))
    if not worst:
        return ()
    rules = ", ".join(f"{rule} ({count:,})" for rule, count in worst[:_SHOWN_COUNT])
    more = f" and {len(worst) - _SHOWN_COUNT} more rules" if worst[_SHOWN_COUNT:] else ""
    return (f"rows in quarantine broke {rules}{more}",)


def describe_reading(checked: CheckedFile, *, schema: Schema) -> tuple[str, ...]:
    """Return lines on how the file and its values were read, and one that names the columns that were not."""
    values = describe_values_read(checked.validated, schema=schema)
    if not checked.unknown_columns:
        return (*checked.notes, *values)
    names = show_examples(checked.unknown_columns)
    unread = f"columns that the schema does not know were not read: {names}"
    return (*checked.notes, unread, *values)


def write_file_snapshot(
    wiring: Wiring, checked: CheckedFile, *, kept_at: dt.datetime, kept: KeptRows | None = None
) -> Snapshot:
    """Write the file's accepted rows as the snapshot of its batch_id, unless it is there already.

    `kept` is what workers wrote already; None where this process writes the rows itself.
    """
    origin = SnapshotOrigin(
        source=replace(checked.source, row_count=checked.validated.row_count),
        name=checked.name,
        schema_name=wiring.schema.name,
        schema_version=wiring.schema.version,
        data_origin=checked.data_origin,
        kept_at=kept_at,
        corrects=checked.corrects,
    )
    digest = checked.batch_id
    if kept is not None and kept.rows:
        return write_snapshot_of_parts(wiring.lake, kept.rows, digest=digest, origin=origin)
    rows = read_ahead(checked.accepted(), jobs=wiring.settings.jobs)
    return write_snapshot(wiring.lake, rows, digest=digest, origin=origin)


def write_rejected_rows(wiring: Wiring, checked: CheckedFile, kept: KeptRows | None = None) -> None:
    """Write the file's rejected rows to the quarantine table, each with the rules that it broke; idempotent.

    `kept` is as of `write_file_snapshot`.
    """
    if kept is not None and kept.rejected:
        commit_quarantine(wiring.lake, kept.rejected, batch_id=checked.batch_id)
    elif checked.validated.rejected_count:
        write_quarantine(
            wiring.lake,
            lambda: (batch.rejected for batch in checked.batches()),
            batch_id=checked.batch_id,
        )
