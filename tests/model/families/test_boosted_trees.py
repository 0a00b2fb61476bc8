import itertools
from math import factorial

import numpy as np
import pytest

from credit_default.model.estimator.digest import digest_bundle
from credit_default.model.estimator.scoring import attach_reference, score_probability
from credit_default.model.explanation.shapley import build_explainer
from credit_default.model.families.boosted_trees import BoostedTrees
from credit_default.model.families.boosting import BOOSTING
from credit_default.model.families.recipe import Recipe

SMALL = Recipe(family="boosting", tree_count=15, leaf_row_count=15)


def make_matrix(count=600, *, missing_share=0.2, seed=0):
    generator = np.random.default_rng(seed)
    matrix = generator.normal(size=(count, 4)).astype(np.float32)
    outcome = (matrix[:, 0] + matrix[:, 1] * matrix[:, 2] + generator.normal(size=count) > 0.5) * 1
    matrix[generator.random((count, 4)) < missing_share] = np.nan
    return matrix, outcome


def fit_booster(matrix, outcome, **changes) -> BoostedTrees:
    recipe = Recipe(family="boosting", tree_count=20, leaf_row_count=5, column_share=1.0, **changes)
    return BOOSTING.build(recipe, None).fit(matrix, outcome)


@pytest.mark.parametrize("missing_share", [0.0, 0.3])
def test_the_kept_trees_give_the_boosters_probabilities_missing_values_included(missing_share):
    from sklearn.ensemble import HistGradientBoostingClassifier

    matrix, outcome = make_matrix(missing_share=missing_share)
    unseen, _ = make_matrix(300, seed=1)
    booster = HistGradientBoostingClassifier(
        max_iter=20,
        max_depth=8,
        min_samples_leaf=5,
        max_features=1.0,
        learning_rate=0.06,
        max_leaf_nodes=15,
        l2_regularization=10.0,
        early_stopping=False,
        random_state=0,
    ).fit(matrix, outcome)

    found = fit_booster(matrix, outcome).predict_proba(unseen)

    assert np.abs(found - booster.predict_proba(unseen)).max() < 1e-12


def test_the_same_rows_in_any_order_give_the_same_digest_and_scores(fit_small, make_rows):
    rows, unseen = make_rows(500), make_rows(60, seed=5, prefix="N")

    one, other = fit_small(rows, recipe=SMALL), fit_small(rows.reverse(), recipe=SMALL)

    assert one.digest == other.digest == digest_bundle(one)
    assert score_probability(one, unseen).tobytes() == score_probability(other, unseen).tobytes()


def test_a_booster_of_another_leaf_value_has_another_digest(fit_small, make_rows):
    bundle = fit_small(make_rows(500), recipe=SMALL)

    bundle.forest.trees_[-1].value[-1, 0, 0] += 1e-12

    assert digest_bundle(bundle) != bundle.digest


def compute_by_hand(log_odds, row, background):
    """The Shapley values by their definition: every subset of features from the row, the rest from each background row."""
    count = len(row)
    added = np.zeros(count)

    def value(subset):
        mixed = background.copy()
        mixed[:, list(subset)] = row[list(subset)]
        return log_odds(mixed).mean()

    for feature in range(count):
        others = [other for other in range(count) if other != feature]
        for size in range(count):
            weight = factorial(size) * factorial(count - size - 1) / factorial(count)
            for subset in itertools.combinations(others, size):
                added[feature] += weight * (value((*subset, feature)) - value(subset))
    return added


def test_contributions_are_the_shapley_values_of_the_log_odds():
    from credit_default.model.explanation.shapley_leaf_tables import add_contributions

    matrix, outcome = make_matrix(missing_share=0.0)
    booster = fit_booster(matrix, outcome)
    background = matrix[:20]

    found = add_contributions(BOOSTING.list_trees(booster), matrix[30:36], background=background)

    expected = [
        compute_by_hand(booster.decision_function, row, background) for row in matrix[30:36]
    ]
    assert np.abs(found - np.array(expected)).max() < 1e-12


def test_an_explanation_adds_up_to_the_log_odds_and_says_so(fit_small, make_rows):
    bundle = attach_reference(
        fit_small(make_rows(500), recipe=SMALL), make_rows(80, seed=2, prefix="R")
    )
    rows = make_rows(20, seed=3, prefix="N")

    found = build_explainer(bundle).explain(rows)

    assert found.scale == "log odds"
    assert np.abs(found.base + found.contributions.sum(axis=1) - found.risk).max() < 1e-12
    assert np.allclose(
        found.probability, bundle.forest.predict_proba(bundle.pipeline[:-1].transform(rows))[:, 1]
    )


def test_raising_lateness_never_lowers_a_monotone_boosters_probability(fit_small, make_rows):
    import polars as pl

    recipe = Recipe(family="boosting", tree_count=20, leaf_row_count=10, monotone=True)
    bundle = fit_small(make_rows(800), recipe=recipe)
    rows = make_rows(100, seed=4, prefix="N")

    scores = [
        score_probability(bundle, rows.with_columns(repayment_status_m1=pl.lit(late)))
        for late in range(1, 7)
    ]

    assert (np.diff(scores, axis=0) >= 0).all()


def test_importance_is_the_share_of_the_gain():
    matrix, outcome = make_matrix(missing_share=0.0)

    shares = BOOSTING.measure_importance(fit_booster(matrix, outcome))

    assert shares.sum() == pytest.approx(1)
    assert shares.argmin() == 3  # the feature that says nothing
