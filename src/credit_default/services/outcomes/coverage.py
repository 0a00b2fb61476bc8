"""How much is known by now of what became of a batch's clients: coverage, and whether the batch is mature."""

import datetime as dt

import polars as pl

from credit_default.adapters.tables.queries import collect_rows, scan_table
from credit_default.data.contract.schema import KEY, STATEMENT_MONTH
from credit_default.data.credit_card.outcomes import MATURITY_MONTHS, OBSERVED_AT
from credit_default.data.months import add_months
from credit_default.services.context.wiring import Wiring
from credit_default.views.terminal.coverage import CoverageRow


def measure_coverage(wiring: Wiring, *, now: dt.datetime) -> tuple[CoverageRow, ...]:
    """Every scored batch, by its months; a batch scored by several versions counts its rows once.

    An outcome that was observed before its month was over is `early`: it may still turn.
    """
    rows = scan_table(wiring.lake, "scores").select("batch_id", *KEY).unique()
    outcomes = scan_table(wiring.lake, "outcomes").select(*KEY, OBSERVED_AT)
    known = pl.col(OBSERVED_AT).is_not_null()
    counted = collect_rows(
        wiring.lake,
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
    return tuple(
        CoverageRow(
            batch_id,
            tuple(months),
            scored,
            known,
            early,
            known / scored,
            is_mature(months[-1], now=now),
        )
        for batch_id, months, scored, known, early in counted.iter_rows()
    )


def count_unscored_outcomes(wiring: Wiring) -> int:
    """How many outcomes are known of clients and months that nobody scored: they wait for their scores."""
    scored = scan_table(wiring.lake, "scores").select(*KEY)
    unscored = scan_table(wiring.lake, "outcomes").join(scored, on=list(KEY), how="anti")
    return int(collect_rows(wiring.lake, unscored.select(pl.len())).item())


def list_observed_batches(wiring: Wiring, outcomes_id: str) -> tuple[str, ...]:
    """The scored batches with clients and months that this file of outcomes tells of, by batch_id."""
    observed = (
        scan_table(wiring.lake, "outcome_history")
        .filter(pl.col("batch_id") == outcomes_id)
        .select(*KEY)
    )
    scored = (
        scan_table(wiring.lake, "scores")
        .select("batch_id", *KEY)
        .join(observed, on=list(KEY), how="semi")
    )
    return tuple(
        collect_rows(wiring.lake, scored.select("batch_id").unique().sort("batch_id"))["batch_id"]
    )


def is_early() -> pl.Expr:
    """Of rows with `statement_month` and `observed_at`: whether that was before the outcomes of the month are mature."""
    first = (pl.col(STATEMENT_MONTH) + "-01").str.to_datetime(
        "%Y-%m-%d", time_unit="us", time_zone="UTC"
    )
    return pl.col(OBSERVED_AT) < first.dt.offset_by(f"{MATURITY_MONTHS}mo")


def is_mature(month: str, *, now: dt.datetime) -> bool:
    """Whether all outcomes of that statement month should be known by now."""
    return add_months(month, MATURITY_MONTHS) <= now.strftime("%Y-%m")
