"""Judge, month by month, whether the outcomes that the lake knows are complete.

Whoever learns from outcomes or judges by them asks here or, for rows in hand, `gates.completeness` itself.
"""

import datetime as dt
from collections.abc import Mapping

import polars as pl

from credit_default.adapters.lake.layout import Lake
from credit_default.adapters.tables.queries import collect_rows, scan_table
from credit_default.data.contract.schema import KEY, OUTCOME, STATEMENT_MONTH
from credit_default.errors import InputError
from credit_default.gates.completeness import (
    Completeness,
    CoveragePolicy,
    OutcomeCounts,
    judge_completeness,
)
from credit_default.model.months.missing_outcomes import (
    MissingOutcomes,
    measure_missing_outcomes,
)
from credit_default.services.outcomes.coverage import is_early, is_mature

_UNKNOWN = -1
_SHOWN_COUNT = 5


def judge_months(
    lake: Lake, statements: pl.LazyFrame, *, now: dt.datetime, policy: CoveragePolicy
) -> Mapping[str, Completeness]:
    """Return the completeness of each statement month (YYYY-MM) among the statements, in order.

    Args:
        lake: Where outcomes and scores are.
        statements: client_id and statement_month of every statement that should have an outcome, and
            `defaulted`, the outcome that its own file brought (null where it brought none). A client
            and month may occur more than once.
        now: The time, to see what is due. Of a month that is not over, even a file's own outcomes
            are early.
        policy: From when a month is complete.
    """
    known = _join_outcomes(lake, statements)
    counted = collect_rows(
        lake,
        known.group_by(STATEMENT_MONTH)
        .agg(
            row_count=pl.len(),
            known_count=pl.col(OUTCOME).count(),
            early_count=(pl.col("early") & pl.col(OUTCOME).is_null()).sum(),
            brought_count=pl.col("brought").count(),
        )
        .sort(STATEMENT_MONTH),
    )
    judged = {}
    for month, row_count, known_count, early_count, brought_count in counted.iter_rows():
        is_due = is_mature(month, now=now) or bool(brought_count and month < f"{now:%Y-%m}")
        counts = OutcomeCounts(row_count, known_count, early_count, is_due=is_due)
        missing = _measure_missing(lake, known, month) if _can_be_tested(counts, policy) else None
        judged[month] = judge_completeness(counts, missing=missing, policy=policy)
    return judged


def require_complete_month(months: Mapping[str, Completeness], *, thing: str) -> None:
    """Check that the outcomes of at least one month are complete.

    Args:
        months: Every month with what is known of it.
        thing: What the statements are from, to be named in the error.

    Raises:
        InputError: Of no month they are, or none has an outcome.
    """
    if any(found.is_complete for found in months.values()):
        return
    found = [f"{month}: {judged.reason}" for month, judged in months.items() if _is_begun(judged)]
    if not found:
        raise build_no_outcomes_error(thing)
    more = f" and {len(found) - _SHOWN_COUNT} more months" if found[_SHOWN_COUNT:] else ""
    raise InputError(
        thing,
        found=f"no month whose outcomes are complete ({'; '.join(found[:_SHOWN_COUNT])}{more})",
        expected="at least one month with enough outcomes to learn from",
        remedy="Take in the other outcomes with `credit-default outcomes FILE`; the section"
        " `coverage` of the settings says how many are enough.",
    )


def build_no_outcomes_error(thing: str) -> InputError:
    """Return the error of statements of which no outcome is known at all."""
    return InputError(
        thing,
        found="no statements with known outcomes",
        expected="some to learn from",
        remedy="Ingest a file with outcomes, or name one with --data.",
    )


def describe_left_out(months: Mapping[str, Completeness]) -> tuple[str, ...]:
    """Return a line for each month that is left out with what to do, and one for each that is watched.

    Months of which nothing is known yet are not among them: nobody expects them to be used.
    """
    left_out = [
        f"month {month} left out: {found.reason}; take in the other outcomes with"
        " `credit-default outcomes FILE` and train again"
        for month, found in months.items()
        if _is_begun(found)
    ]
    watched = [
        f"month {month} is used: {found.reason}"
        for month, found in months.items()
        if found.is_watched
    ]
    return (*left_out, *watched)


def _is_begun(found: Completeness) -> bool:
    """Return whether some outcomes are there, and not enough."""
    return found.state in {"early", "partial"}


def _join_outcomes(lake: Lake, statements: pl.LazyFrame) -> pl.LazyFrame:
    """Return each client and month once, with `brought`, `early` and the outcome that counts (null: unknown)."""
    brought = statements.group_by(KEY).agg(brought=pl.col(OUTCOME).max())
    taken_in = scan_table(lake, "outcomes").select(*KEY, taken_in=OUTCOME, early=is_early())
    late = pl.when(~pl.col("early")).then("taken_in")
    return brought.join(taken_in, on=list(KEY), how="left").with_columns(
        pl.coalesce(late, "brought").alias(OUTCOME), pl.col("early").fill_null(value=False)
    )


def _can_be_tested(counts: OutcomeCounts, policy: CoveragePolicy) -> bool:
    return counts.is_due and policy.lowest_share <= counts.known_share < 1


def _measure_missing(lake: Lake, known: pl.LazyFrame, month: str) -> MissingOutcomes | None:
    """Compare the newest scores of that month's clients, with and without a known outcome."""
    own = pl.col(STATEMENT_MONTH) == month
    scores = (
        scan_table(lake, "scores")
        .filter(own)
        .sort("scored_at", "model_version")
        .unique(KEY, keep="last")
    )
    rows = collect_rows(
        lake,
        scores.select(*KEY, "default_probability")
        .join(known.filter(own).select(*KEY, OUTCOME), on=list(KEY), how="inner")
        .select("default_probability", pl.col(OUTCOME).fill_null(_UNKNOWN)),
    )
    return measure_missing_outcomes(rows["default_probability"], rows[OUTCOME])
