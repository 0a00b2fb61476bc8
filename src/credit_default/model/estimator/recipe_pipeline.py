"""The pipeline that a recipe makes: features first, then the estimator of its family.

Because the features are built inside the pipeline, the registered model takes raw rows and no step
can be forgotten when it is used.
"""

from collections.abc import Sequence
from typing import Any, Final

from credit_default.data.contract.schema import Schema
from credit_default.errors import InputError, show_examples
from credit_default.model.estimator.calibrated_forest import CalibratedForest
from credit_default.model.estimator.calibration_line import Calibration
from credit_default.model.families.find_family import find_family
from credit_default.model.families.recipe import (
    COMPACT_RECIPE,
    FULL_RECIPE,
    Recipe,
    describe_recipe,
    parse_recipe,
)
from credit_default.model.families.stored.stored_pipeline import restore_pipeline
from credit_default.model.features.build_features import build_features
from credit_default.model.features.declaration import (
    Feature,
    list_input_names,
    select_features,
)
from credit_default.model.features.input_values import (
    describe_arguments,
    list_input_values,
    list_possibly_missing,
)
from credit_default.model.features.monotone import (
    constrain_features,
    list_constraints,
    list_risk_inputs,
)

__all__ = [
    "COMPACT_RECIPE",
    "FEATURES_STEP",
    "FOREST_STEP",
    "FULL_RECIPE",
    "Recipe",
    "build_pipeline",
    "calibrate_pipeline",
    "choose_features",
    "describe_recipe",
    "parse_recipe",
]

FEATURES_STEP: Final = "features"
FOREST_STEP: Final = "forest"  # whatever the family: bundles are older than the others

_REMEDY = "Correct the recipe."


def choose_features(
    recipe: Recipe, features: Sequence[Feature], *, schema: Schema
) -> tuple[Feature, ...]:
    """Return the features that the recipe may use.

    Features that go back to a protected attribute are left out unless the recipe includes them. A
    monotone recipe also keeps from the forest those with which monotonicity cannot be guaranteed.

    Args:
        recipe: How the model is fitted.
        features: The features offered.
        schema: The schema of the rows.

    Raises:
        InputError: features on columns that the schema does not have, no feature left, or a
            monotone recipe for a schema in which no input declares that risk rises with it.
    """
    chosen = (
        tuple(features)
        if recipe.include_protected
        else select_features(features, without=schema.protected)
    )
    if recipe.monotone:
        chosen = constrain_features(chosen, risk_inputs=_list_risk_inputs(schema))
    _check_chosen_features(chosen, schema=schema)
    return chosen


def _check_chosen_features(chosen: Sequence[Feature], *, schema: Schema) -> None:
    unknown = sorted(set(list_input_names(chosen)) - {column.name for column in schema.inputs})
    if unknown:
        raise InputError(
            "feature list",
            found=f"column {show_examples(unknown)}",
            expected=f"inputs of schema {schema.name!r}",
            remedy=_REMEDY,
        )
    if not any(feature.kept for feature in chosen):
        expected = "at least one that is not protected"
        raise InputError("feature list", found="no feature left", expected=expected, remedy=_REMEDY)


def _build_estimator(recipe: Recipe, chosen: Sequence[Feature], *, schema: Schema) -> Any:
    constraints = None
    if recipe.monotone:
        constraints = list_constraints(chosen, risk_inputs=_list_risk_inputs(schema))
    return find_family(recipe).build(recipe, constraints)


def build_pipeline(recipe: Recipe, *, schema: Schema, features: Sequence[Feature]) -> Any:
    """Return an unfitted scikit-learn pipeline with the steps `features` and `forest`.

    It takes raw rows and predicts on one core.

    Args:
        recipe: How the model is fitted.
        schema: The schema of the rows.
        features: The features offered.

    Raises:
        InputError: as `choose_features`.
    """
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import FunctionTransformer

    chosen = choose_features(recipe, features, schema=schema)
    if recipe.monotone:
        inputs = list_input_values(schema, list_input_names(chosen))
        _check_no_missing(list_possibly_missing(chosen, inputs))
    estimator = _build_estimator(recipe, chosen, schema=schema)
    arguments = describe_arguments(chosen, schema=schema)
    return Pipeline(
        [
            (FEATURES_STEP, FunctionTransformer(build_features, kw_args=arguments)),
            (FOREST_STEP, estimator),
        ]
    )


def _check_no_missing(names: Sequence[str]) -> None:
    # scikit-learn's monotone trees take no missing values: nothing says on which side they belong.
    if names:
        raise InputError(
            "recipe's monotone",
            found=f"feature {show_examples(names)}, which can be missing",
            expected="features that always have a value",
            remedy="Give them one with the function `otherwise`, or drop monotone.",
        )


def calibrate_pipeline(pipeline: Any, line: Calibration | None) -> Any:
    """Return a pipeline over the same fitted steps whose forest applies the calibration line.

    With `line` None, the pipeline itself is returned.
    """
    if line is None:
        return pipeline
    from sklearn.pipeline import Pipeline

    pipeline = restore_pipeline(pipeline)
    transformer, forest = (pipeline.named_steps[name] for name in (FEATURES_STEP, FOREST_STEP))
    return Pipeline([(FEATURES_STEP, transformer), (FOREST_STEP, CalibratedForest(forest, line))])


def _list_risk_inputs(schema: Schema) -> dict[str, float]:
    risk_inputs = list_risk_inputs(schema)
    if not risk_inputs:
        found = f"no input of schema {schema.name!r} with risk_rises_from"
        raise InputError(
            "recipe's monotone",
            found=found,
            expected="at least one",
            remedy="Declare it, or drop monotone.",
        )
    return risk_inputs
