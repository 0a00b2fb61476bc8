import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import expit, logit
from scipy.stats import binom, norm

from credit_default.model.evaluation.level import (
    measure_level,
    measure_level_error,
    measure_level_p_value,
)


def draw_probability(row_count, *, seed):
    odds = np.random.default_rng(seed).normal(-1.55, 1.15, row_count)
    return 1 / (1 + np.exp(-odds))


def test_ratio_is_expected_over_observed_defaults():
    level = measure_level(20, np.full(100, 0.3), confidence=0.95)

    assert level.ratio == pytest.approx(1.5)
    assert level.low < 1.5 < level.high


def test_interval_of_equal_probabilities_is_wilsons():
    level = measure_level(20, np.full(100, 0.3), confidence=0.95)

    # Wilson's 95 % interval of 20 in 100 is .1334 to .2888
    assert (30 / level.high, 30 / level.low) == pytest.approx((13.34, 28.88), abs=0.01)


def test_interval_holds_1_just_where_the_test_does_not_reject():
    probability = draw_probability(500, seed=1)
    expected, variance = probability.sum(), (probability * (1 - probability)).sum()
    for count in range(60, 150):
        level = measure_level(count, probability, confidence=0.95)
        p_value = measure_level_p_value(expected, count, variance=variance)

        assert (level.low <= 1 <= level.high) == (p_value >= 0.05)


def test_nobody_and_everybody_defaulting_have_an_interval_with_one_open_end():
    nobody, everybody = (
        measure_level(count, np.full(50, 0.2), confidence=0.95) for count in (0, 50)
    )

    assert (nobody.ratio, nobody.high) == (np.inf, np.inf)
    assert 1 < nobody.low < np.inf
    assert everybody.low == pytest.approx(0.2)


def test_p_value_is_close_to_the_exact_binomial_one():
    exact = 2 * binom.cdf(60, 300, 0.25)

    assert measure_level_p_value(75, 60, variance=300 * 0.25 * 0.75) == pytest.approx(
        exact, abs=0.015
    )


def test_certain_probabilities_leave_no_room_for_chance():
    assert measure_level_p_value(3.0, 3, variance=0.0) == 1.0
    assert measure_level_p_value(3.0, 4, variance=0.0) == 0.0


def test_interval_holds_the_true_level_95_times_in_100():
    generator = np.random.default_rng(3)
    probability = draw_probability(300, seed=2)
    said = 1 / (1 + np.exp(-(np.log(probability / (1 - probability)) + 0.4)))
    true = said.sum() / probability.sum()
    counts = (generator.random((1_000, 300)) < probability).sum(axis=1)
    held = {count: measure_level(int(count), said, confidence=0.95) for count in np.unique(counts)}

    coverage = np.mean([held[count].low <= true <= held[count].high for count in counts])

    assert 0.93 < coverage < 0.97


@pytest.mark.parametrize("count", [1, 60, 115, 200, 299])
def test_at_either_end_the_count_is_just_as_far_as_the_confidence_allows(count):
    odds = logit(probability := draw_probability(300, seed=4))

    level = measure_level(count, probability, confidence=0.9)

    for end, distance in ((level.high, -1.644853627), (level.low, 1.644853627)):
        # the ratio of the end says what was expected there; all odds are shifted to that sum
        sought = probability.sum() / end
        shift = brentq(lambda move, sought=sought: expit(odds + move).sum() - sought, -20, 20)
        shifted = expit(odds + shift)
        deviation = np.sqrt((shifted * (1 - shifted)).sum())
        assert (shifted.sum() - count) / deviation == pytest.approx(distance, abs=1e-6)
    assert level.ratio == pytest.approx(probability.sum() / count, rel=1e-12)


def test_probabilities_of_nought_and_one_stay_within_the_interval():
    level = measure_level(3, np.array([0.0, 0.0, 1.0, 1.0, 0.5]), confidence=0.95)

    assert level.ratio == pytest.approx(2.5 / 3)
    assert 0 < level.low < level.ratio < level.high < np.inf


@pytest.mark.parametrize(("found", "p_value"), [(3.0 + 9e-10, 1.0), (3.0 + 2e-9, 0.0)])
def test_a_certain_count_is_met_to_the_rounding_of_a_sum(found, p_value):
    assert measure_level_p_value(3.0, found, variance=0.0) == p_value
    assert measure_level_p_value(3.0, 6.0 - found, variance=-1e-18) == p_value


def test_the_p_value_is_that_of_the_normal_distribution_on_both_sides():
    for count in (100.0, 140.0):
        found = measure_level_p_value(120.0, count, variance=64.0)

        assert found == pytest.approx(2 * norm.sf(2.5), rel=1e-12)
    assert measure_level_p_value(120.0, 120.0, variance=64.0) == 1.0


@pytest.mark.parametrize(("rows", "share"), [(0, 0.2), (100, 0.0), (100, 1.0)])
def test_rows_that_tell_nothing_of_a_level_leave_no_error(rows, share):
    assert measure_level_error(rows, share) == 0.0


def test_the_error_of_a_level_is_that_of_the_rows_default_share_in_log_odds():
    assert measure_level_error(400, 0.2) == pytest.approx(1 / np.sqrt(400 * 0.2 * 0.8))


def test_a_variance_below_one_is_one_all_the_same():
    found = measure_level_p_value(3.0, 4.0, variance=0.25)

    assert found == pytest.approx(2 * norm.sf(2), rel=1e-12)
