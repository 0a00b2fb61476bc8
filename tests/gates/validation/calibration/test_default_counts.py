import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import beta, binom, norm

from credit_default.gates.validation.calibration.default_counts import (
    measure_binomial_p_value,
    measure_correlated_p_value,
    measure_jeffreys_p_value,
)


def count_exactly(row_count: int, default_count: int, probability: Fraction) -> Fraction:
    return (
        math.comb(row_count, default_count)
        * probability**default_count
        * (1 - probability) ** (row_count - default_count)
    )


def sum_exactly(row_count: int, default_count: int, probability: Fraction) -> Fraction:
    return sum(
        (count_exactly(row_count, k, probability) for k in range(default_count, row_count + 1)),
        Fraction(0),
    )


def integrate_slowly(row_count: int, default_count: int, probability: float, correlation: float):
    def weigh(factor: float) -> float:
        rate = norm.cdf(
            (norm.ppf(probability) - math.sqrt(correlation) * factor) / math.sqrt(1 - correlation)
        )
        tail = math.fsum(
            math.comb(row_count, k) * rate**k * (1 - rate) ** (row_count - k)
            for k in range(default_count, row_count + 1)
        )
        return tail * norm.pdf(factor)

    return quad(weigh, -9, 9, epsabs=1e-11, epsrel=1e-11, limit=400, points=[-2, -1, 0, 1, 2])[0]


@given(row_count=st.integers(1, 40), share=st.fractions(0, 1), percent=st.integers(1, 99))
def test_binomial_p_value_is_the_exact_sum_and_counts_the_number_by_half_where_asked(
    row_count, share, percent
):
    default_count, probability = int(share * row_count), Fraction(percent, 100)
    whole = sum_exactly(row_count, default_count, probability)
    half = count_exactly(row_count, default_count, probability) / 2

    found, mid = (
        measure_binomial_p_value(row_count, default_count, percent / 100, mid=mid)
        for mid in (False, True)
    )

    assert found == pytest.approx(float(whole), abs=1e-11)
    assert mid == pytest.approx(float(whole - half), abs=1e-11)


@pytest.mark.parametrize(
    ("row_count", "default_count", "probability"),
    [(10, 2, 0.1), (10, 0, 0.1), (10, 10, 0.9), (50, 0, 0.01), (50, 1, 0.0), (1, 0, 1.0)],
)
def test_jeffreys_p_value_is_the_posterior_of_half_a_default_and_half_a_payer(
    row_count, default_count, probability
):
    # With x = sin² a the density of Beta(d + 1/2, n - d + 1/2) is sin^2d · cos^2(n - d).
    def weigh(angle: float) -> float:
        return math.sin(angle) ** (2 * default_count) * math.cos(angle) ** (
            2 * (row_count - default_count)
        )

    found = measure_jeffreys_p_value(row_count, default_count, probability)

    below, whole = (
        quad(weigh, 0, end, epsabs=1e-14, limit=200)[0]
        for end in (math.asin(math.sqrt(probability)), math.pi / 2)
    )
    assert found == pytest.approx(below / whole, abs=1e-10)


def test_nothing_speaks_against_a_probability_of_zero_where_nobody_defaults():
    assert measure_jeffreys_p_value(50, 0, 0.0) == 1.0


@pytest.mark.parametrize("correlation", [0.03, 0.12, 0.24])
@pytest.mark.parametrize(
    ("row_count", "default_count", "probability"),
    [(20, 0, 0.1), (20, 1, 0.1), (20, 3, 0.1), (60, 20, 0.2), (60, 60, 0.7), (60, 59, 0.5)],
)
def test_correlated_p_value_is_the_integral_over_the_common_factor(
    row_count, default_count, probability, correlation
):
    found = measure_correlated_p_value(
        row_count, default_count, probability, correlation=correlation
    )

    expected = integrate_slowly(row_count, default_count, probability, correlation)
    assert found == pytest.approx(expected, abs=1e-8)
    assert found <= 1


