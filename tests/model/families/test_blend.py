"""A blend of a forest and a scorecard: what its parts add up to, and what a loaded one may be."""

import numpy as np
import pytest

from credit_default.errors import ArtifactError
from credit_default.model.families.blend import BLEND
from credit_default.model.families.member_families import MEMBER_FAMILIES
from credit_default.model.families.recipe import Recipe

MEMBERS = (
    Recipe(tree_count=2, leaf_row_count=5, column_share=1.0, maximum_depth=3),
    Recipe(family="scorecard", bin_count=4),
)
RECIPE = Recipe(family="blend", members=MEMBERS, weights=(3.0, 1.0), seed=6)
FREE = Recipe(family="blend", members=MEMBERS, seed=6)


@pytest.fixture(scope="module")
def matrix():
    return np.random.default_rng(3).normal(size=(80, 2)).astype(np.float32)


@pytest.fixture
def blend(matrix):
    return BLEND.build(RECIPE, None).fit(matrix, (matrix[:, 0] > 0.4).astype(np.int64))


def check(blend, *, recipe=RECIPE):
    BLEND.check_estimator(blend, recipe=recipe, feature_count=2)


def test_it_is_named_with_its_members_and_the_origin_of_its_weights():
    assert BLEND.describe(RECIPE) == (
        "A blend of a forest and a scorecard: the mean of their log odds, with given weights"
    )
    three = Recipe(family="blend", members=(*MEMBERS, Recipe(family="boosting")))
    assert BLEND.describe(three) == (
        "A blend of a forest, a scorecard and a booster: the mean of their log odds, with weights "
        "fitted on rows it had not seen"
    )


def test_an_unfitted_blend_has_its_members_with_seeds_of_their_own_and_one_core():
    built = BLEND.build(RECIPE, [1, 0])

    assert [member["family"] for member in built.members] == ["forest", "scorecard"]
    assert [member["seed"] for member in built.members] == [6, 7]
    assert (built.weights, built.constraints, built.seed, built.n_jobs) == ([3, 1], [1, 0], 6, 1)
    BLEND.set_job_count(built, 2)
    assert built.n_jobs == 2


def test_trees_and_terms_weigh_as_their_members_do_and_add_up_to_the_log_odds(blend, matrix):
    of_trees = sum(term.leaf_values[term.tree.apply(matrix)] for term in BLEND.list_trees(blend))
    forest, card = blend.members_
    terms = BLEND.list_terms(blend, matrix)

    assert of_trees == pytest.approx(0.75 * MEMBER_FAMILIES["forest"].measure(forest, matrix))
    assert terms == pytest.approx(0.25 * card.list_terms(matrix))
    added = of_trees + terms.sum(axis=1) + 0.25 * card.intercept_
    assert BLEND.measure(blend, matrix) == pytest.approx(added)


def test_a_blend_without_trees_or_without_scorecards_has_none_of_their_parts(matrix):
    outcome = (matrix[:, 0] > 0.4).astype(np.int64)
    cards, forests = (
        BLEND.build(Recipe(family="blend", members=(member, member), weights=(1.0, 1.0)), None).fit(
            matrix, outcome
        )
        for member in (MEMBERS[1], MEMBERS[0])
    )

    assert BLEND.list_trees(cards) is None
    assert BLEND.list_terms(forests, matrix) is None
    assert len(BLEND.list_trees(forests)) == 4


def test_importance_is_the_weighted_mean_of_the_members(blend):
    forest, card = blend.members_

    expected = 0.75 * forest.feature_importances_ + 0.25 * MEMBER_FAMILIES[
        "scorecard"
    ].measure_importance(card)
    assert BLEND.measure_importance(blend) == pytest.approx(expected)


def test_arrays_begin_with_the_weights_and_have_those_of_each_member(blend):
    arrays = list(BLEND.list_arrays(blend))

    assert arrays[0].tolist() == [0.75, 0.25]
    assert len(arrays) == 1 + 2 * 9 + (1 + 2 * 3)


def test_what_fitting_makes_is_accepted(blend):
    check(blend)


def replace_weights(*weights, dtype=np.float64):
    return lambda blend: setattr(blend, "weights_", np.array(weights, dtype=dtype))


def drop_member(blend):
    del blend.members_[-1]


def keep_members_in_a_tuple(blend):
    blend.members_ = tuple(blend.members_)


def list_weights(blend):
    blend.weights_ = [0.75, 0.25]


def add_core_to_member(blend):
    blend.members_[0].n_jobs = 2


def change_a_members_features(blend):
    blend.members_[1].n_features_in_ = 3


@pytest.mark.parametrize(
    ("spoil", "found"),
    [
        (drop_member, "a wrong number of members"),
        (keep_members_in_a_tuple, "a wrong number of members"),
        (list_weights, "malformed weights"),
        (replace_weights(0.75, 0.25, 0.0), "malformed weights"),
        (replace_weights(0.75, 0.25, dtype=np.float32), "malformed weights"),
        (replace_weights(1.5, -0.5), "weights that are no shares of one"),
        (replace_weights(0.75, 0.25 + 1e-9), "weights that are no shares of one"),
        (replace_weights(0.75, 0.25 - 1e-9), "weights that are no shares of one"),
        (replace_weights(0.5, 0.5), "other weights than the recipe's"),
        (replace_weights(0.75, 0.25 + 1e-15), "other weights than the recipe's"),
        (add_core_to_member, "a member of other parameters"),
        (change_a_members_features, "an estimator over other features"),
    ],
)
def test_a_blend_that_fitting_does_not_make_is_refused(blend, spoil, found):
    spoil(blend)

    with pytest.raises(ArtifactError, match=f"found {found}"):
        check(blend)


def test_fitted_weights_are_any_shares_of_one(blend):
    blend.weights = []
    for first in (0.0, 0.4, 1.0):
        blend.weights_ = np.array([first, 1 - first])
        check(blend, recipe=FREE)


@pytest.mark.parametrize("value", [1e3, -1e3, np.nan])
def test_a_members_leaf_that_is_no_log_odds_is_refused(value):
    members = (Recipe(family="boosting", tree_count=1, leaf_row_count=5), MEMBERS[1])
    recipe = Recipe(family="blend", members=members, weights=(1.0, 1.0))
    generator = np.random.default_rng(3)
    matrix = generator.normal(size=(80, 2)).astype(np.float32)
    blend = BLEND.build(recipe, None).fit(matrix, (matrix[:, 0] > 0.4).astype(np.int64))
    check(blend, recipe=recipe)

    blend.members_[0].trees_[0].value[-1, 0, 0] = value

    with pytest.raises(ArtifactError, match="no log odds"):
        check(blend, recipe=recipe)


def test_one_leaf_of_a_forest_whose_share_is_none_is_refused(blend):
    """Its log odds are no number, which a forest on its own does not ask for."""
    tree = blend.members_[0].estimators_[1].tree_
    tree.value[-1, 0, 1] = 3.0

    with pytest.raises(ArtifactError, match="found a member's leaf that is no log odds"):
        check(blend)
