"""The intervals of differences between two fixed versions, measured by simulation, repeated clients included."""

import numpy as np
import pytest
from sklearn.metrics import log_loss, roc_auc_score

from credit_default.errors import InputError
from credit_default.gates.promotion.delong import measure_auc_difference
from credit_default.model.comparison.version_difference import (
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
