import datetime as dt
import shutil

import pytest

from credit_default.gates.verdict import Verdict
from credit_default.services.monitoring.earlier_findings import (
    read_batch_findings,
    read_past_deviations,
    read_past_estimates,
)
from credit_default.services.monitoring.findings_record import write_verdict_row
from credit_default.services.monitoring.monitored_batch import find_batch

NOON = dt.datetime(2006, 3, 1, 12, tzinfo=dt.UTC)


@pytest.fixture
def batch(champion_lake, score_rows, known_rows):
    november = known_rows.filter(statement_month="2005-11").drop("defaulted")
    return find_batch(champion_lake.wiring, score_rows(november.slice(700, 300)).batch_id)


@pytest.fixture
def lake(champion_lake, make_wiring, tmp_path):
    """A lake with the champion in which nothing was monitored yet."""
    shutil.copytree(champion_lake.untouched, tmp_path / "lake")
    return make_wiring().lake


def record(lake, batch, *verdicts):
    for verdict in verdicts:
        write_verdict_row(lake, batch, verdict, at=NOON)


def test_findings_are_read_in_the_order_in_which_they_are_shown(lake, batch):
    record(
        lake,
        batch,
        Verdict("performance", "ok", ("right",)),
        Verdict("retraining", "ok", ("no alarm is open",)),
        Verdict("drift", "watch", ("moved",), {"score_drift": 0.1}),
    )

    found = read_batch_findings(lake, batch_id=batch.batch_id, model_version=1)

    assert found is not None
    assert found.verdicts == (
        Verdict("drift", "watch", ("moved",), {"score_drift": 0.1}),
        Verdict("performance", "ok", ("right",)),
    )


def test_batch_that_was_never_monitored_has_no_findings(lake, batch):
    assert read_batch_findings(lake, batch_id=batch.batch_id, model_version=1) is None


def test_estimates_are_compared_with_the_outcomes_that_were_judged(lake, batch):
    promised = {"default_share": 0.2, "default_share_low": 0.18, "default_share_high": 0.22}
    record(lake, batch, Verdict("estimate", "ok", (), promised))
    before = list(read_past_estimates(lake, model_version=1))
    record(lake, batch, Verdict("performance", "ok", (), {"default_share": 0.25}))

    [compared] = read_past_estimates(lake, model_version=1)
    assert before == []
    assert (compared.name, compared.error) == ("default_share", pytest.approx(0.05))
    assert list(read_past_estimates(lake, model_version=1, excluding=batch.batch_id)) == []
    assert list(read_past_estimates(lake, model_version=1, until="2005-10")) == []
    assert list(read_past_estimates(lake, model_version=2)) == []


def test_deviations_of_earlier_months_are_read_of_this_version_alone(lake, batch):
    figures = {
        "row_count": 1000.0,
        "mean_probability": 0.2,
        "calibration_error": 0.1,
        "calibration_deviations": 1.0,
        "expected_deviation": 12.0,
    }
    record(lake, batch, Verdict("performance", "ok", (), figures))

    [deviation] = read_past_deviations(lake, model_version=1, before="2005-12")

    assert deviation.statement_month == "2005-11"
    assert deviation.surplus == pytest.approx(20.0)
    assert deviation.variance == pytest.approx(144.0)
    assert read_past_deviations(lake, model_version=1, before="2005-11") == ()
    assert read_past_deviations(lake, model_version=2, before="2005-12") == ()


def test_deviations_recorded_before_month_effects_were_allowed_for_are_those_of_chance(lake, batch):
    older = {
        "row_count": 1000.0,
        "mean_probability": 0.2,
        "calibration_error": -0.1,
        "calibration_deviations": -2.0,
    }
    record(lake, batch, Verdict("performance", "watch", (), older))

    [deviation] = read_past_deviations(lake, model_version=1, before="2005-12")

    assert (deviation.surplus, deviation.variance) == pytest.approx((-20.0, 100.0))


@pytest.mark.parametrize("level", ["not judged", "ok"])
def test_months_without_figures_of_calibration_are_left_out(lake, batch, level):
    record(lake, batch, Verdict("performance", level, (), {"row_count": 20.0}))

    assert read_past_deviations(lake, model_version=1, before="2005-12") == ()
