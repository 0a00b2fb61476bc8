import datetime as dt

import numpy as np
import polars as pl
import pytest

from credit_default.adapters.lake.snapshots import read_snapshot
from credit_default.adapters.tables.queries import merge_outcomes, read_scores
from credit_default.data.checking.duplicate_keys import hash_keys
from credit_default.services.monitoring.scored_rows import read_batch_scores, read_scored_rows

KEY = ["client_id", "statement_month"]


@pytest.fixture(scope="module")
def october(known_rows):
    return known_rows.filter(statement_month="2005-10")


@pytest.fixture
def batch(champion_lake, score_rows, october):
    """Makes a scored batch of these October rows: its scores, and its rows beside them."""

    def make(start, count):
        rows = october.slice(start, count)
        batch_id = score_rows(rows.drop("defaulted"), name=f"rows-{start}.csv").batch_id
        return (
            rows,
            batch_id,
            read_batch_scores(champion_lake.wiring.lake, batch_id=batch_id, model_version=1),
        )

    return make


def test_every_row_finds_its_own_score(champion_lake, batch):
    rows, batch_id, scores = batch(0, 300)

    found = pl.concat(read_scored_rows(read_snapshot(champion_lake.wiring.lake, batch_id), scores))

    kept = read_scores(champion_lake.wiring.lake, batch_id=batch_id)
    expected = rows.select(KEY).join(kept, on=KEY, how="left", maintain_order="left")
    assert found.select(*KEY, "default_probability", "decision").equals(
        expected.select(*KEY, "default_probability", "decision")
    )
    assert scores.months == ("2005-10",)
    assert "defaulted" not in found.columns


def test_row_without_a_score_is_left_out(batch):
    rows, _, scores = batch(300, 50)
    stranger = rows.head(2).with_columns(client_id=pl.Series(["SIM-nobody", rows["client_id"][1]]))

    assert scores.attach(stranger)["client_id"].to_list() == [rows["client_id"][1]]


def test_outcomes_known_by_now_stand_beside_the_scores(champion_lake, batch):
    rows, batch_id, before = batch(400, 60)
    observed = rows.head(25).select(
        *KEY, "defaulted", observed_at=pl.lit(dt.datetime(2006, 1, 1, tzinfo=dt.UTC))
    )
    merge_outcomes(champion_lake.wiring.lake, observed)

    scores = read_batch_scores(champion_lake.wiring.lake, batch_id=batch_id, model_version=1)

    found = scores.attach(rows.drop("defaulted"))
    assert (before.outcome_count, scores.outcome_count) == (0, 25)
    assert found["defaulted"].to_list() == [*rows["defaulted"][:25].to_list(), *[None] * 35]
    outcome, probability = scores.list_known()
    assert int(outcome.sum()) == observed["defaulted"].sum()
    assert (np.diff(probability) >= 0).all()


def test_outcomes_seen_before_they_are_mature_are_counted_and_not_known(champion_lake, batch):
    rows, batch_id, _ = batch(460, 40)
    early = rows.head(15).select(
        *KEY, "defaulted", observed_at=pl.lit(dt.datetime(2005, 11, 30, tzinfo=dt.UTC))
    )
    merge_outcomes(champion_lake.wiring.lake, early)

    scores = read_batch_scores(champion_lake.wiring.lake, batch_id=batch_id, model_version=1)

    assert (scores.outcome_count, scores.early_count) == (0, 15)
    assert "defaulted" not in scores.attach(rows.drop("defaulted")).columns


def test_chosen_rows_are_every_nth_by_score(batch):
    rows, _, scores = batch(500, 101)

    chosen = scores.choose(11)

    picked = scores.attach(rows.drop("defaulted")).filter(
        pl.Series(np.isin(hash_keys(rows), chosen))
    )
    every_tenth = np.sort(scores.probability)[::10]
    assert np.sort(picked["default_probability"].to_numpy()) == pytest.approx(every_tenth)
    assert len(scores.choose(5_000)) == 101


def test_batch_that_was_never_scored_has_no_scores(champion_lake, october):
    scores = read_batch_scores(
        champion_lake.wiring.lake, batch_id="0123456789abcdef", model_version=1
    )

    assert (len(scores.keys), scores.months, scores.outcome_count) == (0, (), 0)
    assert scores.attach(october.head(3).drop("defaulted")).is_empty()
    assert len(scores.choose(10)) == 0
