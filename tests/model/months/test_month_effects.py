import numpy as np
import pytest

from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.evaluation.metrics import evaluate
from credit_default.model.months.month_effects import (
    MonthDeviation,
    estimate_month_effect_sd,
    measure_count_error,
)


def estimate(past, *, sd=0.12, weight=4.0):
    return estimate_month_effect_sd(past, declared_sd=sd, declared_weight=weight)


def draw_past(generator, *, effect_sd, count, variance=600.0, trend=0.0):
    effects = effect_sd * generator.normal(size=count) + trend * np.arange(count)
    noise = generator.normal(size=count) * np.sqrt(variance)
    return [
        MonthDeviation(f"20{number // 12:02d}-{number % 12 + 1:02d}", surplus, variance)
        for number, surplus in enumerate(effects * variance + noise)
    ]


def measure_median_estimate(**drawn):
    generator = np.random.default_rng(3)
    return np.median([estimate(draw_past(generator, **drawn)) for _ in range(300)])


@pytest.mark.parametrize("count", [0, 1])
def test_without_two_past_months_the_declared_size_counts(count):
    past = draw_past(np.random.default_rng(1), effect_sd=1.0, count=count)

    assert estimate(past) == pytest.approx(0.12)


@pytest.mark.parametrize("effect_sd", [0.05, 0.12, 0.3])
def test_many_months_find_the_true_size(effect_sd):
    assert measure_median_estimate(effect_sd=effect_sd, count=120) == pytest.approx(
        effect_sd, rel=0.25
    )


def test_chance_among_clients_is_not_taken_for_a_month_effect():
    assert measure_median_estimate(effect_sd=0.0, count=120) < 0.05


def test_months_of_few_rows_hardly_move_the_declared_size():
    assert measure_median_estimate(effect_sd=0.0, count=12, variance=15.0) > 0.11


def test_a_model_that_goes_wrong_slowly_does_not_excuse_itself():
    generator = np.random.default_rng(3)
    steady = draw_past(generator, effect_sd=0.1, count=24)

    wrong = [
        MonthDeviation(month.statement_month, month.surplus + 0.04 * i * month.variance, 600.0)
        for i, month in enumerate(steady)
    ]

    assert wrong[-1].effect > steady[-1].effect + 0.9
    assert estimate(wrong) == pytest.approx(estimate(steady), abs=0.02)


def test_order_of_months_and_their_batches_change_nothing():
    past = draw_past(np.random.default_rng(2), effect_sd=0.2, count=9)
    halves = [
        MonthDeviation(month.statement_month, month.surplus / 2, month.variance / 2)
        for month in past
        for _ in range(2)
    ]

    assert estimate(past[::-1]) == estimate(past)
    assert estimate(halves) == pytest.approx(estimate(past))


def test_no_month_effect_is_assumed_where_none_is_declared():
    past = draw_past(np.random.default_rng(2), effect_sd=0.2, count=9)

    assert estimate(past, sd=0.0) == 0.0


def test_the_estimate_weighs_differences_by_what_they_tell():
    past = [
        MonthDeviation("2005-11", 40.0, 80.0),
        MonthDeviation("2005-09", -12.0, 120.0),
        MonthDeviation("2005-10", 30.0, 60.0),
    ]
    effects, variances = [-0.1, 0.5, 0.5], [120.0, 60.0, 80.0]

    found = estimate(past, sd=0.2, weight=3.0)

    total, weight = 3.0 * 0.04, 3.0
    for place in (0, 1):
        noise = 1 / variances[place] + 1 / variances[place + 1]
        information = 2 / 3 * (0.08 / (0.08 + noise)) ** 2
        total += information * ((effects[place + 1] - effects[place]) ** 2 - noise) / 2
        weight += information
    assert found == pytest.approx(np.sqrt(total / weight), rel=1e-12)
    assert [month.effect for month in past] == [0.5, -0.1, 0.5]


def test_months_that_differ_less_than_chance_show_no_effect():
    alike = [MonthDeviation(f"2005-{month:02d}", 0.0, 1.0) for month in range(1, 13)]

    assert estimate(alike, sd=2.0, weight=0.001) == 0.0


def test_a_count_is_as_far_off_as_chance_and_month_effects_together_allow():
    evaluation = evaluate(
        [1] * 30 + [0] * 70, [0.2] * 100, policy=DecisionPolicy(), seed=1, resample_count=1
    )

    found = measure_count_error(evaluation, month_effect_sd=0.25)

    deviation = np.sqrt(16 + (0.25 * 16) ** 2)  # of chance 4; a unit of log odds adds 16 defaults
    assert found.relative == pytest.approx(0.5)
    assert found.deviations == pytest.approx(10 / deviation)
    assert found.relative_deviation == pytest.approx(deviation / 20)
    assert (found.chance_deviation, found.chance_deviations) == pytest.approx((4.0, 2.5))
    assert found.month_effect_sd == 0.25


@pytest.mark.parametrize(
    ("probability", "expected"), [(0.0, (1.0, 3.0, 0.0, 3.0)), (1.0, (-0.7, -7.0, 0.0, -7.0))]
)
def test_a_count_that_chance_cannot_move_is_off_by_so_many_defaults(probability, expected):
    evaluation = evaluate(
        [1] * 3 + [0] * 7, [probability] * 10, policy=DecisionPolicy(), seed=1, resample_count=1
    )

    found = measure_count_error(evaluation, month_effect_sd=0.25)

    assert (
        found.relative,
        found.deviations,
        found.relative_deviation,
        found.chance_deviations,
    ) == pytest.approx(expected)
