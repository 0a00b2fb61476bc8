import datetime as dt

import polars as pl
import pytest

from credit_default.adapters.tables.queries import merge_outcomes
from credit_default.services.monitoring.batch_performance import (
    evaluate_batch,
    judge_without_outcomes,
)
from credit_default.services.monitoring.monitored_batch import find_batch

KEY = ["client_id", "statement_month"]
SPRING = dt.datetime(2006, 3, 1, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def november(known_rows):
    return known_rows.filter(statement_month="2005-11")


@pytest.fixture
def batch(champion_lake, score_rows, november):
    """A batch whose clients have no outcome in any test here."""
    rows = november.slice(1_700, 300).drop("defaulted")
    return find_batch(champion_lake.wiring, score_rows(rows).batch_id)


def observe(champion_lake, rows):
    observed_at = dt.datetime(2006, 1, 1, tzinfo=dt.UTC)
    merge_outcomes(
        champion_lake.wiring.lake,
        rows.select(*KEY, "defaulted", pl.lit(observed_at).alias("observed_at")),
    )


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


def test_batch_whose_late_outcomes_are_all_of_payers_is_not_judged_by_the_others(
    champion_lake, score_rows, known_rows
):
    rows = known_rows.filter(statement_month="2005-10").head(2_000)
    scored = score_rows(rows.drop("defaulted"))
    late = rows.filter(defaulted=0).sample(390, seed=2)
    observe(champion_lake, rows.join(late, on=KEY, how="anti"))

    performance = evaluate_batch(
        champion_lake.wiring, find_batch(champion_lake.wiring, scored.batch_id), now=SPRING
    )

    assert performance.coverage_share == 0.805
    assert performance.verdict.level == "not judged"
    assert (
        "the missing ones have lower scores than chance explains" in performance.verdict.reasons[0]
    )
    assert performance.verdict.figures["missing_p_value"] < 0.01


def test_batch_has_an_estimate_before_any_outcome(champion_lake, batch):
    findings = judge_without_outcomes(champion_lake.wiring, batch)

    assert [verdict.gate for verdict in findings.verdicts] == ["estimate", "fairness"]
    assert findings.verdict.figures["default_share"] == pytest.approx(
        batch.scores.probability.mean()
    )
    assert findings.verdict.figures["row_count"] == 300
    assert findings.fairness.level in {"ok", "not judged"}


def test_batch_whose_outcomes_are_not_due_is_not_judged(champion_lake, batch):
    performance = evaluate_batch(
        champion_lake.wiring, batch, now=dt.datetime(2005, 12, 31, tzinfo=dt.UTC)
    )

    assert performance.verdict.level == "not judged"
    assert performance.evaluation is None
