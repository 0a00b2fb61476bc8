"""Costs and shares at several thresholds, each against the decisions counted one by one."""

import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.evaluation.intervals import measure_interval
from credit_default.model.evaluation.operating_points import CostMeasures, PricedThreshold
from credit_default.model.statistics.bootstrap import draw_weights

DEFAULTED = np.array([1, 1, 0, 1, 0, 0, 0, 1, 0, 0])
PROBABILITY = np.array([0.9, 0.7, 0.7, 0.5, 0.4, 0.4, 0.3, 0.2, 0.1, 0.05])
CHOICES = [
    PricedThreshold(0.4, DecisionPolicy(missed_default_cost=6.0, false_alarm_cost=1.5)),
    PricedThreshold(0.7, DecisionPolicy(missed_default_cost=10.0, false_alarm_cost=2.0)),
    PricedThreshold(0.95, DecisionPolicy(missed_default_cost=3.0, false_alarm_cost=4.0)),
]


def count_cost(weights, choice):
    costs = {
        (1, False): choice.policy.missed_default_cost,
        (0, True): choice.policy.false_alarm_cost,
    }
    total = sum(
        weight * costs.get((outcome, bool(score >= choice.threshold)), 0.0)
        for weight, outcome, score in zip(weights, DEFAULTED, PROBABILITY, strict=True)
    )
    return 1_000 * total / sum(weights)


def test_the_cost_of_a_resample_is_that_of_its_mistakes_per_1000_clients():
    (weights,) = draw_weights(10, resample_count=20, seed=1)

    found = CostMeasures(DEFAULTED, PROBABILITY, CHOICES).measure_cost(weights)

    expected = [[count_cost(drawn, choice) for choice in CHOICES] for drawn in weights]
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_a_point_says_what_its_threshold_does_to_these_rows():
    measures = CostMeasures(DEFAULTED, PROBABILITY, CHOICES)
    (weights,) = draw_weights(10, resample_count=30, seed=2)
    drawn = measures.measure_cost(weights)

    (point, strict, nobody), saving = measures.build_points(drawn)

    assert (point.threshold, point.cost_ratio) == (0.4, 4.0)
    assert (point.declined_count, point.caught_default_count) == (6, 3)
    assert point.declined_share.value == 0.6
    assert point.caught_share.value == 0.75
    assert point.precision.value == 0.5
    assert point.cost_per_1000 == measure_interval(1_000 * (6.0 + 3 * 1.5) / 10, drawn[:, 0])
    assert point.decline_all_cost == pytest.approx(900.0)  # six payers at 1.5
    assert point.decline_nobody_cost == pytest.approx(2_400.0)  # four defaulters at 6
    assert (strict.cost_ratio, strict.declined_count, strict.caught_default_count) == (5.0, 3, 2)
    assert strict.cost_per_1000.value == pytest.approx(1_000 * (2 * 10 + 2.0) / 10)
    assert (nobody.declined_count, nobody.precision) == (0, None)
    assert nobody.caught_share.value == 0.0
    assert saving == measure_interval(1_050.0 - 2_200.0, drawn[:, 0] - drawn[:, 1])


def test_shares_have_wilsons_interval_of_the_rows_that_they_are_of():
    (point, *_), _ = CostMeasures(DEFAULTED, PROBABILITY, CHOICES).build_points(np.ones((5, 3)))

    for metric, counts in (
        (point.declined_share, (6, 10)),
        (point.caught_share, (3, 4)),
        (point.precision, (3, 6)),
    ):
        expected = proportion_confint(*counts, method="wilson")
        assert (metric.low, metric.high) == pytest.approx(expected, abs=1e-12)


def test_months_of_one_client_widen_the_shares():
    clusters = np.repeat(np.arange(10), 3)
    tripled = [np.repeat(values, 3) for values in (DEFAULTED, PROBABILITY)]

    named, _ = CostMeasures(*tripled, CHOICES, clusters=clusters).build_points(np.ones((5, 3)))
    single, _ = CostMeasures(DEFAULTED, PROBABILITY, CHOICES).build_points(np.ones((5, 3)))

    for one, other in zip(named, single, strict=True):
        assert one.declined_share.high == pytest.approx(other.declined_share.high, abs=1e-12)
        assert one.caught_share.low == pytest.approx(other.caught_share.low, abs=1e-12)
    assert named[0].precision.high == pytest.approx(single[0].precision.high, abs=1e-12)


def test_rows_without_a_default_have_no_share_caught():
    (point, *_), _ = CostMeasures(np.zeros(10, dtype=int), PROBABILITY, CHOICES).build_points(
        np.ones((5, 3))
    )

    assert (point.caught_share, point.precision.value) == (None, 0.0)
