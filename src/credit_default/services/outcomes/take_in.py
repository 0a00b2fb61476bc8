"""Take in outcomes: check a file row by row and merge it by client and month, where the last observation counts."""

import datetime as dt
import logging
from collections.abc import Mapping

import polars as pl

from credit_default.adapters.files.reading_options import NO_OPTIONS, ReadingOptions
from credit_default.adapters.lake.layout import Lake
from credit_default.adapters.tables.ledger import find_entry
from credit_default.adapters.tables.quarantine import write_quarantine
from credit_default.adapters.tables.queries import (
    MergeCounts,
    merge_outcomes,
    read_observations,
    write_observations,
)
from credit_default.data.checking.validation import ValidationResult, check_rows
from credit_default.data.contract.schema import STATEMENT_MONTH
from credit_default.failpoints import hit_failpoint
from credit_default.gates.ledger.batch_events import OutcomesIngested
from credit_default.services.context.audit_log import append_ledger_entry
from credit_default.services.context.erasure_lock import hold_off_erasures
from credit_default.services.context.wiring import Wiring
from credit_default.services.intake.batch_identity import build_outcomes_id
from credit_default.services.intake.file_access import Arrival, fetch_file
from credit_default.services.intake.future_dates import (
    require_months_by_now,
    require_observations_by_now,
)
from credit_default.services.intake.lost_zeros import require_ids_with_zeros
from credit_default.services.intake.value_notes import (
    describe_unused_sheet,
    describe_values_read,
)
from credit_default.services.outcomes.coverage import describe_unscored_outcomes
from credit_default.services.outcomes.numbered_rows import (
    describe_rows,
    name_clients,
    require_all_rows,
)
from credit_default.services.outcomes.outcome_files import (
    NO_DETAILS,
    OutcomeDetails,
    OutcomeFile,
    open_outcomes,
)
from credit_default.views.summaries.summary import Summary

_LOG = logging.getLogger(__name__)


def ingest_outcomes_file(
    wiring: Wiring,
    uri: str,
    *,
    taken_in_at: dt.datetime,
    options: ReadingOptions = NO_OPTIONS,
    details: OutcomeDetails = NO_DETAILS,
) -> Summary:
    """Take in the file of outcomes.

    Return how many were new, changed an earlier one, changed nothing, or were rejected. All
    observations of the file are added to the history first; then the current outcomes are changed
    in one commit. Rejected rows go to quarantine. Idempotent: taking the file in again, or after a
    crash, completes it and changes nothing else.

    Args:
        wiring: The lake and the portfolio.
        uri: The file or folder.
        taken_in_at: The time of the run.
        options: How the file is to be read.
        details: What a person says of the file.

    Raises:
        InputError: The file as a whole is not what it should be, has months or observations that
            lie in the future, or does not say whose outcomes it has.
    """
    arrival = fetch_file(wiring, uri)
    opened = open_outcomes(wiring, arrival, options=options, details=details)
    checked = check_rows(
        opened.file.read_batches,
        schema=opened.schema,
        outcome="required",
        marks=opened.file.options.marks,
    )
    observed = _read_observed(
        wiring, checked, opened, thing=f"file {arrival.name}", now=taken_in_at
    )
    batch_id = build_outcomes_id(
        opened.file,
        of_batch=opened.batch.batch_id if opened.batch else None,
        observed_at=details.observed_at,
    )
    event = _build_event(arrival, opened, checked)
    key = f"outcomes {batch_id}"
    with hold_off_erasures(wiring):
        _write_rejected(wiring.lake, checked, batch_id=batch_id, key=key)
        merged = _write_outcomes(wiring.lake, observed, batch_id=batch_id, taken_in_at=taken_in_at)
        append_ledger_entry(wiring, event, key=key, batch_id=batch_id, at=taken_in_at)
    hit_failpoint("outcomes.recorded")
    sheet = describe_unused_sheet(options, opened.file)
    rows = _describe_rows(wiring.lake, checked, opened, observed)
    return Summary(
        "outcomes",
        "taken in",
        batch_id=batch_id,
        counts=_count_outcomes(checked, observed, merged),
        months=_count_months(observed) if opened.batch else checked.month_counts,
        paths={"outcomes": wiring.lake.table_uri("outcomes")},
        notes=(*opened.file.notes, *sheet, *rows),
    )


