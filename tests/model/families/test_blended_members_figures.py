"""Folds and weights of a blend by a second computation."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from credit_default.model.families import blended_members
from credit_default.model.families.blend import BLEND
from credit_default.model.families.blended_members import FOLD_COUNT, draw_folds
from credit_default.model.families.recipe import Recipe
from credit_default.model.families.scorecard import SCORECARD

CARD = Recipe(family="scorecard", bin_count=4)
COARSE = Recipe(family="scorecard", bin_count=2)


def draw(count=300):
    generator = np.random.default_rng(4)
    matrix = generator.integers(0, 6, size=(count, 2)).astype(np.float32)
    risk = 1 / (1 + np.exp(2 - matrix[:, 0] / 2))
    return matrix, (generator.random(count) < risk).astype(np.int64)


def test_folds_are_five_of_nearly_equal_numbers_of_distinct_rows_and_of_defaults():
    matrix = np.arange(46, dtype=np.float32)[:, None]
    defaulted = (np.arange(46) % 4 == 0).astype(np.int64)

    fold = draw_folds(matrix, defaulted, seed=3)

    assert FOLD_COUNT == 5
    assert sorted(np.bincount(fold).tolist()) == [9, 9, 9, 9, 10]
    assert set(np.bincount(fold, weights=defaulted).tolist()) == {2.0, 3.0}


def test_equal_rows_share_a_fold_and_the_seed_decides_which():
    matrix = np.repeat(np.arange(20, dtype=np.float32), 3)[:, None]
    defaulted = np.zeros(60, dtype=np.int64)

    one, other = (draw_folds(matrix, defaulted, seed=seed) for seed in (1, 2))

    assert all(len(set(one[place : place + 3].tolist())) == 1 for place in range(0, 60, 3))
    assert one.tolist() != other.tolist()
    assert one.tolist() == draw_folds(matrix, defaulted, seed=1).tolist()


def test_fitted_weights_have_the_least_log_loss_of_all_shares():
    generator = np.random.default_rng(2)
    truth = generator.normal(size=800)
    defaulted = (generator.random(800) < 1 / (1 + np.exp(-truth))).astype(np.int64)
    seen = np.column_stack([truth + generator.normal(size=800), truth + generator.normal(size=800)])

    def measure_loss(first):
        odds = seen @ np.array([first, 1 - first])
        return np.logaddexp(0, np.where(defaulted == 1, -odds, odds)).mean()

    best = minimize_scalar(measure_loss, bounds=(0, 1), method="bounded", options={"xatol": 1e-9})
    weights = blended_members._fit_weights(seen, defaulted)

    assert weights == pytest.approx([best.x, 1 - best.x], abs=1e-4)


def test_a_member_that_only_misleads_gets_no_weight():
    defaulted = np.tile([0, 1], 100)
    right = np.where(defaulted == 1, 2.0, -2.0)

    weights = blended_members._fit_weights(np.column_stack([-right, right]), defaulted)

    assert weights == pytest.approx([0.0, 1.0], abs=1e-6)


@pytest.mark.parametrize("weights", [(), (3.0, 1.0)])
def test_weights_sum_to_one_and_fitted_ones_have_four_decimals(weights):
    matrix, defaulted = draw()
    recipe = Recipe(family="blend", members=(CARD, COARSE), weights=weights, seed=5)

    blend = BLEND.build(recipe, None).fit(matrix, defaulted)

    assert blend.weights_.sum() == pytest.approx(1.0)
    if weights:
        assert blend.weights_.tolist() == [0.75, 0.25]
        return
    folds = draw_folds(matrix, defaulted, seed=5)
    unseen = np.empty((len(matrix), 2))
    for number in range(5):
        own = folds == number
        for place, member in enumerate((CARD, COARSE)):
            card = SCORECARD.build(member, None).fit(matrix[~own], defaulted[~own])
            unseen[own, place] = card.decision_function(matrix[own])
    expected = np.round(blended_members._fit_weights(unseen, defaulted), 4)
    assert blend.weights_.tolist() == (expected / expected.sum()).tolist()


def test_members_are_fitted_on_all_rows_and_their_log_odds_are_weighed():
    matrix, defaulted = draw()
    recipe = Recipe(family="blend", members=(CARD, COARSE), weights=(3.0, 1.0), seed=5)

    blend = BLEND.build(recipe, None).fit(matrix, defaulted)

    first, second = (member.decision_function(matrix) for member in blend.members_)
    assert blend.decision_function(matrix) == pytest.approx(0.75 * first + 0.25 * second)
    assert [member.bin_count for member in blend.members_] == [4, 2]
    assert [member.seed for member in blend.members_] == [5, 6]
