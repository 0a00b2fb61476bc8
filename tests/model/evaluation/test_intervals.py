import numpy as np
import pytest
from scipy.stats import norm
from statsmodels.stats.proportion import proportion_confint

from credit_default.model.evaluation.intervals import (
    Metric,
    measure_distance_interval,
    measure_interval,
    measure_maximum_interval,
    measure_share,
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


def draw_curve(count=40, *, seed=9):
    generator = np.random.default_rng(seed)
    at_place = 0.3 + 0.05 * generator.standard_normal(count)
    return at_place + generator.exponential(0.02, count), at_place


def test_the_ends_lie_between_resamples_as_their_place_among_one_more_says():
    resampled = np.arange(1.0, 100)  # the place of a tail is its share of 100

    found = measure_interval(50.0, resampled)

    assert (found.low, found.high) == pytest.approx((2.5, 97.5), rel=1e-12)
    assert measure_interval(1.0, resampled) == Metric(1.0, 1.0, found.high)
    assert measure_interval(99.0, resampled) == Metric(99.0, found.low, 99.0)


def test_the_interval_of_a_maximum_is_what_its_formula_says():
    resampled, at_place = draw_curve()
    excess = resampled - at_place
    centre = 0.4 - np.mean(excess) / (4 ** (1 / 3) - 1)
    reach = norm.ppf(0.975) * np.sqrt(np.var(at_place) + np.var(excess))

    found = measure_maximum_interval(0.4, resampled, at_place=at_place)
    missing = measure_maximum_interval(
        0.4, np.append(resampled, np.nan), at_place=np.append(at_place, np.nan)
    )

    assert (found.value, found.low, found.high) == pytest.approx(
        (0.4, centre - reach, centre + reach), rel=1e-12
    )
    assert missing == found


def test_the_interval_of_a_maximum_holds_the_maximum_and_ends_at_nought():
    at_place = np.array([0.09, 0.1, 0.11])

    lowered = measure_maximum_interval(0.1, at_place + 0.2, at_place=at_place)
    raised = measure_maximum_interval(0.1, at_place - 0.2, at_place=at_place)

    assert lowered == Metric(0.1, 0.0, 0.1)
    assert raised.low == 0.1
    assert raised.high == pytest.approx(0.1 + 0.2 / (4 ** (1 / 3) - 1) + 1.959964 * 0.0081650)


def find_sums_in_steps(gaps, resampled, shares):
    """The interval of a sum of distances, one true sum and one resample after the other."""
    value = sum(abs(gap) for gap in gaps)
    noise = [[drawn - gap for drawn, gap in zip(row, gaps, strict=True)] for row in resampled]
    sizes = sorted(sum(map(abs, row)) for row in noise)
    place = 0.975 * (len(sizes) + 1) - 1
    below = int(place)
    farthest = value + sizes[below] + (place - below) * (sizes[below + 1] - sizes[below])
    sums = [farthest * step / 80 for step in range(81)]
    chances, lower_chances = [], []
    for true in sums:
        spread = [-true * s if gap < 0 else true * s for gap, s in zip(gaps, shares, strict=True)]
        measured = [sum(abs(s + n) for s, n in zip(spread, row, strict=True)) for row in noise]
        few = (sum(size <= value for size in measured) + 0.5) / (len(noise) + 1)
        fewer = (sum(size <= true for size in measured) + 0.5) / (len(noise) + 1)
        chances.append(few)
        lower_chances.append(few + 0.01 * (1 - min(1.0, fewer / 0.025)))
    low = np.interp(0.975, lower_chances[::-1], sums[::-1])
    high = np.interp(0.025, chances[::-1], sums[::-1])
    return value, min(low, value), max(high, value)


@pytest.mark.parametrize("true_gap", [0.0, 0.001, -0.002, 0.02])
def test_the_interval_of_a_distance_is_that_of_its_definition_in_plain_steps(true_gap):
    generator = np.random.default_rng(8)
    shares = np.array([0.4, 0.3, 0.2, 0.1])
    gaps = true_gap * np.array([4, -3, 2, 1]) + generator.normal(0, 0.004, 4)
    resampled = gaps + generator.normal(0, 0.004, (150, 4))

    found = measure_distance_interval(gaps, resampled, shares=shares)

    expected = find_sums_in_steps(gaps.tolist(), resampled.tolist(), shares.tolist())
    assert (found.value, found.low, found.high) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(("count", "total"), [(0, 30), (3, 30), (21, 30), (30, 30)])
def test_dependent_rows_count_for_as_many_as_they_are_worth(count, total):
    expected = proportion_confint(count / 2.5, total / 2.5, method="wilson")

    found = measure_share(count, total, design_effect=2.5)

    assert found.value == count / total
    assert (found.low, found.high) == pytest.approx(expected, abs=1e-12)
