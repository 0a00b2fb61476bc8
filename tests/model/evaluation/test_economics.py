import re

import numpy as np
import pytest

from credit_default.errors import InputError
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.evaluation.economics import EconomicsPolicy, measure_economics
from credit_default.model.evaluation.threshold_search import (
    LabelledScores,
)

FIVE_TO_ONE = DecisionPolicy()
QUICK = EconomicsPolicy(capacity_shares=(0.25, 0.5), resample_count=50)


def simulate(count, *, seed):
    generator = np.random.default_rng(seed)
    probability = generator.beta(1, 3.5, count)
    return LabelledScores((generator.random(count) < probability).astype(int), probability)


def test_the_decision_is_counted_and_costed_on_the_judged_rows():
    judged = LabelledScores([1, 1, 0, 0, 0], [0.9, 0.1, 0.5, 0.1, 0.0])

    found = measure_economics(judged, judged, decision_policy=FIVE_TO_ONE, seed=1, policy=QUICK)

    point = found.in_force
    assert (found.row_count, found.default_count, found.development_row_count) == (5, 2, 5)
    assert (point.threshold, point.cost_ratio) == (1 / 6, 5.0)
    assert (point.declined_count, point.caught_default_count) == (2, 1)
    assert (point.declined_share.value, point.caught_share.value, point.precision.value) == (
        0.4,
        0.5,
        0.5,
    )
    assert point.cost_per_1000.value == 1000 * (5 + 1) / 5
    assert (point.decline_all_cost, point.decline_nobody_cost) == pytest.approx((600.0, 2000.0))


def test_capacity_catches_more_defaults_the_more_it_is():
    found = measure_economics(
        simulate(2_000, seed=1),
        simulate(1_000, seed=2),
        decision_policy=FIVE_TO_ONE,
        seed=1,
        policy=EconomicsPolicy(
            capacity_shares=(0.5, 0.1), capacity_counts=(200, 5_000), resample_count=50
        ),
    )

    assert [point.capacity_count for point in found.capacity] == [100, 200, 500, 1_000]
    caught = [point.reached.caught_default_count for point in found.capacity]
    assert caught == sorted(caught)
    assert found.capacity[-1].reached.caught_share.value == 1.0
    assert (
        abs(found.capacity[1].reached.declined_count - 200) < 40
    )  # by a threshold from other rows


def test_sensitivity_has_a_point_for_each_ratio_at_its_own_threshold_and_cost():
    judged = simulate(3_000, seed=3)

    found = measure_economics(
        judged, judged, decision_policy=FIVE_TO_ONE, seed=1, policy=EconomicsPolicy()
    )

    three, five, ten = found.sensitivity
    assert [point.cost_ratio for point in found.sensitivity] == [3.0, 5.0, 10.0]
    assert [point.threshold for point in found.sensitivity] == [1 / 4, 1 / 6, 1 / 11]
    assert five == found.in_force
    assert three.declined_share.value < five.declined_share.value < ten.declined_share.value
    assert ten.decline_nobody_cost == pytest.approx(2 * five.decline_nobody_cost)
    assert all(
        p.cost_per_1000.low < p.cost_per_1000.value < p.cost_per_1000.high
        for p in found.sensitivity
    )


def test_outcomes_of_the_judged_rows_move_no_threshold():
    development, judged = simulate(1_000, seed=4), simulate(500, seed=5)
    turned = LabelledScores(1 - judged.defaulted, judged.default_probability)

    actual, other = (
        measure_economics(development, rows, decision_policy=FIVE_TO_ONE, seed=1, policy=QUICK)
        for rows in (judged, turned)
    )

    for one, two in (
        (actual.cheapest, other.cheapest),
        (actual.in_force, other.in_force),
        *zip(actual.sensitivity, other.sensitivity, strict=True),
        *((a.reached, b.reached) for a, b in zip(actual.capacity, other.capacity, strict=True)),
    ):
        assert one.threshold == two.threshold
        assert one.declined_count == two.declined_count
        assert one.cost_per_1000 != two.cost_per_1000


def test_the_threshold_that_was_cheapest_on_development_rows_need_not_be_on_others():
    development = LabelledScores([1, 0, 0, 0], [0.9, 0.5, 0.4, 0.3])
    judged = LabelledScores([1, 1, 0, 0], [0.9, 0.5, 0.4, 0.1])

    found = measure_economics(
        development, judged, decision_policy=FIVE_TO_ONE, seed=1, policy=QUICK
    )

    assert found.cheapest.threshold == 0.9
    assert (
        found.cheapest_saving.value
        == found.in_force.cost_per_1000.value - found.cheapest.cost_per_1000.value
    )
    assert found.cheapest_saving.value == 250.0 - 1250.0


def test_shares_of_empty_groups_are_left_out():
    judged = LabelledScores([0, 0, 0], [0.1, 0.1, 0.05])

    found = measure_economics(judged, judged, decision_policy=FIVE_TO_ONE, seed=1, policy=QUICK)

    assert (found.in_force.precision, found.in_force.caught_share) == (None, None)
    assert found.in_force.cost_per_1000.value == 0.0


