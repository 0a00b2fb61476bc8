from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import roc_auc_score

from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.errors import InputError
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.estimator.fitting import cross_validate, fit, fit_with_evidence
from credit_default.model.estimator.held_out_scores import score_pipeline_folds, score_unseen
from credit_default.model.estimator.pipeline_fitting import build_fit_function
from credit_default.model.estimator.recipe_pipeline import FOREST_STEP, Recipe, build_pipeline
from credit_default.model.estimator.scoring import score_probability
from credit_default.model.features.credit_card import CREDIT_CARD_FEATURES

TINY = Recipe(tree_count=4, leaf_row_count=10, maximum_depth=4)


def validate_tiny(rows, *, fold_count=3, job_count=1):
    return cross_validate(
        TINY,
        rows,
        schema=CREDIT_CARD,
        features=CREDIT_CARD_FEATURES,
        fold_count=fold_count,
        seed=1,
        job_count=job_count,
    )


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (pl.exclude("defaulted"), "no column 'defaulted'"),
        ([pl.exclude("defaulted"), pl.lit(1).alias("defaulted")], r"outcomes \[1\]"),
        (
            [pl.exclude("defaulted"), pl.when(pl.col("age") > 30).then(pl.col("defaulted"))],
            "rows without an outcome",
        ),
    ],
)
def test_rows_without_both_outcomes_cannot_be_learned_from(rows, change, found, fit_small):
    with pytest.raises(InputError, match=found):
        fit_small(rows.select(change))


def fit_tiny(rows, *, recipe=TINY, job_count=1):
    return fit_with_evidence(
        recipe,
        rows,
        schema=CREDIT_CARD,
        features=CREDIT_CARD_FEATURES,
        decision_policy=DecisionPolicy(),
        job_count=job_count,
    )


def test_out_of_bag_probabilities_are_those_of_scikit_learn(rows):
    recipe = replace(TINY, tree_count=40)
    pipeline = build_pipeline(recipe, schema=CREDIT_CARD, features=CREDIT_CARD_FEATURES)
    pipeline.named_steps[FOREST_STEP].set_params(oob_score=True)
    pipeline.fit(rows, rows["defaulted"].to_numpy())

    out_of_bag = fit_tiny(
        rows.sample(fraction=1.0, shuffle=True, seed=3), recipe=recipe, job_count=2
    ).out_of_bag

    expected = pipeline.named_steps[FOREST_STEP].oob_decision_function_[:, 1]
    np.testing.assert_allclose(out_of_bag.default_probability, expected, rtol=1e-12)
    assert out_of_bag.rows.equals(rows)
    assert out_of_bag.defaulted.tolist() == rows["defaulted"].to_list()


def test_a_row_that_every_tree_drew_has_no_out_of_bag_probability_and_is_left_out(rows):
    out_of_bag = fit_tiny(rows, recipe=replace(TINY, tree_count=1)).out_of_bag

    assert 200 < out_of_bag.rows.height < 280  # about exp(-0.5) of 400
    assert (
        len(out_of_bag.default_probability) == len(out_of_bag.defaulted) == out_of_bag.rows.height
    )
    assert out_of_bag.rows["defaulted"].to_list() == out_of_bag.defaulted.tolist()


def test_what_is_known_only_in_the_training_rows_does_not_leak_out_of_bag(rows):
    noise = rows.with_columns(
        pl.Series("defaulted", np.random.default_rng(2).integers(0, 2, rows.height))
    )

    out_of_bag = fit_tiny(noise, recipe=replace(TINY, tree_count=20)).out_of_bag

    assert roc_auc_score(out_of_bag.defaulted, out_of_bag.default_probability) < 0.6


def test_out_of_fold_probabilities_come_from_forests_that_did_not_see_the_row(rows):
    out_of_fold = validate_tiny(rows, fold_count=3)

    held_out = out_of_fold.fold == 1
    others = fit(
        TINY,
        rows.filter(~held_out),
        schema=CREDIT_CARD,
        features=CREDIT_CARD_FEATURES,
        decision_policy=DecisionPolicy(),
    )
    expected = score_probability(others, rows.filter(held_out))
    assert out_of_fold.default_probability[held_out].tobytes() == expected.tobytes()
    assert sorted(np.unique(out_of_fold.fold)) == [0, 1, 2]


def test_folds_of_boosting_serve_evidence_and_calibration_with_one_fit_each(rows):
    recipe = Recipe(family="boosting", tree_count=9, leaf_count=6)
    fitted = []

    def fit_pipeline(ordered):
        fitted.append(ordered.height)
        return build_fit_function(
            recipe, schema=CREDIT_CARD, features=CREDIT_CARD_FEATURES, job_count=1
        )(ordered)

    evidence = score_unseen(fit_pipeline(rows), rows, recipe=recipe)
    count, shared = len(fitted), evidence.share_folds(5)
    again = score_pipeline_folds(fit_pipeline, rows, fold_count=5, seed=recipe.seed)

    assert (count, len(fitted)) == (1, 6)
    assert shared.default_probability.tobytes() == again.default_probability.tobytes()


def test_out_of_bag_evidence_is_no_evidence_out_of_fold(rows):
    assert fit_tiny(rows).out_of_bag.share_folds(5) is None


def test_out_of_fold_probabilities_follow_their_rows(rows):
    order = np.random.default_rng(5).permutation(rows.height)

    straight = validate_tiny(rows, fold_count=3)
    shuffled = validate_tiny(rows[order.tolist()], fold_count=3, job_count=2)

    assert shuffled.default_probability.tobytes() == straight.default_probability[order].tobytes()


def test_what_is_known_only_in_the_training_rows_does_not_leak_out_of_fold(rows, fit_small):
    noise = rows.with_columns(
        pl.Series("defaulted", np.random.default_rng(2).integers(0, 2, rows.height))
    )

    out_of_fold = validate_tiny(noise, fold_count=4)
    seen = score_probability(fit_small(noise), noise)

    assert roc_auc_score(noise["defaulted"], out_of_fold.default_probability) < 0.6
    assert roc_auc_score(noise["defaulted"], seen) > 0.7
