import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from credit_default.model.estimator import calibration_line
from credit_default.model.estimator.calibration_line import (
    bin_by_quantile,
    fit_calibration,
    measure_log_odds,
    measure_slope,
    solve_one_step,
)
from credit_default.model.statistics.bootstrap import draw_weights


def make_scores(*, slope=1.0, intercept=0.0, count=4000):
    generator = np.random.default_rng(3)
    odds = generator.normal(-1.3, 1.2, count)
    defaulted = (generator.random(count) < 1 / (1 + np.exp(-(intercept + slope * odds)))).astype(
        int
    )
    return defaulted, 1 / (1 + np.exp(-odds))


@pytest.mark.parametrize(("slope", "intercept"), [(1.0, 0.0), (0.5, 0.0), (1.0, 0.8)])
def test_the_planted_line_is_found(slope, intercept):
    line = fit_calibration(*make_scores(slope=slope, intercept=intercept))

    assert line is not None
    assert line.slope == pytest.approx(slope, abs=0.1)
    assert line.intercept == pytest.approx(intercept, abs=0.15)


def test_the_line_is_that_of_a_plain_logistic_regression():
    defaulted, probability = make_scores()
    expected = LogisticRegression(C=np.inf, tol=1e-10).fit(
        measure_log_odds(probability)[:, None], defaulted
    )

    line = fit_calibration(defaulted, probability)

    assert line is not None
    assert line.slope == pytest.approx(expected.coef_[0, 0], abs=1e-4)
    assert line.intercept == pytest.approx(expected.intercept_[0], abs=1e-4)


@pytest.mark.parametrize("power", [0.05, 3.0, -2.0])
def test_a_score_far_from_calibrated_still_has_its_line(power):
    defaulted, probability = make_scores()
    bent = 1 / (1 + np.exp(-power * measure_log_odds(probability)))

    line = fit_calibration(defaulted, bent)

    assert line is not None
    assert line.slope == pytest.approx(1 / power, rel=0.1)


@pytest.mark.parametrize(
    ("defaulted", "probability"),
    [
        ([0, 0, 0], [0.1, 0.2, 0.3]),
        ([0, 1, 0], [0.2, 0.2, 0.2]),
        ([0, 0, 1, 1], [0.1, 0.2, 0.7, 0.8]),
    ],
    ids=["one outcome", "constant score", "parted outcomes"],
)
def test_there_is_no_line_where_none_fits(defaulted, probability):
    assert fit_calibration(np.array(defaulted), np.array(probability)) is None


def test_one_step_is_close_to_each_resamples_own_fit():
    defaulted, probability = make_scores(count=800)
    line = fit_calibration(defaulted, probability)
    assert line is not None
    weights = next(draw_weights(len(defaulted), resample_count=5, seed=1))

    steps = solve_one_step(line, defaulted, probability, weights=weights)

    for number, drawn in enumerate(weights.astype(int)):
        own = fit_calibration(np.repeat(defaulted, drawn), np.repeat(probability, drawn))
        assert own is not None
        assert steps.slope[number] == pytest.approx(own.slope, abs=0.04)
        assert steps.intercept[number] == pytest.approx(own.intercept, abs=0.06)


def test_log_odds_stay_finite():
    assert measure_log_odds(np.array([0.0, 0.5, 1.0])) == pytest.approx(
        [-13.8155, 0.0, 13.8155], abs=1e-3
    )


@given(st.lists(st.floats(0, 1), min_size=1, max_size=200))
def test_bins_rise_with_the_probability_and_keep_ties_together(values):
    probability = np.sort(values)

    bins = bin_by_quantile(probability, bin_count=10)

    assert np.all(np.diff(bins) >= 0)
    assert bins.min() >= 0
    assert bins.max() <= 9
    assert all(len(set(bins[probability == value])) == 1 for value in set(values))


def test_bins_hold_equally_many_when_all_differ():
    assert (
        np.bincount(bin_by_quantile(np.linspace(0, 1, 1000), bin_count=10)).tolist() == [100] * 10
    )


@pytest.mark.parametrize("count", [60, 400])
def test_a_slope_has_the_error_of_a_plain_logistic_regression(count):
    generator = np.random.default_rng(count)
    odds = generator.normal(-0.7, 1.2, count)
    defaulted = (generator.random(count) < 1 / (1 + np.exp(-0.6 * odds + 0.3))).astype(np.int64)

    found = measure_slope(defaulted, 1 / (1 + np.exp(-odds)))

    line = fit_calibration(defaulted, 1 / (1 + np.exp(-odds)))
    expected = 1 / (1 + np.exp(-line.intercept - line.slope * odds))
    columns = np.column_stack([np.ones(count), odds])
    information = columns.T @ (columns * (expected * (1 - expected))[:, None])
    assert found.value == line.slope
    assert found.standard_error == pytest.approx(np.linalg.inv(information)[1, 1] ** 0.5)
    assert measure_slope(np.zeros(3, dtype=np.int64), np.array([0.1, 0.2, 0.3])) is None


def test_log_odds_are_clipped_a_millionth_from_either_end():
    found = measure_log_odds(np.array([0.0, 1e-7, 1e-6, 0.5, 1.0]))

    lowest = np.log(1e-6 / (1 - 1e-6))
    assert found == pytest.approx([lowest, lowest, lowest, 0.0, -lowest])


@pytest.mark.parametrize(("share", "is_singular"), [(0.9e-9, True), (1.1e-9, False)])
def test_a_resample_whose_equations_are_singular_to_nine_digits_has_no_line(share, is_singular):
    sums = np.array([[0.5], [0.2], [1.0], [np.sqrt(1 - share)], [1.0]])

    steps = calibration_line._solve_newton_equations(sums)

    assert [bool(np.isnan(step[0])) for step in steps] == [is_singular] * 2


def test_a_line_steeper_than_any_score_deserves_is_none_even_through_the_middle():
    probability = np.repeat([0.5 - 1e-5, 0.5 + 1e-5], 4)  # a slope of 27,000, an intercept of 0

    assert fit_calibration(np.array([0, 0, 0, 1, 0, 1, 1, 1]), probability) is None
