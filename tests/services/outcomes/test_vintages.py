import datetime as dt

import polars as pl
import pytest

from credit_default.adapters.tables.queries import merge_outcomes, write_scores
from credit_default.services.outcomes.vintages import measure_vintages

NOON = dt.datetime(2006, 1, 1, 12, tzinfo=dt.UTC)
KEY = ["client_id", "statement_month"]


def score(lake, clients, *, month="2005-10", version=1, batch="a", probability=0.2, scored_at=NOON):
    rows = pl.DataFrame({"client_id": clients}).with_columns(
        statement_month=pl.lit(month),
        default_probability=probability,
        decision=pl.lit("accept"),
        risk_band=pl.lit("A"),
        expected_loss=pl.lit(None, dtype=pl.Float64),
        reasons=pl.lit([], dtype=pl.List(pl.String)),
        model_version=pl.lit(version, dtype=pl.Int64),
        batch_id=pl.lit(batch * 16),
        scored_at=pl.lit(scored_at).dt.cast_time_unit("us"),
    )
    write_scores(lake, lambda: [rows], batch_id=batch * 16, model_version=version)


def observe(lake, clients, *, defaulted=0, at="2006-01-01", month="2005-10"):
    rows = pl.DataFrame({"client_id": clients}).with_columns(
        statement_month=pl.lit(month),
        defaulted=pl.lit(defaulted, dtype=pl.Int64),
        observed_at=pl.lit(at).str.to_datetime(time_unit="us", time_zone="UTC"),
    )
    merge_outcomes(lake, rows)


def test_month_is_measured_over_all_batches_of_a_version(wiring):
    score(wiring.lake, ["c1", "c2", "c3"])
    score(wiring.lake, ["c4"], batch="b")
    score(wiring.lake, ["c1"], batch="c", version=2)
    score(wiring.lake, ["c1"], batch="d", month="2005-11")
    observe(wiring.lake, ["c1", "c2"])
    observe(wiring.lake, ["c4"], defaulted=1)

    rows = measure_vintages(wiring.lake, now=NOON)

    assert [
        (row.statement_month, row.model_version, row.scored_count, row.state) for row in rows
    ] == [
        ("2005-10", 1, 4, "partial"),
        ("2005-10", 2, 1, "complete"),
        ("2005-11", 1, 1, "none"),
    ]
    assert (rows[0].coverage_share, rows[0].figures.known_count) == (0.75, 3)
    assert rows[0].figures.default_share.value == pytest.approx(1 / 3)
    assert rows[2].figures is None


def test_client_scored_twice_counts_as_scored_last_and_early_outcomes_as_unknown(wiring):
    later = NOON + dt.timedelta(days=1)
    score(wiring.lake, ["c1", "c2"], probability=0.2)
    score(wiring.lake, ["c1"], batch="b", probability=0.6, scored_at=later)
    observe(wiring.lake, ["c1"])
    observe(wiring.lake, ["c2"], at="2005-11-30")

    [row] = measure_vintages(wiring.lake, now=dt.datetime(2005, 11, 30, tzinfo=dt.UTC))

    assert (row.scored_count, row.coverage_share, row.state) == (2, 0.5, "early")
    assert row.figures.expected_share == pytest.approx(0.6)


def test_lake_in_which_nothing_was_scored_has_no_vintage(wiring):
    assert measure_vintages(wiring.lake, now=NOON) == ()
