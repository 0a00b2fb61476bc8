"""What became of clients is taken in: checked row by row, merged by client and month, the last observation wins."""

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from credit_default.adapters.files.statement_files import open_statement_file
from credit_default.adapters.tables.ledger import find_entry
from credit_default.adapters.tables.quarantine import write_quarantine
from credit_default.adapters.tables.queries import merge_outcomes, write_observations
from credit_default.data.checking.validation import check_rows
from credit_default.data.credit_card.outcomes import MATURITY_MONTHS, OBSERVED_OUTCOMES
from credit_default.data.months import add_months, count_months
from credit_default.failpoints import hit_failpoint
from credit_default.gates.monitoring.coverage import judge_coverage
from credit_default.gates.verdict import Verdict
from credit_default.services.context.audit_log import append_ledger_entry
from credit_default.services.context.wiring import Wiring
from credit_default.services.intake.file_access import fetch_file
from credit_default.services.outcomes.coverage import count_unscored_outcomes, measure_coverage
from credit_default.services.outcomes.vintages import measure_vintages
from credit_default.views.history.vintage_tables import VintageRow, format_vintage_lines
from credit_default.views.summaries.summary import Summary
from credit_default.views.terminal.coverage import CoverageRow, format_coverage_lines


def ingest_outcomes_file(wiring: Wiring, uri: str, *, taken_in_at: dt.datetime) -> Summary:
    """How many outcomes were new, changed an earlier one, changed nothing, or were rejected and stand in quarantine.

    All observations of the file are kept in the history first; what they change of the current outcomes is one commit.
    Doing it again, whole or after a crash, completes it and changes nothing.

    Raises:
        InputError: the file as a whole is not what it should be.
    """
    arrival = fetch_file(wiring, uri)
    file = open_statement_file(arrival.path, schema=OBSERVED_OUTCOMES)
    checked = check_rows(file.read_batches, schema=OBSERVED_OUTCOMES, outcome="required")
    batch_id = hashlib.sha256(f"outcomes {file.source.sha256}".encode()).hexdigest()[:16]
    key = f"outcomes {batch_id}"
    if (
        checked.rejected_count and find_entry(wiring.lake, key) is None
    ):  # else who was forgotten since would come back
        write_quarantine(
            wiring.lake, lambda: (batch.rejected for batch in checked.batches()), batch_id=batch_id
        )
    hit_failpoint("outcomes.quarantined")
    observed = pl.concat([batch.accepted for batch in checked.batches()])
    write_observations(wiring.lake, observed, batch_id=batch_id, taken_in_at=taken_in_at)
    hit_failpoint("outcomes.kept")
    merged = merge_outcomes(wiring.lake, observed, batch_id=batch_id)
    hit_failpoint("outcomes.merged")
    counts = {
        "new": merged.inserted_count,
        "changed": merged.updated_count,
        "older or known already": checked.accepted_count
        - merged.inserted_count
        - merged.updated_count,
        "rejected": checked.rejected_count,
    }
    append_ledger_entry(
        wiring,
        "outcomes taken in",
        key=key,
        batch_id=batch_id,
        at=taken_in_at,
        details={
            "input_sha256": file.source.sha256,
            "object_version": arrival.object_version,
            "accepted_count": checked.accepted_count,
            "rejected_count": checked.rejected_count,
        },
    )
    hit_failpoint("outcomes.recorded")
    return Summary(
        "outcomes",
        "taken in",
        batch_id=batch_id,
        counts=counts,
        paths={"outcomes": wiring.lake.table_uri("outcomes")},
        notes=(*_describe_rejected(checked.rule_counts), *_describe_unscored(wiring)),
    )


@dataclass(frozen=True, slots=True)
class KnownOutcomes:
    """What is known by now, batch by batch and month by month, and both in short."""

    batches: tuple[CoverageRow, ...]
    vintages: tuple[VintageRow, ...]
    summary: Summary


def summarise_coverage(wiring: Wiring, *, now: dt.datetime, told: bool) -> KnownOutcomes:
    """What is known of each scored batch and each month; each as a note of the summary where it is to be `told`."""
    rows, vintages = measure_coverage(wiring, now=now), measure_vintages(wiring, now=now)
    verdict = _judge_coverage(wiring, rows, now=now)
    counts = {
        "batches": len(rows),
        "scored": sum(row.scored_count for row in rows),
        "known": sum(row.known_count for row in rows),
    }
    notes = (
        *((*format_coverage_lines(rows), *format_vintage_lines(vintages)) if told else ()),
        *_describe_unscored(wiring),
    )
    return KnownOutcomes(
        rows,
        vintages,
        Summary("outcomes", "as known now", verdicts=verdict, counts=counts, notes=notes),
    )


def _judge_coverage(
    wiring: Wiring, rows: tuple[CoverageRow, ...], *, now: dt.datetime
) -> tuple[Verdict, ...]:
    """The loudest verdict on the batches whose outcomes are due; outcomes that may still turn do not count."""
    verdicts = []
    for row in rows:
        months_due = count_months(
            add_months(row.months[-1], MATURITY_MONTHS), now.strftime("%Y-%m")
        )
        share = (row.known_count - row.early_count) / row.scored_count
        verdicts.append(
            judge_coverage(share, months_due=months_due, policy=wiring.settings.coverage)
        )
    order = ("not judged", "ok", "watch", "alarm")
    return (max(verdicts, key=lambda verdict: order.index(verdict.level)),) if verdicts else ()


def _describe_rejected(rule_counts: Mapping[str, int]) -> tuple[str, ...]:
    return tuple(f"rejected rows broke {rule} ({count:,})" for rule, count in rule_counts.items())


def _describe_unscored(wiring: Wiring) -> tuple[str, ...]:
    count = count_unscored_outcomes(wiring)
    return (
        (f"{count:,} outcomes are of clients and months that nobody scored yet: they are kept",)
        if count
        else ()
    )
