import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from credit_default.errors import InputError
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.evaluation.intervals import Metric
from credit_default.model.evaluation.metrics import evaluate
from credit_default.model.months.label_free_estimates import (
    ESTIMATED_METRICS,
    ComparedEstimate,
    PastError,
    compare_estimate,
    estimate_performance,
    measure_past_errors,
)

COSTS = DecisionPolicy()  # a missed default costs 5, a false alarm 1
PROBABILITIES = st.lists(st.integers(0, 1_000).map(lambda n: n / 1_000), min_size=1, max_size=40)


def value_of(estimate, name):
    return estimate.metrics[name].value


def test_each_client_counts_as_so_much_of_a_defaulter():
    estimate = estimate_performance([0.1, 0.4], policy=COSTS)

    assert estimate.row_count == 2
    assert value_of(estimate, "default_share") == pytest.approx(0.25)
    assert value_of(estimate, "brier") == pytest.approx((0.1 * 0.9 + 0.4 * 0.6) / 2)
    assert value_of(estimate, "cost_per_1000") == pytest.approx(1_000 * (0.1 * 5 + 0.6 * 1) / 2)
    # a pair is one defaulter and one payer: the second defaults and the first pays, or the other way round
    assert value_of(estimate, "roc_auc") == pytest.approx(0.4 * 0.9 / (0.4 * 0.9 + 0.1 * 0.6))
    assert tuple(estimate.metrics) == ESTIMATED_METRICS


def test_equal_scores_rank_no_client():
    assert value_of(estimate_performance([0.3] * 5, policy=COSTS), "roc_auc") == pytest.approx(0.5)


@pytest.mark.parametrize("certain", [[1.0, 1.0], [0.0], [0.5]])
def test_ranking_is_absent_where_no_pair_can_be(certain):
    assert "roc_auc" not in estimate_performance(certain, policy=COSTS).metrics


@pytest.mark.parametrize("wrong", [[], [0.2, float("nan")], [1.2], [[0.1]]])
def test_what_is_no_probability_is_refused(wrong):
    with pytest.raises(InputError, match="probabilities to estimate from"):
        estimate_performance(wrong, policy=COSTS)


def test_estimates_and_their_spread_are_those_of_outcomes_drawn_by_the_scores():
    generator = np.random.default_rng(4)
    probability = generator.beta(1, 4, 800).round(3)
    drawn = [
        evaluate(
            (generator.random(800) < probability).astype(int),
            probability,
            policy=COSTS,
            seed=1,
            resample_count=1,
        )
        for _ in range(300)
    ]

    estimate = estimate_performance(probability, policy=COSTS)

    for name, metric in estimate.metrics.items():
        came = np.array([evaluation.metrics[name].value for evaluation in drawn])
        deviation = (metric.high - metric.low) / (2 * 1.96)
        assert metric.value == pytest.approx(came.mean(), abs=4 * deviation / np.sqrt(300)), name
        assert deviation == pytest.approx(came.std(), rel=0.15), name


@given(PROBABILITIES, st.randoms())
def test_row_order_changes_no_estimate(probability, random):
    shuffled = list(probability)
    random.shuffle(shuffled)

    assert estimate_performance(shuffled, policy=COSTS) == estimate_performance(
        probability, policy=COSTS
    )


@given(PROBABILITIES)
@example([0.0, 0.036])  # the area is 1, and a bit more by rounding
def test_interval_holds_the_estimate_and_stays_in_range(probability):
    for name, metric in estimate_performance(probability, policy=COSTS).metrics.items():
        assert 0 <= metric.low <= metric.value <= metric.high
        assert metric.high <= 1 or name in {"log_loss", "cost_per_1000"}


def test_past_error_is_what_came_less_what_was_estimated():
    first = compare_estimate(
        {"brier": Metric(0.12, 0.10, 0.14), "roc_auc": Metric(0.7, 0.6, 0.8)}, {"brier": 0.13}
    )
    second = compare_estimate({"brier": Metric(0.12, 0.11, 0.13)}, {"brier": 0.15, "ece": 0.01})

    errors = measure_past_errors([*first, *second])

    assert [item.name for item in first] == ["brier"]
    assert list(errors) == ["brier"]
    assert errors["brier"] == PastError(
        batch_count=2,
        mean_error=pytest.approx(0.02),
        mean_absolute_error=pytest.approx(0.02),
        inside_share=0.5,
    )


def test_errors_of_either_sign_cancel_in_the_mean_alone():
    came = [
        ComparedEstimate("default_share", Metric(0.2, 0.1, 0.3), realised)
        for realised in (0.25, 0.15)
    ]

    error = measure_past_errors(came)["default_share"]

    assert error.mean_error == pytest.approx(0)
    assert error.mean_absolute_error == pytest.approx(0.05)
    assert measure_past_errors([]) == {}


def test_a_client_exactly_at_the_threshold_is_declined():
    costs = DecisionPolicy(missed_default_cost=5.0, false_alarm_cost=1.0)
    at, below = costs.threshold, float(np.nextafter(costs.threshold, 0.0))

    declined, accepted = (
        estimate_performance([probability] * 100, policy=costs) for probability in (at, below)
    )

    # the expected cost is the same on both sides of a threshold that costs give; its spread is not
    assert value_of(declined, "cost_per_1000") == pytest.approx(value_of(accepted, "cost_per_1000"))
    assert accepted.chance_deviations["cost_per_1000"] == pytest.approx(
        5 * declined.chance_deviations["cost_per_1000"]
    )


