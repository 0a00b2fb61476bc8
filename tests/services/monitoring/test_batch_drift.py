import datetime as dt

import polars as pl
import pytest

from credit_default.adapters.tables.queries import merge_outcomes
from credit_default.errors import InputError
from credit_default.services.monitoring.batch_drift import find_batch, find_drift
from credit_default.services.monitoring.batch_performance import evaluate_batch

KEY = ["client_id", "statement_month"]
SPRING = dt.datetime(2006, 3, 1, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def november(known_rows):
    return known_rows.filter(statement_month="2005-11")


def observe(champion_lake, rows):
    observed_at = dt.datetime(2006, 1, 1, tzinfo=dt.UTC)
    merge_outcomes(
        champion_lake.wiring.lake,
        rows.select(*KEY, "defaulted", pl.lit(observed_at).alias("observed_at")),
    )


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


def test_batch_that_was_scored_last_is_looked_at_when_none_is_named(
    champion_lake, score_rows, november
):
    last = score_rows(
        november.slice(250, 50).drop("defaulted"), scored_at=dt.datetime(2031, 1, 1, tzinfo=dt.UTC)
    )

    assert find_batch(champion_lake.wiring, None).batch_id == last.batch_id


def test_outcome_column_of_the_file_itself_is_not_looked_at(champion_lake, score_rows, november):
    scored = score_rows(november.slice(300, 50))

    batch = find_batch(champion_lake.wiring, scored.batch_id)

    assert batch.outcome_count == 0
    assert "defaulted" not in pl.concat(batch.frames()).columns


def test_performance_is_measured_on_the_rows_whose_outcome_is_known_by_now(
    champion_lake, score_rows, november
):
    rows = november.slice(400, 600)
    scored = score_rows(rows.drop("defaulted"))
    coverage, counts, levels = [], [], []

    for part in (rows.head(0), rows.head(300), rows.slice(300)):
        if part.height:
            observe(champion_lake, part)
        performance = evaluate_batch(
            champion_lake.wiring, find_batch(champion_lake.wiring, scored.batch_id), now=SPRING
        )
        coverage.append(performance.coverage_share)
        counts.append(performance.evaluation.row_count if performance.evaluation else 0)
        levels.append(performance.verdict.level)

    assert (coverage, counts) == ([0.0, 0.5, 1.0], [0, 300, 600])
    assert levels[0] == "not judged"


def test_model_that_is_wrong_about_a_batch_is_found_out(champion_lake, score_rows, november):
    rows = november.slice(1_000, 500)
    scored = score_rows(rows.drop("defaulted"))
    observe(champion_lake, rows.with_columns(defaulted=1 - pl.col("defaulted")))

    performance = evaluate_batch(
        champion_lake.wiring, find_batch(champion_lake.wiring, scored.batch_id), now=SPRING
    )

    assert performance.verdict.level == "alarm"


def test_report_stands_in_the_lake_under_batch_and_version(champion_lake, score_rows, november):
    batch = find_batch(
        champion_lake.wiring, score_rows(november.slice(1_560, 250).drop("defaulted")).batch_id
    )

    drift = find_drift(champion_lake.wiring, batch, report="drift")

    folder = champion_lake.wiring.lake.home / "reports" / batch.batch_id / "v1"
    assert sorted(path.name for path in folder.iterdir()) == [
        "profile.json",
        "report.html",
        "report.json",
    ]
    assert drift.report.reference_count == champion_lake.champion.bundle.reference.height
    assert [column.column for column in drift.report.columns] == [
        column.name for column in champion_lake.wiring.schema.inputs
    ]


def test_batch_that_nobody_scored_is_refused(champion_lake):
    with pytest.raises(InputError, match="no scores"):
        find_batch(champion_lake.wiring, "0123456789abcdef")


def test_lake_without_scores_has_no_last_batch(wiring):
    with pytest.raises(InputError, match="credit-default predict"):
        find_batch(wiring, None)
