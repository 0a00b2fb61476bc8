"""Walked with NumPy, trees give scikit-learn's sums to the last bit, missing values and many rows included."""

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier

from credit_default.model.families.stored.walk_nodes import walk_nodes


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(4)
    matrix = rng.normal(size=(1_500, 6)).astype(np.float32).round(1)
    matrix[rng.random(matrix.shape) < 0.1] = np.nan
    outcome = rng.random(1_500) < 1 / (1 + np.exp(-np.nan_to_num(matrix[:, 0])))
    return matrix, outcome.astype(np.int64)


@pytest.mark.parametrize(
    "forest",
    [
        RandomForestClassifier(9, max_depth=7, random_state=1),
        ExtraTreesClassifier(9, max_depth=7, random_state=1, bootstrap=True),
        RandomForestClassifier(3, max_depth=1, random_state=2),
        RandomForestClassifier(2, min_samples_leaf=1_500, random_state=2),  # leaves alone
    ],
    ids=["random", "random splits", "stumps", "leaves"],
)
def test_sums_are_those_of_scikit_learn(forest, rows):
    matrix, outcome = rows
    forest.fit(matrix, outcome)
    trees = [tree.tree_ for tree in forest.estimators_]

    found = walk_nodes(trees, matrix) / len(trees)

    assert found.tobytes() == forest.predict_proba(matrix).tobytes()


def test_a_row_on_the_threshold_goes_left_and_one_just_above_right(rows):
    matrix, outcome = rows
    forest = RandomForestClassifier(5, max_depth=4, random_state=3).fit(matrix, outcome)
    trees = [tree.tree_ for tree in forest.estimators_]
    on = np.zeros((len(trees), 6), dtype=np.float32)
    for place, tree in enumerate(trees):
        on[place, tree.feature[0]] = np.float32(tree.threshold[0])
    above = np.nextafter(on, np.float32(np.inf))

    for edge in (on, above):
        assert (walk_nodes(trees, edge) / len(trees)).tobytes() == (
            forest.predict_proba(edge).tobytes()
        )


def test_a_row_is_judged_by_itself(rows):
    matrix, outcome = rows
    forest = RandomForestClassifier(4, max_depth=5, random_state=3).fit(matrix, outcome)
    trees = [tree.tree_ for tree in forest.estimators_]

    whole = walk_nodes(trees, matrix)
    alone = np.concatenate(
        [walk_nodes(trees, matrix[place : place + 1]) for place in (0, 511, 512, 1_499)]
    )

    assert alone.tobytes() == whole[[0, 511, 512, 1_499]].tobytes()
