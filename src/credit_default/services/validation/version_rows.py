"""Gather the rows that a version is validated on: its test side, months that it scored since, and its development side.

The development side is scored out of bag, each row by the trees that never saw it, so that it can be compared with rows that
the whole forest never saw. Nothing is written.
"""

import datetime as dt
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl

from credit_default.adapters.lake.snapshots import Snapshot, list_snapshots, read_snapshot_rows
from credit_default.adapters.tables.queries import collect_rows, read_outcomes, scan_table
from credit_default.data.contract.schema import CLIENT_ID, KEY, OUTCOME, STATEMENT_MONTH
from credit_default.gates.completeness import Completeness, OutcomeCounts, judge_completeness
from credit_default.model.estimator.bundle import ModelBundle
from credit_default.model.estimator.development_scores import score_development
from credit_default.model.estimator.digest import hash_row_keys, sort_rows
from credit_default.model.months.missing_outcomes import measure_missing_outcomes
from credit_default.services.context.wiring import Wiring
from credit_default.services.monitoring.monitored_batch import find_scored_snapshot
from credit_default.services.monitoring.scored_rows import (
    BatchScores,
    read_batch_scores,
    read_scored_rows,
)
from credit_default.services.outcomes.coverage import is_early, is_mature

_PROBABILITY = "default_probability"


@dataclass(frozen=True, slots=True, eq=False)
class VersionRows:
    """The rows of one version, each with `default_probability` and `defaulted`.

    Attributes:
        test: The test side, in the order of the bundle's reference; with `client_id` where the lake still has its rows.
        production: Rows of months that the version scored, mature and with nearly all outcomes; None where there are none.
        development: The development side, scored out of bag; None where the lake no longer has all of its rows.
        notes: What was left out, and why.
    """

    test: pl.DataFrame = field(repr=False)
    production: pl.DataFrame | None = field(repr=False)
    development: pl.DataFrame | None = field(repr=False)
    notes: tuple[str, ...]

    @property
    def judged(self) -> pl.DataFrame:
        """Return test side and production months together; with `client_id` where every row has one."""
        if self.production is None:
            return self.test
        both = [name for name in self.test.columns if name in self.production.columns]
        return pl.concat(
            [self.test.select(both), self.production.select(both)], how="vertical_relaxed"
        )


def read_version_rows(
    wiring: Wiring, bundle: ModelBundle, *, version: int, now: dt.datetime
) -> VersionRows | None:
    """Return the rows to validate a version on; None where it has no test side with outcomes.

    Args:
        wiring: The lake.
        bundle: The version's model.
        version: Its number.
        now: Months whose outcomes are not due by then are left out.
    """
    reference = bundle.reference
    if reference is None or OUTCOME not in reference.columns:
        return None
    known = _read_known_rows(wiring)
    production, left_out = _read_production(wiring, version=version, now=now)
    rows = VersionRows(_add_clients(reference, known, bundle), production, None, left_out)
    if known is None:
        return replace(rows, notes=(*left_out, _describe_missing(0, bundle.row_count)))
    development = known.filter(pl.Series(_is_trained(known, bundle)))
    if development.height != bundle.row_count:
        missing = _describe_missing(development.height, bundle.row_count)
        return replace(rows, notes=(*left_out, missing))
    scored = score_development(bundle, development)
    frame = scored.rows.with_columns(pl.Series(_PROBABILITY, scored.default_probability))
    return replace(rows, development=frame)


def _read_known_rows(wiring: Wiring) -> pl.DataFrame | None:
    """Return every row of the lake whose outcome is known; a row that is there twice counts once, as it was kept last."""
    outcomes = read_outcomes(wiring.lake).filter(~is_early()).select(*KEY, OUTCOME)
    frames = [
        labelled
        for snapshot in list_snapshots(wiring.lake)
        if snapshot.origin.schema_name == wiring.schema.name
        and not (labelled := _label_rows(snapshot, outcomes)).is_empty()
    ]
    if not frames:
        return None
    return pl.concat(frames).unique(KEY, keep="last", maintain_order=True)


def _label_rows(snapshot: Snapshot, outcomes: pl.DataFrame) -> pl.DataFrame:
    """Return the snapshot's rows with outcomes; those that were taken in later correct those of the file itself."""
    rows = pl.concat(list(read_snapshot_rows(snapshot)))
    if OUTCOME not in rows.columns:
        rows = rows.with_columns(pl.lit(None, dtype=pl.Int64).alias(OUTCOME))
    later = outcomes.rename({OUTCOME: "observed"})
    joined = rows.join(later, on=KEY, how="left", maintain_order="left")
    return (
        joined.with_columns(pl.coalesce("observed", OUTCOME).alias(OUTCOME))
        .drop("observed")
        .drop_nulls(OUTCOME)
    )


def _is_trained(rows: pl.DataFrame, bundle: ModelBundle) -> np.ndarray:
    trained: np.ndarray = np.isin(hash_row_keys(rows), bundle.trained_rows)
    return trained


def _add_clients(
    reference: pl.DataFrame, known: pl.DataFrame | None, bundle: ModelBundle
) -> pl.DataFrame:
    """Return the test side with its clients, whom the bundle does not name, where the lake has exactly these rows."""
    if known is None:
        return reference
    others = sort_rows(known.filter(~pl.Series(_is_trained(known, bundle))))
    columns = [STATEMENT_MONTH, *bundle.input_names]
    same_months = others.filter(
        pl.col(STATEMENT_MONTH).is_in(reference[STATEMENT_MONTH].unique().implode())
    )
    if not same_months.select(columns).equals(reference.select(columns)):
        return reference
    return reference.with_columns(same_months[CLIENT_ID])


def _read_production(
    wiring: Wiring, *, version: int, now: dt.datetime
) -> tuple[pl.DataFrame | None, tuple[str, ...]]:
    """Return the rows of the batches that the version scored and whose outcomes are complete, and what was left out."""
    frames, left_out = [], []
    scored = scan_table(wiring.lake, "scores").filter(pl.col("model_version") == version)
    batch_ids = collect_rows(wiring.lake, scored.select("batch_id").unique().sort("batch_id"))
    for batch_id in batch_ids["batch_id"]:
        snapshot, _ = find_scored_snapshot(wiring, batch_id, model_version=version)
        scores = read_batch_scores(wiring.lake, batch_id=batch_id, model_version=version)
        judged = _judge_outcomes(wiring, scores, now=now)
        if not judged.is_complete:
            left_out.append(
                f"{scores.months[-1]} ({judged.counts.known_share:.0%} of the outcomes)"
            )
            continue
        frames += list(read_scored_rows(snapshot, scores))
    notes: tuple[str, ...] = ()
    if left_out:
        notes = ("months whose outcomes are not complete are left out: " + ", ".join(left_out),)
    if not frames:
        return None, notes
    rows = pl.concat(frames, how="diagonal").unique(KEY, keep="last", maintain_order=True)
    return rows.sort(STATEMENT_MONTH, CLIENT_ID), notes


def _judge_outcomes(wiring: Wiring, scores: BatchScores, *, now: dt.datetime) -> Completeness:
    counts = OutcomeCounts(
        len(scores.keys),
        scores.outcome_count,
        scores.early_count,
        is_due=is_mature(scores.months[-1], now=now),
    )
    missing = measure_missing_outcomes(scores.probability, scores.outcome)
    return judge_completeness(counts, missing=missing, policy=wiring.settings.coverage)


def _describe_missing(found: int, wanted: int) -> str:
    return f"the development side could not be compared: {found:,} of its {wanted:,} rows are in the lake"
