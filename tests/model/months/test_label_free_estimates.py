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
