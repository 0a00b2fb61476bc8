from dataclasses import replace
from itertools import combinations
from math import factorial

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.errors import ArtifactError, InputError
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.estimator.fitting import fit
from credit_default.model.estimator.recipe_pipeline import Recipe
from credit_default.model.estimator.scoring import attach_reference, score_probability
from credit_default.model.explanation.shapley import Explainer, build_explainer
from credit_default.model.features.build_features import parse_features

TINY_NAMES = ("repayment_status_m1", "repayment_status_m2", "credit_limit", "bill_amount_m1")
TINY_FEATURES = parse_features(
    [{"name": name, "function": "raw", "columns": [name]} for name in TINY_NAMES]
)


@pytest.fixture(scope="module")
def referenced(bundle, make_rows):
    return attach_reference(bundle, make_rows(200, seed=4, prefix="R"))


@pytest.fixture(scope="module")
def explainer(referenced) -> Explainer:
    return build_explainer(referenced)


def compute_by_hand(forest, row, background):
    """Shapley's sum over all coalitions: features outside of one take each background row's values in turn."""
    names = range(len(row))
    worth = {}
    for size in range(len(row) + 1):
        for coalition in combinations(names, size):
            mixed = background.copy()
            mixed[:, list(coalition)] = row[list(coalition)]
            worth[coalition] = forest.predict_proba(mixed)[:, 1].mean()
    values = np.zeros(len(row))
    for feature in names:
        others = [name for name in names if name != feature]
        for size in range(len(row)):
            weight = factorial(size) * factorial(len(row) - size - 1) / factorial(len(row))
            for coalition in combinations(others, size):
                joined = tuple(sorted((*coalition, feature)))
                values[feature] += weight * (worth[joined] - worth[coalition])
    return values


@settings(max_examples=6)
@given(seed=st.integers(0, 1_000), depth=st.integers(1, 5), tree_count=st.integers(1, 2))
def test_contributions_are_shapley_s_own_sum_over_coalitions(make_rows, seed, depth, tree_count):
    rows = make_rows(120, seed=seed)
    recipe = Recipe(
        tree_count=tree_count, maximum_depth=depth, leaf_row_count=4, column_share=1.0, seed=seed
    )
    policy = DecisionPolicy(missed_default_cost=2)
    tiny = fit(recipe, rows, schema=CREDIT_CARD, features=TINY_FEATURES, decision_policy=policy)
    explainer = build_explainer(attach_reference(tiny, make_rows(25, seed=seed + 1, prefix="R")))
    asked = make_rows(2, seed=seed + 2, prefix="Q")

    explained = explainer.explain(asked)

    matrix = tiny.pipeline[:-1].transform(asked)
    background = tiny.pipeline[:-1].transform(explainer.background_rows)
    expected = np.array([compute_by_hand(tiny.forest, row, background) for row in matrix])
    np.testing.assert_allclose(explained.contributions, expected, rtol=0, atol=1e-7)


def test_contributions_lead_from_the_accepted_clients_mean_to_the_probability(
    explainer, referenced, make_rows
):
    asked = make_rows(80, seed=9, prefix="Q")

    explained = explainer.explain(asked)

    accepted = referenced.reference.filter(pl.col("default_probability") < 1 / 6)
    assert explained.base_probability == pytest.approx(
        accepted["default_probability"].mean(), abs=1e-12
    )
    sums = explained.base_probability + explained.contributions.sum(axis=1)
    np.testing.assert_allclose(sums, score_probability(referenced, asked), rtol=0, atol=1e-7)
    assert (
        explainer.background_description
        == f"the {accepted.height} accepted clients of the reference"
    )


def test_groups_hold_all_that_their_features_add(explainer, make_rows):
    explained = explainer.explain(make_rows(5, seed=9))
    groups = {name: "status" if "status" in name else "rest" for name in explained.feature_names}

    sums = explained.sum_by_group(groups)

    assert list(sums) == ["rest", "status"]
    np.testing.assert_allclose(
        sums["rest"] + sums["status"], explained.contributions.sum(axis=1), atol=1e-15
    )


def test_a_row_s_contributions_do_not_depend_on_the_other_rows(explainer, make_rows):
    asked = make_rows(40, seed=9)

    whole = explainer.explain(asked).contributions

    sevens = [explainer.explain(part).contributions for part in asked.iter_slices(7)]
    assert np.concatenate(sevens).tobytes() == whole.tobytes()
    assert explainer.explain(asked[::-1]).contributions[::-1].tolist() == whole.tolist()
    assert explainer.explain(asked[11]).contributions.tolist() == whole[11:12].tolist()


def test_order_of_the_background_changes_nothing(explainer, make_rows):
    asked = make_rows(10, seed=9)

    turned = replace(explainer, background_rows=explainer.background_rows[::-1])

    np.testing.assert_allclose(
        turned.explain(asked).contributions,
        explainer.explain(asked).contributions,
        rtol=0,
        atol=1e-12,
    )


def test_no_rows_have_no_contributions(explainer, referenced, make_rows):
    explained = explainer.explain(make_rows(5, seed=9)[:0])

    assert explained.contributions.shape == (0, len(referenced.feature_names))
    assert explained.probability.tolist() == []


def test_a_model_without_reference_has_no_background(bundle):
    with pytest.raises(InputError, match="without reference rows"):
        build_explainer(bundle)


def test_where_no_client_is_accepted_the_whole_reference_is_the_background(referenced):
    reference = referenced.reference.with_columns(decision=pl.lit("decline"))

    explainer = build_explainer(replace(referenced, reference=reference))

    assert explainer.background_rows.height == 200
    assert (
        explainer.background_description
        == "all 200 clients of the reference, none of whom is accepted"
    )


def test_contributions_that_do_not_add_up_are_refused(explainer, make_rows):
    spoiled = replace(explainer)
    spoiled.__dict__["base"] = explainer.base + 1e-5

    with pytest.raises(ArtifactError, match=r"miss the risk by 1\.0e-05"):
        spoiled.explain(make_rows(5, seed=9))


def test_a_forest_of_long_paths_is_explained_by_the_library_and_adds_up_too(fit_small, make_rows):
    deep = fit_small(
        make_rows(900), recipe=Recipe(tree_count=2, maximum_depth=None, leaf_row_count=1)
    )
    explainer = build_explainer(attach_reference(deep, make_rows(60, seed=4, prefix="R")))

    found = explainer.explain(make_rows(15, seed=5, prefix="N"))

    assert not explainer._is_looked_up
    assert (
        np.abs(found.contributions.sum(axis=1) - (found.probability - found.base_probability)).max()
        < 1e-6
    )
