"""What a file holds is kept: its accepted rows as a snapshot, the rejected ones in quarantine, both on record."""

import datetime as dt
from dataclasses import replace

from credit_default.adapters.lake.snapshots import (
    Snapshot,
    SnapshotOrigin,
    has_snapshot,
    list_snapshots,
    write_snapshot,
)
from credit_default.adapters.tables.ledger import find_entry
from credit_default.adapters.tables.quarantine import write_quarantine
from credit_default.data.checking.validation import ValidationResult
from credit_default.errors import InputError, show_examples
from credit_default.failpoints import hit_failpoint
from credit_default.gates.ledger.batch_events import Ingested
from credit_default.services.context.audit_log import append_ledger_entry
from credit_default.services.context.wiring import Wiring
from credit_default.services.intake.file_check import CheckedFile, check_file, judge_file
from credit_default.views.summaries.summary import Summary

SHOWN = 5


def ingest_file(
    wiring: Wiring, uri: str, *, month: str | None, corrects: str | None, kept_at: dt.datetime
) -> Summary:
    """What was kept: the accepted rows as a snapshot, outcomes included where there are any, the rejected in quarantine.

    Raises:
        InputError: the file as a whole is not what it should be, or the lake's clients are of the other origin.
        RefusedError: the quality gate refused it; nothing was kept.
    """
    checked = check_file(wiring, uri, month=month, outcome="kept", corrects=corrects)
    require_same_origin_as_lake(wiring, checked)
    verdict = judge_file(wiring, checked, judged_at=kept_at)
    known = has_snapshot(wiring.lake, checked.batch_id)
    snapshot = save_checked_file(wiring, checked, kept_at=kept_at)
    notes = [*describe_unknown_columns(checked), *describe_broken_rules(checked.validated)]
    return Summary(
        "ingest",
        "known already, nothing done" if known else "kept",
        verdicts=(verdict,),
        batch_id=checked.batch_id,
        counts=count_rows(checked, snapshot),
        paths={"snapshot": snapshot.uri},
        notes=tuple(notes),
    )


def save_checked_file(wiring: Wiring, checked: CheckedFile, *, kept_at: dt.datetime) -> Snapshot:
    """The snapshot of the file's accepted rows, after its rejected ones stand in quarantine and both on record.

    Doing it again, whole or after a crash, completes it and changes nothing.
    """
    key = f"ingested {checked.batch_id}"
    if (
        find_entry(wiring.lake, key) is None
    ):  # else a client who was forgotten since would come back
        _require_new_rows(checked)
        write_rejected_rows(wiring, checked)
        hit_failpoint("ingest.quarantined")
    snapshot = write_file_snapshot(wiring, checked, kept_at=kept_at)
    hit_failpoint("ingest.kept")
    append_ledger_entry(
        wiring,
        Ingested(
            input_sha256=checked.source.sha256,
            object_version=checked.source.object_version,
            schema_name=wiring.schema.name,
            schema_version=wiring.schema.version,
            corrects=checked.corrects or "",
            read_count=checked.validated.row_count,
            accepted_count=snapshot.row_count,
            quarantined_count=checked.validated.rejected_count,
            known_count=count_known_rows(checked, snapshot) if checked.corrects else None,
        ),
        key=key,
        batch_id=checked.batch_id,
        at=kept_at,
    )
    hit_failpoint("ingest.recorded")
    return snapshot


def _require_new_rows(checked: CheckedFile) -> None:
    if checked.corrects and not any(rows.height for rows in checked.accepted()):
        raise InputError(
            f"correction {checked.name}",
            found=f"no accepted row that batch {checked.corrects} does not have already",
            expected="rows that were rejected, corrected",
            remedy="See them with `credit-default quarantine BATCH`.",
        )


def count_rows(checked: CheckedFile, snapshot: Snapshot) -> dict[str, int]:
    """Where the file's rows went: read = accepted + quarantined, + known to the corrected batch already."""
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
    """Nothing; returns when the file's clients and those that the lake keeps are all real or all simulated.

    Asked before anything is kept: one snapshot of the other kind would stop every later `train --refresh`.

    Raises:
        InputError: they are not.
    """
    origins = {snapshot.origin.data_origin for snapshot in list_snapshots(wiring.lake)}
    if origins - {checked.data_origin}:
        raise InputError(
            f"file {checked.name}",
            found=f"{checked.data_origin} clients",
            expected=f"{origins.pop()} ones, as all others in {wiring.lake.uri}",
            remedy="Give simulated data a lake of their own with --lake.",
        )


def describe_broken_rules(validated: ValidationResult) -> tuple[str, ...]:
    """One line that names the rules most rows broke, with their counts; none when no row broke any."""
    worst = sorted(validated.rule_counts.items(), key=lambda item: (-item[1], item[0]))
    if not worst:
        return ()
    told = ", ".join(f"{rule} ({count:,})" for rule, count in worst[:SHOWN])
    return (
        f"rows in quarantine broke {told}"
        + (f" and {len(worst) - SHOWN} more rules" if worst[SHOWN:] else ""),
    )


def describe_unknown_columns(checked: CheckedFile) -> tuple[str, ...]:
    """One line that names the columns nobody reads; none when there are none."""
    if not checked.unknown_columns:
        return ()
    return (
        f"columns that the schema does not know were not read: {show_examples(checked.unknown_columns)}",
    )


def write_file_snapshot(wiring: Wiring, checked: CheckedFile, *, kept_at: dt.datetime) -> Snapshot:
    """The file's accepted rows at rest in the lake, under its batch_id; the same file twice is one snapshot."""
    origin = SnapshotOrigin(
        source=replace(checked.source, row_count=checked.validated.row_count),
        name=checked.name,
        schema_name=wiring.schema.name,
        schema_version=wiring.schema.version,
        data_origin=checked.data_origin,
        kept_at=kept_at,
        corrects=checked.corrects,
    )
    return write_snapshot(wiring.lake, checked.accepted(), digest=checked.batch_id, origin=origin)


def write_rejected_rows(wiring: Wiring, checked: CheckedFile) -> None:
    """Nothing; the file's rejected rows stand in the quarantine table, each with the rules it broke."""
    if checked.validated.rejected_count:
        write_quarantine(
            wiring.lake,
            lambda: (batch.rejected for batch in checked.batches()),
            batch_id=checked.batch_id,
        )
