import numpy as np
import pytest

from credit_default.model.evaluation.intervals import (
    Metric,
    measure_distance_interval,
    measure_interval,
    measure_maximum_interval,
)

SHARES = np.full(10, 0.1)


def draw_gaps(seed, *, true_gap=0.0, deviation=0.003):
    generator = np.random.default_rng(seed)
    gaps = true_gap + generator.normal(0, deviation, 10)
    return gaps, gaps + generator.normal(0, deviation, (400, 10))


def test_an_interval_holds_just_95_of_100_further_draws():
    generator = np.random.default_rng(2)
    ends = [measure_interval(0.5, generator.random(100)) for _ in range(2_000)]

    held = np.mean([metric.high - metric.low for metric in ends])

    assert held == pytest.approx(0.95, abs=0.002)


def test_resamples_without_the_figure_are_left_out():
    found = measure_interval(0.5, np.array([np.nan, 0.4, 0.6, np.inf]))

    assert found == Metric(0.5, 0.4, 0.6)
    assert measure_interval(0.5, np.array([np.nan])) == Metric(0.5, 0.5, 0.5)
    nothing = np.array([np.nan])
    assert measure_maximum_interval(0.5, nothing, at_place=nothing) == Metric(0.5, 0.5, 0.5)


def test_the_interval_of_a_maximum_is_lowered_by_the_excess_of_its_resamples():
    generator = np.random.default_rng(1)
    at_place = 0.4 + 0.02 * generator.standard_normal(2_000)

    fair = measure_maximum_interval(0.4, at_place, at_place=at_place)
    lifted = measure_maximum_interval(0.4, at_place + 0.00587, at_place=at_place)

    assert (fair.low + fair.high) / 2 == pytest.approx(0.4, abs=1e-9)
    assert (lifted.low + lifted.high) / 2 == pytest.approx(0.39, abs=1e-4)
    assert lifted.high - lifted.low == pytest.approx(2 * 1.96 * at_place.std(), rel=1e-3)


def test_the_interval_of_a_distance_reaches_nought_in_nearly_all_samples_without_any():
    found = [measure_distance_interval(*draw_gaps(seed), shares=SHARES) for seed in range(300)]

    assert np.mean([metric.low == 0 for metric in found]) == pytest.approx(0.965, abs=0.03)
    assert min(metric.value for metric in found) > 0


@pytest.mark.parametrize("true_gap", [0.001, 0.003, 0.006, 0.02])
def test_the_interval_of_a_distance_holds_what_is_there(true_gap):
    found = [
        measure_distance_interval(*draw_gaps(seed, true_gap=true_gap), shares=SHARES)
        for seed in range(150)
    ]

    held = np.mean([metric.low <= 10 * true_gap <= metric.high for metric in found])
    assert 0.89 < held <= 1


def test_a_large_distance_has_the_interval_of_a_sum():
    gaps = np.full(10, 0.05)
    noise = np.random.default_rng(1).normal(0, 0.003, (4_000, 10))

    metric = measure_distance_interval(gaps, gaps + noise, shares=SHARES)

    reach = 1.96 * 0.003 * np.sqrt(10)
    assert (metric.low, metric.high) == (
        pytest.approx(0.5 - reach, abs=0.002),
        pytest.approx(0.5 + reach, abs=0.002),
    )
