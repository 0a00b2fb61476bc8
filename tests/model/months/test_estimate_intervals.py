import numpy as np
import pytest
from scipy.stats import t

from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.evaluation.intervals import Metric
from credit_default.model.evaluation.metrics import evaluate
from credit_default.model.months.estimate_intervals import MonthEffects, widen_estimate
from credit_default.model.months.label_free_estimates import (
    ESTIMATED_METRICS,
    ComparedEstimate,
    compare_estimate,
    estimate_performance,
)

COSTS = DecisionPolicy()
DECLARED = MonthEffects(0.12, weight=4.0)
MONTH_COUNT = 260


def draw_months(*, effect_sd, bias=0.0, tails=None):
    """Return estimates of months beside what was realised, by month."""
    generator = np.random.default_rng(5)
    draw = generator.normal if tails is None else lambda: generator.standard_t(tails)
    months = []
    for number in range(MONTH_COUNT):
        odds = generator.normal(-1.55, 1.15, 1500)
        probability = 1 / (1 + np.exp(-odds))
        risk = 1 / (1 + np.exp(-odds - bias - effect_sd * draw()))
        defaulted = (generator.random(1500) < risk).astype(int)
        estimate = estimate_performance(probability, policy=COSTS)
        realised = evaluate(defaulted, probability, policy=COSTS, seed=1, resample_count=1).metrics
        compared = compare_estimate(
            estimate.metrics,
            {name: metric.value for name, metric in realised.items()},
            statement_month=f"{number:04d}-01",
        )
        months.append((estimate, compared))
    return months


def measure_coverage(months, *, past_count, effects=DECLARED):
    """Return the share of months whose realised value was in the widened interval, by metric."""
    inside = dict.fromkeys(ESTIMATED_METRICS, 0)
    for number in range(past_count, len(months)):
        estimate, compared = months[number]
        past = [item for _, items in months[number - past_count : number] for item in items]
        widened = widen_estimate(estimate, past, effects=effects).metrics
        for item in compared:
            inside[item.name] += widened[item.name].low <= item.realised <= widened[item.name].high
    return {name: count / (len(months) - past_count) for name, count in inside.items()}


@pytest.fixture(scope="module")
def shocked_months():
    return draw_months(effect_sd=0.15)


@pytest.mark.parametrize("past_count", [0, 3, 8, 12, 24])
def test_intervals_of_every_metric_hold_in_months_with_shocks(shocked_months, past_count):
    coverage = measure_coverage(shocked_months, past_count=past_count)

    # 95 % less a bit for months that differ more than declared, and 2.5 Monte Carlo errors of 1.4 %.
    assert all(share >= 0.905 for share in coverage.values()), coverage


@pytest.mark.parametrize("past_count", [0, 3, 8, 12, 18, 24])
def test_intervals_of_the_default_share_hold_in_93_percent_of_months(past_count):
    estimate = estimate_performance(np.tile([0.05, 0.15, 0.25, 0.45], 400), policy=COSTS)
    value, chance = estimate.metrics["default_share"], estimate.chance_deviations["default_share"]
    deviation = np.hypot(chance, 0.15 * estimate.month_slopes["default_share"])
    realised = value.value + deviation * np.random.default_rng(3).normal(size=(2500, 25))

    inside = 0
    for came in realised:
        past = [
            ComparedEstimate("default_share", value, float(share), chance, f"{number:04d}-01")
            for number, share in enumerate(came[:past_count])
        ]
        widened = widen_estimate(estimate, past, effects=DECLARED).metrics["default_share"]
        inside += widened.low <= came[-1] <= widened.high

    assert inside / len(realised) >= 0.93


def test_intervals_of_chance_alone_hold_in_half_of_the_months_with_shocks(shocked_months):
    inside = [
        item.estimated.low <= item.realised <= item.estimated.high
        for _, compared in shocked_months
        for item in compared
        if item.name == "default_share"
    ]

    assert np.mean(inside) < 0.7


@pytest.mark.parametrize("past_count", [8, 24])
def test_intervals_hold_in_months_whose_shocks_have_heavy_tails(past_count):
    coverage = measure_coverage(draw_months(effect_sd=0.12, tails=3), past_count=past_count)

    assert all(share >= 0.905 for share in coverage.values()), coverage


def test_intervals_learn_that_the_model_expects_too_few_defaults():
    months = draw_months(effect_sd=0.1, bias=0.3)

    assert measure_coverage(months, past_count=0)["default_share"] < 0.8
    assert measure_coverage(months, past_count=12)["default_share"] >= 0.92


def test_intervals_narrow_when_months_turn_out_alike(shocked_months):
    estimate, _ = shocked_months[0]
    right = [
        ComparedEstimate("default_share", Metric(0.2, 0.1, 0.3), 0.2, 0.01, f"{n:04d}-01")
        for n in range(15)
    ]

    before, after = (widen_estimate(estimate, past, effects=DECLARED) for past in ([], right))

    before_width, after_width = (
        found.metrics["default_share"].high - found.metrics["default_share"].low
        for found in (before, after)
    )
    assert after_width < 0.6 * before_width
    assert after.metrics["brier"] == before.metrics["brier"]


def test_months_are_taken_to_differ_even_before_one_was_observed(shocked_months):
    estimate, _ = shocked_months[0]

    widened = widen_estimate(estimate, [], effects=DECLARED)

    for name, metric in estimate.metrics.items():
        assert widened.metrics[name].low < metric.low, name
        assert widened.metrics[name].high > metric.high, name
        assert widened.metrics[name].value == metric.value


