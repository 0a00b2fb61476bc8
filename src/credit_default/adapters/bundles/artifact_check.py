"""What a loaded pipeline must look like before it may answer: our two steps, our function, trees that end.

scikit-learn walks a tree without looking where it steps: one child index outside the array is a crash of the process, one
that points backwards never ends, and an attribute that hides a method changes every score. All is looked at before use.
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from credit_default.errors import ArtifactError, InputError
from credit_default.model.estimator.calibrated_forest import CalibratedForest
from credit_default.model.estimator.calibration_line import STEEPEST_SLOPE
from credit_default.model.estimator.recipe_pipeline import FEATURES_STEP, FOREST_STEP
from credit_default.model.features.build_features import build_features
from credit_default.model.features.declaration import (
    list_feature_names,
    list_input_names,
    parse_features,
)

_NO_CHILD, _NO_FEATURE = -1, -2
# What fitting adds to an estimator's own parameters, in the scikit-learn that pyproject.toml names.
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


def check_tree_state(arguments: Any, state: Any) -> None:
    """None; a tree's stored state is one that scikit-learn may build a tree from: a binary tree over its own arrays.

    `arguments` are (feature count, class counts, output count), `state` the four values beside them. Every child stands
    after its parent and inside the array, each node but the root has one parent, features and thresholds are in range,
    and each leaf's shares (0-1) sum to 1. Raises `ArtifactError` at the first thing that is not so.
    """
    from sklearn.tree._tree import NODE_DTYPE

    feature_count, class_counts, output_count = _parse_tree_arguments(arguments)
    _require(
        output_count == 1 and class_counts.tolist() == [2], "a tree that is not of two classes"
    )
    _require(
        isinstance(state, dict) and set(state) == {"max_depth", "node_count", "nodes", "values"},
        "a strange tree",
    )
    nodes, values = state["nodes"], state["values"]
    _require(
        isinstance(nodes, np.ndarray) and nodes.dtype == NODE_DTYPE and nodes.ndim == 1,
        "strange tree nodes",
    )
    _require(
        nodes.flags.c_contiguous and 0 < len(nodes) == state["node_count"],
        "a wrong number of tree nodes",
    )
    _require(
        isinstance(state["max_depth"], int) and state["max_depth"] >= 0, "a strange tree depth"
    )
    _require(
        isinstance(values, np.ndarray)
        and values.dtype == np.float64
        and values.shape == (len(nodes), 1, 2),
        "strange tree values",
    )
    _check_nodes(nodes, feature_count=feature_count)
    _require(
        bool(np.isfinite(values).all() and (values >= 0).all() and (values <= 1).all()),
        "shares outside 0 to 1",
    )
    _require(bool((np.abs(values.sum(axis=2) - 1) < 1e-9).all()), "shares that do not sum to 1")  # noqa: PLR2004


def check_pipeline(pipeline: Any, *, tree_count: int) -> None:
    """None; the pipeline is exactly one of ours: `build_features`, then a forest of `tree_count` trees of two classes.

    Raises `ArtifactError` with what is there instead.
    """
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import FunctionTransformer

    _check_attributes(pipeline, Pipeline)
    steps = pipeline.steps
    named = isinstance(steps, list) and all(
        isinstance(step, tuple) and len(step) == len(("name", "step")) for step in steps
    )
    _require(
        named and [name for name, _ in steps] == [FEATURES_STEP, FOREST_STEP],
        "other steps in the pipeline",
    )
    _require(
        pipeline.memory is None and pipeline.transform_input is None,
        "a pipeline that keeps or passes on its input",
    )
    transformer, forest = steps[0][1], _check_calibration(steps[1][1])
    _check_attributes(transformer, FunctionTransformer)
    _check_attributes(forest, RandomForestClassifier)
    _check_forest(forest, tree_count=tree_count, feature_count=_check_transformer(transformer))


def _check_calibration(last_step: Any) -> Any:
    """The bare forest, once the calibration line on it, where there is one, is a rising and finite one."""
    if type(last_step) is not CalibratedForest:
        return last_step
    _require(
        set(vars(last_step)) == {"forest", "slope", "intercept"},
        "strange attributes on a CalibratedForest",
    )
    slope, intercept = last_step.slope, last_step.intercept
    _require(
        type(slope) is float and type(intercept) is float, "a calibration line that is no numbers"
    )
    _require(
        0 < slope < STEEPEST_SLOPE and abs(intercept) < STEEPEST_SLOPE,
        "a calibration line that does not rise, or too steeply",
    )
    return last_step.forest


def _check_transformer(transformer: Any) -> int:
    keywords = transformer.kw_args
    _require(transformer.func is build_features, "another function than build_features")
    _require(
        transformer.inverse_func is None and transformer.validate is False,
        "another transformer than ours",
    )
    _require(
        isinstance(keywords, dict) and set(keywords) == {"spec"},
        "other arguments than a feature list",
    )
    try:
        features = parse_features(keywords["spec"])
    except (InputError, AttributeError, TypeError) as error:
        raise _build_artifact_error(f"a feature list that is none ({error})") from error
    return len(list_feature_names(features)) if list_input_names(features) else 0


def _check_forest(forest: Any, *, tree_count: int, feature_count: int) -> None:
    from sklearn.tree import DecisionTreeClassifier
    from sklearn.tree._tree import Tree

    trees = forest.estimators_
    _require(
        isinstance(trees, list) and len(trees) == forest.n_estimators == tree_count,
        "a wrong number of trees",
    )
    _check_counts(forest, feature_count=feature_count)
    _check_constraints(forest.monotonic_cst, feature_count=feature_count)
    for tree in trees:
        _check_attributes(tree, DecisionTreeClassifier)
        _require(
            tree.monotonic_cst == forest.monotonic_cst,
            "a tree under other constraints than its forest",
        )
        _check_counts(tree, feature_count=feature_count)
        _require(
            type(tree.tree_) is Tree and tree.tree_.n_features == feature_count,
            "a tree over other features",
        )


def _check_constraints(constraints: Any, *, feature_count: int) -> None:
    if constraints is None:
        return
    _require(
        isinstance(constraints, list) and len(constraints) == feature_count,
        "constraints on other features",
    )
    _require(
        all(type(value) is int and value in {-1, 0, 1} for value in constraints),
        "constraints other than -1, 0, 1",
    )


def _check_counts(estimator: Any, *, feature_count: int) -> None:
    _require(estimator.n_features_in_ == feature_count, "an estimator over other features")
    _require(
        estimator.n_outputs_ == 1 and estimator.n_classes_ == len((0, 1)),
        "an estimator that is not of two classes",
    )
    _require(np.asarray(estimator.classes_).tolist() == [0, 1], "other classes than 0 and 1")


def _check_attributes(estimator: Any, kind: type) -> None:
    _require(type(estimator) is kind, f"{type(estimator).__name__} where a {kind.__name__} belongs")
    allowed = set(kind._get_param_names()) | _FITTED_ATTRIBUTES[kind.__name__]  # type: ignore[attr-defined] # noqa: SLF001
    strange = sorted(set(vars(estimator)) - allowed)
    _require(not strange, f"attributes {strange[:5]} on a {kind.__name__}")
    missing = sorted(allowed - set(vars(estimator)) - {"feature_names_in_"})
    _require(not missing, f"no {missing[:5]} on a {kind.__name__}")


def _check_nodes(nodes: Any, *, feature_count: int) -> None:
    place = np.arange(len(nodes))
    left, right, feature = nodes["left_child"], nodes["right_child"], nodes["feature"]
    leaf = left == _NO_CHILD
    _require(bool((right[leaf] == _NO_CHILD).all()), "a node with one child")
    inner = ~leaf
    for child in (left[inner], right[inner]):
        _require(
            bool((child > place[inner]).all() and (child < len(nodes)).all()),
            "a child outside the tree",
        )
    children = np.concatenate([left[inner], right[inner]])
    _require(
        bool((np.bincount(children, minlength=len(nodes))[1:] == 1).all()),
        "a node with no parent or with two",
    )
    _require(
        bool((feature[inner] >= 0).all() and (feature[inner] < feature_count).all()),
        "a feature that is not there",
    )
    _require(bool(np.isfinite(nodes["threshold"]).all()), "a threshold that is no number")
    _require(bool((nodes["missing_go_to_left"] <= 1).all()), "a strange way for missing values")


def _parse_tree_arguments(arguments: Any) -> tuple[int, Any, int]:
    _require(isinstance(arguments, tuple) and len(arguments) == 3, "a strange tree")  # noqa: PLR2004
    features, classes, outputs = arguments
    _require(type(features) is int and type(outputs) is int and features > 0, "a strange tree")
    _require(
        isinstance(classes, np.ndarray) and classes.dtype == np.int64 and classes.shape == (1,),
        "strange classes",
    )
    return features, classes, outputs


def _require(good: bool, found: str) -> None:  # noqa: FBT001 - reads as a sentence where it is called
    if not good:
        raise _build_artifact_error(found)


def _build_artifact_error(found: str) -> ArtifactError:
    return ArtifactError(
        "model artifact",
        found=found,
        expected="a pipeline as `train` writes it",
        remedy="Register the model anew.",
    )
