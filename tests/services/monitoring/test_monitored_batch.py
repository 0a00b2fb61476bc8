import datetime as dt

import polars as pl
import pytest

from credit_default.errors import InputError
from credit_default.services.monitoring.monitored_batch import find_batch


@pytest.fixture(scope="module")
def november(known_rows):
    return known_rows.filter(statement_month="2005-11")


def test_batch_is_found_with_its_rows_scores_and_model(champion_lake, score_rows, november):
    scored = score_rows(november.slice(0, 250).drop("defaulted"))

    batch = find_batch(champion_lake.wiring, scored.batch_id)

    assert (batch.batch_id, batch.model_version, batch.data_origin) == (
        scored.batch_id,
        1,
        "simulated",
    )
    assert batch.months == ("2005-11",)
    rows = pl.concat(batch.frames())
    assert rows["client_id"].to_list() == november["client_id"].slice(0, 250).to_list()
    assert {"credit_limit", "default_probability", "decision"} <= set(rows.columns)
    assert batch.bundle.digest == champion_lake.champion.bundle.digest
    assert batch.scores.expected_loss_amount == pytest.approx(
        sum(scored.expected_losses[name] for name in ("accept", "decline"))
    )
    assert "expected_loss" not in rows.columns  # it is no column to compare


def test_batch_that_was_scored_last_is_found_when_none_is_named(
    champion_lake, score_rows, november
):
    last = score_rows(
        november.slice(250, 50).drop("defaulted"), scored_at=dt.datetime(2031, 1, 1, tzinfo=dt.UTC)
    )

    assert find_batch(champion_lake.wiring, None).batch_id == last.batch_id


def test_outcome_column_of_the_file_itself_is_dropped(champion_lake, score_rows, november):
    scored = score_rows(november.slice(300, 50))

    batch = find_batch(champion_lake.wiring, scored.batch_id)

    assert batch.outcome_count == 0
    assert "defaulted" not in pl.concat(batch.frames()).columns


def test_batch_that_was_never_scored_is_refused(champion_lake):
    with pytest.raises(InputError, match="no scores"):
        find_batch(champion_lake.wiring, "0123456789abcdef")


def test_lake_without_scores_has_no_last_batch(wiring):
    with pytest.raises(InputError, match="credit-default predict"):
        find_batch(wiring, None)
