import datetime as dt

import polars as pl
import pytest

from credit_default.adapters.tables.queries import merge_outcomes, write_scores
from credit_default.model.evaluation.intervals import measure_share
from credit_default.services.outcomes.vintages import measure_vintages
from credit_default.services.overview.matured_outcomes import read_matured_outcomes

NOON = dt.datetime(2006, 6, 1, 12, tzinfo=dt.UTC)


def score(lake, bands, *, month="2005-10", batch="a", probability=0.2):
    rows = pl.DataFrame(
        {"client_id": [f"{month}-{n}" for n in range(len(bands))], "risk_band": bands}
    ).with_columns(
        statement_month=pl.lit(month),
        default_probability=pl.when(pl.col("risk_band") == "A").then(probability).otherwise(0.5),
        decision=pl.lit("accept"),
        expected_loss=pl.lit(None, dtype=pl.Float64),
        reasons=pl.lit([], dtype=pl.List(pl.String)),
        model_version=pl.lit(1, dtype=pl.Int64),
        batch_id=pl.lit(batch * 16),
        scored_at=pl.lit(NOON).dt.cast_time_unit("us"),
    )
    write_scores(lake, lambda: [rows], batch_id=batch * 16, model_version=1)
    return rows["client_id"].to_list()


def observe(lake, clients, outcomes, *, month="2005-10", at="2006-01-01"):
    rows = pl.DataFrame({"client_id": clients, "defaulted": outcomes}).with_columns(
        statement_month=pl.lit(month),
        observed_at=pl.lit(at).str.to_datetime(time_unit="us", time_zone="UTC"),
    )
    merge_outcomes(lake, rows)


def test_bands_are_measured_over_the_complete_months_that_were_asked_for(wiring):
    clients = score(wiring.lake, ["A", "A", "B", "B"])
    observe(wiring.lake, clients, [0, 1, 1, 1])
    score(wiring.lake, ["A"] * 3, month="2005-11", batch="b", probability=0.3)  # without outcomes
    others = score(wiring.lake, ["A"], month="2005-12", batch="c")
    observe(wiring.lake, others, [1], month="2005-12", at="2006-03-01")

    matured = read_matured_outcomes(wiring, ["2005-10", "2005-11"], now=NOON)

    assert [(b.risk_band, b.known_count, b.observed_share) for b in matured.bands] == [
        ("A", 2, measure_share(1, 2)),
        ("B", 2, measure_share(2, 2)),
    ]
    assert [b.expected_share for b in matured.bands] == pytest.approx([0.2, 0.5])
    assert matured.coverage == "outcomes complete for 1 of 2 months and versions"
    everything = measure_vintages(wiring.lake, now=NOON, policy=wiring.settings.coverage)
    assert matured.vintages == everything[:2]


def test_an_outcome_that_came_too_early_counts_in_no_band(wiring):
    clients = score(wiring.lake, ["A", "A"])
    observe(wiring.lake, clients[:1], [0], at="2006-01-01")
    observe(wiring.lake, clients[1:], [1], at="2005-10-02")

    matured = read_matured_outcomes(wiring, ["2005-10"], now=NOON)

    assert matured.bands == ()  # half of the outcomes are not enough
    assert [row.state for row in matured.vintages] == ["partial"]
