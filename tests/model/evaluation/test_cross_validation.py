import numpy as np
import pytest

from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.model.estimator.fitting import OutOfFold, cross_validate
from credit_default.model.estimator.recipe_pipeline import Recipe
from credit_default.model.evaluation.cross_validation import (
    QUALITY_METRICS,
    build_folded_rows,
    build_forest,
    cross_validate_estimator,
    measure_out_of_fold,
    replay_folds,
    score_folds,
)
from credit_default.model.features.credit_card import CREDIT_CARD_FEATURES

SMALL = Recipe(tree_count=6, leaf_row_count=10, maximum_depth=4)
OURS = {"schema": CREDIT_CARD, "features": CREDIT_CARD_FEATURES}


def build():
    return build_forest(SMALL, **OURS)


def fold(rows, **options):
    return build_folded_rows(rows, **OURS, fold_count=3, **options)


def test_forest_of_a_recipe_scores_bit_for_bit_as_cross_validation_does(rows):
    ordered = rows.sort("client_id", "statement_month").head(180)  # too few defaults to calibrate

    pooled = cross_validate_estimator(fold(ordered, seed=1), build, job_count=2)

    expected = cross_validate(SMALL, ordered, **OURS, fold_count=3, seed=1)
    np.testing.assert_array_equal(pooled.default_probability, expected.default_probability)
    np.testing.assert_array_equal(pooled.fold, expected.fold)


def test_row_order_changes_nothing(rows):
    straight, shuffled = fold(rows), fold(rows.sample(fraction=1.0, shuffle=True, seed=2))

    np.testing.assert_array_equal(straight.matrix, shuffled.matrix)
    np.testing.assert_array_equal(straight.fold, shuffled.fold)
    np.testing.assert_array_equal(straight.defaulted, shuffled.defaulted)


def test_protected_attributes_are_features_only_when_asked_for(rows):
    without, with_them = fold(rows), fold(rows, include_protected=True)

    assert set(with_them.feature_names) - set(without.feature_names) == {"sex", "marriage", "age"}
    assert with_them.matrix.shape[1] == len(with_them.feature_names)


def test_folds_are_filled_in_one_after_another_and_may_be_stopped_early(rows):
    folded = fold(rows)
    scored = score_folds(folded, build)

    first, second = next(scored), next(scored)

    assert np.isfinite(first.default_probability).tolist() == (folded.fold == 0).tolist()
    assert np.isfinite(second.default_probability).tolist() == (folded.fold <= 1).tolist()


def test_replayed_folds_are_those_that_were_scored(rows):
    folded = fold(rows)
    *_, pooled = scored = list(score_folds(folded, build))

    replayed = list(replay_folds(folded, pooled))

    assert len(replayed) == len(scored) == 3
    for old, new in zip(scored, replayed, strict=True):
        np.testing.assert_array_equal(old.default_probability, new.default_probability)


def test_figures_are_of_the_rows_scored_by_now(rows):
    folded = fold(rows)
    half = OutOfFold(
        np.where(folded.fold == 0, folded.defaulted, np.nan).astype(float), folded.fold
    )

    figures = measure_out_of_fold(folded, half)

    assert tuple(figures) == QUALITY_METRICS
    assert figures["roc_auc"] == 1.0
    assert figures["brier"] == 0.0
    assert figures["ece"] == pytest.approx(0.0)
