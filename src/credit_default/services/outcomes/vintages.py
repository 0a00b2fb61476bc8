"""Vintages: each statement month as each model version scored it, over all batches, with the outcomes known by now."""

import datetime as dt
from collections.abc import Collection

import polars as pl

from credit_default.adapters.lake.layout import Lake
from credit_default.adapters.tables.queries import collect_rows, scan_table
from credit_default.data.contract.schema import KEY, OUTCOME, STATEMENT_MONTH
from credit_default.gates.completeness import (
    CoveragePolicy,
    OutcomeCounts,
    judge_completeness,
)
from credit_default.model.months.missing_outcomes import measure_missing_outcomes
from credit_default.model.months.vintages import measure_vintage
from credit_default.services.outcomes.coverage import is_early, is_mature
from credit_default.views.history.vintage_tables import VintageRow


def measure_vintages(
    lake: Lake,
    *,
    now: dt.datetime,
    policy: CoveragePolicy | None = None,
    months: Collection[str] | None = None,
) -> tuple[VintageRow, ...]:
    """Return every month and version that was scored, of these statement months or of all (None), in order.

    Of a client scored twice the last score counts. One vintage is in memory at a time. Early
    outcomes, which may still change, count as unknown.
    """
    scores = scan_table(lake, "scores")
    if months is not None:
        scores = scores.filter(pl.col(STATEMENT_MONTH).is_in(list(months)))
    pairs = collect_rows(lake, scores.select(STATEMENT_MONTH, "model_version").unique())
    ordered = pairs.sort(STATEMENT_MONTH, "model_version").rows()
    return tuple(
        _measure(lake, month, version, now=now, policy=policy) for month, version in ordered
    )


def _measure(
    lake: Lake, month: str, version: int, *, now: dt.datetime, policy: CoveragePolicy | None
) -> VintageRow:
    own = pl.col(STATEMENT_MONTH) == month
    scores = scan_table(lake, "scores").filter(own, pl.col("model_version") == version)
    last = (
        scores.select(*KEY, "default_probability", "scored_at")
        .sort("scored_at")
        .unique(KEY, keep="last")
    )
    outcomes = scan_table(lake, "outcomes").filter(own)
    outcomes = outcomes.select(*KEY, is_early().alias("early"), OUTCOME)
    counted = pl.when(~pl.col("early")).then(OUTCOME).alias(OUTCOME)
    rows = collect_rows(
        lake,
        last.join(outcomes, on=list(KEY), how="left").select(
            "default_probability", pl.col("early").fill_null(value=False), counted
        ),
    )
    known = rows.drop_nulls(OUTCOME)
    counts = OutcomeCounts(
        rows.height, known.height, int(rows["early"].sum()), is_due=is_mature(month, now=now)
    )
    missing = measure_missing_outcomes(rows["default_probability"], rows[OUTCOME].fill_null(-1))
    completeness = judge_completeness(counts, missing=missing, policy=policy)
    figures = (
        None if known.is_empty() else measure_vintage(known[OUTCOME], known["default_probability"])
    )
    return VintageRow(month, version, rows.height, counts.known_share, completeness.state, figures)
