from types import SimpleNamespace

import numpy as np
import pytest

from credit_default.errors import ArtifactError
from credit_default.model.families.boosting import BOOSTING
from credit_default.model.families.recipe import Recipe
from credit_default.model.families.tree_arrays import NO_CHILD, build_tree

RECIPE = Recipe(family="boosting", tree_count=2, leaf_count=3, leaf_row_count=5, maximum_depth=2)

NODES = np.dtype(
    [
        ("value", "f8"),
        ("count", "u4"),
        ("feature_idx", "i8"),
        ("num_threshold", "f8"),
        ("missing_go_to_left", "u1"),
        ("left", "u4"),
        ("right", "u4"),
        ("gain", "f8"),
        ("depth", "u4"),
        ("is_leaf", "u1"),
    ]
)


def make_nodes(*, gains=(4.0, 1.0), values=(-0.5, 0.25, 1.0)):
    """The table of a tree: feature 1 at 0.5, and on its right side feature 0 at -1.5."""
    return np.array(
        [
            (9.0, 30, 1, 0.5, 0, 1, 2, gains[0], 0, 0),
            (values[0], 10, 7, 7.0, 1, 7, 7, 7.0, 1, 1),
            (9.0, 20, 0, -1.5, 1, 3, 4, gains[1], 1, 0),
            (values[1], 5, 7, 7.0, 1, 7, 7, 7.0, 2, 1),
            (values[2], 15, 7, 7.0, 1, 7, 7, 7.0, 2, 1),
        ],
        dtype=NODES,
    )


def make_booster(*, constraints=None, count=2, feature_count=3, **tables):
    fitted = BOOSTING.build(RECIPE, constraints)
    fitted.note_fit(np.zeros((1, 3), dtype=np.float32))
    fitted.baseline_ = -1.25
    fitted.trees_ = [
        build_tree(make_nodes(**tables), feature_count=feature_count) for _ in range(count)
    ]
    return fitted


def check(estimator):
    BOOSTING.check_estimator(estimator, recipe=RECIPE, feature_count=3)


def test_a_tree_of_our_own_has_the_splits_of_the_boosters_and_nothing_else_in_its_leaves():
    tree = build_tree(make_nodes(), feature_count=3)

    assert tree.children_left.tolist() == [1, NO_CHILD, 3, NO_CHILD, NO_CHILD]
    assert tree.children_right.tolist() == [2, NO_CHILD, 4, NO_CHILD, NO_CHILD]
    assert tree.feature.tolist() == [1, -2, 0, -2, -2]
    assert tree.threshold.tolist() == [0.5, -2.0, -1.5, -2.0, -2.0]
    assert tree.impurity.tolist() == [4.0, 0.0, 1.0, 0.0, 0.0]
    assert tree.missing_go_to_left.tolist() == [0, 0, 1, 0, 0]
    assert tree.n_node_samples.tolist() == [30, 10, 20, 5, 15]
    assert tree.weighted_n_node_samples.tolist() == [30, 10, 20, 5, 15]
    assert tree.value[:, 0, 0].tolist() == [0.0, -0.5, 0.0, 0.25, 1.0]
    assert (tree.max_depth, tree.node_count, tree.n_features, tree.n_outputs) == (2, 5, 3, 1)


def test_a_row_adds_its_leaf_of_each_tree_to_the_baseline():
    rows = np.array([[0, 0.5, 0], [-1.5, 0.6, 0], [0, 0.6, 0], [np.nan, np.nan, 0]], np.float32)

    log_odds = make_booster().decision_function(rows)

    assert log_odds.tolist() == [-2.25, -0.75, 0.75, -0.75]


def test_importance_is_each_features_gain_over_the_gain_of_all_splits():
    assert BOOSTING.measure_importance(make_booster()).tolist() == [0.2, 0.8, 0.0]


def test_importance_is_shared_equally_where_no_split_gains():
    found = BOOSTING.measure_importance(make_booster(gains=(0.0, 0.0)))

    assert found == pytest.approx([1 / 3] * 3)


def test_the_terms_are_the_trees_values_and_the_arrays_begin_with_the_baseline():
    booster = make_booster()

    (first, _), arrays = BOOSTING.list_trees(booster), list(BOOSTING.list_arrays(booster))

    assert first.leaf_values.tolist() == [0.0, -0.5, 0.0, 0.25, 1.0]
    assert arrays[0].tolist() == [-1.25]
    assert len(arrays) == 1 + 2 * 9


def test_what_fitting_makes_is_accepted_up_to_the_last_leaf():
    check(make_booster())


def test_the_booster_is_named_with_its_size():
    large = Recipe(family="boosting", tree_count=1_200)

    assert BOOSTING.describe(large).startswith("Boosting: a sum of 1,200 small trees on the scale")


def with_baseline(value):
    booster = make_booster()
    booster.baseline_ = value
    return booster


def with_trees(trees):
    booster = make_booster()
    booster.trees_ = trees
    return booster


TREES = make_booster().trees_


@pytest.mark.parametrize(
    ("booster", "found"),
    [
        (with_baseline(1_000.0), "a baseline that is no log odds"),
        (make_booster(count=1), "a wrong number of trees"),
        (make_booster(count=3), "a wrong number of trees"),
        (with_trees(tuple(TREES)), "a wrong number of trees"),
        (make_booster(feature_count=4), "a tree over other features"),
        (with_trees([SimpleNamespace(n_features=3)] * 2), "a tree over other features"),
        (make_booster(values=(0.0, 0.0, 1e3)), "a leaf that is no log odds"),
        (make_booster(values=(0.0, -1e3, 0.0)), "a leaf that is no log odds"),
        (make_booster(values=(np.nan, 0.0, 0.0)), "a leaf that is no log odds"),
        (make_booster(gains=(1.0, -0.1)), "a gain that is no number"),
        (make_booster(gains=(np.inf, 1.0)), "a gain that is no number"),
        (make_booster(gains=(np.nan, 1.0)), "a gain that is no number"),
    ],
)
def test_a_booster_that_fitting_does_not_make_is_refused(booster, found):
    with pytest.raises(ArtifactError, match=f"found {found}"):
        check(booster)


def test_a_leaf_more_than_the_recipe_allows_is_refused():
    fewer = Recipe(family="boosting", tree_count=2, leaf_count=2, leaf_row_count=5, maximum_depth=2)
    booster = make_booster()
    booster.leaf_count = 2

    with pytest.raises(ArtifactError, match="found a tree of too many leaves"):
        BOOSTING.check_estimator(booster, recipe=fewer, feature_count=3)


def test_a_tree_of_shares_is_refused():
    from sklearn.tree import DecisionTreeClassifier

    rows = np.array([[0.0, 0, 0], [1, 0, 0]])
    of_shares = DecisionTreeClassifier().fit(rows, [0, 1]).tree_

    with pytest.raises(ArtifactError, match="found a tree of shares where one of log odds"):
        check(with_trees([of_shares] * 2))


def test_importance_is_shared_by_the_gain_however_small_it_is():
    found = BOOSTING.measure_importance(make_booster(gains=(0.03, 0.01)))

    assert found == pytest.approx([0.25, 0.75, 0.0])
