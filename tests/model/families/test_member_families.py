"""Forests as members of a blend: their leaves vote with log odds."""

import numpy as np
import pytest

from credit_default.errors import ArtifactError
from credit_default.model.families.member_families import MEMBER_FAMILIES
from credit_default.model.families.recipe import Recipe

RECIPE = Recipe(tree_count=2, leaf_row_count=5, column_share=1.0)
FOREST = MEMBER_FAMILIES["forest"]


@pytest.fixture(scope="module")
def rows():
    generator = np.random.default_rng(3)
    matrix = generator.normal(size=(60, 2)).astype(np.float32)
    return matrix, (matrix[:, 0] + generator.normal(size=60) > 0.5).astype(np.int64)


@pytest.fixture
def forest(rows):
    return FOREST.build(RECIPE, None).fit(*rows)


def test_members_are_all_families_on_the_scale_of_log_odds():
    assert list(MEMBER_FAMILIES) == ["forest", "extra-trees", "boosting", "scorecard"]
    assert {family.scale for family in MEMBER_FAMILIES.values()} == {"log odds"}
    assert [MEMBER_FAMILIES[name].describe(RECIPE) for name in ("forest", "extra-trees")] == [
        "A random forest of 2 trees (scikit-learn)",
        "A forest with random splits of 2 trees (scikit-learn)",
    ]


def test_a_leaf_votes_with_the_log_odds_of_its_rows_and_of_twenty_at_the_trees_share(forest):
    for term, member in zip(FOREST.list_trees(forest), forest.estimators_, strict=True):
        tree = member.tree_
        for node in range(tree.node_count):
            share, count = tree.value[node, 0, 1], tree.weighted_n_node_samples[node]
            bad = share * count + 20 * tree.value[0, 0, 1]
            log_odds = np.log(bad / (count + 20 - bad))
            assert term.leaf_values[node] == pytest.approx(log_odds / 2, rel=1e-12)


def test_a_rows_log_odds_are_the_mean_of_its_leaves(forest, rows):
    matrix, _ = rows

    found = FOREST.measure(forest, matrix)

    expected = sum(term.leaf_values[term.tree.apply(matrix)] for term in FOREST.list_trees(forest))
    assert found == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("name", ["forest", "extra-trees"])
def test_the_sum_over_trees_is_the_rows_log_odds(rows, name):
    matrix, defaulted = rows
    family = MEMBER_FAMILIES[name]
    fitted = family.build(Recipe(family=name, tree_count=2, leaf_row_count=5), None).fit(
        matrix, defaulted
    )

    total = family.read_tree_sum(fitted)

    leaves = [
        values[tree.apply(matrix)] for tree, values in zip(total.trees, total.values, strict=True)
    ]
    found = (total.start + np.sum(leaves, axis=0)) / total.divisor
    assert found == pytest.approx(family.measure(fitted, matrix), rel=1e-14, abs=1e-14)


def test_what_fitting_makes_is_accepted_and_what_a_forest_must_not_be_is_refused(forest):
    FOREST.check_estimator(forest, recipe=RECIPE, feature_count=2)

    with pytest.raises(ArtifactError, match="an estimator over other features"):
        FOREST.check_estimator(forest, recipe=RECIPE, feature_count=3)


@pytest.mark.parametrize("count", [0.0, -1.0, np.inf, np.nan])
def test_a_leaf_without_rows_is_refused(rows, count):
    forest = FOREST.build(RECIPE, None).fit(*rows)
    tree = forest.estimators_[-1].tree_
    state = tree.__getstate__()
    nodes = state["nodes"].copy()
    nodes["weighted_n_node_samples"][-1] = count
    tree.__setstate__({**state, "nodes": nodes})

    with pytest.raises(ArtifactError, match="found a leaf without rows"):
        FOREST.check_estimator(forest, recipe=RECIPE, feature_count=2)
