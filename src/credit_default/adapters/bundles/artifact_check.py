"""Check, before a loaded pipeline may score, that it is one that `train` fits: its two steps, its function, its estimator.

The estimator is checked by its family (`model.families`). `tree_check` checks trees themselves, before they are built.
"""

from typing import Any

from credit_default.errors import InputError, needs_setup
from credit_default.model.estimator.calibrated_forest import CalibratedForest
from credit_default.model.estimator.calibration_line import STEEPEST_SLOPE
from credit_default.model.estimator.recipe_pipeline import FEATURES_STEP, FOREST_STEP
from credit_default.model.families.find_family import find_family
from credit_default.model.families.recipe import Recipe
from credit_default.model.families.stored.stored_pipeline import StoredPipeline, StoredTransformer
from credit_default.model.families.structure import (
    build_artifact_error,
    check_attributes,
    require,
)
from credit_default.model.features.build_features import build_features
from credit_default.model.features.declaration import (
    list_feature_names,
    list_input_names,
    parse_features,
)
from credit_default.model.features.input_values import check_names, parse_input_values
from credit_default.model.features.learn_features import is_learned


def check_pipeline(pipeline: Any, *, recipe: Recipe) -> None:
    """Check that the pipeline is exactly one of ours: `build_features`, then the estimator that the recipe makes.

    Raises:
        ArtifactError: It is another pipeline; the message names what was found.
    """
    pipeline_class, transformer_class = _find_classes(pipeline)
    check_attributes(pipeline, pipeline_class, pipeline_class._get_param_names())  # noqa: SLF001
    steps = pipeline.steps
    require(_has_our_steps(steps), "other steps in the pipeline")
    require(
        pipeline.memory is None and pipeline.transform_input is None,
        "a pipeline that keeps or passes on its input",
    )
    transformer, estimator = steps[0][1], _check_calibration(steps[1][1])
    check_attributes(
        transformer,
        transformer_class,
        {*transformer_class._get_param_names(), "n_features_in_"},  # noqa: SLF001
        optional={"feature_names_in_"},
    )
    find_family(recipe).check_estimator(
        estimator, recipe=recipe, feature_count=_check_transformer(transformer)
    )


def _find_classes(pipeline: Any) -> tuple[Any, Any]:
    """Return the classes that belong here: those of a stored pipeline, or scikit-learn's own."""
    if isinstance(pipeline, StoredPipeline):
        return StoredPipeline, StoredTransformer
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import FunctionTransformer

    return Pipeline, FunctionTransformer


def _has_our_steps(steps: Any) -> bool:
    are_named = isinstance(steps, list) and all(
        isinstance(step, tuple) and len(step) == len(("name", "step")) for step in steps
    )
    return are_named and [name for name, _ in steps] == [FEATURES_STEP, FOREST_STEP]


def _check_calibration(last_step: Any) -> Any:
    """Return the estimator without its calibration line, after checking that the line, if there is one, rises and is finite."""
    if type(last_step) is not CalibratedForest:
        return last_step
    require(
        set(vars(last_step)) == {"forest", "slope", "intercept"},
        "unexpected attributes on a CalibratedForest",
    )
    slope, intercept = last_step.slope, last_step.intercept
    require(
        type(slope) is float and type(intercept) is float,
        "a calibration line that is not two numbers",
    )
    require(
        0 < slope < STEEPEST_SLOPE and abs(intercept) < STEEPEST_SLOPE,
        "a calibration line that does not rise, or too steeply",
    )
    return last_step.forest


def _check_transformer(transformer: Any) -> int:
    keywords = transformer.kw_args
    require(transformer.func is build_features, "another function than build_features")
    require(
        transformer.inverse_func is None and transformer.validate is False,
        "another transformer than ours",
    )
    require(
        isinstance(keywords, dict) and set(keywords) in ({"spec"}, {"spec", "inputs"}),
        "other arguments than a feature list",
    )
    try:
        features = parse_features(keywords["spec"])
        check_names(parse_input_values(keywords.get("inputs")), inputs=list_input_names(features))
    except (InputError, AttributeError, TypeError) as error:
        if needs_setup(error):
            raise  # a function of a package that is not here: the artifact is not at fault
        raise build_artifact_error(f"a feature list that cannot be read ({error})") from error
    require(is_learned(features), "a feature that learns from outcomes and has not learned")
    return len(list_feature_names(features)) if list_input_names(features) else 0
