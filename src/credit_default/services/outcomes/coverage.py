"""How many outcomes of each scored batch are known by now (coverage), and whether all of them could be (maturity)."""

import datetime as dt

import polars as pl

from credit_default.adapters.lake.layout import Lake
from credit_default.adapters.tables.queries import collect_rows, scan_table
from credit_default.data.contract.schema import KEY, STATEMENT_MONTH
from credit_default.data.credit_card.outcomes import MATURITY_MONTHS, OBSERVED_AT
from credit_default.data.months import add_months
from credit_default.gates.completeness import (
    CoveragePolicy,
    OutcomeCounts,
    judge_completeness,
)
from credit_default.views.terminal.coverage import CoverageRow


def measure_coverage(
    lake: Lake, *, now: dt.datetime, policy: CoveragePolicy | None = None
) -> tuple[CoverageRow, ...]:
    """Return the coverage of every scored batch, by the first of its months.

    Rows that several model versions scored count once. An outcome that was observed before its
    month was mature is `early`: it may still change. The state is that of all of the batch's months
    together, by counts alone.
    """
    return tuple(
        CoverageRow(
            batch_id,
            tuple(months),
            scored,
            known,
            early,
            known / scored,
            judge_completeness(
                OutcomeCounts(scored, known - early, early, is_due=is_mature(months[-1], now=now)),
                policy=policy,
            ).state,
        )
        for batch_id, months, scored, known, early in _count_outcomes(lake).iter_rows()
    )


def _count_outcomes(lake: Lake) -> pl.DataFrame:
    """Return batch_id, months, scored, known and early of every scored batch."""
    rows = scan_table(lake, "scores").select("batch_id", *KEY).unique()
    outcomes = scan_table(lake, "outcomes").select(*KEY, OBSERVED_AT)
    known = pl.col(OBSERVED_AT).is_not_null()
    return collect_rows(
        lake,
        rows.join(outcomes, on=list(KEY), how="left")
        .group_by("batch_id")
        .agg(
            months=pl.col(STATEMENT_MONTH).unique().sort(),
            scored=pl.len(),
            known=known.sum(),
            early=(known & is_early()).sum(),
        )
        .sort(pl.col("months").list.first(), "batch_id"),
    )


def count_unscored_outcomes(lake: Lake) -> int:
    """Return how many outcomes are of clients and months that have no score yet."""
    scored = scan_table(lake, "scores").select(*KEY)
    unscored = scan_table(lake, "outcomes").join(scored, on=list(KEY), how="anti")
    return int(collect_rows(lake, unscored.select(pl.len())).item())


def describe_unscored_outcomes(lake: Lake) -> tuple[str, ...]:
    """Return a note on outcomes of clients and months that have no score yet; none where there are none."""
    count = count_unscored_outcomes(lake)
    note = f"{count:,} outcomes are of clients and months that were not scored yet: they are kept"
    return (note,) if count else ()


def list_observed_batches(lake: Lake, outcomes_id: str) -> tuple[str, ...]:
    """Return the batch_ids of the scored batches whose clients and months this file of outcomes observed, sorted."""
    observed = (
        scan_table(lake, "outcome_history").filter(pl.col("batch_id") == outcomes_id).select(*KEY)
    )
    scored = (
        scan_table(lake, "scores").select("batch_id", *KEY).join(observed, on=list(KEY), how="semi")
    )
    return tuple(
        collect_rows(lake, scored.select("batch_id").unique().sort("batch_id"))["batch_id"]
    )


def is_early() -> pl.Expr:
    """Return an expression over `statement_month` and `observed_at`.

    It is true where an outcome was observed before the month's outcomes were mature.
    """
    first = (pl.col(STATEMENT_MONTH) + "-01").str.to_datetime(
        "%Y-%m-%d", time_unit="us", time_zone="UTC"
    )
    return pl.col(OBSERVED_AT) < first.dt.offset_by(f"{MATURITY_MONTHS}mo")


def is_mature(month: str, *, now: dt.datetime) -> bool:
    """Return whether all outcomes of that statement month, YYYY-MM, should be known by now."""
    return add_months(month, MATURITY_MONTHS) <= now.strftime("%Y-%m")
