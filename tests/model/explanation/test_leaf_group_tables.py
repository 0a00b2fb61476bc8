"""Groups of leaves give what the definition of Shapley values gives, and the same bits by every way."""

from itertools import combinations
from math import factorial
from types import SimpleNamespace

import numpy as np
import pytest

from credit_default.model.explanation.leaf_groups import MOST_CONDITIONS, list_groups
from credit_default.model.explanation.shapley_leaf_tables import build_leaf_tables
from credit_default.model.families.boosted_trees import BoostedTrees
from credit_default.model.families.boosting import BOOSTING
from credit_default.model.families.family import TreeTerm
from credit_default.model.families.recipe import Recipe

FEATURES = 4


@pytest.fixture(scope="module")
def drawn():
    """Rows with missing values and values shared by many."""
    rng = np.random.default_rng(11)
    matrix = rng.integers(0, 12, (500, FEATURES)).astype(np.float32)
    matrix[rng.random(matrix.shape) < 0.1] = np.nan
    outcome = (np.nan_to_num(matrix[:, 0], nan=9.0) + rng.normal(0, 4, 500) > 7).astype(np.int64)
    return matrix, outcome


@pytest.fixture(scope="module")
def trees(drawn):
    recipe = Recipe(family="boosting", tree_count=4, leaf_row_count=3, maximum_depth=6)
    return BOOSTING.list_trees(BOOSTING.build(recipe, None).fit(*drawn))


def add_up_by_definition(trees, row, background):
    """The mean over the background of the Shapley values of taking the row's features one by one."""

    def measure(taken):
        mixed = background.copy()
        mixed[:, list(taken)] = row[list(taken)]
        return sum(term.tree.predict(mixed)[:, 0].mean() for term in trees)

    found = np.zeros(FEATURES)
    for feature in range(FEATURES):
        others = [other for other in range(FEATURES) if other != feature]
        for size in range(FEATURES):
            weight = factorial(size) * factorial(FEATURES - size - 1) / factorial(FEATURES)
            for taken in combinations(others, size):
                found[feature] += weight * (measure((*taken, feature)) - measure(taken))
    return found


def test_contributions_are_shapley_values_by_their_definition(trees, drawn):
    matrix, _ = drawn
    background, rows = matrix[:60], matrix[60:72]

    found = build_leaf_tables(trees, background).add_up(rows)

    expected = np.array([add_up_by_definition(trees, row, background) for row in rows])
    assert np.abs(found - expected).max() < 1e-12
    assert np.abs(found).max() > 0.1


def test_machine_code_and_numpy_look_up_the_same_bits(trees, drawn, kernel):
    matrix, _ = drawn
    tables = build_leaf_tables(trees, matrix[:60])

    compiled, plain = tables.add_up(matrix, kernel=kernel), tables.add_up(matrix)

    assert np.array_equal(compiled.view(np.uint64), plain.view(np.uint64))
    for one in (0, 77, 499):
        alone = tables.add_up(matrix[one : one + 1], kernel=kernel)
        assert np.array_equal(alone.view(np.uint64), compiled[one : one + 1].view(np.uint64))
    assert tables.add_up(matrix[:0], kernel=kernel).shape == (0, FEATURES)


def test_every_leaf_is_in_one_group_and_no_table_is_too_large(trees):
    for term in trees:
        groups = [*list_groups(term)]

        is_leaf = term.tree.children_left == -1
        values = sorted(leaf.value for group in groups for leaf in group.leaves)
        assert values == sorted(term.leaf_values[is_leaf].tolist())
        assert all(len(group.conditions) <= MOST_CONDITIONS for group in groups)
        assert len(groups) < is_leaf.sum() / 2


def test_leaves_on_long_paths_are_left_to_others(trees):
    groups = [group for term in trees for group in list_groups(term, longest_path=2)]

    assert groups
    assert max(len(leaf.features) for group in groups for leaf in group.leaves) == 2


def test_a_tree_without_a_split_has_no_group(drawn):
    matrix, outcome = drawn
    recipe = Recipe(family="boosting", tree_count=1, leaf_row_count=400)
    booster = BOOSTING.build(recipe, None).fit(matrix, outcome)

    assert isinstance(booster, BoostedTrees)
    assert not build_leaf_tables(BOOSTING.list_trees(booster), matrix).add_up(matrix[:3]).any()


@pytest.mark.parametrize(("split_count", "is_one_group"), [(MOST_CONDITIONS, True), (10, False)])
def test_a_tree_of_nine_splits_is_one_group_and_one_of_ten_is_not(split_count, is_one_group):
    """Nodes are numbered as in a heap: the children of node n are 2n + 1 and 2n + 2."""
    nodes = np.arange(2 * split_count + 1)
    is_inner = nodes < split_count
    tree = SimpleNamespace(
        children_left=np.where(is_inner, 2 * nodes + 1, -1),
        children_right=np.where(is_inner, 2 * nodes + 2, -1),
        feature=np.where(is_inner, nodes % FEATURES, -2),
        threshold=np.where(is_inner, nodes / 3, -2.0),
        missing_go_to_left=np.zeros(len(nodes), dtype=np.uint8),
    )

    groups = list(list_groups(TreeTerm(tree, nodes + 1.0)))

    assert (len(groups) == 1) is is_one_group
    assert sum(len(group.leaves) for group in groups) == split_count + 1
