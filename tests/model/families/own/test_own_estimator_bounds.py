"""What a package's probabilities may be, by estimators whose answers are written out here."""

import numpy as np
import pytest

from credit_default.errors import InputError
from credit_default.model.families.own.own_estimator import OwnEstimator
from credit_default.model.families.own.settled_scores import (
    MARGIN,
    STEP,
    measure_noise,
    settle_scores,
)


class Answers:
    """Answers each row with its own first columns, as probabilities of no default and of default."""

    def predict_proba(self, matrix):
        return matrix[:, :2]


def hold(estimator=None):
    own = OwnEstimator(family="acme:x", parameters={}, source={}, seed=1)
    own.estimator_ = estimator or Answers()
    own.classes_ = np.array([0, 1])
    return own


def score(*rows):
    return hold().predict_proba(np.array(rows))


def test_both_probabilities_of_a_row_sum_to_one_within_a_millionth():
    assert score([0.5, 0.5], [1.0, 0.0], [0.25, 0.75 + 9e-7], [0.25 - 9e-7, 0.75]).shape == (4, 2)
    for wrong in ([0.25, 0.75 + 2e-6], [0.25, 0.75 - 2e-6], [-1e-9, 1 + 1e-9], [1.1, -0.1]):
        with pytest.raises(InputError, match="probabilities that are not between 0 and 1, or do"):
            score([0.5, 0.5], wrong)


def test_a_probability_is_never_above_one_and_its_row_sums_to_one():
    found = score([0.0, 1 + 5e-7], [0.3, 0.7])

    assert found[0].tolist() == [0.0, 1.0]
    assert found.sum(axis=1).tolist() == [1.0, 1.0]


def test_a_row_is_a_default_only_above_one_half():
    assert hold().predict(
        np.array([[0.5, 0.5], [0.5 - 1e-6, 0.5 + 1e-6], [0.9, 0.1]])
    ).tolist() == [
        0,
        1,
        0,
    ]


def test_an_answer_of_another_shape_is_refused():
    class OneColumn:
        def predict_proba(self, matrix):
            return matrix[:, 0]

    with pytest.raises(InputError, match=r"probabilities of shape \(2,\)"):
        hold(OneColumn()).predict_proba(np.ones((2, 2)))


def test_importance_is_the_share_of_how_far_a_permutation_moves_the_probabilities():
    rows = np.zeros((50, 3))
    rows[:, 0], rows[:, 1] = np.arange(50) % 2 == 0, np.arange(50) % 2 == 1

    class Second:
        def predict_proba(self, matrix):
            return np.column_stack([1 - matrix[:, 1], matrix[:, 1]])

    class Nothing:
        def predict_proba(self, matrix):
            return np.full((len(matrix), 2), 0.5)

    assert hold(Second())._measure_importance(rows).tolist() == [0.0, 1.0, 0.0]
    assert hold(Nothing())._measure_importance(rows) == pytest.approx([1 / 3] * 3)


def test_noise_above_a_tenth_of_what_rounding_takes_away_is_refused():
    class Noisy:
        def __init__(self, noise):
            self.noise = noise

        def predict_proba(self, matrix):
            risk = 0.25 + (self.noise * MARGIN * STEP if len(matrix) > 1 else 0.0)
            return np.column_stack([np.full(len(matrix), 1 - risk), np.full(len(matrix), risk)])

    hold(Noisy(0.09))._check_rows_apart(np.zeros((3, 2)))
    with pytest.raises(InputError, match="change with the rows beside them"):
        hold(Noisy(0.2))._check_rows_apart(np.zeros((3, 2)))


def test_a_score_is_the_nearest_point_of_the_grid():
    def measure(matrix):
        return matrix[:, 0]

    steps = np.array([0.0, 0.4, 0.6, 1.0, 7.49, 7.51, 2.0**30])

    settled = settle_scores(measure, (steps * STEP)[:, None])

    assert (settled / STEP).tolist() == [0.0, 0.0, 1.0, 1.0, 7.0, 8.0, 2.0**30]
    assert STEP == 2.0**-30


def test_only_a_row_close_to_the_middle_is_scored_alone():
    """Alone, rows answer a step more: the score says which were asked again."""

    def measure(matrix):
        return matrix[:, 0] + (STEP if len(matrix) == 1 else 0.0)

    half = 100.5
    steps = np.array([half, half + MARGIN / 2, half - MARGIN / 2, half + 2 * MARGIN, 100.0])

    settled = settle_scores(measure, (steps * STEP)[:, None]) / STEP

    assert settled.tolist() == [102.0, 102.0, 101.0, 101.0, 100.0]
    assert (
        settle_scores(measure, np.array([[(half - 2 * MARGIN) * STEP]] * 2)) / STEP
    ).tolist() == [
        100.0,
        100.0,
    ]


def test_noise_is_the_largest_difference_and_none_without_rows():
    def measure(matrix):
        return matrix[:, 0] * (1.0 if len(matrix) == 1 else 1 + 3 * MARGIN * STEP)

    assert measure_noise(measure, np.array([[0.5], [1.0], [-0.25]])) == pytest.approx(3, rel=1e-3)
    assert measure_noise(measure, np.empty((0, 1))) == 0.0


def test_a_fit_asks_again_of_200_rows_of_either_outcome_64_alone_and_permutes_1000():
    asked = {"fitted": [], "alone": 0, "together": []}

    class Counted:
        def fit(self, matrix, outcome):
            asked["fitted"].append((len(matrix), int(outcome.sum())))
            self.classes_ = np.array([0, 1])
            return self

        def predict_proba(self, matrix):
            asked["alone"] += len(matrix) == 1
            asked["together"] += [len(matrix)] if len(matrix) > 1 else []
            return np.column_stack([1 - matrix[:, 0], matrix[:, 0]])

    class Own(OwnEstimator):
        def build(self):
            return Counted()

    matrix = np.random.default_rng(1).random((3_000, 2))
    outcome = np.arange(3_000) % 2

    Own(family="acme:x", parameters={}, source={}, seed=1).fit(matrix, outcome)

    assert asked["fitted"] == [(400, 200), (400, 200), (3_000, 1_500)]
    assert asked["alone"] == 64
    assert asked["together"] == [64, 1_000, 1_000, 1_000]
