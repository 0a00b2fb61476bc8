"""What is registered, promoted and loaded: the fitted pipeline together with all that makes its scores mean something."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from credit_default.model.estimator.calibrated_forest import CalibratedForest, unwrap_forest
from credit_default.model.estimator.calibration_line import Calibration
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.estimator.recipe_pipeline import FEATURES_STEP, FOREST_STEP, Recipe
from credit_default.model.features.declaration import (
    Feature,
    list_feature_names,
    list_input_names,
    parse_features,
    trace_inputs,
)


@dataclass(frozen=True, slots=True, eq=False)
class ModelBundle:
    """One model, complete: it takes raw rows, decides by its policy and knows what it was taught on.

    `digest` is canonical: the same data and code give the same one, whatever the order of rows or the number of jobs.
    """

    pipeline: Any  # a fitted scikit-learn Pipeline: features, forest (with its line, where it is calibrated)
    decision_policy: DecisionPolicy
    recipe: Recipe
    schema_name: str
    schema_version: str
    feature_version: str
    source_digests: tuple[
        str, ...
    ]  # sha256 of each training source, as given; not part of the digest
    row_count: int  # training rows
    default_share: float  # of the training rows, 0-1
    trained_rows: NDArray[
        np.uint64
    ]  # hashes of the (client_id, statement_month) trained on, sorted
    reference: pl.DataFrame | None  # scored unseen rows for drift; None until `attach_reference`
    digest: str  # hex sha256 over all of the above that decides a score or a comparison

    @property
    def features(self) -> tuple[Feature, ...]:
        """The features built inside the pipeline."""
        return parse_features(self.pipeline.named_steps[FEATURES_STEP].kw_args["spec"])

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the forest's features, in the order of its arrays."""
        return list_feature_names(self.features)

    @property
    def input_names(self) -> tuple[str, ...]:
        """Names of the raw columns that scoring needs."""
        return list_input_names(self.features)

    @property
    def forest(self) -> Any:
        """The fitted forest alone: its input is the feature matrix, not raw rows; its output is not yet calibrated."""
        return unwrap_forest(self.pipeline.named_steps[FOREST_STEP])

    @property
    def calibration(self) -> Calibration | None:
        """The line that scoring puts on the forest's log odds; None where the forest is calibrated as it is."""
        last = self.pipeline.named_steps[FOREST_STEP]
        return last.line if isinstance(last, CalibratedForest) else None


def measure_feature_importance(bundle: ModelBundle) -> dict[str, float]:
    """Each feature's share (0-1, sum 1) of the forest's impurity decrease, largest first."""
    shares = bundle.forest.feature_importances_.tolist()
    return dict(
        sorted(zip(bundle.feature_names, shares, strict=True), key=lambda pair: (-pair[1], pair[0]))
    )


def measure_input_importance(bundle: ModelBundle) -> dict[str, float]:
    """Each raw column's share (0-1, sum 1): a feature's importance goes in equal parts to the columns behind it."""
    roots = trace_inputs(bundle.features)
    shares = dict.fromkeys(bundle.input_names, 0.0)
    for name, share in measure_feature_importance(bundle).items():
        for column in roots[name]:
            shares[column] += share / len(roots[name])
    return dict(sorted(shares.items(), key=lambda pair: (-pair[1], pair[0])))