def _read_observed(
    wiring: Wiring,
    checked: ValidationResult,
    opened: OutcomeFile,
    *,
    thing: str,
    now: dt.datetime,
) -> pl.DataFrame:
    """Return the accepted observations; raise where the file as a whole cannot be used."""
    require_ids_with_zeros(wiring, checked)
    require_months_by_now(wiring, checked, thing=thing, now=now)
    observed = checked.accepted_rows()
    require_observations_by_now(wiring, observed, thing=thing, now=now)
    if opened.batch is None:
        return observed
    require_all_rows(checked, opened.batch, file=opened.file, thing=thing)
    return name_clients(observed, opened.batch, file=opened.file, thing=thing)


def _count_months(observed: pl.DataFrame) -> dict[str, int]:
    counts = observed[STATEMENT_MONTH].value_counts().sort(STATEMENT_MONTH)
    return dict(counts.iter_rows())


def _build_event(
    arrival: Arrival, opened: OutcomeFile, checked: ValidationResult
) -> OutcomesIngested:
    return OutcomesIngested(
        input_sha256=opened.file.source.sha256,
        object_version=arrival.object_version,
        accepted_count=checked.accepted_count,
        rejected_count=checked.rejected_count,
    )


def _write_rejected(lake: Lake, checked: ValidationResult, *, batch_id: str, key: str) -> None:
    """Write the rejected rows to the quarantine table, unless the file is on record.

    They are not written again then: a client may have been erased from them.
    """
    if checked.rejected_count and find_entry(lake, key) is None:
        write_quarantine(
            lake, lambda: (batch.rejected for batch in checked.batches()), batch_id=batch_id
        )
    _LOG.info("checked outcomes batch_id=%s rejected_count=%d", batch_id, checked.rejected_count)
    hit_failpoint("outcomes.quarantined")


def _write_outcomes(
    lake: Lake, observed: pl.DataFrame, *, batch_id: str, taken_in_at: dt.datetime
) -> MergeCounts:
    """Add the accepted observations to the history and merge them into the current outcomes.

    Where an earlier run has added them, those that the history still has are merged: a client may have been erased since.
    """
    written = write_observations(lake, observed, batch_id=batch_id, taken_in_at=taken_in_at)
    hit_failpoint("outcomes.kept")
    if written.already_existed:
        observed = read_observations(lake, batch_id=batch_id).drop("batch_id", "taken_in_at")
    merged = merge_outcomes(lake, observed, batch_id=batch_id)
    hit_failpoint("outcomes.merged")
    _LOG.info(
        "took in outcomes batch_id=%s new_count=%d changed_count=%d",
        batch_id,
        merged.inserted_count,
        merged.updated_count,
    )
    return merged


def _count_outcomes(
    checked: ValidationResult, observed: pl.DataFrame, merged: MergeCounts
) -> dict[str, int]:
    """Return the file's rows by what they changed of the current outcomes; rows that no batch holds are in none."""
    unchanged = observed.height - merged.inserted_count - merged.updated_count
    return {
        "new": merged.inserted_count,
        "changed": merged.updated_count,
        "older or known already": unchanged,
        "rejected": checked.rejected_count,
    }


def _describe_rows(
    lake: Lake, checked: ValidationResult, opened: OutcomeFile, observed: pl.DataFrame
) -> tuple[str, ...]:
    """Return notes on values that were read otherwise, rejected rows, whose rows they are, and outcomes without a score."""
    batch, unheld = opened.batch, checked.accepted_count - observed.height
    return (
        *describe_values_read(checked, schema=opened.schema),
        *_describe_rejected(checked.rule_counts),
        *(describe_rows(batch, left_out_count=unheld) if batch else ()),
        *describe_unscored_outcomes(lake),
    )


def _describe_rejected(rule_counts: Mapping[str, int]) -> tuple[str, ...]:
    return tuple(f"rejected rows broke {rule} ({count:,})" for rule, count in rule_counts.items())
