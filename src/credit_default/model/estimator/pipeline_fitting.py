"""Fit the pipeline that a recipe makes, without its calibration.

Its steps are fitted one after the other: a feature that learns from outcomes has other values for
the rows that the estimator is fitted on than for those that the pipeline scores.
"""

from collections.abc import Sequence
from typing import Any

import polars as pl

from credit_default.data.contract.schema import Schema
from credit_default.model.estimator.held_out_scores import FitPipeline, read_outcome
from credit_default.model.estimator.recipe_pipeline import (
    FEATURES_STEP,
    FOREST_STEP,
    Recipe,
    build_pipeline,
    choose_features,
)
from credit_default.model.families.find_family import find_family
from credit_default.model.features.declaration import Feature, list_input_names
from credit_default.model.features.input_values import list_input_values
from credit_default.model.features.learn_features import learn_features


def build_fit_function(
    recipe: Recipe, *, schema: Schema, features: Sequence[Feature], job_count: int
) -> FitPipeline:
    """Return a function that fits the recipe's uncalibrated pipeline; features are checked now.

    Args:
        recipe: How the model is fitted.
        schema: The schema of the rows.
        features: The features offered to the recipe.
        job_count: Cores to fit with; -1 for all.

    Raises:
        InputError: as `choose_features`.
    """
    chosen = choose_features(recipe, features, schema=schema)
    names = list_input_names(chosen)
    inputs = list_input_values(schema, names)
    family = find_family(recipe)

    def fit_pipeline(ordered: pl.DataFrame) -> Any:
        outcome = read_outcome(ordered)
        learned = learn_features(chosen, ordered, inputs=inputs, seed=recipe.seed)
        pipeline = build_pipeline(recipe, schema=schema, features=learned.features)
        pipeline.named_steps[FEATURES_STEP].fit(ordered.select(names))
        estimator = pipeline.named_steps[FOREST_STEP]
        family.set_job_count(estimator, job_count)
        estimator.fit(learned.matrix, outcome)
        # Several jobs sum the trees' votes in the order in which they finish, so the last bit of a
        # probability would differ from run to run.
        family.set_job_count(estimator, 1)
        return pipeline

    return fit_pipeline