ROWS = [0.0, 0.02, 0.1, 0.1, 1 / 6, 0.4, 0.4, 0.4, 0.9, 1.0]
DEAR = DecisionPolicy(missed_default_cost=6.0, false_alarm_cost=1.2)  # the same threshold


def clip(probability):
    return min(max(probability, 1e-15), 1 - 1e-15)


TERMS = {  # what a client adds who pays, and who defaults
    "default_share": lambda p: (0.0, 1.0),
    "brier": lambda p: (p**2, (1 - p) ** 2),
    "log_loss": lambda p: (-np.log(1 - clip(p)), -np.log(clip(p))),
    "cost_per_1000": lambda p: (1_200.0, 0.0) if p >= 1 / 6 else (0.0, 6_000.0),
}


def add_up(name, probabilities):
    """The expected mean, its deviation by chance and its change with the log odds, row by row."""
    count, value, variance, slope = len(probabilities), 0.0, 0.0, 0.0
    for p in probabilities:
        paid, failed = TERMS[name](p)
        value += ((1 - p) * paid + p * failed) / count
        variance += p * (1 - p) * ((failed - paid) / count) ** 2
        slope += p * (1 - p) * (failed - paid) / count
    return value, variance**0.5, abs(slope)


def count_pairs(probabilities):
    """The same of the ranking, pair by pair."""
    pairs = won = 0.0
    below, above = [0.0] * len(probabilities), [0.0] * len(probabilities)
    for i, p in enumerate(probabilities):
        for j, q in enumerate(probabilities):
            higher = 1.0 if p > q else 0.5 if p == q else 0.0
            below[i] += higher * (1 - q)
            above[i] += (1 - higher) * q
            if i != j:
                pairs += p * (1 - q)
                won += higher * p * (1 - q)
    value, excess = won / pairs, sum(1 - 2 * p for p in probabilities)
    pulls = [(b - a - value * excess) / pairs for b, a in zip(below, above, strict=True)]
    variances = [p * (1 - p) for p in probabilities]
    variance = sum(v * pull**2 for v, pull in zip(variances, pulls, strict=True))
    slope = sum(v * pull for v, pull in zip(variances, pulls, strict=True))
    return value, variance**0.5, abs(slope)


@given(st.permutations(ROWS), st.integers(2, 10))
@example(ROWS, 10)
def test_every_estimate_is_that_of_its_rows_and_pairs_one_by_one(rows, count):
    probabilities = rows[:count]

    estimate = estimate_performance(probabilities, policy=DEAR)

    expected = {name: add_up(name, probabilities) for name in TERMS}
    if "roc_auc" in estimate.metrics:
        expected["roc_auc"] = count_pairs(probabilities)
    assert set(estimate.metrics) == set(expected)
    for name, (value, deviation, slope) in expected.items():
        found = estimate.metrics[name]
        assert found.value == pytest.approx(value, rel=1e-9, abs=1e-12), name
        assert estimate.chance_deviations[name] == pytest.approx(deviation, rel=1e-9, abs=1e-12)
        assert estimate.month_slopes[name] == pytest.approx(slope, rel=1e-9, abs=1e-12), name
        highest = 1.0 if name in {"default_share", "brier", "roc_auc"} else np.inf
        assert found.low == pytest.approx(max(0.0, value - 1.959963984540054 * deviation), abs=1e-9)
        assert found.high == pytest.approx(
            min(highest, value + 1.959963984540054 * deviation), rel=1e-9
        )


def test_a_ranking_of_a_certain_defaulter_and_a_certain_payer_is_known():
    estimate = estimate_performance([1.0, 0.0], policy=COSTS)

    assert estimate.metrics["roc_auc"] == Metric(1.0, 1.0, 1.0)
    assert estimate.metrics["log_loss"].value == pytest.approx(0.0, abs=1e-12)
    assert estimate.metrics["default_share"] == Metric(0.5, 0.5, 0.5)


def test_past_errors_are_counted_at_the_ends_of_the_interval_too():
    estimated = Metric(0.2, 0.1, 0.3)
    came = [ComparedEstimate("brier", estimated, value) for value in (0.1, 0.3, 0.31, 0.0999)]

    error = measure_past_errors(came)["brier"]

    assert (error.batch_count, error.inside_share) == (4, 0.5)
    assert error.mean_error == pytest.approx((-0.1 + 0.1 + 0.11 - 0.1001) / 4)
    assert error.mean_absolute_error == pytest.approx((0.1 + 0.1 + 0.11 + 0.1001) / 4)


def test_a_comparison_carries_its_month_and_its_deviation():
    (compared,) = compare_estimate(
        {"brier": Metric(0.12, 0.10, 0.15)},
        {"brier": 0.13, "roc_auc": 0.7},
        statement_month="2005-09",
    )

    assert (compared.statement_month, compared.error) == ("2005-09", pytest.approx(0.01))
    assert compared.chance_deviation == pytest.approx(0.05 / (2 * 1.959963984540054), rel=1e-12)
    assert ComparedEstimate("brier", Metric(0.1, 0.1, 0.1), 0.1).chance_deviation == 0.0
