"""Portfolios whose inputs are missing, special or categories are fitted, scored and digested."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import roc_auc_score
from tests.fakes.bureau_loans import FEATURES, SCHEMA, lend

from credit_default.errors import InputError
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.estimator.digest import digest_bundle
from credit_default.model.estimator.fitting import cross_validate, fit, fit_with_evidence
from credit_default.model.estimator.recipe_pipeline import Recipe
from credit_default.model.estimator.scoring import attach_reference, score_probability
from credit_default.model.evaluation.baselines import score_baselines
from credit_default.model.evaluation.cross_validation import build_folded_rows
from credit_default.model.evaluation.reference_models import cross_validate_families

RECIPE = Recipe(tree_count=20, leaf_row_count=15)


def fit_loans(rows, *, recipe=RECIPE, schema=SCHEMA, features=FEATURES):
    return fit(recipe, rows, schema=schema, features=features, decision_policy=DecisionPolicy())


@pytest.fixture(scope="module")
def rows():
    return lend(1_000, seed=1)


@pytest.fixture(scope="module")
def loans(rows):
    return fit_loans(rows)


def test_the_order_of_rows_changes_no_digest(rows, loans):
    assert fit_loans(rows.sample(fraction=1, shuffle=True, seed=3)).digest == loans.digest


def test_clients_without_a_value_are_scored_by_what_that_says_of_them(loans):
    new = lend(800, seed=2, prefix="N")

    risk = score_probability(loans, new)

    assert np.isfinite(risk).all()
    assert roc_auc_score(new["defaulted"], risk) > 0.65
    unstated = new.with_columns(debt_to_income=pl.lit(None, dtype=pl.Float64))
    assert not np.array_equal(score_probability(loans, unstated), risk)


def test_held_out_scores_and_folds_take_missing_values(rows):
    fitted = fit_with_evidence(
        RECIPE, rows, schema=SCHEMA, features=FEATURES, decision_policy=DecisionPolicy()
    )
    folded = cross_validate(RECIPE, rows, schema=SCHEMA, features=FEATURES, fold_count=3)

    assert np.isfinite(fitted.out_of_bag.default_probability).all()
    assert np.isfinite(folded.default_probability).all()


def test_the_reference_keeps_missing_values_as_nulls(loans):
    referenced = attach_reference(loans, lend(100, seed=4, prefix="R"))

    assert referenced.reference["debt_to_income"].null_count() > 5
    assert referenced.digest == digest_bundle(referenced)


def test_what_an_input_may_hold_is_part_of_the_digest(loans):
    step = loans.pipeline.named_steps["features"]
    before = step.kw_args
    try:
        changed = {**before["inputs"], "bureau_score": {"optional": False, "special": [-9.0]}}
        step.kw_args = {**before, "inputs": changed}
        assert digest_bundle(loans) != loans.digest
    finally:
        step.kw_args = before
    assert digest_bundle(loans) == loans.digest


def test_rivals_take_missing_values(rows):
    test = lend(300, seed=5, prefix="N")
    scored = score_baselines(rows, test, schema=SCHEMA, features=FEATURES)

    assert all(np.isfinite(item.default_probability).all() for item in scored)
    assert roc_auc_score(test["defaulted"], scored[0].default_probability) > 0.6


@pytest.mark.nightly
def test_every_family_takes_missing_values(rows):
    folded = build_folded_rows(rows, schema=SCHEMA, features=FEATURES, fold_count=2)

    for _, held_out in cross_validate_families(folded, seed=0):
        assert np.isfinite(held_out.default_probability).all()


def test_a_monotone_recipe_says_which_features_need_a_value(rows):
    columns = [
        replace(column, risk_rises_from=0.0) if column.name == "loan_amount" else column
        for column in SCHEMA.columns
    ]
    schema = replace(SCHEMA, columns=tuple(columns))

    with pytest.raises(InputError, match=r"debt_to_income.*otherwise"):
        fit_loans(rows, recipe=replace(RECIPE, monotone=True), schema=schema)
