import numpy as np
import pytest

from credit_default.model.estimator.recipe_pipeline import Recipe
from credit_default.model.estimator.scoring import attach_reference
from credit_default.model.explanation.shapley import build_explainer
from credit_default.model.explanation.shapley_leaf_tables import (
    LONGEST_PATH,
    add_contributions,
    measure_longest_path,
)
from credit_default.model.families.family import TreeTerm
from credit_default.model.families.find_family import find_family


def read_matrix(bundle, rows):
    return bundle.pipeline[:-1].transform(rows)


@pytest.fixture(scope="module")
def background(bundle, make_rows):
    return read_matrix(bundle, make_rows(90, seed=21, prefix="B"))


def test_contributions_add_up_to_the_probability_to_the_last_digits(bundle, make_rows, background):
    matrix = read_matrix(bundle, make_rows(60, seed=22, prefix="N"))

    found = add_contributions(
        find_family(bundle.recipe).list_trees(bundle.forest), matrix, background=background
    )

    rise = (
        bundle.forest.predict_proba(matrix)[:, 1]
        - bundle.forest.predict_proba(background)[:, 1].mean()
    )
    assert np.abs(found.sum(axis=1) - rise).max() < 1e-14


def test_the_library_finds_the_same(fit_small, rows, make_rows):
    referenced = attach_reference(fit_small(rows), make_rows(150, seed=4, prefix="R"))
    explainer = build_explainer(referenced)
    matrix = read_matrix(referenced, make_rows(40, seed=23, prefix="N"))

    ours = add_contributions(
        find_family(referenced.recipe).list_trees(referenced.forest),
        matrix,
        background=explainer._background_matrix,
    )
    theirs = np.asarray(
        explainer._woodelf_explainer.shap_values(explainer._build_frame(matrix), verbose=False)
    )

    assert np.abs(ours - theirs).max() < 1e-6


def test_a_row_on_a_threshold_goes_where_the_forest_sends_it(bundle, make_rows, background):
    matrix = read_matrix(bundle, make_rows(30, seed=24, prefix="N"))
    for tree in bundle.forest.estimators_:
        inner = tree.tree_.feature >= 0
        for feature, threshold in zip(
            tree.tree_.feature[inner], tree.tree_.threshold[inner], strict=True
        ):
            matrix[:10, feature] = np.float32(threshold)

    found = add_contributions(
        find_family(bundle.recipe).list_trees(bundle.forest), matrix, background=background
    )

    rise = (
        bundle.forest.predict_proba(matrix)[:, 1]
        - bundle.forest.predict_proba(background)[:, 1].mean()
    )
    assert np.abs(found.sum(axis=1) - rise).max() < 1e-14


def test_a_rows_values_do_not_depend_on_the_other_rows(bundle, make_rows, background):
    matrix = read_matrix(bundle, make_rows(50, seed=25, prefix="N"))
    whole = add_contributions(
        find_family(bundle.recipe).list_trees(bundle.forest), matrix, background=background
    )

    alone = [
        add_contributions(
            find_family(bundle.recipe).list_trees(bundle.forest),
            matrix[n : n + 1],
            background=background,
        )
        for n in range(5)
    ]

    assert np.array_equal(np.vstack(alone), whole[:5])
    assert np.array_equal(
        add_contributions(
            find_family(bundle.recipe).list_trees(bundle.forest),
            matrix[::-1],
            background=background,
        ),
        whole[::-1],
    )


def test_leaves_of_the_opposite_sign_take_what_the_others_add(bundle, make_rows, background):
    matrix = read_matrix(bundle, make_rows(20, seed=26, prefix="N"))
    trees = find_family(bundle.recipe).list_trees(bundle.forest)

    added, taken = (
        add_contributions(
            [TreeTerm(term.tree, sign * term.leaf_values) for term in trees],
            matrix,
            background=background,
        )
        for sign in (1, -1)
    )

    assert np.abs(added + taken).max() < 1e-14


def test_a_tree_without_a_split_adds_nothing(fit_small, rows, background):
    stump = fit_small(rows, recipe=Recipe(tree_count=2, leaf_row_count=10_000))

    found = add_contributions(
        find_family(stump.recipe).list_trees(stump.forest), background[:5], background=background
    )

    assert measure_longest_path(find_family(stump.recipe).list_trees(stump.forest)) == 0
    assert not found.any()


def test_long_paths_are_known_before_a_table_is_filled(fit_small, make_rows):
    deep = fit_small(
        make_rows(900), recipe=Recipe(tree_count=2, maximum_depth=None, leaf_row_count=1)
    )

    assert measure_longest_path(find_family(deep.recipe).list_trees(deep.forest)) > LONGEST_PATH
