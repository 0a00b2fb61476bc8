"""Each parameter of a recipe at the ends of its range, just within and just beyond, and what messages say."""

import math

import pytest

from credit_default.errors import InputError
from credit_default.installed import Source
from credit_default.model.families.recipe import (
    COMPACT_RECIPE,
    FULL_RECIPE,
    Recipe,
    describe_recipe,
    parse_recipe,
)

INFINITE, TINY = math.inf, 5e-324


@pytest.mark.parametrize(
    ("family", "parameter", "value"),
    [
        ("forest", "tree_count", 1),
        ("forest", "criterion", "gini"),
        ("forest", "criterion", "log_loss"),
        ("forest", "maximum_depth", 1),
        ("forest", "maximum_depth", 50),
        ("forest", "maximum_depth", None),
        ("forest", "leaf_row_count", 1),
        ("forest", "column_share", TINY),
        ("forest", "column_share", 1.0),
        ("forest", "row_share", TINY),
        ("forest", "row_share", 1.0),
        ("forest", "seed", 2**32 - 1),
        ("boosting", "maximum_depth", 1),
        ("boosting", "maximum_depth", 8),
        ("boosting", "learning_rate", TINY),
        ("boosting", "learning_rate", 1.0),
        ("boosting", "leaf_count", 2),
        ("boosting", "leaf_count", 256),
        ("boosting", "leaf_penalty", 0.0),
        ("boosting", "leaf_penalty", 1e300),
        ("scorecard", "bin_count", 2),
        ("scorecard", "bin_count", 100),
        ("scorecard", "weight_penalty", TINY),
        ("scorecard", "weight_penalty", 1e300),
    ],
)
def test_a_value_at_the_end_of_its_range_is_accepted(family, parameter, value):
    assert getattr(Recipe(family=family, **{parameter: value}), parameter) == value


@pytest.mark.parametrize(
    ("family", "parameter", "value"),
    [
        ("forest", "tree_count", 0),
        ("forest", "criterion", "mse"),
        ("forest", "maximum_depth", 0),
        ("forest", "leaf_row_count", 0),
        ("forest", "column_share", 0.0),
        ("forest", "column_share", 1.0000001),
        ("forest", "row_share", 0.0),
        ("forest", "row_share", 1.0000001),
        ("forest", "seed", -1),
        ("forest", "seed", 2**32),
        ("boosting", "maximum_depth", 0),
        ("boosting", "maximum_depth", 9),
        ("boosting", "maximum_depth", None),
        ("boosting", "learning_rate", 0.0),
        ("boosting", "learning_rate", 1.0000001),
        ("boosting", "leaf_count", 1),
        ("boosting", "leaf_count", 257),
        ("boosting", "leaf_penalty", -TINY),
        ("boosting", "leaf_penalty", INFINITE),
        ("scorecard", "bin_count", 1),
        ("scorecard", "bin_count", 101),
        ("scorecard", "weight_penalty", 0.0),
        ("scorecard", "weight_penalty", INFINITE),
    ],
)
def test_a_value_beyond_its_range_is_refused_by_name(family, parameter, value):
    with pytest.raises(InputError) as caught:
        Recipe(family=family, **{parameter: value})

    told = f"recipe's {parameter}: found {value!r}; expected a value in its range."
    assert told in str(caught.value)


@pytest.mark.parametrize("count", [2, 3])
def test_a_blend_has_at_least_two_members(count):
    members = ("forest", "boosting", "scorecard")[:count]

    assert len(Recipe(family="blend", members=members).members) == count


def test_named_weights_of_unnamed_members_stay_and_whole_ones_are_numbers_with_decimals():
    recipe = Recipe(family="blend", weights=(1, 0, 3))

    assert recipe.weights == (1.0, 0.0, 3.0)
    assert [type(weight) for weight in recipe.weights] == [float] * 3


def test_defaults_of_a_family_stand_in_only_where_nothing_is_given():
    booster = Recipe(family="boosting", leaf_count=7)
    card = Recipe(family="scorecard", weight_penalty=3.0)

    assert (booster.learning_rate, booster.leaf_count, booster.leaf_penalty) == (0.06, 7, 10.0)
    assert (card.bin_count, card.weight_penalty) == (10, 3.0)
    assert (booster.bin_count, card.leaf_count, Recipe().learning_rate) == (None, None, None)


@pytest.mark.parametrize(
    ("member", "told"),
    [
        (3, "found 3; expected the name of a family or a table of its parameters"),
        ({"family": "blend"}, "found a blend of blends; expected other families"),
        ({"seed": 2}, "found a member with 'seed'; expected it in the blend's own recipe"),
        ("acme:trees", "found 'acme:trees'; expected families whose reasons are exact"),
        ({"maximum_depth": 9}, "found maximum_depth 9; expected trees of at most 8 levels"),
    ],
)
def test_what_a_member_may_not_be_is_told(member, told):
    with pytest.raises(InputError) as caught:
        Recipe(family="blend", members=["forest", member])

    assert f"recipe's members: {told}" in str(caught.value)


def test_a_parameter_of_another_family_is_refused_with_those_of_its_own():
    with pytest.raises(InputError) as caught:
        Recipe(family="scorecard", tree_count=5)

    assert (
        "recipe's tree_count: found 5 with the family 'scorecard'; expected parameters of that "
        "family: bin_count, weight_penalty, monotone, seed, include_protected."
    ) in str(caught.value)


def test_unknown_keys_and_values_of_the_wrong_type_are_refused():
    with pytest.raises(InputError, match="recipe: found 'colour', 'trees'; expected keys"):
        parse_recipe({"trees": 3, "colour": 1})
    with pytest.raises(InputError, match="expected numbers"):
        parse_recipe({"tree_count": "many"})


def test_an_estimator_of_ones_own_is_described_with_its_source_where_it_has_one():
    source = Source("acme", "1.2", "ab" * 32)
    plain = Recipe(family="acme:trees", parameters={"depth": 3}, seed=2)
    pinned = Recipe(family="acme:trees", parameters={"depth": 3}, seed=2, source=source)

    assert describe_recipe(plain) == {
        "family": "acme:trees",
        "seed": 2,
        "include_protected": False,
        "parameters": {"depth": 3},
        "source": None,
    }
    described = describe_recipe(pinned)
    assert described["source"] == {"package": "acme", "version": "1.2", "digest": "ab" * 32}
    assert parse_recipe(described) == pinned


def test_members_are_described_without_what_their_blend_decides():
    blend = Recipe(family="blend", members=["forest", "scorecard"], seed=4)

    forest, card = describe_recipe(blend)["members"]

    assert forest["family"] == "forest"
    assert card == {"family": "scorecard", "bin_count": 10, "weight_penalty": 20.0}
    assert not {"seed", "include_protected", "monotone"} & {*forest, *card}
    assert describe_recipe(blend)["weights"] == []


def test_the_recipes_of_the_house_are_what_the_docs_say():
    assert Recipe() == COMPACT_RECIPE
    assert (FULL_RECIPE.tree_count, FULL_RECIPE.maximum_depth) == (300, 10)
    assert (FULL_RECIPE.leaf_row_count, FULL_RECIPE.column_share) == (30, 0.3)