def test_intervals_hold_the_true_share_caught_about_as_often_as_they_say():
    truth = simulate(400_000, seed=0)
    caught = float(
        (truth.default_probability[truth.defaulted == 1] >= FIVE_TO_ONE.threshold).mean()
    )
    policy = EconomicsPolicy(cost_ratios=(5.0,), capacity_shares=(0.5,), resample_count=100)

    held = 0
    for seed in range(60):
        rows = simulate(600, seed=100 + seed)
        found = measure_economics(rows, rows, decision_policy=FIVE_TO_ONE, seed=seed, policy=policy)
        held += found.in_force.caught_share.low <= caught <= found.in_force.caught_share.high

    assert 52 <= held <= 60


@pytest.mark.parametrize(
    "wrong",
    [
        {"cost_ratios": ()},
        {"cost_ratios": (0.0,)},
        {"cost_ratios": (float("nan"),)},
        {"capacity_shares": (1.5,)},
        {"capacity_counts": (0,)},
        {"capacity_shares": ()},
        {"resample_count": 0},
    ],
)
def test_an_invalid_policy_is_refused(wrong):
    with pytest.raises(InputError, match="economics policy"):
        EconomicsPolicy(**wrong)


def test_rows_without_outcomes_are_refused():
    good = LabelledScores([0, 1], [0.1, 0.2])
    for bad in (
        LabelledScores([], []),
        LabelledScores([0, 2], [0.1, 0.2]),
        LabelledScores([0, 1], [0.1, np.nan]),
    ):
        with pytest.raises(InputError):
            measure_economics(good, bad, decision_policy=FIVE_TO_ONE, seed=1)
        with pytest.raises(InputError):
            measure_economics(bad, good, decision_policy=FIVE_TO_ONE, seed=1)


@pytest.mark.parametrize(
    "right",
    [
        {"cost_ratios": (0.001, 1e9)},
        {"capacity_shares": (1.0, 1e-9)},
        {"capacity_shares": (), "capacity_counts": (1,)},
        {"resample_count": 1},
    ],
)
def test_a_policy_at_its_bounds_is_accepted(right):
    EconomicsPolicy(**right)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"cost_ratios": (5.0, -1.0)}, "cost_ratios: found (5.0, -1.0)"),
        ({"cost_ratios": (float("inf"),)}, "cost_ratios: found (inf,)"),
        ({"capacity_shares": (0.5, 0.0)}, "capacity_shares: found (0.5, 0.0)"),
        ({"capacity_counts": (3, -1)}, "capacity_counts: found (3, -1)"),
        ({"resample_count": -1}, "resample_count: found -1"),
    ],
)
def test_a_refused_policy_names_the_field_and_its_values(wrong, named):
    with pytest.raises(InputError, match=re.escape(named)):
        EconomicsPolicy(**wrong)


def test_the_standard_alternatives_are_three_ratios_and_five_capacities():
    judged = simulate(60, seed=6)

    found = measure_economics(judged, judged, decision_policy=FIVE_TO_ONE, seed=1)

    assert [point.cost_ratio for point in found.sensitivity] == [3.0, 5.0, 10.0]
    assert [point.capacity_share for point in found.capacity] == [0.05, 0.1, 0.2, 0.3, 0.5]


def test_a_capacity_in_clients_is_rounded_to_none_too_few():
    judged = simulate(100, seed=7)
    policy = EconomicsPolicy(capacity_shares=(0.29, 0.295), capacity_counts=(57,), resample_count=5)

    found = measure_economics(judged, judged, decision_policy=FIVE_TO_ONE, seed=1, policy=policy)

    # .29 of 100 is 28.999999999999996 in floating point
    assert [point.capacity_count for point in found.capacity] == [29, 29, 57]
    assert [point.reached.declined_count for point in found.capacity] == [29, 29, 57]


def test_the_resamples_are_drawn_by_client_where_clients_are_named():
    once = simulate(80, seed=8)
    tripled = LabelledScores(
        np.repeat(once.defaulted, 3),
        np.repeat(once.default_probability, 3),
        np.repeat(np.arange(80), 3),
    )

    single, named = (
        measure_economics(once, rows, decision_policy=FIVE_TO_ONE, seed=1, policy=QUICK)
        for rows in (once, tripled)
    )

    assert named.in_force.cost_per_1000.low == pytest.approx(single.in_force.cost_per_1000.low)
    assert named.cheapest_saving.high == pytest.approx(single.cheapest_saving.high)


def test_another_price_of_a_false_alarm_keeps_the_ratio():
    judged = simulate(200, seed=9)
    dear = DecisionPolicy(missed_default_cost=50.0, false_alarm_cost=10.0)

    found = measure_economics(judged, judged, decision_policy=dear, seed=1, policy=QUICK)

    assert [point.cost_ratio for point in found.sensitivity] == [3.0, 5.0, 10.0]
    paid = 1 - found.default_count / 200
    assert found.sensitivity[0].decline_all_cost == pytest.approx(10_000 * paid)
    assert found.sensitivity[0].decline_nobody_cost == pytest.approx(30_000 * (1 - paid))
