"""Each finding about a batch at its limits, by metrics and errors that are written out here."""

from dataclasses import dataclass
from types import SimpleNamespace

import pytest

from credit_default.gates.monitoring import performance
from credit_default.gates.monitoring.performance import PerformancePolicy
from credit_default.model.estimator.calibration_line import Slope
from credit_default.model.evaluation.intervals import NORMAL_QUANTILE_95, Metric
from credit_default.model.evaluation.reference_performance import ReferencePerformance
from credit_default.model.statistics.auc_placements import RocAuc

POLICY = PerformancePolicy(
    lowest_roc_auc=0.5,
    highest_calibration_error=0.25,
    calibration_deviations=3.0,
    lowest_slope=0.75,
    highest_slope=1.25,
)
OF_EACH = "(performance.fewest_defaults)"
SEEN = ReferencePerformance(slope=Slope(1.0, 0.0))


@dataclass(frozen=True)
class Error:
    """What is measured of a count of defaults."""

    relative: float
    deviations: float
    chance_deviations: float
    relative_deviation: float = 0.125
    month_effect_sd: float = 0.12
    chance_deviation: float = 1.0


@pytest.mark.parametrize(
    ("value", "high", "level"),
    [
        (0.5, 0.75, "ok"),  # at the floor
        (0.4375, 0.5, "watch"),  # below it, and not beyond its interval
        (0.4375, 0.499, "alarm"),
    ],
)
def test_a_ranking_is_below_a_floor_with_its_whole_interval(value, high, level):
    found = performance._judge_ranking(Metric(value, 0.1, high), (RocAuc(0.5, 0.0),))

    assert found.level == level
    assert found.reason == (
        f"ROC AUC {value:.3f} (0.100 to {high:.3f}), floor 0.500 (performance.lowest_roc_auc)"
    )


def test_a_floor_of_the_test_side_is_told_with_its_error_which_adds_to_the_batchs():
    floors = (RocAuc(0.75, 0.04), RocAuc(0.5, 0.0))
    reach = (0.03**2 + (NORMAL_QUANTILE_95 * 0.04) ** 2) ** 0.5

    for value, level in ((0.75 - reach - 1e-6, "alarm"), (0.75 - reach + 1e-6, "watch")):
        found = performance._judge_ranking(Metric(value, value - 0.03, value + 0.03), floors)
        assert found.level == level
        assert "floor 0.750 (itself known to ± 0.078) (performance.highest_roc_auc_loss)" in (
            found.reason
        )


@pytest.mark.parametrize(
    ("error", "level"),
    [
        (Error(0.25, 9.0, 3.0), "ok"),  # of just the size that is allowed
        (Error(0.26, 3.0, 3.0), "watch"),  # it matters, and is not sure
        (Error(0.26, 3.01, 3.0), "alarm"),
        (Error(-0.26, -3.01, -3.0), "alarm"),
        (Error(-0.26, -3.0, -3.0), "watch"),
        (Error(0.25, 9.0, 3.01), "watch"),  # chance alone does not explain it
        (Error(-0.1, 0.0, -3.01), "watch"),
    ],
)
def test_a_count_of_defaults_rings_only_where_it_matters_and_is_sure(error, level):
    evaluation = SimpleNamespace(default_count=30, expected_default_count=24.0)

    assert performance._judge_calibration(evaluation, error, POLICY).level == level


@pytest.mark.parametrize(
    ("relative_deviation", "allowance"), [(0.05, 0.25), (0.25 / 3, 0.25), (0.1, 0.3)]
)
def test_what_is_allowed_is_the_larger_of_the_size_and_the_noise(relative_deviation, allowance):
    error = Error(0.0, 0.0, 0.0, relative_deviation)

    assert performance._measure_allowance(error, POLICY) == pytest.approx(allowance)


@pytest.mark.parametrize(
    ("slope", "level"),
    [
        (Metric(0.75, 0.5, 0.9), "ok"),  # at either end of the range
        (Metric(1.25, 1.1, 1.5), "ok"),
        (Metric(0.7, 0.5, 1.0), "ok"),  # out of it, and 1 is in the interval
        (Metric(1.3, 1.0, 1.5), "ok"),
        (Metric(0.7, 0.5, 0.75), "watch"),  # the interval reaches the range
        (Metric(1.3, 1.25, 1.5), "watch"),
        (Metric(0.7, 0.69, 0.749), "alarm"),
        (Metric(1.3, 1.251, 1.31), "alarm"),
    ],
)
def test_a_slope_rings_only_where_its_whole_interval_is_out_of_range(slope, level):
    (found,) = performance._judge_slope(slope, SEEN, POLICY)

    assert found.level == level
    is_out = slope.high < 0.75 or slope.low > 1.25
    assert found.reason.endswith("; on the test side it was 1.00 ± 0.00") is is_out


def test_a_slope_that_the_test_side_had_is_watched_and_none_is_not_judged():
    had = ReferencePerformance(slope=Slope(0.7, 0.01))

    (found,) = performance._judge_slope(Metric(0.7, 0.69, 0.749), had, POLICY)

    assert found.level == "watch"
    assert performance._judge_slope(None, SEEN, POLICY) == []


@pytest.mark.parametrize(
    ("rows", "defaults", "told"),
    [
        (200, 20, None),
        (200, 180, None),
        (199, 20, "199 rows with outcomes are too few: at least 200 (performance.fewest_rows)"),
        (
            200,
            19,
            f"19 defaults and 181 others are too few: at least 20 of each {OF_EACH}",
        ),
        (
            200,
            181,
            f"181 defaults and 19 others are too few: at least 20 of each {OF_EACH}",
        ),
    ],
)
def test_two_hundred_rows_and_twenty_of_either_kind_are_judged(rows, defaults, told):
    evaluation = SimpleNamespace(row_count=rows, default_count=defaults)

    assert performance._explain_too_few_rows(evaluation, PerformancePolicy()) == told


def test_the_highest_floor_comes_first():
    policy = PerformancePolicy(lowest_roc_auc=0.7, highest_roc_auc_loss=0.05)

    assert performance._list_floors(policy, None) == (RocAuc(0.7, 0.0),)
    for tested, first in ((0.8, 0.75), (0.72, 0.7)):
        floors = performance._list_floors(policy, RocAuc(tested, 0.01))
        assert floors[0].value == pytest.approx(first)
        assert {floor.standard_error for floor in floors} == {0.0, 0.01}
        assert len(floors) == 2


def test_figures_are_shares_of_the_rows_and_what_is_known_besides():
    evaluation = SimpleNamespace(
        row_count=400,
        default_count=100,
        expected_default_count=80.0,
        metrics={
            "roc_auc": Metric(0.75, 0.7, 0.8),
            "calibration_slope": Metric(1.0, 0.9, 1.1),
            "log_loss": Metric(0.4, 0.3, 0.5),
            "accuracy": Metric(0.9, 0.8, 1.0),
        },
    )

    found = performance._list_figures(evaluation, RocAuc(0.7, 0.01), {"coverage_share": 0.9})

    assert found == {
        "row_count": 400.0,
        "coverage_share": 0.9,
        "roc_auc": 0.75,
        "roc_auc_low": 0.7,
        "roc_auc_high": 0.8,
        "roc_auc_floor": 0.7,
        "roc_auc_floor_error": 0.01,
        "default_share": 0.25,
        "mean_probability": 0.2,
        "calibration_slope": 1.0,
        "calibration_slope_low": 0.9,
        "calibration_slope_high": 1.1,
        "log_loss": 0.4,
    }
