from dataclasses import replace

import polars as pl
import pytest

from credit_default.data.planted_faults.injection import DeliveredMonth
from credit_default.data.simulation.months import simulate
from credit_default.errors import InputError
from credit_default.services.simulation.drill_pipeline import DrillPipeline

KEY = ["client_id", "statement_month"]


@pytest.fixture(scope="module")
def pipeline(champion_lake):
    wiring = champion_lake.wiring
    return DrillPipeline(wiring.settings, wiring.schema, champion_lake.champion.bundle)


@pytest.fixture(scope="module")
def month():
    (lived,) = simulate(client_count=600, month_count=1, seed=11)
    return DeliveredMonth(lived.statements, lived.outcomes.select(*KEY, "defaulted"))


def test_every_gate_says_something_of_a_month(pipeline, month):
    judged = pipeline.judge_month(month, ())

    assert set(judged.levels) == {
        "quality",
        "drift",
        "feed",
        "volume",
        "performance",
        "coverage",
    }
    assert judged.levels["volume"] == "not judged"
    assert judged.past_month is not None
    assert judged.past_month.delivery.row_count == 600


def test_file_that_cannot_be_read_is_refused(pipeline, month):
    broken = DeliveredMonth(month.statements.drop("age"), month.outcomes)

    judged = pipeline.judge_month(broken, ())

    assert (judged.levels, judged.past_month) == ({"file": "refused"}, None)


def test_rejected_rows_are_refused_by_quality(pipeline, month):
    broken = DeliveredMonth(
        month.statements.with_columns(pl.lit(None, dtype=pl.Float64).alias("credit_limit")),
        month.outcomes,
    )

    assert set(pipeline.judge_month(broken, ()).levels.values()) == {"refused"}


def test_same_month_again_is_stale(pipeline, month):
    first = pipeline.judge_month(month, ()).past_month

    assert first is not None
    assert pipeline.judge_month(month, (first,)).levels["feed"] == "alarm"


def test_model_without_reference_is_refused(pipeline, month):
    bundle = replace(pipeline.bundle, reference=None)

    with pytest.raises(InputError, match="no reference"):
        replace(pipeline, bundle=bundle).judge_month(month, ())
