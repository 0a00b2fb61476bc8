import numpy as np
import pytest

from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.model.evaluation.baselines import BASELINES, score_baselines
from credit_default.model.features.credit_card import CREDIT_CARD_FEATURES


@pytest.fixture(scope="module")
def sides(make_rows):
    return make_rows(400, seed=6), make_rows(150, seed=7, prefix="U")


def score(sides, **options):
    baselines = score_baselines(
        *sides, schema=CREDIT_CARD, features=CREDIT_CARD_FEATURES, **options
    )
    return {baseline.family.name: baseline.default_probability for baseline in baselines}


def test_baselines_are_a_scorecard_a_small_tree_and_the_base_rate(sides):
    scored = score(sides)

    assert (
        list(scored)
        == [baseline.name for baseline in BASELINES]
        == ["scorecard", "small tree", "base rate"]
    )
    assert all(probability.shape == (150,) for probability in scored.values())


def test_base_rate_is_the_development_sides(sides):
    np.testing.assert_allclose(score(sides)["base rate"], sides[0]["defaulted"].mean())


def test_small_tree_has_eight_answers_at_most(sides):
    assert len(np.unique(score(sides)["small tree"])) <= 8


def test_small_tree_answers_for_fifty_rows_or_more(sides):
    """Of 110 rows a leaf of 55 is allowed: with 100 as the least there would be no split."""
    development, test = sides

    answers = score((development.head(110), test))["small tree"]

    assert len(np.unique(answers)) == 2


def test_neither_order_nor_the_test_sides_outcomes_change_a_score(sides):
    development, test = sides
    again = (
        development.sample(fraction=1.0, shuffle=True, seed=1),
        test.with_columns(defaulted=1 - test["defaulted"]),
    )

    straight, other = score(sides), score(again)

    for name, probability in straight.items():
        np.testing.assert_array_equal(probability, other[name])


def test_protected_attributes_are_inputs_only_when_the_model_has_them(sides):
    development, test = sides
    flipped = test.with_columns(
        sex=3 - test["sex"], age=test["age"] + 20, marriage=cycle(test["marriage"])
    )

    np.testing.assert_array_equal(
        score(sides)["scorecard"], score((development, flipped))["scorecard"]
    )
    with_them = (
        score((development, rows), include_protected=True)["scorecard"] for rows in (test, flipped)
    )
    assert not np.array_equal(*with_them)


def cycle(column):
    return column % 3 + 1