@pytest.mark.parametrize(("row_count", "default_count"), [(100_000, 22_300), (1_000_000, 5_100)])
def test_correlated_p_value_of_many_rows_is_the_chance_of_the_rate_itself(row_count, default_count):
    probability, correlation, share = 0.01, 0.12, (default_count - 0.5) / row_count
    edge = (norm.ppf(probability) - math.sqrt(1 - correlation) * norm.ppf(share)) / math.sqrt(
        correlation
    )

    found = measure_correlated_p_value(
        row_count, default_count, probability, correlation=correlation
    )

    assert found == pytest.approx(norm.cdf(edge), rel=5e-3)


@pytest.mark.parametrize(
    ("probability", "correlation", "expected"),
    [(0.0, 0.1, 0.0), (1.0, 0.1, 1.0), (0.3, 0.0, 0.8506916541)],
)
def test_correlated_p_value_is_the_binomial_one_where_no_factor_moves_anything(
    probability, correlation, expected
):
    found = measure_correlated_p_value(10, 2, probability, correlation=correlation)

    assert found == pytest.approx(expected, abs=1e-11)
    assert found == measure_binomial_p_value(10, 2, probability, mid=False)


@pytest.mark.parametrize("correlation", [0.01, 0.04, 0.3])
@pytest.mark.parametrize(
    ("count", "defaults", "probability"), [(500, 30, 0.04), (200, 0, 0.1), (200, 200, 0.9)]
)
def test_the_correlated_chance_is_the_integral_over_the_common_factor(
    count, defaults, probability, correlation
):
    def weigh(factor):
        odds = norm.ppf(probability) - np.sqrt(correlation) * factor
        rate = norm.cdf(odds / np.sqrt(1 - correlation))
        return binom.sf(defaults - 1, count, rate) * norm.pdf(factor)

    points = np.linspace(-9, 9, 20_001)
    expected = np.trapezoid(weigh(points), points)
    found = measure_correlated_p_value(count, defaults, probability, correlation=correlation)
    assert found == pytest.approx(expected, abs=1e-6)
    assert found <= 1.0


@pytest.mark.parametrize(("defaults", "probability"), [(0, 0.0), (3, 0.0), (3, 1.0)])
def test_certain_probabilities_and_no_correlation_are_plain_binomial(defaults, probability):
    for correlation in (0.0, 0.04):
        found = measure_correlated_p_value(10, defaults, probability, correlation=correlation)
        plain = measure_binomial_p_value(10, defaults, probability, mid=False)
        assert found == plain
    assert measure_correlated_p_value(10, 3, 0.2, correlation=0.0) == pytest.approx(
        binom.sf(2, 10, 0.2)
    )


def test_jeffreys_counts_half_a_default_and_half_a_payer_more():
    assert measure_jeffreys_p_value(10, 3, 0.2) == pytest.approx(beta.cdf(0.2, 3.5, 7.5))
    assert measure_jeffreys_p_value(10, 0, 0.0) == 1.0
    assert measure_jeffreys_p_value(10, 1, 0.0) == 0.0


@pytest.mark.parametrize(
    ("row_count", "default_count", "probability", "correlation"),
    [
        (1_000_000, 500_000, 0.5, 0.95),  # the integrand drops within a thousandth
        (5_000, 1, 0.01, 0.5),
        (5_000, 5_000, 0.97, 0.5),
        (5_000, 5_000, 1 - 1e-9, 0.01),
    ],
)
def test_correlated_p_value_is_the_integral_where_the_integrand_drops_at_once_or_far_out(
    row_count, default_count, probability, correlation
):
    factor = np.linspace(-9, 9, 200_001)
    odds = norm.ppf(probability) - np.sqrt(correlation) * factor
    rate = norm.cdf(odds / np.sqrt(1 - correlation))
    expected = np.trapezoid(
        binom.sf(default_count - 1, row_count, rate) * norm.pdf(factor), dx=factor[1] - factor[0]
    )

    found = measure_correlated_p_value(
        row_count, default_count, probability, correlation=correlation
    )

    assert found == pytest.approx(expected, abs=2e-8)
