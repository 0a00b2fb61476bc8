"""Summarise the outcomes that are known by now: how many of each scored batch, and of each month by model version."""

import datetime as dt
from dataclasses import dataclass

from credit_default.data.credit_card.outcomes import MATURITY_MONTHS
from credit_default.data.months import add_months, count_months
from credit_default.gates.completeness import CoveragePolicy
from credit_default.gates.monitoring.coverage import judge_coverage
from credit_default.gates.verdict import Verdict
from credit_default.services.context.wiring import Wiring
from credit_default.services.outcomes.coverage import describe_unscored_outcomes, measure_coverage
from credit_default.services.outcomes.vintages import measure_vintages
from credit_default.views.history.vintage_tables import VintageRow, format_vintage_lines
from credit_default.views.summaries.summary import Summary
from credit_default.views.terminal.coverage import CoverageRow, format_coverage_lines


@dataclass(frozen=True, slots=True)
class KnownOutcomes:
    """The outcomes known by now: by batch, by month and version, and as a summary."""

    batches: tuple[CoverageRow, ...]
    vintages: tuple[VintageRow, ...]
    summary: Summary


def summarise_coverage(wiring: Wiring, *, now: dt.datetime, listed: bool) -> KnownOutcomes:
    """Return the coverage of each scored batch and each month, with a note for each in the summary where `listed`."""
    lake = wiring.lake
    policy = wiring.settings.coverage
    rows = measure_coverage(lake, now=now, policy=policy)
    vintages = measure_vintages(lake, now=now, policy=policy)
    verdict = _judge_coverage(rows, policy=policy, now=now)
    counts = {
        "batches": len(rows),
        "scored": sum(row.scored_count for row in rows),
        "known": sum(row.known_count for row in rows),
    }
    notes = (
        *((*format_coverage_lines(rows), *format_vintage_lines(vintages)) if listed else ()),
        *describe_unscored_outcomes(lake),
    )
    return KnownOutcomes(
        rows,
        vintages,
        Summary("outcomes", "as known now", verdicts=verdict, counts=counts, notes=notes),
    )


def _judge_coverage(
    rows: tuple[CoverageRow, ...], *, policy: CoveragePolicy, now: dt.datetime
) -> tuple[Verdict, ...]:
    """Return the most severe verdict on the batches whose outcomes are due.

    Early outcomes do not count.
    """
    verdicts = []
    for row in rows:
        months_due = count_months(
            add_months(row.months[-1], MATURITY_MONTHS), now.strftime("%Y-%m")
        )
        share = (row.known_count - row.early_count) / row.scored_count
        verdicts.append(judge_coverage(share, months_due=months_due, policy=policy))
    order = ("not judged", "ok", "watch", "alarm")
    return (max(verdicts, key=lambda verdict: order.index(verdict.level)),) if verdicts else ()
