"""What became of a batch's clients, beside what was expected: by risk band, from the scores and the outcomes known by now."""

from dataclasses import dataclass

import polars as pl

from credit_default.adapters.lake.layout import Lake
from credit_default.adapters.tables.queries import collect_rows, scan_table
from credit_default.data.contract.schema import KEY, OUTCOME, STATEMENT_MONTH
from credit_default.services.batches.batch_index import BatchKey
from credit_default.services.outcomes.coverage import is_early


@dataclass(frozen=True, slots=True)
class BandOutcomes:
    """One risk band of a batch. Early outcomes, which may still change, count as not known."""

    band: str  # "all" for the whole batch
    row_count: int
    known_count: int  # rows whose outcome is known
    default_count: int
    declined_count: int
    expected_share: float  # mean default probability of all rows, 0-1
    expected_known_share: float | None  # of the rows whose outcome is known

    @property
    def default_share(self) -> float | None:
        """The share of the known outcomes that are defaults, 0-1; None where none is known."""
        return self.default_count / self.known_count if self.known_count else None


@dataclass(frozen=True, slots=True)
class ShadowScored:
    """What another version said of the batch, with no decision: its rows, and its mean beside that of the version shown."""

    model_version: int
    row_count: int
    mean_probability: float
    mean_probability_shown: float  # of the version shown, on the same rows
    mean_difference: float  # between the two, in absolute terms


def measure_bands(lake: Lake, key: BatchKey) -> tuple[BandOutcomes, ...]:
    """Return each risk band of the batch, and the whole batch last, as the tables have them now."""
    rows = _scan_scores(lake, key).select(
        *KEY, "default_probability", "decision", band=pl.col("risk_band")
    )
    late = scan_table(lake, "outcomes").filter(~is_early()).select(*KEY, OUTCOME)
    known = collect_rows(lake, rows.join(late, on=list(KEY), how="left"))
    if known.is_empty():
        return ()
    by_band = _count(known.group_by("band")).sort("band")
    whole = _count(known.with_columns(band=pl.lit("all")).group_by("band"))
    return tuple(BandOutcomes(**row) for row in pl.concat([by_band, whole]).iter_rows(named=True))


def list_shadow_scores(lake: Lake, key: BatchKey) -> tuple[ShadowScored, ...]:
    """Return what each version said that scored the batch in the shadow."""
    shown = _scan_scores(lake, key).select(*KEY, shown="default_probability")
    other = (
        scan_table(lake, "shadow_scores")
        .filter(pl.col("batch_id") == key.batch_id)
        .select(*KEY, "model_version", "default_probability")
    )
    both = collect_rows(
        lake,
        other.join(shown, on=list(KEY), how="inner")
        .group_by("model_version")
        .agg(
            row_count=pl.len(),
            mean_probability=pl.col("default_probability").mean(),
            mean_probability_shown=pl.col("shown").mean(),
            mean_difference=(pl.col("default_probability") - pl.col("shown")).abs().mean(),
        )
        .sort("model_version"),
    )
    return tuple(ShadowScored(**row) for row in both.iter_rows(named=True))


def _count(grouped: "pl.dataframe.group_by.GroupBy") -> pl.DataFrame:
    known = pl.col(OUTCOME).is_not_null()
    return grouped.agg(
        row_count=pl.len(),
        known_count=known.sum(),
        default_count=pl.col(OUTCOME).sum(),
        declined_count=(pl.col("decision") == "decline").sum(),
        expected_share=pl.col("default_probability").mean(),
        expected_known_share=pl.col("default_probability").filter(known).mean(),
    )


def _scan_scores(lake: Lake, key: BatchKey) -> pl.LazyFrame:
    # months up to the newest of the batch: the files of later ones are not opened
    return scan_table(lake, "scores").filter(
        (pl.col(STATEMENT_MONTH) <= key.statement_month)
        & (pl.col("batch_id") == key.batch_id)
        & (pl.col("model_version") == key.model_version)
    )
