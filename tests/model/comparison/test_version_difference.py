"""The intervals of differences between two fixed versions, measured by simulation, repeated clients included."""

import numpy as np
import pytest
from sklearn.metrics import log_loss, roc_auc_score

from credit_default.errors import InputError
from credit_default.gates.promotion.delong import measure_auc_difference
from credit_default.model.comparison.version_difference import (
    Difference,
    PairedOutcomes,
    measure_differences,
    measure_level,
)
from credit_default.model.estimator.decision import DecisionPolicy

COSTS = DecisionPolicy()
LIMIT = {"first_threshold": 0.16, "second_threshold": 0.2, "costs": COSTS}
REPETITIONS = 400


def expit(odds):
    return 1 / (1 + np.exp(-odds))


def draw(seed, *, client_count, month_count, level=0.199, noise=0.3):
    """Rows of clients over some months: the second version is at another level, the first one is noisier."""
    generator = np.random.default_rng(seed)
    habit = np.repeat(generator.normal(-1.55, 1.0, size=client_count), month_count)
    odds = habit + generator.normal(0, 0.5, size=client_count * month_count)
    seen = np.repeat(generator.normal(0, noise, size=client_count), month_count)
    defaulted = (generator.random(len(odds)) < expit(odds)).astype(int)
    clients = np.repeat(np.arange(client_count), month_count)
    return PairedOutcomes(defaulted, expit(odds - 0.1 + seen), expit(odds - 0.1 + level), clients)


@pytest.fixture(scope="module")
def truth():
    """The gains on half a million clients: what the intervals are about."""
    rows = draw(1, client_count=500_000, month_count=1)
    found = measure_differences(rows, **LIMIT)
    level = measure_level(rows.defaulted, rows.second, clients=rows.clients)
    return {name: each.gain for name, each in found.items()} | {"level": level.gap.value}


def test_figures_are_those_of_other_libraries():
    rows = draw(3, client_count=2_000, month_count=1)

    found = measure_differences(rows, **LIMIT)

    assert found["log_loss"].first == pytest.approx(log_loss(rows.defaulted, rows.first))
    assert found["log_loss"].second == pytest.approx(log_loss(rows.defaulted, rows.second))
    assert found["roc_auc"].second == pytest.approx(roc_auc_score(rows.defaulted, rows.second))
    delong = measure_auc_difference(
        rows.defaulted, rows.first, challenger=rows.second, confidence=0.95
    )
    assert found["roc_auc"].gain == pytest.approx(delong.gain, abs=1e-12)
    assert found["roc_auc"].high - found["roc_auc"].low == pytest.approx(
        delong.high - delong.low, rel=2e-3
    )


def test_each_version_decides_at_its_own_threshold():
    rows = PairedOutcomes([1, 0, 0, 1], [0.3, 0.3, 0.1, 0.1], [0.3, 0.3, 0.1, 0.1], list("abcd"))

    found = measure_differences(rows, first_threshold=0.2, second_threshold=0.05, costs=COSTS)

    cost = found["cost_per_1000"]
    assert (cost.first, cost.second, cost.gain) == (1_500.0, 500.0, 1_000.0)


@pytest.mark.parametrize(("client_count", "month_count"), [(2_000, 1), (500, 4)])
def test_intervals_hold_what_they_say_for_single_and_for_repeated_clients(
    truth, client_count, month_count
):
    held = dict.fromkeys(truth, 0)
    for seed in range(REPETITIONS):
        rows = draw(100 + seed, client_count=client_count, month_count=month_count)
        found = measure_differences(rows, **LIMIT)
        level = measure_level(rows.defaulted, rows.second, clients=rows.clients)
        for name, each in found.items():
            held[name] += each.low <= truth[name] <= each.high
        held["level"] += level.gap.low <= truth["level"] <= level.gap.high

    # 95 % of 400 has a standard error of 1.1 points; the truth itself has one too
    assert {name: count / REPETITIONS for name, count in held.items()} == {
        name: pytest.approx(0.95, abs=0.035) for name in truth
    }


def test_the_area_is_left_out_while_nobody_defaulted():
    rows = PairedOutcomes([0, 0], [0.1, 0.2], [0.2, 0.1], ["a", "b"])

    assert set(measure_differences(rows, **LIMIT)) == {"log_loss", "cost_per_1000"}


def test_outcomes_of_other_rows_are_refused():
    with pytest.raises(InputError, match="1 clients of 2 rows"):
        PairedOutcomes([0, 1], [0.1, 0.2], [0.1, 0.2], ["a"])


@pytest.mark.parametrize(
    ("low", "high", "is_better", "is_worse"),
    [
        (1e-9, 0.2, True, False),
        (0.0, 0.2, False, False),
        (-0.2, 0.0, False, False),
        (-0.2, -1e-9, False, True),
    ],
)
def test_an_interval_that_ends_at_nought_is_on_neither_side(low, high, is_better, is_worse):
    found = Difference(0.4, 0.5, (low + high) / 2, low, high)

    assert (found.is_better, found.is_worse) == (is_better, is_worse)


def test_gains_by_hand_on_four_clients():
    """The first version declines two payers; the second, at a higher threshold, one defaulter less."""
    rows = PairedOutcomes([1, 0, 0, 1], [0.5, 0.5, 0.25, 0.2], [0.8, 0.2, 0.25, 0.5], [1, 2, 3, 4])
    costs = DecisionPolicy(missed_default_cost=5.0, false_alarm_cost=1.0)

    found = measure_differences(rows, first_threshold=0.25, second_threshold=0.5, costs=costs)

    cost = found["cost_per_1000"]
    # first: two false alarms and a missed default, 7 of 4; second: none and none, at .5 itself.
    assert (cost.first, cost.second, cost.gain) == (1_750.0, 0.0, 1_750.0)
    before = -np.log([0.5, 0.5, 0.75, 0.2])
    after = -np.log([0.8, 0.8, 0.75, 0.5])
    loss = found["log_loss"]
    assert (loss.first, loss.second) == pytest.approx((before.mean(), after.mean()))
    gains = before - after
    reach = 1.959964 * np.sqrt(((gains - gains.mean()) ** 2).sum() * 4 / 3) / 4
    assert loss.gain == pytest.approx(gains.mean())
    assert loss.high - loss.gain == pytest.approx(reach, rel=1e-5)
    assert loss.gain - loss.low == pytest.approx(reach, rel=1e-5)
    area = found["roc_auc"]
    assert (area.first, area.second) == pytest.approx((1.5 / 4, 1.0))


def test_the_level_is_observed_less_expected():
    found = measure_level([1, 0, 0, 1], [0.5, 0.1, 0.2, 0.4], clients=[1, 2, 3, 4])

    assert (found.expected_share, found.observed_share) == pytest.approx((0.3, 0.5))
    assert found.gap.value == pytest.approx(0.2)
    gaps = np.array([0.5, -0.1, -0.2, 0.6])
    reach = 1.959964 * np.sqrt(((gaps - 0.2) ** 2).sum() * 4 / 3) / 4
    assert found.gap.high == pytest.approx(0.2 + reach, rel=1e-5)
    assert found.gap.low == pytest.approx(0.2 - reach, rel=1e-5)
