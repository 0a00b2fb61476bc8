"""A file is read, checked row by row and judged as a whole: the door of the house. Nothing is written here but refusals."""

import datetime as dt
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import polars as pl

from credit_default.adapters.files.key_spill import spill_keys
from credit_default.adapters.files.statement_files import (
    Source,
    read_batches,
    read_header,
    read_source,
)
from credit_default.data.checking.row_rules import REPEATED_KEY, CheckedBatch
from credit_default.data.checking.validation import OutcomeUse, ValidationResult, check_rows
from credit_default.errors import InputError, RefusedError
from credit_default.failpoints import hit_failpoint
from credit_default.gates.ledger.batch_events import Refused
from credit_default.gates.quality import BatchHistory, FileCounts, judge_quality
from credit_default.gates.verdict import Verdict
from credit_default.services.context.audit_log import append_ledger_entry
from credit_default.services.context.data_origin import find_origin
from credit_default.services.context.wiring import Wiring
from credit_default.services.intake.earlier_batches import (
    Hashes,
    count_already_scored_rows,
    find_corrected_batch,
    hash_keys_in_process,
    list_known_keys,
    list_related_snapshots,
    read_batch_row_counts,
)
from credit_default.services.intake.file_access import Arrival, fetch_file

_LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """A file of statements as the contract sees it. `batch_id` names its content, `name` is what people call it."""

    arrival: Arrival
    source: Source
    name: str
    batch_id: str
    validated: ValidationResult
    data_origin: str  # "real" or "simulated"
    unknown_columns: tuple[str, ...]  # what the file has besides; it is not read
    outcome: OutcomeUse
    stamp: tuple[int, ...]  # what the disk knew of the file before its digest was taken
    corrects: str | None = None  # the batch whose rejected rows come again
    family: tuple[str, ...] = ()  # that batch, and what corrected it before
    known: Hashes | None = field(default=None, repr=False, compare=False)  # their keys

    def batches(self) -> Iterator[CheckedBatch]:
        """The rows as the contract separates them, read anew.

        Raises:
            InputError: the file is no longer the one whose digest was taken.
        """
        yield from self.validated.batches()
        if read_file_stamp(self.arrival.path) != self.stamp:
            raise InputError(
                f"file {self.name}",
                found="other content than when it was checked",
                expected="a file at rest",
                remedy="Something writes to it: wait for that, then run again.",
            )

    def accepted(self) -> Iterator[pl.DataFrame]:
        """The rows that the contract accepts, without those which the corrected batch has already."""
        for batch in self.batches():
            rows = batch.accepted
            yield (
                rows
                if self.known is None
                else rows.filter(~pl.Series(np.isin(hash_keys_in_process(rows), self.known)))
            )


def check_file(
    wiring: Wiring,
    uri: str,
    *,
    month: str | None,
    outcome: OutcomeUse,
    corrects: str | None = None,
    name: str | None = None,
) -> CheckedFile:
    """The file, fetched if it stands in a bucket, and every row of it judged by the schema; nothing is written.

    Raises:
        InputError: the file as a whole is not what it should be, or there is no batch for it to correct.
    """
    schema = wiring.schema
    corrects = find_corrected_batch(wiring, corrects) if corrects else None
    arrival = fetch_file(wiring, uri)
    stamp = read_file_stamp(arrival.path)
    source = replace(
        read_source(arrival.path), uri=arrival.uri, object_version=arrival.object_version
    )
    header = read_header(arrival.path, schema=schema, month=month)
    with wiring.lake.scratch() as scratch, spill_keys(scratch) as keys:
        validated = check_rows(
            lambda: read_batches(arrival.path, schema=schema, month=month),
            schema=schema,
            outcome=outcome,
            key_log=keys,
        )
    # Rows checked with their outcomes are other rows than those scored without: each use has a batch of its own.
    use = f" outcome {outcome}" if validated.has_outcome and outcome != "ignored" else ""
    use += f" corrects {corrects}" if corrects else ""
    content = hashlib.sha256(
        f"{source.sha256} {schema.name} {schema.version} {month or ''}{use}".encode()
    ).hexdigest()
    batch_id = content[:16]
    family = list_related_snapshots(wiring, corrects, but=batch_id) if corrects else ()
    return CheckedFile(
        arrival,
        source,
        (name or arrival.name)[:_LONGEST_NAME],
        batch_id,
        validated,
        find_origin(validated),
        header.extra,
        outcome,
        stamp,
        corrects,
        tuple(snapshot.digest for snapshot in family),
        list_known_keys(family) if corrects else None,
    )


def read_file_stamp(path: Path) -> tuple[int, ...]:
    """What the disk knows of the file: other numbers mean that it was written anew; none where there is no file."""
    if not path.exists():
        return ()
    known = path.stat()
    return (known.st_ino, known.st_size, known.st_mtime_ns)


def judge_file(wiring: Wiring, checked: CheckedFile, *, judged_at: dt.datetime) -> Verdict:
    """The quality gate's verdict on the file as a whole; one to be scored is compared with the batches before it.

    Raises:
        RefusedError: the gate refused; nothing of the file was kept but the refusal.
    """
    validated = checked.validated
    counts = FileCounts(
        validated.row_count,
        validated.rejected_count,
        validated.rule_counts.get(REPEATED_KEY, 0),
        validated.rule_counts,
    )
    verdict = judge_quality(
        counts, _read_batch_history(wiring, checked), policy=wiring.settings.quality
    )
    if not verdict.passed:
        append_ledger_entry(
            wiring,
            Refused(
                input_sha256=checked.source.sha256,
                read_count=validated.row_count,
                rejected_count=validated.rejected_count,
            ),
            key=f"refused {checked.batch_id} {judged_at.isoformat()}",
            batch_id=checked.batch_id,
            at=judged_at,
        )
        hit_failpoint("refuse.recorded")
        raise RefusedError(
            f"batch {checked.name} ({checked.batch_id})",
            found="; ".join(verdict.reasons),
            expected="a file that passes the quality gate",
            remedy="Correct the rows or the file and run again; nothing of it was kept.",
        )
    return verdict


def _read_batch_history(wiring: Wiring, checked: CheckedFile) -> BatchHistory | None:
    """The batches before a file to be scored; None for any other, and for one that was scored before itself."""
    earlier = (
        read_batch_row_counts(wiring) if checked.outcome == "ignored" else {checked.batch_id: 0}
    )
    if checked.batch_id in earlier:
        return None
    own = {checked.batch_id, *checked.family}
    known = count_already_scored_rows(
        wiring, checked.accepted(), months=checked.validated.months, own=own
    )
    return known if checked.corrects else replace(known, row_counts=tuple(earlier.values()))
