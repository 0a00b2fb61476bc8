"""A stored forest answers as scikit-learn's; `tests/adapters/bundles/test_stored_reader.py` holds those that are read from files."""

import pickle

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier

from credit_default.model.families.stored.stored_forest import (
    STORED_CLASSES,
    StoredDecisionTree,
    StoredExtraTree,
    StoredExtraTrees,
    StoredRandomForest,
    StoredTree,
)

TREE_ARRAYS = (
    *("children_left", "children_right", "feature", "threshold", "missing_go_to_left"),
    *("impurity", "n_node_samples", "weighted_n_node_samples", "value"),
)


@pytest.fixture(scope="module")
def fitted():
    rng = np.random.default_rng(1)
    matrix = rng.normal(size=(300, 4)).astype(np.float32)
    outcome = (matrix[:, 0] + rng.normal(size=300) > 0.5).astype(np.int64)
    return RandomForestClassifier(6, max_depth=4, random_state=1).fit(matrix, outcome), matrix


def store_tree(tree):
    state = tree.__getstate__()
    return StoredTree(
        tree.n_features, tree.max_n_classes, tree.max_depth, state["nodes"], state["values"]
    )


def store(forest, restore=None):
    members = [
        StoredDecisionTree({**vars(member), "tree_": store_tree(member.tree_)})
        for member in forest.estimators_
    ]
    return StoredRandomForest({**vars(forest), "estimators_": members}, restore or (lambda: forest))


def test_a_tree_has_scikit_learns_arrays(fitted):
    theirs = fitted[0].estimators_[0].tree_
    ours = store_tree(theirs)

    for name in TREE_ARRAYS:
        assert np.array_equal(getattr(ours, name), getattr(theirs, name)), name
    assert (ours.node_count, ours.max_depth) == (theirs.node_count, theirs.max_depth)


def test_scores_importance_and_parameters_are_scikit_learns(fitted):
    forest, matrix = fitted
    stored = store(forest)

    assert stored.predict_proba(matrix).tobytes() == forest.predict_proba(matrix).tobytes()
    assert stored.feature_importances_.tobytes() == forest.feature_importances_.tobytes()
    assert stored.get_params() == forest.get_params()


@pytest.mark.parametrize(
    "change",
    [
        lambda matrix: matrix.astype(np.float64),
        lambda matrix: matrix[0],
        lambda matrix: matrix[:0],
        lambda matrix: matrix[:, :3],
        lambda matrix: np.where(matrix > 0, np.float32(np.inf), matrix),
        lambda matrix: matrix.tolist(),
    ],
    ids=["64 bits", "one row flat", "no row", "a column less", "infinite", "lists"],
)
def test_rows_in_any_other_form_are_left_to_scikit_learn(fitted, change):
    class Asked(Exception):  # noqa: N818 - a signal
        pass

    def restore():
        raise Asked

    with pytest.raises(Asked):
        store(fitted[0], restore).predict_proba(change(fitted[1]))


def test_parameters_are_set_and_what_it_does_not_know_is_asked_for(fitted):
    stored = store(fitted[0])

    assert stored.set_params(n_jobs=3) is stored
    assert (stored.n_jobs, stored.get_params()["n_jobs"]) == (3, 3)
    assert len(stored.estimators_samples_) == 6
    with pytest.raises(AttributeError):
        stored.__sklearn_tags__  # noqa: B018 - of scikit-learn's own alone


def test_a_copy_by_pickle_scores_alike(fitted):
    stored = store(fitted[0], restore=dict)

    copied = pickle.loads(pickle.dumps(stored))

    assert copied.predict_proba(fitted[1]).tobytes() == stored.predict_proba(fitted[1]).tobytes()


def test_each_kind_of_forest_has_its_kind_of_tree():
    assert {
        "RandomForestClassifier": (StoredRandomForest, StoredDecisionTree),
        "ExtraTreesClassifier": (StoredExtraTrees, StoredExtraTree),
    } == STORED_CLASSES
