"""Check, before a loaded pipeline may score, that it is one that `train` fits: its two steps, its function, sound trees.

An attribute that hides a method would change every score, so every estimator must have the attributes that fitting gives it
and no others. `tree_check` checks the trees themselves, before they are built.
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from credit_default.adapters.bundles.tree_check import build_artifact_error, require
from credit_default.errors import InputError, SetupError
from credit_default.model.estimator.calibrated_forest import CalibratedForest
from credit_default.model.estimator.calibration_line import STEEPEST_SLOPE
from credit_default.model.estimator.recipe_pipeline import FEATURES_STEP, FOREST_STEP
from credit_default.model.features.build_features import build_features
from credit_default.model.features.declaration import (
    list_feature_names,
    list_input_names,
    parse_features,
)

# The attributes that fitting adds to an estimator's parameters, in the scikit-learn version that pyproject.toml names.
_FITTED_ATTRIBUTES: Final[Mapping[str, frozenset[str]]] = {
    "Pipeline": frozenset(),
    "FunctionTransformer": frozenset({"n_features_in_", "feature_names_in_"}),
    "RandomForestClassifier": frozenset(
        {
            "estimator",
            "estimator_",
            "estimator_params",
            "estimators_",
            "n_features_in_",
            "n_outputs_",
            "classes_",
            "n_classes_",
            "_n_samples",
            "_n_samples_bootstrap",
            "_sample_weight",
        }
    ),
    "DecisionTreeClassifier": frozenset(
        {"n_features_in_", "n_outputs_", "classes_", "n_classes_", "max_features_", "tree_"}
    ),
}


def check_pipeline(pipeline: Any, *, tree_count: int) -> None:
    """Check that the pipeline is exactly one of ours: `build_features`, then a forest of `tree_count` trees of two classes.

    Raises:
        ArtifactError: It is another pipeline; the message names what was found.
    """
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import FunctionTransformer

    _check_attributes(pipeline, Pipeline)
    steps = pipeline.steps
    require(_has_our_steps(steps), "other steps in the pipeline")
    require(
        pipeline.memory is None and pipeline.transform_input is None,
        "a pipeline that keeps or passes on its input",
    )
    transformer, forest = steps[0][1], _check_calibration(steps[1][1])
    _check_attributes(transformer, FunctionTransformer)
    _check_attributes(forest, RandomForestClassifier)
    _check_forest(forest, tree_count=tree_count, feature_count=_check_transformer(transformer))


def _has_our_steps(steps: Any) -> bool:
    are_named = isinstance(steps, list) and all(
        isinstance(step, tuple) and len(step) == len(("name", "step")) for step in steps
    )
    return are_named and [name for name, _ in steps] == [FEATURES_STEP, FOREST_STEP]


def _check_calibration(last_step: Any) -> Any:
    """Return the forest without its calibration line, after checking that the line, if there is one, rises and is finite."""
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
        isinstance(keywords, dict) and set(keywords) == {"spec"},
        "other arguments than a feature list",
    )
    try:
        features = parse_features(keywords["spec"])
    except SetupError:  # a function of a package that is not here: the artifact is not at fault
        raise
    except (InputError, AttributeError, TypeError) as error:
        raise build_artifact_error(f"a feature list that cannot be read ({error})") from error
    return len(list_feature_names(features)) if list_input_names(features) else 0


def _check_forest(forest: Any, *, tree_count: int, feature_count: int) -> None:
    from sklearn.tree import DecisionTreeClassifier
    from sklearn.tree._tree import Tree

    trees = forest.estimators_
    require(
        isinstance(trees, list) and len(trees) == forest.n_estimators == tree_count,
        "a wrong number of trees",
    )
    _check_counts(forest, feature_count=feature_count)
    _check_constraints(forest.monotonic_cst, feature_count=feature_count)
    for tree in trees:
        _check_attributes(tree, DecisionTreeClassifier)
        require(
            tree.monotonic_cst == forest.monotonic_cst,
            "a tree under other constraints than its forest",
        )
        _check_counts(tree, feature_count=feature_count)
        require(
            type(tree.tree_) is Tree and tree.tree_.n_features == feature_count,
            "a tree over other features",
        )


def _check_constraints(constraints: Any, *, feature_count: int) -> None:
    if constraints is None:
        return
    require(
        isinstance(constraints, list) and len(constraints) == feature_count,
        "constraints on other features",
    )
    require(
        all(type(value) is int and value in {-1, 0, 1} for value in constraints),
        "constraints other than -1, 0, 1",
    )


def _check_counts(estimator: Any, *, feature_count: int) -> None:
    require(estimator.n_features_in_ == feature_count, "an estimator over other features")
    require(
        estimator.n_outputs_ == 1 and estimator.n_classes_ == len((0, 1)),
        "an estimator that is not of two classes",
    )
    require(np.asarray(estimator.classes_).tolist() == [0, 1], "other classes than 0 and 1")


def _check_attributes(estimator: Any, kind: type) -> None:
    require(type(estimator) is kind, f"{type(estimator).__name__} where a {kind.__name__} belongs")
    allowed = set(kind._get_param_names()) | _FITTED_ATTRIBUTES[kind.__name__]  # type: ignore[attr-defined] # noqa: SLF001
    unexpected = sorted(set(vars(estimator)) - allowed)
    require(not unexpected, f"attributes {unexpected[:5]} on a {kind.__name__}")
    missing = sorted(allowed - set(vars(estimator)) - {"feature_names_in_"})
    require(not missing, f"no {missing[:5]} on a {kind.__name__}")
