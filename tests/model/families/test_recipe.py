from dataclasses import asdict

import pytest

from credit_default.errors import InputError
from credit_default.model.families.members import list_members
from credit_default.model.families.recipe import Recipe, describe_recipe, parse_recipe


def test_a_forests_recipe_reads_as_before_there_were_other_families():
    assert describe_recipe(Recipe()) == {
        "tree_count": 100,
        "criterion": "entropy",
        "maximum_depth": 8,
        "leaf_row_count": 40,
        "column_share": 0.2,
        "row_share": 0.5,
        "seed": 0,
        "include_protected": False,
        "monotone": False,
    }


@pytest.mark.parametrize("family", ["forest", "extra-trees", "boosting", "scorecard", "blend"])
def test_what_is_written_is_read_back(family):
    recipe = Recipe(family=family, seed=3)

    assert parse_recipe(describe_recipe(recipe)) == recipe
    assert parse_recipe(asdict(recipe)) == recipe


def test_a_booster_has_the_defaults_of_its_family():
    recipe = Recipe(family="boosting")

    assert (recipe.learning_rate, recipe.leaf_count, recipe.leaf_penalty) == (0.06, 15, 10.0)


@pytest.mark.parametrize(
    ("family", "parameter", "value"),
    [
        ("boosting", "criterion", "gini"),
        ("boosting", "row_share", 0.7),
        ("forest", "learning_rate", 0.1),
        ("extra-trees", "leaf_count", 15),
        ("forest", "leaf_penalty", 1.0),
        ("scorecard", "tree_count", 50),
        ("blend", "tree_count", 50),
        ("forest", "members", ("boosting", "scorecard")),
        ("boosting", "weights", (1.0, 2.0)),
        ("boosting", "bin_count", 5),
    ],
)
def test_a_parameter_that_the_family_does_not_take_is_refused_by_name(family, parameter, value):
    with pytest.raises(InputError, match=f"recipe's {parameter}.*with the family '{family}'"):
        Recipe(family=family, **{parameter: value})


@pytest.mark.parametrize(
    "wrong",
    [
        {"maximum_depth": None},
        {"maximum_depth": 9},
        {"learning_rate": 0.0},
        {"learning_rate": 1.5},
        {"leaf_count": 1},
        {"leaf_count": 300},
        {"leaf_penalty": -1.0},
        {"leaf_penalty": float("nan")},
    ],
)
def test_a_boosters_value_out_of_its_range_is_refused(wrong):
    with pytest.raises(InputError, match="a value in its range"):
        Recipe(family="boosting", **wrong)


def test_an_unknown_family_is_refused_with_the_known_ones():
    with pytest.raises(InputError, match=r"one of .*boosting.*extra-trees.*forest"):
        Recipe(family="networks")


def test_a_scorecards_recipe_reads_as_before_it_could_be_monotone():
    assert describe_recipe(Recipe(family="scorecard")) == {
        "family": "scorecard",
        "seed": 0,
        "include_protected": False,
        "bin_count": 10,
        "weight_penalty": 20.0,
    }
    assert describe_recipe(Recipe(family="scorecard", monotone=True))["monotone"] is True


def test_a_blend_of_no_named_members_has_those_of_three_families_with_given_weights():
    recipe = Recipe(family="blend")

    assert [member.family for member in recipe.members] == ["forest", "boosting", "scorecard"]
    assert recipe.weights == (1.0, 2.0, 1.0)


def test_members_are_given_by_name_or_by_table_and_their_weights_are_fitted_unless_given():
    recipe = Recipe(family="blend", members=["scorecard", {"family": "boosting", "leaf_count": 6}])

    assert recipe.members == (Recipe(family="scorecard"), Recipe(family="boosting", leaf_count=6))
    assert recipe.weights == ()


def test_a_blend_decides_for_its_members_and_gives_each_a_seed_of_its_own():
    recipe = Recipe(family="blend", members=["forest", "boosting"], seed=5, monotone=True)

    assert [(member.seed, member.monotone) for member in list_members(recipe)] == [
        (5, True),
        (6, True),
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"members": ["forest"]},
        {"members": ["forest", "blend"]},
        {"members": ["forest", {"family": "blend"}]},
        {"members": ["forest", Recipe(family="blend")]},
        {"members": ["forest", 3]},
        {"members": ["forest", {"family": "boosting", "trees": 3}]},
        {"members": ["forest", {"family": "boosting", "seed": 3}]},
        {"members": ["boosting", {"monotone": True}]},
        {"members": ["boosting", {"maximum_depth": 9}]},
        {"members": ["boosting", {"maximum_depth": None}]},
        {"weights": [1, 2]},
        {"weights": [1, 2, -1]},
        {"weights": [0, 0, 0]},
        {"weights": [1, 2, float("inf")]},
        {"weights": "abc"},
    ],
    ids=str,
)
def test_a_blend_that_cannot_be_fitted_or_explained_is_refused(wrong):
    with pytest.raises(InputError, match="recipe"):
        Recipe(family="blend", **wrong)
