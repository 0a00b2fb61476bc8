from dataclasses import replace

import pytest

from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.errors import InputError
from credit_default.model.estimator.recipe_pipeline import COMPACT_RECIPE, FULL_RECIPE, Recipe
from credit_default.model.estimator.search_space import (
    SearchParameter,
    SearchPolicy,
    list_search_parameters,
    name_study,
    replace_parameters,
)
from credit_default.model.features.credit_card import CREDIT_CARD_FEATURES

USUAL = SearchPolicy()


def name(rows, *, recipe=COMPACT_RECIPE, policy=USUAL, seed=1, features=CREDIT_CARD_FEATURES):
    return name_study(
        recipe, rows, schema=CREDIT_CARD, features=features, policy=policy, fold_count=5, seed=seed
    )


def test_the_project_s_recipes_are_in_the_search_space():
    for recipe in (COMPACT_RECIPE, FULL_RECIPE):
        for choice in list_search_parameters(SearchPolicy()):
            assert getattr(recipe, choice.name) in choice.values


def test_numbers_have_neighbours_and_texts_have_not():
    assert {
        choice.name: choice.has_numeric_values for choice in list_search_parameters(SearchPolicy())
    } == {
        "criterion": False,
        "maximum_depth": True,
        "leaf_row_count": True,
        "column_share": True,
        "row_share": True,
    }


def test_chosen_values_take_the_place_of_the_recipes_own_and_the_rest_stays():
    chosen = replace_parameters(
        Recipe(tree_count=7, seed=3), {"maximum_depth": 12, "criterion": "gini"}
    )

    assert chosen == Recipe(tree_count=7, seed=3, maximum_depth=12, criterion="gini")


@pytest.mark.parametrize(
    "wrong",
    [
        {"maximum_depth": ()},
        {"column_share": (0.2, 1.5)},
        {"criterion": ("gini", "luck")},
        {"startup_trial_count": 0},
        {"kept_share": 1.0},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_space_that_no_recipe_fits_in_is_refused(wrong):
    with pytest.raises(InputError):
        SearchPolicy(**wrong)


def test_study_is_named_by_what_it_compares(rows):
    named = name(rows)

    assert named == name(rows.sample(fraction=1.0, shuffle=True, seed=1))
    assert named == name(
        rows, recipe=replace(COMPACT_RECIPE, maximum_depth=3)
    )  # it is searched anyway
    others = {
        name(rows.head(399)),
        name(rows, seed=2),
        name(rows, recipe=replace(COMPACT_RECIPE, tree_count=50)),
        name(rows, policy=SearchPolicy(row_share=(0.5,))),
        name(rows, features=CREDIT_CARD_FEATURES[:30]),
    }
    assert len(others | {named}) == 6


def test_a_blend_is_searched_by_its_members_parameters_by_their_place():
    recipe = Recipe(family="blend", members=["scorecard", {"family": "boosting", "tree_count": 9}])

    names = [choice.name for choice in list_search_parameters(SearchPolicy(), recipe)]
    chosen = replace_parameters(recipe, {"members.0.bin_count": 5, "members.1.leaf_count": 6})

    assert names[:3] == [
        "members.0.bin_count",
        "members.0.weight_penalty",
        "members.1.leaf_row_count",
    ]
    assert len(names) == 7
    assert chosen.members == (
        Recipe(family="scorecard", bin_count=5),
        Recipe(family="boosting", tree_count=9, leaf_count=6),
    )


def test_a_blends_study_is_not_renamed_by_values_of_families_that_are_no_members(rows):
    recipe = Recipe(family="blend", members=["scorecard", "boosting"])
    named = name(rows, recipe=recipe)

    assert named == name(rows, recipe=recipe, policy=SearchPolicy(row_share=(0.5,)))
    assert named != name(rows, recipe=recipe, policy=SearchPolicy(bin_count=(5,)))
    assert named != name(rows, recipe=replace(recipe, weights=(1, 1)))


def test_a_search_starts_with_a_trial_and_keeps_a_part_of_them():
    for right in ({"startup_trial_count": 1}, {"kept_share": 0.01}, {"kept_share": 0.99}):
        SearchPolicy(**right)
    for wrong in ({"startup_trial_count": 0}, {"kept_share": 0.0}, {"kept_share": 1.0}):
        with pytest.raises(InputError, match=r"search policy: found .*expected 1 or more, and"):
            SearchPolicy(**wrong)


def test_an_estimator_of_ones_own_is_not_searched():
    with pytest.raises(InputError, match="found 'acme:trees', whose parameters this project does"):
        list_search_parameters(SearchPolicy(), Recipe(family="acme:trees"))


def test_a_choice_without_a_value_is_refused_by_name():
    with pytest.raises(InputError, match="search's leaf_count: found no values; expected one or"):
        SearchPolicy(leaf_count=())


@pytest.mark.parametrize(
    ("values", "are_numbers"),
    [((1, 2.5), True), (("sqrt", "log2"), False), ((0.5, "sqrt"), False), ((None, 3), False)],
)
def test_values_are_numbers_only_where_each_of_them_is(values, are_numbers):
    assert SearchParameter("column_share", values).has_numeric_values is are_numbers
