"""Check a file of statements: open it, check it row by row, and judge it as a whole.

Every file is checked here, whatever it is for. Nothing is written but the refusal of one that the gate does not pass.
"""

import datetime as dt
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import NoReturn

import numpy as np
import polars as pl

from credit_default.adapters.files.reading_options import NO_OPTIONS, ReadingOptions
from credit_default.adapters.files.sources import Source
from credit_default.data.checking.duplicate_keys import Hashes, hash_keys
from credit_default.data.checking.row_rules import REPEATED_KEY, CheckedBatch
from credit_default.data.checking.validation import OutcomeUse, ValidationResult
from credit_default.errors import RefusedError
from credit_default.failpoints import hit_failpoint
from credit_default.gates.ledger.batch_events import Refused
from credit_default.gates.quality import BatchHistory, FileCounts, judge_quality
from credit_default.gates.verdict import Verdict
from credit_default.services.context.audit_log import append_ledger_entry
from credit_default.services.context.data_origin import find_origin
from credit_default.services.context.wiring import Wiring
from credit_default.services.intake.batch_identity import build_batch_id
from credit_default.services.intake.earlier_batches import (
    count_already_scored_rows,
    find_corrected_batch,
    list_known_keys,
    list_related_snapshots,
    read_batch_row_counts,
)
from credit_default.services.intake.file_access import Arrival, fetch_file
from credit_default.services.intake.future_dates import require_months_by_now
from credit_default.services.intake.lost_zeros import require_ids_with_zeros
from credit_default.services.intake.numbered_clients import require_own_numbers
from credit_default.services.intake.value_notes import describe_unused_sheet
from credit_default.services.partitions.partition_check import PartitionedFile
from credit_default.services.partitions.statement_check import check_statements

_LOG = logging.getLogger(__name__)
_LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """A file of statements after checking. `batch_id` names its content, `name` is what people call it."""

    arrival: Arrival
    source: Source
    name: str
    batch_id: str
    validated: ValidationResult
    data_origin: str  # "real" or "simulated"
    unknown_columns: tuple[str, ...]  # columns that the schema does not know; they are not read
    outcome: OutcomeUse
    corrects: str | None = None  # the batch whose rejected rows this file corrects
    family: tuple[str, ...] = ()  # that batch, and earlier corrections of it
    known: Hashes | None = field(default=None, repr=False, compare=False)  # their keys
    notes: tuple[str, ...] = ()  # what people should know about how the file was read
    partitions: PartitionedFile | None = field(default=None, repr=False, compare=False)

    def batches(self) -> Iterator[CheckedBatch]:
        """Yield the accepted and rejected rows batch by batch, read again from the file.

        Raises:
            InputError: The file has changed since its digest was taken.
        """
        return self.validated.batches()

    def accepted(self) -> Iterator[pl.DataFrame]:
        """Yield the accepted rows batch by batch; a correction leaves out those that its batch has already."""
        for batch in self.batches():
            rows = batch.accepted
            if self.known is not None:
                is_known = np.isin(hash_keys(rows), self.known)
                rows = rows.filter(~pl.Series(is_known))
            yield rows


@dataclass(frozen=True, slots=True)
class FileRequest:
    """What is asked of a file: in which lake it is looked at, and how it is to be read."""

    lake_uri: str
    uri: str  # a path or s3://bucket/key, of a file or of a folder of part files
    month: str | None  # "YYYY-MM" for every row, where the file has no statement_month column
    outcome: OutcomeUse  # what to do with the outcome column, as for `check_rows`
    corrects: str | None = None  # the batch whose rejected rows the file corrects
    name: str | None = None  # what people call the file, in place of the name that it has
    options: ReadingOptions = NO_OPTIONS  # the portfolio's own stand in for those not given


# Files that a command has checked already, by what was asked of each; see `first_look.hold_checked_file`.
held_files: dict[FileRequest, CheckedFile] = {}


def check_file(
    wiring: Wiring,
    uri: str,
    *,
    month: str | None,
    outcome: OutcomeUse,
    corrects: str | None = None,
    name: str | None = None,
    options: ReadingOptions = NO_OPTIONS,
) -> CheckedFile:
    """Check every row of a file by the portfolio's schema; the arguments are those of `FileRequest`.

    Raises:
        InputError: The file as a whole cannot be used, or there is no batch for it to correct.
    """
    request = FileRequest(wiring.lake.uri, uri, month, outcome, corrects, name, options)
    checked = held_files.get(request) or inspect_file(wiring, request)
    _LOG.info(
        "checked file batch_id=%s sha256=%s row_count=%d rejected_count=%d",
        checked.batch_id,
        checked.source.sha256,
        checked.validated.row_count,
        checked.validated.rejected_count,
    )
    return checked


