"""A file is read, checked and judged, and what it holds is kept: the door of the house."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from credit_default.adapters.files import Source, read_batches, read_header, read_source
from credit_default.adapters.lake_tables import write_quarantine
from credit_default.adapters.snapshots import Snapshot, list_snapshots, write_snapshot
from credit_default.data.validation import OutcomeUse, Validated, check
from credit_default.errors import InputError, RefusedError, show_examples
from credit_default.gates.quality import judge_quality
from credit_default.gates.verdict import Verdict
from credit_default.services.origin import find_origin
from credit_default.services.wiring import Wiring
from credit_default.views.summary import Summary

SHOWN = 5


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """A file of statements as the contract sees it. `batch_id` names its content, `name` is what people call it."""

    source: Source
    name: str
    batch_id: str
    validated: Validated
    data_origin: str  # "real" or "simulated"
    unknown_columns: tuple[str, ...]  # what the file has besides; it is not read


def check_file(wiring: Wiring, path: str, *, month: str | None, outcome: OutcomeUse) -> CheckedFile:
    """The file, read once and every row of it judged by the schema; nothing is written.

    Raises:
        InputError: the file as a whole is not what it should be.
    """
    schema = wiring.schema
    source = read_source(Path(path))
    header = read_header(Path(path), schema=schema, month=month)
    validated = check(lambda: read_batches(Path(path), schema=schema, month=month), schema=schema, outcome=outcome)
    # Rows checked with their outcomes are other rows than those scored without: each use has a batch of its own.
    use = f" outcome {outcome}" if validated.has_outcome and outcome != "ignored" else ""
    name = hashlib.sha256(f"{source.sha256} {schema.name} {schema.version} {month or ''}{use}".encode()).hexdigest()
    return CheckedFile(source, Path(path).name, name[:16], validated, find_origin(validated), header.extra)


def judge_file(wiring: Wiring, checked: CheckedFile) -> Verdict:
    """The quality gate's verdict on the file as a whole.

    Raises:
        RefusedError: the gate refused; nothing of the file was kept.
    """
    validated = checked.validated
    verdict = judge_quality(
        row_count=validated.row_count, rejected_count=validated.rejected_count, rule_counts=validated.rule_counts,
        policy=wiring.settings.quality,
    )  # fmt: skip
    if not verdict.passed:
        raise RefusedError(
            f"batch {checked.name} ({checked.batch_id})", found="; ".join(verdict.reasons),
            expected="a file that passes the quality gate",
            remedy="Correct the rows or the file and run again; nothing was written.",
        )  # fmt: skip
    return verdict


def ingest_file(wiring: Wiring, path: str, *, month: str | None) -> Summary:
    """What was kept: the accepted rows as a snapshot, outcomes included where there are any, the rejected in quarantine.

    Raises:
        InputError: the file as a whole is not what it should be, or the lake's clients are of the other origin.
        RefusedError: the quality gate refused it; nothing was kept.
    """
    checked = check_file(wiring, path, month=month, outcome="kept")
    refuse_other_origin(wiring, checked)
    verdict = judge_file(wiring, checked)
    snapshot = keep_snapshot(wiring, checked)
    keep_quarantine(wiring, checked)
    validated = checked.validated
    notes = [*tell_unknown_columns(checked), *tell_broken_rules(validated)]
    return Summary(
        "ingest", "kept", verdicts=(verdict,), batch_id=checked.batch_id,
        counts={"read": validated.row_count, "accepted": validated.accepted_count,
                "quarantined": validated.rejected_count},
        paths={"snapshot": str(snapshot.folder)}, notes=tuple(notes),
    )  # fmt: skip


def refuse_other_origin(wiring: Wiring, checked: CheckedFile) -> None:
    """Nothing; returns when the file's clients and those that the lake keeps are all real or all simulated.

    Asked before anything is kept: one snapshot of the other kind would stop every later `train --refresh`.

    Raises:
        InputError: they are not.
    """
    origins = {snapshot.data_origin for snapshot in list_snapshots(wiring.lake)}
    if origins - {checked.data_origin}:
        raise InputError(
            f"file {checked.name}", found=f"{checked.data_origin} clients",
            expected=f"{origins.pop()} ones, as all others in {wiring.lake.root}",
            remedy="Give simulated data a lake of their own with --lake.",
        )  # fmt: skip


def tell_broken_rules(validated: Validated) -> tuple[str, ...]:
    """One line that names the rules most rows broke, with their counts; none when no row broke any."""
    worst = sorted(validated.rule_counts.items(), key=lambda item: (-item[1], item[0]))
    if not worst:
        return ()
    told = ", ".join(f"{rule} ({count:,})" for rule, count in worst[:SHOWN])
    return (f"rows in quarantine broke {told}" + (f" and {len(worst) - SHOWN} more rules" if worst[SHOWN:] else ""),)


def tell_unknown_columns(checked: CheckedFile) -> tuple[str, ...]:
    """One line that names the columns nobody reads; none when there are none."""
    if not checked.unknown_columns:
        return ()
    return (f"columns that the schema does not know were not read: {show_examples(checked.unknown_columns)}",)


def keep_snapshot(wiring: Wiring, checked: CheckedFile) -> Snapshot:
    """The file's accepted rows at rest in the lake, under its batch_id; the same file twice is one snapshot."""
    return write_snapshot(
        wiring.lake, (batch.accepted for batch in checked.validated.batches()),
        digest=checked.batch_id, source=checked.source, schema_name=wiring.schema.name,
        schema_version=wiring.schema.version, data_origin=checked.data_origin,
    )  # fmt: skip


def keep_quarantine(wiring: Wiring, checked: CheckedFile) -> int:
    """How many rejected rows of the file now stand in the quarantine table, each with the rules it broke."""
    if checked.validated.rejected_count == 0:
        return 0
    return write_quarantine(
        wiring.lake, lambda: (batch.rejected for batch in checked.validated.batches()), batch_id=checked.batch_id
    )
