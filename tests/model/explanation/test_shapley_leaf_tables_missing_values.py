"""Contributions of rows with missing and special values, against every coalition of features."""

from itertools import combinations
from math import factorial

import numpy as np
import pytest
from tests.fakes.bureau_loans import FEATURES, SCHEMA, lend

from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.estimator.fitting import fit
from credit_default.model.estimator.recipe_pipeline import Recipe
from credit_default.model.estimator.scoring import attach_reference
from credit_default.model.explanation import shapley_leaf_tables
from credit_default.model.explanation.shapley import build_explainer
from credit_default.model.explanation.shapley_leaf_tables import (
    add_contributions,
    measure_longest_path,
)
from credit_default.model.families.find_family import find_family


def fit_loans(**recipe):
    bundle = fit(
        Recipe(**recipe),
        lend(800, seed=1),
        schema=SCHEMA,
        features=FEATURES,
        decision_policy=DecisionPolicy(),
    )
    return attach_reference(bundle, lend(120, seed=2, prefix="R"))


@pytest.fixture(scope="module")
def deep():
    return fit_loans(tree_count=3, maximum_depth=None, leaf_row_count=2, column_share=0.6)


def list_trees(bundle):
    return find_family(bundle.recipe).list_trees(bundle.forest)


def count_coalitions(forest, row, background):
    """Shapley values by their definition: every set of features, averaged over the background."""
    count = len(row)
    worth = {}
    for size in range(count + 1):
        for members in combinations(range(count), size):
            mixed = background.copy()
            mixed[:, members] = row[list(members)]
            worth[frozenset(members)] = forest.predict_proba(mixed)[:, 1].mean()
    values = np.zeros(count)
    for members, value in worth.items():
        for feature in set(range(count)) - members:
            weight = (
                factorial(len(members)) * factorial(count - len(members) - 1) / factorial(count)
            )
            values[feature] += weight * (worth[members | {feature}] - value)
    return values


def read_matrices(bundle):
    new, background = lend(300, seed=3, prefix="N"), lend(15, seed=4, prefix="B")
    transform = bundle.pipeline[:-1].transform
    rows, others = transform(new), transform(background)
    lacking = np.flatnonzero(np.isnan(rows).sum(axis=1) >= 2)[:3]
    return rows[[*lacking, 0]], others


@pytest.mark.parametrize("longest", [8, 0])
def test_contributions_of_rows_with_missing_values_are_those_of_the_definition(
    deep, longest, monkeypatch
):
    monkeypatch.setattr(shapley_leaf_tables, "LONGEST_PATH", longest)
    rows, background = read_matrices(deep)
    assert np.isnan(rows).any()
    assert np.isnan(background).any()

    found = add_contributions(list_trees(deep), rows, background=background)

    for row, values in zip(rows, found, strict=True):
        assert np.abs(values - count_coalitions(deep.forest, row, background)).max() < 1e-9


def test_contributions_add_up_where_values_are_missing(deep):
    assert measure_longest_path(list_trees(deep)) > 4

    explanation = build_explainer(deep).explain(lend(200, seed=5, prefix="N"))

    rise = explanation.probability - explanation.base_probability
    assert np.abs(explanation.contributions.sum(axis=1) - rise).max() < 1e-9


def test_long_paths_over_missing_values_are_not_left_to_the_library(deep, monkeypatch):
    new = lend(40, seed=5, prefix="N")
    expected = build_explainer(deep).explain(new).contributions
    monkeypatch.setattr(shapley_leaf_tables, "LONGEST_PATH", 1)

    found = build_explainer(deep).explain(new).contributions

    assert np.abs(found - expected).max() < 1e-9


def test_a_split_between_missing_and_all_other_values_is_explained():
    # Only whether the ratio is stated says anything here.
    rows = lend(600, seed=7)
    risky = rows["debt_to_income"].is_null().cast(int)
    bundle = fit(
        Recipe(tree_count=6, leaf_row_count=5, column_share=1.0),
        rows.with_columns(defaulted=risky),
        schema=SCHEMA,
        features=FEATURES,
        decision_policy=DecisionPolicy(),
    )
    assert any(np.isposinf(member.tree_.threshold).any() for member in bundle.forest.estimators_)
    matrix = bundle.pipeline[:-1].transform(rows)

    found = add_contributions(list_trees(bundle), matrix, background=matrix)

    place = bundle.feature_names.index("debt_to_income")
    assert (found[:, place][risky.to_numpy() == 1] > 0.5).all()
    probability = bundle.forest.predict_proba(matrix)[:, 1]
    assert np.abs(found.sum(axis=1) - (probability - probability.mean())).max() < 1e-9


def test_a_rows_values_do_not_depend_on_the_other_rows_on_long_paths(deep, monkeypatch):
    monkeypatch.setattr(shapley_leaf_tables, "LONGEST_PATH", 0)
    rows, background = read_matrices(deep)

    whole = add_contributions(list_trees(deep), rows, background=background)

    alone = [add_contributions(list_trees(deep), row[None], background=background) for row in rows]
    assert np.array_equal(np.vstack(alone), whole)
