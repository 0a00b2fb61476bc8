from itertools import pairwise

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.integrate import quad
from scipy.stats import binom, norm
from tests.fakes.scored_samples import change, draw_reference_case, draw_sample, run_one

from credit_default.gates.validation.calibration.default_counts import (
    measure_binomial_p_value,
    measure_correlated_p_value,
    measure_jeffreys_p_value,
)
from credit_default.gates.validation.calibration.whole import (
    TESTS,
    measure_level_z,
    measure_spiegelhalter_z,
)


def test_figures_are_those_of_another_implementation():
    sample, _ = draw_reference_case()

    # riskvalidation 1.0.1: pd_spiegelhalter (one-sided there), pd_jeffreys_grades, pd_binomial, pd_binomial_vasicek.
    spiegelhalter = run_one(TESTS, "spiegelhalter", sample)
    assert spiegelhalter.statistic == pytest.approx(1.163522180869169, abs=1e-9)
    assert spiegelhalter.p_value == pytest.approx(2 * 0.12230885205242314, abs=1e-9)
    assert run_one(TESTS, "jeffreys", sample).p_value == pytest.approx(0.3576739230227378, abs=1e-9)
    official = run_one(TESTS, "binomial_official", sample)
    assert official.p_value == pytest.approx(0.37284231492136516, abs=1e-9)
    correlated = run_one(TESTS, "correlated_binomial", sample)
    assert correlated.p_value == pytest.approx(0.44063111747599076, abs=1e-9)


@pytest.mark.parametrize(
    ("row_count", "default_count", "probability", "correlation", "expected"),
    [  # printed by pd_binomial_vasicek of riskvalidation 1.0.1
        (1_000, 20, 0.01, 0.05, 0.09512064606889796),
        (1_000, 35, 0.01, 0.05, 0.009260889460685125),
        (500, 0, 0.01, 0.1, 1.0),
    ],
)
def test_correlated_tail_is_that_of_another_implementation(
    row_count, default_count, probability, correlation, expected
):
    p_value = measure_correlated_p_value(
        row_count, default_count, probability, correlation=correlation
    )

    assert p_value == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("row_count", "default_count", "probability", "correlation"),
    [(30_000, 7_100, 0.22, 0.04), (300_000, 1_000, 0.003, 0.12), (2_000, 470, 0.22, 0.001)],
)
def test_correlated_tail_is_the_integral_over_the_factor(
    row_count, default_count, probability, correlation
):
    def weigh(factor):
        rate = norm.cdf(
            (norm.ppf(probability) - correlation**0.5 * factor) / (1 - correlation) ** 0.5
        )
        return binom.sf(default_count - 1, row_count, rate) * norm.pdf(factor)

    ends = np.linspace(-9, 9, 361)
    expected = sum(quad(weigh, a, b, epsabs=1e-13)[0] for a, b in pairwise(ends))

    found = measure_correlated_p_value(
        row_count, default_count, probability, correlation=correlation
    )
    assert found == pytest.approx(expected, abs=1e-9)


def test_critical_counts_of_the_working_paper_hold():
    # BCBS WP14: 1,000 clients at 1 %, level 1 %, by asset correlation.
    table = {0.0: 19, 0.05: 35, 0.10: 49, 0.15: 63, 0.20: 77}

    for correlation, critical in table.items():
        at, below = (
            measure_correlated_p_value(1_000, count, 0.01, correlation=correlation)
            for count in (critical, critical - 1)
        )
        assert at <= 0.01 < below


def test_line_and_slope_are_those_of_a_logistic_regression():
    sample = draw_sample(1)
    odds = np.log(sample.default_probability / (1 - sample.default_probability))
    fitted = sm.Logit(sample.defaulted, sm.add_constant(odds)).fit(disp=0)

    slope, line = run_one(TESTS, "slope", sample), run_one(TESTS, "line", sample)

    assert slope.statistic == pytest.approx((fitted.params[1] - 1) / fitted.bse[1], abs=1e-6)
    p = sample.default_probability
    given = np.log(np.where(sample.defaulted == 1, p, 1 - p)).sum()
    assert line.statistic == pytest.approx(2 * (fitted.llf - given), abs=1e-6)


@pytest.mark.parametrize("name", ["in_the_large", "line", "jeffreys", "binomial"])
def test_too_low_probabilities_are_red(name):
    sample = draw_sample(2)

    found = run_one(
        TESTS, name, change(sample, default_probability=0.8 * sample.default_probability)
    )

    assert found.light == "red"


@pytest.mark.parametrize("name", ["slope", "line", "spiegelhalter"])
def test_too_extreme_probabilities_are_red(name):
    sample = draw_sample(3)
    odds = np.log(sample.default_probability / (1 - sample.default_probability))

    found = run_one(
        TESTS, name, change(sample, default_probability=1 / (1 + np.exp(-1.3 * odds - 0.4)))
    )

    assert found.light == "red"


def test_constant_score_has_no_slope():
    sample = change(draw_sample(4), default_probability=np.full(2_000, 0.22))

    found = run_one(TESTS, "slope", sample)

    assert (found.light, found.p_value) == ("not judged", None)


def test_probability_of_zero_is_refuted_by_one_default():
    assert measure_jeffreys_p_value(500, 1, 0.0) == 0.0
    assert measure_binomial_p_value(500, 1, 0.0, mid=True) == 0.0
    assert measure_correlated_p_value(500, 1, 0.0, correlation=0.04) == 0.0
    assert measure_jeffreys_p_value(500, 0, 1e-4) == pytest.approx(0.248, abs=0.01)


def test_middle_p_value_holds_its_level_where_the_exact_one_is_too_careful():
    count, probability = 80, 0.03
    chances = binom.pmf(np.arange(count + 1), count, probability)

    def reject(*, mid):
        p_values = [
            measure_binomial_p_value(count, d, probability, mid=mid) for d in range(count + 1)
        ]
        return float(chances[np.array(p_values) < 0.05].sum())

    assert reject(mid=False) < 0.04
    assert 0.03 < reject(mid=True) < 0.07


def test_level_is_told_in_deviations_of_independent_defaults():
    outcomes, probability = np.array([1.0, 1.0, 0.0]), np.array([0.5, 0.2, 0.1])

    assert measure_level_z(outcomes, probability) == pytest.approx(
        1.2 / (0.25 + 0.16 + 0.09) ** 0.5
    )
    assert measure_level_z(outcomes, np.ones(3)) == 0.0


def test_probabilities_of_one_half_say_nothing_by_the_brier_score():
    assert measure_spiegelhalter_z(np.array([1.0, 0.0, 0.0]), np.full(3, 0.5)) == 0.0
    assert measure_spiegelhalter_z(np.array([1.0, 0.0]), np.array([1.0, 0.0])) == 0.0
