"""Outcomes of the shown months as they are known now: vintages, and calibration by band over all months."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

import polars as pl

from credit_default.adapters.lake.layout import Lake
from credit_default.adapters.tables.queries import collect_rows, scan_table
from credit_default.data.contract.schema import KEY, OUTCOME, STATEMENT_MONTH
from credit_default.model.evaluation.intervals import Metric, measure_share
from credit_default.services.context.wiring import Wiring
from credit_default.services.outcomes.coverage import is_early
from credit_default.services.outcomes.vintages import measure_vintages
from credit_default.views.history.vintage_tables import VintageRow


@dataclass(frozen=True, slots=True)
class BandCalibration:
    """The clients of one risk band whose outcome is known: the expected and the observed share of defaults."""

    risk_band: str
    known_count: int
    expected_share: float
    observed_share: Metric


@dataclass(frozen=True, slots=True)
class MaturedOutcomes:
    """Vintages of the months, and the calibration of all of them together."""

    vintages: tuple[VintageRow, ...]
    bands: tuple[BandCalibration, ...]  # by expected share

    @property
    def coverage(self) -> str:
        """Of how many vintages the outcomes are complete, in words."""
        complete = sum(row.state == "complete" for row in self.vintages)
        return f"outcomes complete for {complete} of {len(self.vintages)} months and versions"


def read_matured_outcomes(
    wiring: Wiring, months: Collection[str], *, now: dt.datetime
) -> MaturedOutcomes:
    """Return the outcomes of these statement months (YYYY-MM); others are not read."""
    vintages = measure_vintages(
        wiring.lake, now=now, policy=wiring.settings.coverage, months=months
    )
    complete = {row.statement_month for row in vintages if row.state == "complete"}
    return MaturedOutcomes(vintages, _measure_bands(wiring.lake, complete))


def _measure_bands(lake: Lake, months: Collection[str]) -> tuple[BandCalibration, ...]:
    """Return the calibration of each risk band over complete months; of a client scored twice the last score counts."""
    own = pl.col(STATEMENT_MONTH).is_in(list(months))
    scores = (
        scan_table(lake, "scores")
        .filter(own)
        .select(*KEY, "default_probability", "risk_band", "scored_at")
        .sort("scored_at")
        .unique(KEY, keep="last")
    )
    outcomes = scan_table(lake, "outcomes").filter(own, ~is_early()).select(*KEY, OUTCOME)
    rows = collect_rows(
        lake,
        scores.join(outcomes, on=list(KEY), how="inner")
        .group_by("risk_band")
        .agg(
            known=pl.len(),
            expected=pl.col("default_probability").mean(),
            defaulted=pl.col(OUTCOME).sum(),
        )
        .sort("expected"),
    )
    return tuple(
        BandCalibration(band, known, expected, measure_share(defaulted, known))
        for band, known, expected, defaulted in rows.iter_rows()
    )
