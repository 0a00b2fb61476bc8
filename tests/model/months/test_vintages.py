import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from credit_default.errors import InputError
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.evaluation.metrics import evaluate
from credit_default.model.months.vintages import measure_vintage


def test_small_vintage_by_hand():
    figures = measure_vintage([0, 1, 0, 1], [0.1, 0.4, 0.4, 0.9])

    assert (figures.known_count, figures.default_share.value) == (4, 0.5)
    assert figures.expected_share == pytest.approx(0.45)
    assert figures.brier == pytest.approx((0.01 + 0.36 + 0.16 + 0.01) / 4)
    assert figures.roc_auc.value == pytest.approx(3.5 / 4)  # one pair of equals counts half


def test_figures_and_intervals_are_those_of_the_full_evaluation():
    generator = np.random.default_rng(2)
    probability = generator.beta(1, 4, 2_000)
    defaulted = (generator.random(2_000) < probability).astype(int)

    figures = measure_vintage(defaulted, probability)
    full = evaluate(
        defaulted, probability, policy=DecisionPolicy(), seed=1, resample_count=200
    ).metrics

    assert figures.default_share == full["default_share"]
    assert figures.brier == pytest.approx(full["brier"].value)
    assert figures.roc_auc.value == pytest.approx(full["roc_auc"].value)
    assert figures.roc_auc.high - figures.roc_auc.low == pytest.approx(
        full["roc_auc"].high - full["roc_auc"].low, rel=0.25
    )


@pytest.mark.parametrize("alike", [0, 1])
def test_ranking_is_absent_while_all_outcomes_are_alike(alike):
    assert measure_vintage([alike] * 3, [0.1, 0.2, 0.3]).roc_auc is None


@given(
    st.lists(st.tuples(st.integers(0, 1), st.integers(0, 100)), min_size=1, max_size=40),
    st.randoms(),
)
def test_row_order_changes_nothing_and_intervals_hold_the_value(rows, random):
    shuffled = list(rows)
    random.shuffle(shuffled)
    first, second = (
        measure_vintage([outcome for outcome, _ in some], [score / 100 for _, score in some])
        for some in (rows, shuffled)
    )

    assert first == second
    assert first.default_share.low <= first.default_share.value <= first.default_share.high
    assert (
        first.roc_auc is None
        or 0 <= first.roc_auc.low <= first.roc_auc.value <= first.roc_auc.high <= 1
    )


def test_rows_without_outcomes_are_refused():
    with pytest.raises(InputError, match="scored outcomes"):
        measure_vintage([], [])


def test_the_interval_of_the_area_is_delongs():
    generator = np.random.default_rng(9)
    probability = generator.beta(1, 4, 60).round(1)  # with many ties
    defaulted = (generator.random(60) < probability).astype(int)

    found = measure_vintage(defaulted, probability).roc_auc

    failed, paid = probability[defaulted == 1], probability[defaulted == 0]
    wins = (failed[:, None] > paid) + (failed[:, None] == paid) / 2
    half = norm.ppf(0.975) * np.sqrt(
        wins.mean(axis=1).var() / len(failed) + wins.mean(axis=0).var() / len(paid)
    )
    assert found.value == pytest.approx(wins.mean(), rel=1e-12)
    assert found.low == pytest.approx(wins.mean() - half, rel=1e-9)
    assert found.high == pytest.approx(min(1.0, wins.mean() + half), rel=1e-9)


def test_one_outcome_of_either_kind_is_enough_for_a_ranking():
    for outcomes, area in (([1, 0, 0], 1.0), ([0, 1, 1], 0.0)):
        metric = measure_vintage(outcomes, [0.9, 0.5, 0.1]).roc_auc

        assert (metric.value, metric.low, metric.high) == (area, area, area)
