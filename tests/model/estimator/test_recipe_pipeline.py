from dataclasses import asdict

import pytest

from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.errors import InputError
from credit_default.model.estimator.recipe_pipeline import (
    FULL_RECIPE,
    Recipe,
    build_pipeline,
    choose_features,
    parse_recipe,
)
from credit_default.model.features.build_features import build_features
from credit_default.model.features.credit_card import CREDIT_CARD_FEATURES
from credit_default.model.features.declaration import Feature, list_feature_names, list_input_names


def test_protected_attributes_are_no_inputs_unless_the_recipe_says_so():
    shut = choose_features(Recipe(), CREDIT_CARD_FEATURES, schema=CREDIT_CARD)
    open_to_all = choose_features(
        Recipe(include_protected=True), CREDIT_CARD_FEATURES, schema=CREDIT_CARD
    )

    assert set(list_input_names(open_to_all)) - set(list_input_names(shut)) == {
        "sex",
        "marriage",
        "age",
    }
    assert len(list_feature_names(shut)) == 68


def test_a_feature_made_of_a_protected_attribute_is_left_out_too():
    features = [
        Feature("decade", "clip", ("age",), {"minimum": 20.0, "maximum": 30.0}, kept=False),
        Feature(
            "limit_by_age",
            "ratio",
            ("credit_limit", "decade"),
            {"otherwise": 0.0, "minimum": 0.0, "maximum": 1e9},
        ),
        Feature("credit_limit", "raw", ("credit_limit",)),
    ]

    assert list_feature_names(choose_features(Recipe(), features, schema=CREDIT_CARD)) == (
        "credit_limit",
    )


def test_features_that_the_schema_cannot_give_are_refused():
    with pytest.raises(InputError, match="column 'wage'"):
        choose_features(Recipe(), [Feature("wage", "raw", ("wage",))], schema=CREDIT_CARD)


def test_a_list_of_nothing_but_protected_attributes_is_refused():
    with pytest.raises(InputError, match="no feature left"):
        choose_features(Recipe(), [Feature("age", "raw", ("age",))], schema=CREDIT_CARD)


def test_the_pipeline_holds_our_function_and_the_recipes_forest():
    pipeline = build_pipeline(FULL_RECIPE, schema=CREDIT_CARD, features=CREDIT_CARD_FEATURES)

    assert list(pipeline.named_steps) == ["features", "forest"]
    assert pipeline.named_steps["features"].func is build_features
    forest = pipeline.named_steps["forest"]
    assert (forest.n_estimators, forest.criterion, forest.max_depth) == (300, "entropy", 10)
    assert (forest.min_samples_leaf, forest.max_features, forest.max_samples) == (30, 0.3, 0.5)
    assert (forest.random_state, forest.n_jobs) == (0, 1)


def test_a_recipe_is_read_back_from_its_mapping():
    recipe = Recipe(tree_count=7, maximum_depth=None, seed=5)

    assert parse_recipe(asdict(recipe)) == recipe
    assert parse_recipe({}) == Recipe()


@pytest.mark.parametrize(
    ("mapping", "found"),
    [
        ({"trees": 5}, "'trees'"),
        ({"tree_count": 0}, "tree_count"),
        ({"tree_count": "many"}, "recipe: found"),
        ({"criterion": "luck"}, "criterion"),
        ({"maximum_depth": 0}, "maximum_depth"),
        ({"leaf_row_count": 0}, "leaf_row_count"),
        ({"column_share": 1.5}, "column_share"),
        ({"row_share": 0.0}, "row_share"),
        ({"seed": -1}, "seed"),
    ],
)
def test_a_recipe_out_of_range_is_refused(mapping, found):
    with pytest.raises(InputError, match=found):
        parse_recipe(mapping)
