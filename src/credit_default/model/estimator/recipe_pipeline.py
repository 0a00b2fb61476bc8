"""The recipe of a model and the pipeline that it makes: features first, then the forest.

Because the features are built inside the pipeline, the registered model takes raw rows and no step
can be forgotten when it is used.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final, Literal

from credit_default.data.contract.schema import Schema
from credit_default.errors import InputError, show_examples
from credit_default.model.estimator.calibrated_forest import CalibratedForest
from credit_default.model.estimator.calibration_line import Calibration
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

FEATURES_STEP: Final = "features"
FOREST_STEP: Final = "forest"

_REMEDY = "Correct the recipe."


@dataclass(frozen=True, slots=True)
class Recipe:
    """How the forest is grown.

    The defaults are compact; `FULL_RECIPE` is larger and gains .001 of ROC AUC. `make
    model-quality` measures both (pooled over five folds). Regularisation is most of what a forest
    gains on this data.

    Raises:
        InputError: a value out of its range.
    """

    tree_count: int = 100
    criterion: Literal["gini", "entropy", "log_loss"] = "entropy"
    maximum_depth: int | None = 8  # None: until leaves are pure or too small to split
    leaf_row_count: int = 40  # the fewest training rows in a leaf
    column_share: float = 0.2  # of the features, tried at each split
    row_share: float = 0.5  # of the training rows, drawn for each tree
    seed: int = 0
    # sex, marriage and age as inputs, to measure what leaving them out costs
    include_protected: bool = False
    # more months late never lowers the probability: see `model.features.monotone`
    monotone: bool = False

    def __post_init__(self) -> None:
        in_range = {
            "tree_count": self.tree_count >= 1,
            "criterion": self.criterion in {"gini", "entropy", "log_loss"},
            "maximum_depth": self.maximum_depth is None or self.maximum_depth >= 1,
            "leaf_row_count": self.leaf_row_count >= 1,
            "column_share": 0 < self.column_share <= 1,
            "row_share": 0 < self.row_share <= 1,
            "seed": 0 <= self.seed < 2**32,
        }
        for name, good in in_range.items():
            if not good:
                found = repr(getattr(self, name))
                raise InputError(
                    f"recipe's {name}", found=found, expected="a value in its range", remedy=_REMEDY
                )


COMPACT_RECIPE: Final = Recipe()
FULL_RECIPE: Final = Recipe(tree_count=300, maximum_depth=10, leaf_row_count=30, column_share=0.3)


def parse_recipe(mapping: Mapping[str, Any]) -> Recipe:
    """Return the recipe that a mapping describes; missing keys take their defaults.

    Reads back what `dataclasses.asdict` writes.

    Raises:
        InputError: unknown keys, values of the wrong type or out of range.
    """
    known = {field.name for field in fields(Recipe)}
    unknown = sorted(set(mapping) - known)
    if unknown:
        raise InputError(
            "recipe", found=show_examples(unknown), expected=f"keys {sorted(known)}", remedy=_REMEDY
        )
    try:
        return Recipe(**mapping)
    except TypeError as error:
        raise InputError("recipe", found=str(error), expected="numbers", remedy=_REMEDY) from error


def choose_features(
    recipe: Recipe, features: Sequence[Feature], *, schema: Schema
) -> tuple[Feature, ...]:
    """Return the features that the recipe may use.

    Features that go back to a protected attribute are left out unless the recipe includes them. A
    monotone recipe also keeps from the forest those with which monotonicity cannot be guaranteed.

    Args:
        recipe: How the forest is grown.
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


def _build_forest(recipe: Recipe, chosen: Sequence[Feature], *, schema: Schema) -> Any:
    from sklearn.ensemble import RandomForestClassifier

    constraints = None
    if recipe.monotone:
        constraints = list_constraints(chosen, risk_inputs=_list_risk_inputs(schema))
    return RandomForestClassifier(
        n_estimators=recipe.tree_count,
        criterion=recipe.criterion,
        max_depth=recipe.maximum_depth,
        min_samples_leaf=recipe.leaf_row_count,
        max_features=recipe.column_share,
        max_samples=recipe.row_share,
        monotonic_cst=constraints,
        random_state=recipe.seed,
        n_jobs=1,
    )


def build_pipeline(recipe: Recipe, *, schema: Schema, features: Sequence[Feature]) -> Any:
    """Return an unfitted scikit-learn pipeline with the steps `features` and `forest`.

    It takes raw rows and predicts on one core.

    Args:
        recipe: How the forest is grown.
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
    forest = _build_forest(recipe, chosen, schema=schema)
    arguments = describe_arguments(chosen, schema=schema)
    return Pipeline(
        [
            (FEATURES_STEP, FunctionTransformer(build_features, kw_args=arguments)),
            (FOREST_STEP, forest),
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
