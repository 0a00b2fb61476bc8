import polars as pl
import pytest

from credit_default.data.planted_faults.injection import DeliveredMonth
from credit_default.data.simulation.months import simulate
from credit_default.errors import InputError
from credit_default.services.simulation.drill_pipeline import DrillPipeline

KEY = ["client_id", "statement_month"]


@pytest.fixture(scope="module")
def line(champion_lake):
    return DrillPipeline(champion_lake.wiring, champion_lake.champion.bundle)


@pytest.fixture(scope="module")
def month():
    (lived,) = simulate(client_count=600, month_count=1, seed=11)
    return DeliveredMonth(lived.statements, lived.outcomes.select(*KEY, "defaulted"))


def test_every_gate_says_something_of_a_month(line, month):
    inspected = line.inspect(month, ())

    assert set(inspected.levels) == {
        "quality",
        "drift",
        "feed",
        "volume",
        "performance",
        "coverage",
    }
    assert inspected.levels["volume"] == "not judged"
    assert inspected.delivered is not None
    assert inspected.delivered.delivery.row_count == 600


def test_file_that_cannot_be_read_stops_at_the_door(line, month):
    broken = DeliveredMonth(month.statements.drop("age"), month.outcomes)

    inspected = line.inspect(broken, ())

    assert (inspected.levels, inspected.delivered) == ({"file": "refused"}, None)


def test_rejected_rows_are_refused_by_quality(line, month):
    broken = DeliveredMonth(
        month.statements.with_columns(pl.lit(None, dtype=pl.Float64).alias("credit_limit")),
        month.outcomes,
    )

    assert set(line.inspect(broken, ()).levels.values()) == {"refused"}


def test_same_month_again_is_stale(line, month):
    first = line.inspect(month, ()).delivered

    assert first is not None
    assert line.inspect(month, (first,)).levels["feed"] == "alarm"


def test_model_without_reference_is_refused(champion_lake, month):
    from dataclasses import replace

    with pytest.raises(InputError, match="no reference"):
        DrillPipeline(
            champion_lake.wiring, replace(champion_lake.champion.bundle, reference=None)
        ).inspect(month, ())
