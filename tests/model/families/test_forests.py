"""Forests of two trees: votes, shares and what a loaded one may be."""

from types import SimpleNamespace

import numpy as np
import pytest

from credit_default.errors import ArtifactError
from credit_default.model.families.forests import EXTRA_TREES, RANDOM_FOREST
from credit_default.model.families.recipe import Recipe

RECIPE = Recipe(tree_count=3, leaf_row_count=2, column_share=1.0, seed=4)
EXTRA = Recipe(family="extra-trees", tree_count=3, leaf_row_count=2, column_share=1.0, seed=4)
FAMILIES = [(RANDOM_FOREST, RECIPE), (EXTRA_TREES, EXTRA)]


def make_rows(count=40):
    generator = np.random.default_rng(2)
    matrix = generator.normal(size=(count, 2)).astype(np.float32)
    return matrix, (matrix[:, 0] + generator.normal(size=count) > 0).astype(np.int64)


def fit(family=RANDOM_FOREST, recipe=RECIPE, constraints=None):
    return family.build(recipe, constraints).fit(*make_rows())


def check(forest, *, family=RANDOM_FOREST, recipe=RECIPE, feature_count=2):
    family.check_estimator(forest, recipe=recipe, feature_count=feature_count)


@pytest.mark.parametrize(("family", "recipe"), FAMILIES)
def test_the_recipe_decides_every_parameter_and_both_kinds_draw_rows(family, recipe):
    built = family.build(recipe, [1, 0])

    assert (built.n_estimators, built.criterion, built.max_depth) == (3, "entropy", 8)
    assert (built.min_samples_leaf, built.max_features, built.max_samples) == (2, 1.0, 0.5)
    assert (built.monotonic_cst, built.random_state, built.n_jobs) == ([1, 0], 4, 1)
    assert built.bootstrap is True


@pytest.mark.parametrize(("family", "recipe"), FAMILIES)
def test_only_trees_that_did_not_draw_a_row_vote_on_it(family, recipe):
    matrix, _ = make_rows()
    forest = fit(family, recipe)

    votes = family.score_unseen(forest, matrix)

    for place, row in enumerate(matrix):
        unseen = [
            tree
            for tree, drawn in zip(forest.estimators_, forest.estimators_samples_, strict=True)
            if place not in drawn
        ]
        assert votes.count[place] == len(unseen)
        expected = sum(tree.predict_proba(row[None])[0, 1] for tree in unseen)
        assert votes.total[place] == pytest.approx(expected)
    assert 0 < votes.count.sum() < 3 * len(matrix)


@pytest.mark.parametrize(("family", "recipe"), FAMILIES)
def test_the_leaves_of_all_trees_add_up_to_the_probability(family, recipe):
    matrix, _ = make_rows()
    forest = fit(family, recipe)

    added = sum(term.leaf_values[term.tree.apply(matrix)] for term in family.list_trees(forest))

    assert added == pytest.approx(forest.predict_proba(matrix)[:, 1])
    assert family.measure(forest, matrix) == pytest.approx(added)
    assert family.list_terms(forest, matrix) is None
    assert len(list(family.list_arrays(forest))) == 3 * 9
    assert family.measure_importance(forest).sum() == pytest.approx(1)


def test_cores_are_set_and_nothing_is_printed():
    forest = fit()

    RANDOM_FOREST.set_job_count(forest, 2)

    assert (forest.n_jobs, forest.verbose) == (2, 0)


def test_each_kind_is_named_with_its_size():
    large = Recipe(tree_count=1_500)

    assert RANDOM_FOREST.describe(large) == "A random forest of 1,500 trees (scikit-learn)"
    assert EXTRA_TREES.describe(EXTRA) == "A forest with random splits of 3 trees (scikit-learn)"


@pytest.mark.parametrize(("family", "recipe"), FAMILIES)
def test_what_fitting_makes_is_accepted(family, recipe):
    check(fit(family, recipe), family=family, recipe=recipe)
    check(fit(family, recipe, [1, 0]), family=family, recipe=recipe)


def spoil_forest(**values):
    forest = fit()
    vars(forest).update(values)
    return forest


def spoil_tree(place=-1, **values):
    forest = fit()
    vars(forest.estimators_[place]).update(values)
    return forest


def drop_tree(forest):
    del forest.estimators_[0]
    return forest


def fit_tree(matrix, outcome):
    from sklearn.tree import DecisionTreeClassifier

    return DecisionTreeClassifier().fit(matrix, outcome).tree_


@pytest.mark.parametrize(
    ("forest", "found"),
    [
        (fit(EXTRA_TREES, EXTRA), "ExtraTreesClassifier where a RandomForestClassifier belongs"),
        (spoil_forest(predict_proba=0), "attributes ['predict_proba'] on a RandomForestClassifier"),
        (drop_tree(fit()), "a wrong number of trees"),
        (spoil_forest(n_estimators=4), "a wrong number of trees"),
        (spoil_forest(estimators_=tuple(fit().estimators_)), "a wrong number of trees"),
        (spoil_forest(n_features_in_=3), "an estimator over other features"),
        (spoil_forest(n_outputs_=2), "an estimator that is not of two classes"),
        (spoil_forest(n_classes_=3), "an estimator that is not of two classes"),
        (spoil_forest(classes_=np.array([1, 0])), "other classes than 0 and 1"),
        (spoil_forest(monotonic_cst=[2, 0]), "constraints other than -1, 0, 1"),
        (spoil_forest(monotonic_cst=[1, 0]), "a tree under other constraints than its forest"),
        (
            spoil_forest(estimators_=fit(EXTRA_TREES, EXTRA).estimators_),
            "ExtraTreeClassifier where a DecisionTreeClassifier belongs",
        ),
        (spoil_tree(decision_path=0), "attributes ['decision_path'] on a DecisionTreeClassifier"),
        (spoil_tree(monotonic_cst=[0, 0]), "a tree under other constraints than its forest"),
        (spoil_tree(n_features_in_=3), "an estimator over other features"),
        (spoil_tree(n_classes_=3), "an estimator that is not of two classes"),
        (spoil_tree(classes_=np.array([0, 2])), "other classes than 0 and 1"),
        (
            spoil_tree(tree_=SimpleNamespace(n_features=2, max_n_classes=2)),
            "a tree over other features",
        ),
        (
            spoil_tree(tree_=fit_tree(np.zeros((2, 3)), [0, 1])),
            "a tree over other features",
        ),
        (
            spoil_tree(tree_=fit_tree(np.zeros((3, 2)), [0, 1, 2])),
            "a tree that is not of two classes",
        ),
        (
            spoil_tree(tree_=fit_tree(np.zeros((3, 2)), [0, 0, 0])),
            "a tree that is not of two classes",
        ),
    ],
)
def test_a_forest_that_fitting_does_not_make_is_refused(forest, found):
    with pytest.raises(ArtifactError) as caught:
        check(forest)

    assert f"found {found};" in str(caught.value)


def test_the_recipes_number_of_trees_is_the_forests():
    with pytest.raises(ArtifactError, match="a wrong number of trees"):
        check(fit(), recipe=Recipe(tree_count=2))
