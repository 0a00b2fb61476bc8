"""Fit a model bundle on checked rows with outcomes, together with its held-out evidence.

Rows are sorted by key before anything is drawn, and the forest predicts on one core however many
cores fitted it. Neither row order nor core count therefore changes a digest or a score.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from credit_default.data.contract.schema import STATEMENT_MONTH, Schema
from credit_default.model.estimator.bundle import ModelBundle
from credit_default.model.estimator.calibrated_forest import calibrate_probability
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.estimator.digest import digest_bundle, hash_row_keys, sort_rows
from credit_default.model.estimator.held_out_scores import (
    FitPipeline,
    OutOfBag,
    OutOfFold,
    read_outcome,
    score_pipeline_folds,
    score_unseen,
)
from credit_default.model.estimator.pipeline_fitting import build_fit_function
from credit_default.model.estimator.recalibration import (
    CalibrationChoice,
    calibrate_folds,
    choose_calibration,
    choose_calibration_policy,
)
from credit_default.model.estimator.recipe_pipeline import (
    FEATURES_STEP,
    Recipe,
    calibrate_pipeline,
)
from credit_default.model.estimator.regime import Regime, find_regime
from credit_default.model.families.own.own_family import pin_recipe
from credit_default.model.features.build_features import FEATURE_VERSION
from credit_default.model.features.declaration import Feature, list_input_names, parse_features

__all__ = [
    "FittedModel",
    "ModelBundle",
    "OutOfBag",
    "OutOfFold",
    "cross_validate",
    "fit",
    "fit_with_evidence",
]


@dataclass(frozen=True, slots=True, eq=False)
class FittedModel:
    """A bundle with the out-of-bag scores of its development rows, and what they decided."""

    bundle: ModelBundle
    out_of_bag: OutOfBag
    calibration: CalibrationChoice
    regime: Regime  # the months that the model is calibrated for and to be monitored by
    # of the development rows, sorted by key, where the regime is new: calibrated as the model is
    out_of_fold: OutOfFold | None


def fit(
    recipe: Recipe,
    rows: pl.DataFrame,
    *,
    schema: Schema,
    features: Sequence[Feature],
    decision_policy: DecisionPolicy,
    job_count: int = 1,
    source_digests: Sequence[str] = (),
) -> ModelBundle:
    """Fit a model bundle; arguments and errors are those of `fit_with_evidence`."""
    return fit_with_evidence(
        recipe,
        rows,
        schema=schema,
        features=features,
        decision_policy=decision_policy,
        job_count=job_count,
        source_digests=source_digests,
    ).bundle


def fit_with_evidence(
    recipe: Recipe,
    rows: pl.DataFrame,
    *,
    schema: Schema,
    features: Sequence[Feature],
    decision_policy: DecisionPolicy,
    job_count: int = 1,
    source_digests: Sequence[str] = (),
) -> FittedModel:
    """Fit a model bundle, without a reference yet, and return it with its held-out evidence.

    Args:
        recipe: How the model is fitted.
        rows: Checked rows with `defaulted` (0/1), in any order.
        schema: The schema of the rows.
        features: The features offered to the recipe.
        decision_policy: The costs and bands that the bundle decides by.
        job_count: Cores that fit the trees; -1 for all. The result does not depend on it.
        source_digests: SHA-256 of each training source, for the record.

    Raises:
        InputError: outcomes that are missing or all the same, or features that the recipe or schema
            does not allow.
    """
    recipe, ordered = pin_recipe(recipe), sort_rows(rows)
    fit_pipeline = build_fit_function(recipe, schema=schema, features=features, job_count=job_count)
    fitted = _fit_pipeline_with_evidence(fit_pipeline, ordered, recipe=recipe)
    bundle = ModelBundle(
        pipeline=fitted.pipeline,
        decision_policy=decision_policy,
        recipe=recipe,
        schema_name=schema.name,
        schema_version=schema.version,
        feature_version=FEATURE_VERSION,
        source_digests=tuple(source_digests),
        row_count=ordered.height,
        default_share=float(read_outcome(ordered).mean()),
        trained_rows=np.sort(hash_row_keys(ordered)),
        reference=None,
        digest="",
    )
    return FittedModel(
        replace(bundle, digest=digest_bundle(bundle)),
        fitted.out_of_bag,
        fitted.choice,
        fitted.regime,
        fitted.out_of_fold,
    )


def cross_validate(
    recipe: Recipe,
    rows: pl.DataFrame,
    *,
    schema: Schema,
    features: Sequence[Feature],
    fold_count: int = 5,
    seed: int = 0,
    job_count: int = 1,
) -> OutOfFold:
    """Return out-of-fold probabilities of a recipe, pooled over the folds.

    Each fold's forest is fitted, and calibrated or not, exactly as `fit` would fit it on the other
    folds. Identical rows share a fold.

    Args:
        recipe: The recipe to validate.
        rows: Checked rows with `defaulted` (0/1).
        schema: The schema of the rows.
        features: The features offered to the recipe.
        fold_count: Number of folds.
        seed: Seed by which the folds are drawn.
        job_count: Cores that fit the trees; -1 for all. The result does not depend on it.

    Raises:
        InputError: as `fit`.
    """
    fit_pipeline = build_fit_function(recipe, schema=schema, features=features, job_count=job_count)
    return score_pipeline_folds(
        lambda ordered: _fit_pipeline_with_evidence(fit_pipeline, ordered, recipe=recipe).pipeline,
        rows,
        fold_count=fold_count,
        seed=seed,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _FittedPipeline:
    pipeline: Any
    out_of_bag: OutOfBag
    choice: CalibrationChoice
    regime: Regime
    out_of_fold: OutOfFold | None = None


def _fit_pipeline_with_evidence(
    fit_pipeline: FitPipeline, ordered: pl.DataFrame, *, recipe: Recipe
) -> _FittedPipeline:
    pipeline, seed = fit_pipeline(ordered), recipe.seed
    out_of_bag = score_unseen(pipeline, ordered, recipe=recipe)
    inputs = list_input_names(parse_features(pipeline.named_steps[FEATURES_STEP].kw_args["spec"]))
    regime = find_regime(out_of_bag.rows, out_of_bag.default_probability, inputs=inputs)
    policy = choose_calibration_policy(regime_is_new=regime.is_new)
    served = regime.covers(out_of_bag.rows[STATEMENT_MONTH])
    first = choose_calibration(
        out_of_bag.defaulted[served],
        out_of_bag.default_probability[served],
        policy=policy,
        seed=seed,
    )
    if first.line is None and not regime.is_new:
        return _FittedPipeline(pipeline, out_of_bag, first, regime)
    # Out of bag only a third to two thirds of the trees vote, which by itself looks over-confident
    # where trees are deep. A departure found there is only a suspicion: the line is fitted on
    # probabilities of whole forests that did not see the row.
    folds = out_of_bag.share_folds(policy.fold_count) or score_pipeline_folds(
        fit_pipeline, ordered, fold_count=policy.fold_count, seed=seed
    )
    outcome, served = read_outcome(ordered), regime.covers(ordered[STATEMENT_MONTH])
    choice = choose_calibration(
        outcome[served], folds.default_probability[served], policy=policy, seed=seed
    )
    calibrated = calibrate_probability(
        out_of_bag.default_probability, (first.line or choice.line) if choice.line else None
    )
    return _FittedPipeline(
        calibrate_pipeline(pipeline, choice.line),
        replace(out_of_bag, default_probability=calibrated),
        choice,
        regime,
        calibrate_folds(folds, outcome, served=served, policy=policy, seed=seed)
        if regime.is_new
        else None,
    )
