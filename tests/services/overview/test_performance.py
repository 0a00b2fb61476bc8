import datetime as dt
import json

import polars as pl
import pytest

from credit_default.adapters.tables.monitoring import write_monitoring
from credit_default.model.evaluation.intervals import Metric, measure_share
from credit_default.services.overview.performance import GroupRatio, read_performance

NOON = dt.datetime(2006, 1, 1, 12, tzinfo=dt.UTC)
JUDGED = {
    "row_count": 1_500.0,
    "coverage_share": 0.97,
    "roc_auc": 0.81,
    "roc_auc_low": 0.79,
    "roc_auc_high": 0.83,
    "roc_auc_floor": 0.73,
    "default_share": 0.22,
    "mean_probability": 0.21,
    "calibration_error": 0.05,
    "calibration_allowance": 0.2,
}
ESTIMATED = {
    "default_share": 0.21,
    "default_share_low": 0.18,
    "default_share_high": 0.24,
    "roc_auc": 0.78,
    "roc_auc_low": 0.74,
    "roc_auc_high": 0.82,
}
RATIOS = {"sex_acceptance_ratio": 0.9, "reference_sex_acceptance_ratio": 0.95}


def find(lake, gate, figures, *, level="ok", month="2005-10", batch="a", version=1, origin="real"):
    row = {
        "batch_id": batch * 16,
        "model_version": version,
        "statement_month": month,
        "gate": gate,
        "level": level,
        "reasons": [f"the reason of {gate}"],
        "figures": json.dumps(figures),
        "row_count": 1_500,
        "expected_loss": 0.0,
        "data_origin": origin,
        "report_path": "",
        "monitored_at": NOON,
    }
    write_monitoring(lake, pl.DataFrame([row]))


def test_a_batch_s_figures_are_those_that_the_monitors_recorded(wiring):
    find(wiring.lake, "performance", JUDGED)
    find(wiring.lake, "estimate", ESTIMATED)
    find(wiring.lake, "fairness", RATIOS, level="watch")

    overview = read_performance(wiring)

    (batch,) = overview.batches
    assert batch.roc_auc == Metric(0.81, 0.79, 0.83)
    assert batch.roc_auc_floor == 0.73
    assert batch.estimated_default_share == Metric(0.21, 0.18, 0.24)
    assert batch.observed_default_share == measure_share(330, 1_500)
    assert (batch.calibration_error, batch.calibration_allowance) == (0.05, 0.2)
    assert batch.ratios == (GroupRatio("sex", 0.9, 0.95),)
    assert list(batch.levels.items()) == [
        ("estimate", "ok"),
        ("fairness", "watch"),
        ("performance", "ok"),
    ]
    assert batch.coverage == "97% of the outcomes known, complete"
    assert overview.coverage == "outcomes complete for 1 of 1 batches"
    assert overview.lowest_ratio == wiring.settings.fairness_drift.lowest_ratio


def test_a_month_without_outcomes_has_an_estimate_and_no_truth(wiring):
    find(wiring.lake, "estimate", ESTIMATED)
    find(wiring.lake, "performance", {"row_count": 0.0}, level="not judged")

    (batch,) = read_performance(wiring).batches

    assert (batch.roc_auc, batch.observed_default_share, batch.is_judged) == (None, None, False)
    assert batch.estimated_roc_auc == Metric(0.78, 0.74, 0.82)
    assert batch.coverage == "no outcome is complete yet"


def test_only_the_newest_version_of_a_batch_is_shown_and_a_change_is_marked(wiring):
    find(wiring.lake, "drift", {}, month="2005-10", batch="a")
    find(wiring.lake, "drift", {}, month="2005-11", batch="b")
    find(wiring.lake, "drift", {}, month="2005-11", batch="b", version=2, level="alarm")

    overview = read_performance(wiring)

    assert [(b.model_version, b.levels["drift"]) for b in overview.batches] == [
        (1, "ok"),
        (2, "alarm"),
    ]
    assert overview.changes == ("2005-11",)


def test_batches_are_read_by_the_page_the_newest_first_page_in_the_order_of_months(wiring):
    for month, batch in (("2005-10", "a"), ("2005-11", "b"), ("2005-11", "c"), ("2005-12", "d")):
        find(wiring.lake, "drift", {}, month=month, batch=batch, origin="simulated")

    newest = read_performance(wiring, count=3)
    older = read_performance(wiring, number=2, count=3)

    assert [b.label for b in newest.batches] == ["2005-11 bbbb", "2005-11 cccc", "2005-12"]
    assert (newest.has_older, newest.is_simulated) == (True, True)
    assert ([b.label for b in older.batches], older.has_older) == (["2005-10"], False)


def test_a_lake_without_batches_has_nothing_to_show(wiring):
    overview = read_performance(wiring)

    assert (overview.batches, overview.months, overview.has_older) == ((), (), False)


@pytest.mark.parametrize("share", [None, 0.5])
def test_a_share_is_observed_only_where_outcomes_were_judged(wiring, share):
    find(wiring.lake, "performance", {"default_share": share, "row_count": 10.0})

    (batch,) = read_performance(wiring).batches

    assert batch.observed_default_share == (measure_share(5, 10) if share else None)
