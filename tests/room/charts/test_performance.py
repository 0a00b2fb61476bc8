import json
import math

from credit_default.model.evaluation.intervals import Metric, measure_share
from credit_default.model.months.vintages import VintageFigures
from credit_default.room.charts.performance import draw_outcome_charts, draw_performance_charts
from credit_default.services.overview.matured_outcomes import BandCalibration, MaturedOutcomes
from credit_default.services.overview.performance import (
    BatchPerformance,
    GroupRatio,
    PerformanceOverview,
)
from credit_default.views.history.vintage_tables import VintageRow


def build_batch(month, *, judged=True, version=1):
    truth = {
        "coverage_share": 0.97,
        "observed_default_share": measure_share(330, 1_500),
        "mean_probability": 0.21,
        "roc_auc": Metric(0.81, 0.79, 0.83),
        "roc_auc_floor": 0.73,
        "calibration_error": 0.05,
        "calibration_allowance": 0.2,
    }
    return BatchPerformance(
        label=month,
        statement_month=month,
        batch_id="ab" * 8,
        model_version=version,
        row_count=1_500,
        levels={"drift": "ok"},
        reasons={"drift": "no column moved"},
        is_judged=judged,
        estimated_default_share=Metric(0.21, 0.18, 0.24),
        estimated_roc_auc=Metric(0.78, 0.74, 0.82),
        ratios=(GroupRatio("sex", 0.9, math.nan),),
        **(truth if judged else dict.fromkeys(truth)),
    )


OVERVIEW = PerformanceOverview(
    (build_batch("2005-10"), build_batch("2005-11", judged=False, version=2)),
    1,
    has_older=False,
    is_simulated=False,
    lowest_ratio=0.8,
)


def draw(name, overview=OVERVIEW):
    return next(chart for chart in draw_performance_charts(overview) if chart.name == name)


def find_trace(chart, name):
    return next(trace for trace in chart.figure["data"] if trace["name"].startswith(name))


def test_what_was_estimated_and_what_came_true_stand_in_one_chart_with_the_floor():
    chart = draw("ranking")

    assert find_trace(chart, "estimated")["y"] == [0.78, 0.78]
    assert find_trace(chart, "observed")["y"] == [0.81, None]
    assert find_trace(chart, "floor")["y"] == [0.73, None]
    assert "97% of the outcomes known, complete" in find_trace(chart, "observed")["customdata"][0]
    assert len(chart.figure["layout"]["shapes"]) == 1  # the change of the champion


def test_the_alarm_line_of_calibration_stands_on_both_sides():
    chart = draw("calibration-error")

    limits = [t["y"] for t in chart.figure["data"] if t["meta"]["role"] == "limit"]
    assert limits == [[0.2, None], [-0.2, None]]


def test_only_months_with_outcomes_stand_against_the_diagonal():
    chart = draw("calibration")

    assert find_trace(chart, "observed")["x"] == [0.21]
    assert find_trace(chart, "observed")["y"] == [0.22]


def test_fairness_has_a_line_for_each_attribute_and_the_limit():
    chart = draw("fairness")

    assert find_trace(chart, "sex")["y"] == [0.9, 0.9]
    assert find_trace(chart, "limit")["y"] == [0.8, 0.8]


def test_every_chart_is_json_without_what_is_no_number():
    for chart in (*draw_performance_charts(OVERVIEW), *draw_outcome_charts(build_outcomes())):
        json.dumps(chart.figure, allow_nan=False)
        assert all(len(row) == len(chart.heading) for row in chart.rows)


def test_a_page_without_batches_has_charts_without_points():
    empty = PerformanceOverview((), 1, has_older=False, is_simulated=False, lowest_ratio=0.8)

    assert all(chart.rows == () for chart in draw_performance_charts(empty))


def build_outcomes():
    figures = VintageFigures(1_500, measure_share(330, 1_500), 0.21, 0.13, None)
    return MaturedOutcomes(
        (
            VintageRow("2005-10", 1, 1_500, 1.0, "complete", figures),
            VintageRow("2005-11", 2, 1_500, 0.0, "none", None),
        ),
        (BandCalibration("A", 900, 0.05, measure_share(40, 900)),),
    )


def test_a_vintage_says_how_many_outcomes_are_known():
    vintages, bands = draw_outcome_charts(build_outcomes())

    assert [trace["name"] for trace in vintages.figure["data"]] == ["version 1", "version 2"]
    assert vintages.rows[0][2] == "22.0%"
    assert vintages.rows[1] == (
        "2005-11",
        "version 2",
        "not known",
        "",
        "0% of the outcomes known, none",
    )
    assert bands.rows == (("band A", "5.0%", "4.4%", bands.rows[0][3], "900 clients"),)