def test_batches_of_one_month_count_as_one(shocked_months):
    estimate, _ = shocked_months[0]
    once = [ComparedEstimate("default_share", Metric(0.2, 0.1, 0.3), 0.25, 0.01, "2005-09")]

    assert widen_estimate(estimate, once * 30, effects=DECLARED) == widen_estimate(
        estimate, once, effects=DECLARED
    )


def test_from_nineteen_months_on_the_interval_reaches_as_far_as_the_largest_past_error():
    estimate = estimate_performance(np.tile([0.1, 0.3], 500), policy=COSTS)
    none = MonthEffects(0.0, weight=6.0)
    past = [
        ComparedEstimate("default_share", Metric(0.2, 0.2, 0.2), 0.2 + 0.01 * n, 0.01, f"{n:04d}")
        for n in range(1, 20)
    ]

    widened = widen_estimate(estimate, past, effects=none).metrics["default_share"]

    chance = estimate.chance_deviations["default_share"]
    assert widened.high - widened.value == pytest.approx(19 * chance)


def test_intervals_stay_within_what_the_metric_can_be():
    estimate = estimate_performance(np.tile([0.01, 0.99], 20), policy=COSTS)

    for name, metric in widen_estimate(estimate, [], effects=MonthEffects(9, 6)).metrics.items():
        assert 0 <= metric.low <= metric.value <= metric.high, name
        assert metric.high <= 1 or name in {"log_loss", "cost_per_1000"}


def test_what_chance_leaves_is_read_from_an_interval_recorded_before_it_was_widened():
    [compared] = compare_estimate({"brier": Metric(0.12, 0.10, 0.14)}, {"brier": 0.13})
    [named] = compare_estimate(
        {"brier": Metric(0.12, 0.05, 0.19)}, {"brier": 0.13}, chance_deviations={"brier": 0.01}
    )

    assert compared.chance_deviation == pytest.approx(0.0102, abs=1e-4)
    assert named.chance_deviation == 0.01


def compare_months(errors, *, deviation=0.01, name="default_share"):
    return [
        ComparedEstimate(name, Metric(0.2, 0.1, 0.3), 0.2 + error, deviation, f"{number:04d}-01")
        for number, error in enumerate(errors)
    ]


@pytest.mark.parametrize("count", [0, 1, 5, 18])
def test_with_few_months_the_reach_is_students_predictive_quantile(count):
    estimate = estimate_performance(np.tile([0.1, 0.3], 500), policy=COSTS)
    errors = [0.004 * (number % 7 - 2) for number in range(count)]
    effects = MonthEffects(0.2, weight=3.0)

    widened = widen_estimate(estimate, compare_months(errors), effects=effects)

    for name in ("default_share", "brier"):
        slope, chance = estimate.month_slopes[name], estimate.chance_deviations[name]
        ratios = (
            [e / np.hypot(0.01, 0.2 * slope) for e in errors] if name == "default_share" else []
        )
        freedom = 3.0 + len(ratios)
        spread = np.sqrt((3.0 + np.square(ratios).sum()) / freedom)
        reach = t.ppf(0.975, freedom) * spread * np.hypot(chance, 0.2 * slope)
        metric, before = widened.metrics[name], estimate.metrics[name]
        assert metric.value == before.value
        assert metric.low == pytest.approx(max(0.0, before.value - reach), rel=1e-9)
        assert metric.high == pytest.approx(min(1.0, before.value + reach), rel=1e-9)


@pytest.mark.parametrize(("count", "rank"), [(19, 19), (20, 20), (38, 38), (39, 38), (59, 57)])
def test_with_many_months_the_reach_is_the_95_percent_rank_of_their_errors(count, rank):
    estimate = estimate_performance(np.tile([0.1, 0.3], 5_000), policy=COSTS)
    errors = [0.001 * (number + 1) * (-1) ** number for number in range(count)]

    widened = widen_estimate(
        estimate, compare_months(errors), effects=MonthEffects(0.0, weight=6.0)
    ).metrics["default_share"]

    chance = estimate.chance_deviations["default_share"]
    assert widened.high - widened.value == pytest.approx(0.1 * rank * chance)
    assert widened.value - widened.low == pytest.approx(0.1 * rank * chance)


def test_batches_of_a_month_count_by_the_mean_of_their_squares():
    estimate = estimate_performance(np.tile([0.1, 0.3], 500), policy=COSTS)
    none = MonthEffects(0.0, weight=2.0)
    batches = [
        ComparedEstimate("default_share", Metric(0.2, 0.1, 0.3), 0.2 + error, 0.01, "2005-09")
        for error in (0.01, -0.07)
    ]

    one = widen_estimate(estimate, batches, effects=none)
    other = widen_estimate(estimate, compare_months([0.05]), effects=none)

    assert one.metrics["default_share"].high == pytest.approx(other.metrics["default_share"].high)


def test_a_month_without_any_deviation_says_nothing():
    estimate = estimate_performance(np.tile([0.1, 0.3], 500), policy=COSTS)
    none = MonthEffects(0.0, weight=2.0)

    certain = widen_estimate(estimate, compare_months([0.3], deviation=0.0), effects=none)

    assert certain == widen_estimate(estimate, [], effects=none)