def inspect_file(wiring: Wiring, request: FileRequest) -> CheckedFile:
    """Check every row of a file as `check_file` does, and write no log line: no run has begun yet.

    Raises:
        InputError: As `check_file`.
    """
    corrects = find_corrected_batch(wiring, request.corrects) if request.corrects else None
    arrival = fetch_file(wiring, request.uri)
    options = request.options.complete(wiring.portfolio.file)
    month, uri, outcome = request.month, arrival.uri, request.outcome
    read = check_statements(
        wiring, arrival.path, uri=uri, month=month, outcome=outcome, options=options
    )
    file, validated = read.file, read.validated
    require_ids_with_zeros(wiring, validated)
    use = outcome if validated.has_outcome else "ignored"
    batch_id = build_batch_id(file, use=use, corrects=corrects)
    family = list_related_snapshots(wiring, corrects, excluding=batch_id) if corrects else ()
    return CheckedFile(
        arrival,
        replace(file.source, uri=arrival.uri, object_version=arrival.object_version),
        (request.name or arrival.name)[:_LONGEST_NAME],
        batch_id,
        validated,
        find_origin(validated),
        file.header.extra,
        request.outcome,
        corrects,
        tuple(snapshot.digest for snapshot in family),
        list_known_keys(family) if corrects else None,
        (*file.notes, *describe_unused_sheet(request.options, file)),
        read.partitions,
    )


def judge_file(wiring: Wiring, checked: CheckedFile, *, judged_at: dt.datetime) -> Verdict:
    """Return the quality gate's verdict on the file; one that is to be scored is compared with the batches before it.

    Raises:
        InputError: The file has statement months that lie in the future, or in which another file's rows are numbered.
        RefusedError: The gate refused the file. Only the refusal is recorded, in the ledger.
    """
    require_fitting_months(wiring, checked, now=judged_at)
    history = read_batch_history(wiring, checked)
    verdict = judge_quality(count_faults(checked), history, policy=wiring.settings.quality)
    if not verdict.passed:
        refuse_file(wiring, checked, verdict, judged_at=judged_at)
    _LOG.info("judged quality batch_id=%s level=%s", checked.batch_id, verdict.level)
    return verdict


def require_fitting_months(wiring: Wiring, checked: CheckedFile, *, now: dt.datetime) -> None:
    """Check that the file has no statement month in the future, nor one in which another file's rows are numbered too.

    Raises:
        InputError: It has one.
    """
    validated, thing = checked.validated, f"file {checked.name}"
    require_months_by_now(wiring, validated, thing=thing, now=now)
    require_own_numbers(wiring, validated.months, sha256=checked.source.sha256, thing=thing)


def refuse_file(
    wiring: Wiring, checked: CheckedFile, verdict: Verdict, *, judged_at: dt.datetime
) -> NoReturn:
    """Record in the ledger that the file was refused, and raise.

    Raises:
        RefusedError: Always, with the verdict's reasons.
    """
    _record_refusal(wiring, checked, judged_at=judged_at)
    raise RefusedError(
        f"batch {checked.name} ({checked.batch_id})",
        found="; ".join(verdict.reasons),
        expected="a file that passes the quality gate",
        remedy="Correct the rows or the file and run again; nothing of it was kept.",
    )


def count_faults(checked: CheckedFile) -> FileCounts:
    """Return what the quality gate judges of the file itself."""
    validated = checked.validated
    return FileCounts(
        validated.row_count,
        validated.rejected_count,
        validated.rule_counts.get(REPEATED_KEY, 0),
        validated.rule_counts,
    )


def _record_refusal(wiring: Wiring, checked: CheckedFile, *, judged_at: dt.datetime) -> None:
    append_ledger_entry(
        wiring,
        Refused(
            input_sha256=checked.source.sha256,
            read_count=checked.validated.row_count,
            rejected_count=checked.validated.rejected_count,
        ),
        key=f"{Refused.name} {checked.batch_id} {judged_at.isoformat()}",
        batch_id=checked.batch_id,
        at=judged_at,
    )
    hit_failpoint("refuse.recorded")
    _LOG.warning("refused file batch_id=%s", checked.batch_id)


def read_batch_history(wiring: Wiring, checked: CheckedFile) -> BatchHistory | None:
    """Return what is known of earlier batches for a file that is to be scored for the first time; None for any other."""
    if checked.outcome != "ignored":
        return None
    earlier = read_batch_row_counts(wiring)
    if checked.batch_id in earlier:
        return None
    own_ids = {checked.batch_id, *checked.family}
    months, partitions = checked.validated.months, None if checked.corrects else checked.partitions
    known = count_already_scored_rows(
        wiring, checked.accepted(), months=months, own_ids=own_ids, partitions=partitions
    )
    return known if checked.corrects else replace(known, row_counts=tuple(earlier.values()))
