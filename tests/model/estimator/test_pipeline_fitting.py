"""Fitting with features that learn from outcomes: no optimism, one result, honest evidence."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score
from tests.fakes.noisy_categories import SCHEMA, declare, draw_rows

from credit_default.errors import InputError
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.estimator.development_scores import score_development
from credit_default.model.estimator.digest import digest_bundle, sort_rows
from credit_default.model.estimator.fitting import cross_validate, fit, fit_with_evidence
from credit_default.model.estimator.held_out_scores import score_pipeline_folds, score_unseen
from credit_default.model.estimator.pipeline_fitting import build_fit_function
from credit_default.model.estimator.recipe_pipeline import Recipe
from credit_default.model.estimator.scoring import score_probability
from credit_default.model.evaluation.baselines import score_baselines
from credit_default.model.evaluation.cross_validation import (
    build_folded_rows,
    cross_validate_estimator,
)
from credit_default.model.features.input_values import list_input_values
from credit_default.model.features.learn_features import build_matrix, learn_features
from credit_default.model.features.monotone import list_risk_inputs

FEATURES = declare(
    {"name": "city_woe", "function": "woe", "columns": ["city"]},
    {"name": "city_place", "function": "raw", "columns": ["city"]},
    {"name": "noise", "function": "raw", "columns": ["noise"]},
)
RECIPES = {
    "forest": Recipe(tree_count=20, leaf_row_count=20),
    "boosting": Recipe(family="boosting", tree_count=40),
    "scorecard": Recipe(family="scorecard"),
}
OF_SCHEMA = {"schema": SCHEMA, "features": FEATURES}
FITTING = {**OF_SCHEMA, "decision_policy": DecisionPolicy()}


@pytest.fixture(scope="module")
def rows():
    return sort_rows(draw_rows(3_000, seed=1))


@pytest.fixture(scope="module")
def bundle(rows):
    return fit(RECIPES["forest"], rows, **FITTING)


@pytest.fixture(scope="module")
def whole(rows):
    return cross_validate(RECIPES["forest"], rows, fold_count=3, **OF_SCHEMA)


@pytest.fixture(scope="module")
def searched(rows, bundle):
    folded = build_folded_rows(rows, fold_count=3, **OF_SCHEMA)
    parameters = bundle.forest.get_params()
    return cross_validate_estimator(folded, lambda: type(bundle.forest)(**parameters))


@pytest.mark.parametrize("family", RECIPES)
def test_a_category_of_noise_gives_no_model_an_area_that_new_rows_do_not_have(family, rows):
    new = draw_rows(3_000, seed=101, prefix="N")

    fitted = fit_with_evidence(RECIPES[family], rows, **FITTING)

    unseen = score_probability(fitted.bundle, new)
    evidence = fitted.out_of_bag
    assert evidence.rows.height == rows.height
    assert roc_auc_score(evidence.defaulted, evidence.default_probability) < 0.54
    assert roc_auc_score(new["defaulted"], unseen) == pytest.approx(0.5, abs=0.04)


def test_the_same_forest_fitted_naively_would_claim_what_it_does_not_have(rows, bundle):
    inputs = list_input_values(SCHEMA, ["city"])
    learned = learn_features(FEATURES, rows, inputs=inputs, seed=0)
    naive = build_matrix(learned.features, rows, inputs=inputs)
    outcome = rows["defaulted"].to_numpy()
    parameters = {**bundle.forest.get_params(), "oob_score": True}

    fresh = type(bundle.forest)(**parameters)
    claimed = fresh.fit(naive, outcome).oob_decision_function_[:, 1]

    judged = np.isfinite(claimed)
    assert roc_auc_score(outcome[judged], claimed[judged]) > 0.6


def test_cross_validation_and_what_searches_and_rivals_use_see_no_more_either(
    rows, whole, searched
):
    new = draw_rows(3_000, seed=102, prefix="N")

    rivals = score_baselines(rows, new, **OF_SCHEMA)

    assert roc_auc_score(rows["defaulted"], whole.default_probability) < 0.54
    assert roc_auc_score(rows["defaulted"], searched.default_probability) < 0.54
    for rival in rivals:
        area = roc_auc_score(new["defaulted"], rival.default_probability)
        assert area == pytest.approx(0.5, abs=0.04), rival.family


def test_a_search_ranks_a_fold_as_cross_validation_does(whole, searched):
    # Cross-validation calibrates a fold where that is better, which changes no rank.
    for number in range(3):
        judged = whole.fold == number
        ranks = [
            np.unique(one.default_probability[judged], return_inverse=True)[1]
            for one in (whole, searched)
        ]
        assert np.abs(ranks[0] - ranks[1]).max() <= 1


def test_a_category_that_says_something_is_learned_from(rows):
    number = np.random.default_rng(3).normal(size=401)[rows["city"].to_numpy()]
    random = np.random.default_rng(4)
    defaulted = (random.random(rows.height) < 1 / (1 + np.exp(1 - number))).astype(np.int64)

    fitted = fit_with_evidence(
        RECIPES["forest"], rows.with_columns(defaulted=defaulted), **FITTING
    ).out_of_bag

    assert roc_auc_score(fitted.defaulted, fitted.default_probability) > 0.6


@pytest.mark.parametrize("family", RECIPES)
def test_the_order_of_rows_and_the_number_of_jobs_change_no_digest(family, rows):
    shuffled = rows.sample(fraction=1, shuffle=True, seed=9)

    one = fit(RECIPES[family], rows, **FITTING)
    other = fit(RECIPES[family], shuffled, **FITTING, job_count=2)

    assert one.digest == other.digest == digest_bundle(one)


def test_the_table_decides_the_digest(bundle):
    arguments = bundle.pipeline.named_steps["features"].kw_args["spec"][0]["arguments"]
    before = arguments["learned"][3]
    try:
        arguments["learned"][3] = np.nextafter(before, 1.0)
        assert digest_bundle(bundle) != bundle.digest
    finally:
        arguments["learned"][3] = before
    assert digest_bundle(bundle) == bundle.digest


@pytest.mark.parametrize("family", ["forest", "boosting"])
def test_development_rows_are_scored_again_as_when_the_model_was_fitted(family, rows):
    fitted = fit_with_evidence(RECIPES[family], rows, **FITTING)

    found = score_development(fitted.bundle, rows.sample(fraction=1, shuffle=True, seed=2))

    expected = fitted.out_of_bag.default_probability
    assert found.default_probability == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("family", RECIPES)
def test_evidence_out_of_fold_is_that_of_pipelines_fitted_on_the_other_folds(family, rows):
    recipe = RECIPES[family]
    fit_pipeline = build_fit_function(recipe, **OF_SCHEMA, job_count=2)
    evidence = score_unseen(fit_pipeline(rows), rows, recipe=recipe)

    shared = evidence.share_folds(5)
    fitted = score_pipeline_folds(fit_pipeline, rows, fold_count=5, seed=recipe.seed)

    assert shared.default_probability.tobytes() == fitted.default_probability.tobytes()
    assert shared.fold.tolist() == fitted.fold.tolist()
    assert evidence.share_folds(3) is None


def test_a_row_scores_alone_as_it_does_among_others(bundle):
    new = draw_rows(60, seed=5, prefix="N")

    together = score_probability(bundle, new)

    assert [score_probability(bundle, new[place])[0] for place in range(60)] == together.tolist()


def test_features_are_checked_before_anything_is_fitted():
    with pytest.raises(InputError, match="column 'wage'"):
        build_fit_function(
            Recipe(),
            schema=SCHEMA,
            features=(type(FEATURES[0])("wage", "raw", ("wage",)),),
            job_count=1,
        )


def test_no_direction_is_promised_for_what_was_learned():
    assert list_risk_inputs(SCHEMA) == {}
    assert FEATURES[0].row_function.directions == (0,)
