"""Read the rows that two versions both scored, live or in the shadow, beside the outcomes known by now.

Outcomes count by complete months alone: while half of a month's outcomes are missing, those that are
there are not like those that are not. Rows that either version learned from are left out.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from credit_default.adapters.lake.layout import Lake
from credit_default.adapters.tables.queries import collect_rows, read_outcomes, scan_table
from credit_default.data.contract.schema import CLIENT_ID, KEY, OUTCOME, STATEMENT_MONTH
from credit_default.gates.completeness import (
    Completeness,
    CoveragePolicy,
    OutcomeCounts,
    judge_completeness,
)
from credit_default.model.comparison.swap_set import UNKNOWN
from credit_default.model.comparison.version_difference import PairedOutcomes
from credit_default.model.estimator.bundle import ModelBundle
from credit_default.model.estimator.digest import hash_row_keys
from credit_default.model.months.missing_outcomes import measure_missing_outcomes
from credit_default.services.monitoring.retraining import find_broken_batches
from credit_default.services.outcomes.coverage import is_early, is_mature

_ROW: Final = ("batch_id", *KEY)


@dataclass(frozen=True, slots=True, eq=False)
class PairedRows:
    """Rows that two versions scored: of a client and month the last batch's.

    Attributes:
        frame: client_id, statement_month, batch_id, `first` and `second` (default probabilities),
            scored_at (of the earlier of the two scores) and `outcome` (0, 1 or `UNKNOWN`), by
            client and month.
        incomplete: The months whose outcomes do not count yet, each with the share that is known.
        learned_count: Rows that were left out because one of the versions learned from them.
    """

    frame: pl.DataFrame
    incomplete: Mapping[str, float]
    learned_count: int

    @property
    def months(self) -> tuple[str, ...]:
        """Return the statement months (YYYY-MM), in order."""
        return tuple(self.frame[STATEMENT_MONTH].unique().sort())

    @property
    def known(self) -> pl.DataFrame:
        """Return the rows whose outcome counts."""
        return self.frame.filter(pl.col("outcome") != UNKNOWN)

    def pair_outcomes(self) -> PairedOutcomes:
        """Return the rows whose outcome counts, as arrays. There is at least one."""
        known = self.known
        return PairedOutcomes(
            known["outcome"].to_numpy(),
            known["first"].to_numpy(),
            known["second"].to_numpy(),
            known[CLIENT_ID].to_numpy(),
        )


def read_paired_rows(
    lake: Lake,
    versions: tuple[int, int],
    *,
    bundles: tuple[ModelBundle, ModelBundle],
    coverage: CoveragePolicy,
    now: dt.datetime,
    since: dt.datetime | None = None,
    after_month: str = "",
) -> PairedRows:
    """Return the rows that both versions scored; the frame is empty where there are none.

    Batches of a broken feed are left out.

    Args:
        lake: The lake.
        versions: The numbers of the two versions.
        bundles: The same versions, which know the rows that they learned from.
        coverage: From when a month's outcomes are complete.
        now: The time, by which months are mature.
        since: Leave out rows that either version scored before this time; None for all rows.
        after_month: Leave out statement months (YYYY-MM) up to this one; "" for all months.
    """
    paired = _read_pairs(lake, versions)
    if since is not None:
        paired = paired.filter(pl.col("scored_at") >= since)
    is_broken = pl.col("batch_id").is_in(list(find_broken_batches(lake)))
    paired = paired.filter(~is_broken, pl.col(STATEMENT_MONTH) > after_month)
    keys = hash_row_keys(paired)
    learned = np.isin(keys, bundles[0].trained_rows) | np.isin(keys, bundles[1].trained_rows)
    rows = paired.filter(pl.Series(~learned, dtype=pl.Boolean))
    return _add_outcomes(
        lake,
        rows,
        coverage=coverage,
        now=now,
        learned_count=int(learned.sum()),
    )


def _read_pairs(lake: Lake, versions: tuple[int, int]) -> pl.DataFrame:
    """Return each client and month that both versions scored in one batch, by its last batch."""
    first, second = (_scan_version(lake, number) for number in versions)
    joined = first.join(second, on=list(_ROW), suffix="_second").select(
        *_ROW,
        first="default_probability",
        second="default_probability_second",
        scored_at=pl.min_horizontal("scored_at", "scored_at_second"),
    )
    last = joined.sort("scored_at", "batch_id").unique(KEY, keep="last")
    return collect_rows(lake, last.sort(KEY))


def _scan_version(lake: Lake, number: int) -> pl.LazyFrame:
    """Return what the version scored, each row of a batch once, live scores before shadow scores."""
    wanted = (*_ROW, "default_probability", "scored_at")
    tables = [
        scan_table(lake, name).filter(pl.col("model_version") == number).select(wanted)
        for name in ("scores", "shadow_scores")
    ]
    return pl.concat(tables).unique(list(_ROW), keep="first", maintain_order=True)


def _add_outcomes(
    lake: Lake,
    rows: pl.DataFrame,
    *,
    coverage: CoveragePolicy,
    now: dt.datetime,
    learned_count: int,
) -> PairedRows:
    months = rows[STATEMENT_MONTH].unique().to_list()
    outcomes = read_outcomes(lake, months=months).filter(~is_early()).select(*KEY, outcome=OUTCOME)
    joined = rows.join(outcomes, on=list(KEY), how="left", maintain_order="left")
    judged = {
        str(month): _judge_month(str(month), of_month, coverage=coverage, now=now)
        for (month,), of_month in joined.sort(STATEMENT_MONTH).group_by(
            STATEMENT_MONTH, maintain_order=True
        )
    }
    incomplete = {
        month: found.counts.known_share for month, found in judged.items() if not found.is_complete
    }
    counts = pl.col("outcome").is_not_null() & ~pl.col(STATEMENT_MONTH).is_in(list(incomplete))
    outcome = pl.when(counts).then("outcome").otherwise(UNKNOWN).cast(pl.Int64)
    return PairedRows(joined.with_columns(outcome=outcome), incomplete, learned_count)


def _judge_month(
    month: str, rows: pl.DataFrame, *, coverage: CoveragePolicy, now: dt.datetime
) -> Completeness:
    outcome = rows["outcome"].fill_null(UNKNOWN)
    counts = OutcomeCounts(
        rows.height, int((outcome != UNKNOWN).sum()), is_due=is_mature(month, now=now)
    )
    missing = measure_missing_outcomes(rows["first"], outcome)
    return judge_completeness(counts, missing=missing, policy=coverage)
