"""The model bundle: the fitted pipeline and everything that gives its scores their meaning.

A bundle is what training produces, the registry stores, promotion compares and scoring loads. It is
saved and loaded by `adapters/bundles`; nothing here reads or writes files.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from credit_default.model.estimator.calibrated_forest import CalibratedForest, unwrap_forest
from credit_default.model.estimator.calibration_line import Calibration
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.estimator.recipe_pipeline import FEATURES_STEP, FOREST_STEP, Recipe
from credit_default.model.families.find_family import find_family
from credit_default.model.families.stored.stored_forest import StoredForest
from credit_default.model.families.tree_walker import TreeWalker, build_walker, find_disagreement
from credit_default.model.features.declaration import (
    Feature,
    list_feature_names,
    list_input_names,
    parse_features,
    trace_inputs,
)
from credit_default.model.features.input_values import InputValues, parse_input_values
from credit_default.model.kernel.kernel import Kernel
from credit_default.model.statistics.logistic import expit


@dataclass(frozen=True, slots=True, eq=False)
class ModelBundle:
    """One complete model: it scores raw rows, decides by its policy and records its training.

    `digest` is canonical: the same data and code give the same digest, whatever the order of the
    rows or the number of jobs.
    """

    # fitted scikit-learn Pipeline: features, then the forest (with its calibration line, if any)
    pipeline: Any
    decision_policy: DecisionPolicy
    recipe: Recipe
    schema_name: str
    schema_version: str
    feature_version: str
    # sha256 of each training source, as given; not part of the digest
    source_digests: tuple[str, ...]
    row_count: int  # training rows
    default_share: float  # of the training rows, 0-1
    # hashes of the (client_id, statement_month) trained on, sorted
    trained_rows: NDArray[np.uint64]
    reference: pl.DataFrame | None  # scored unseen rows for drift; None until `attach_reference`
    digest: str  # hex sha256 over all of the above that decides a score or a comparison
    # What follows changes how fast it scores and explains, and no result.
    kernel: Kernel | None = None  # runs the loops over trees; None leaves them to the libraries
    walker: TreeWalker | None = None  # walks the trees in the estimator's place

    @property
    def features(self) -> tuple[Feature, ...]:
        """Return the features that the pipeline builds."""
        return parse_features(self.pipeline.named_steps[FEATURES_STEP].kw_args["spec"])

    @property
    def input_values(self) -> dict[str, InputValues]:
        """Return the inputs that may be missing or special, with what they may hold."""
        return parse_input_values(self.pipeline.named_steps[FEATURES_STEP].kw_args.get("inputs"))

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Return the names of the forest's features, in the order of its feature matrix."""
        return list_feature_names(self.features)

    @property
    def input_names(self) -> tuple[str, ...]:
        """Return the names of the raw columns that scoring needs."""
        return list_input_names(self.features)

    @property
    def forest(self) -> Any:
        """Return the fitted estimator alone, a forest or another family's, without calibration.

        Its input is the feature matrix, not raw rows, and its output is not calibrated yet.
        """
        return unwrap_forest(self.pipeline.named_steps[FOREST_STEP])

    def restore_estimator(self) -> Any:
        """Return `forest` as its library makes it, which may take importing the library."""
        forest = self.forest
        return forest.restore() if isinstance(forest, StoredForest) else forest

    @property
    def estimator_class(self) -> str:
        """Return the name of the estimator's class in its library."""
        forest = self.forest
        return forest.class_name if isinstance(forest, StoredForest) else type(forest).__name__

    def build_matrix(self, rows: Any) -> NDArray[np.float32]:
        """Return the features of raw rows, of shape (row count, feature count), as the estimator takes them.

        Args:
            rows: As in `scoring.score_probability`.

        Raises:
            InputError: as `build_features`.
        """
        matrix: NDArray[np.float32] = self.pipeline.named_steps[FEATURES_STEP].transform(rows)
        return matrix

    def measure_risk(self, matrix: Any) -> NDArray[np.float64]:
        """Return each row's risk by the estimator alone, on the scale of its family.

        Args:
            matrix: Features of shape (row count, feature count).
        """
        walked = self._walk(matrix)
        return find_family(self.recipe).measure(self.forest, matrix) if walked is None else walked

    def measure_probability(self, matrix: Any) -> NDArray[np.float64]:
        """Return each row's probability (0–1) by the estimator alone, without calibration.

        Args:
            matrix: Features of shape (row count, feature count).
        """
        walked = self._walk(matrix)
        if walked is None:
            found: NDArray[np.float64] = self.forest.predict_proba(matrix)[:, 1]
            return found
        return walked if find_family(self.recipe).scale == "probability" else expit(walked)

    def _walk(self, matrix: Any) -> NDArray[np.float64] | None:
        # A walker of another estimator's trees would be a copy of the bundle before it was refitted.
        if self.walker is None or self.walker.estimator is not self.forest:
            return None
        return self.walker.measure(matrix)

    @property
    def calibration(self) -> Calibration | None:
        """Return the line that scoring applies to the forest's log odds; None for none."""
        last = self.pipeline.named_steps[FOREST_STEP]
        return last.line if isinstance(last, CalibratedForest) else None


def measure_feature_importance(bundle: ModelBundle) -> dict[str, float]:
    """Return each feature's share of what its family measures, largest first.

    Returns:
        Shares by feature name, 0–1, summing to 1; equal shares are ordered by name.
    """
    shares = find_family(bundle.recipe).measure_importance(bundle.forest).tolist()
    return dict(
        sorted(zip(bundle.feature_names, shares, strict=True), key=lambda pair: (-pair[1], pair[0]))
    )


def measure_input_importance(bundle: ModelBundle) -> dict[str, float]:
    """Return each raw column's share of what its family measures, largest first.

    A feature's importance is divided equally among the raw columns that it is computed from.

    Returns:
        Shares by column name, 0–1, summing to 1; equal shares are ordered by name.
    """
    roots = trace_inputs(bundle.features)
    shares = dict.fromkeys(bundle.input_names, 0.0)
    for name, share in measure_feature_importance(bundle).items():
        for column in roots[name]:
            shares[column] += share / len(roots[name])
    return dict(sorted(shares.items(), key=lambda pair: (-pair[1], pair[0])))


@dataclass(frozen=True, slots=True, eq=False)
class KernelChoice:
    """The bundle to score with, and why scikit-learn walks its trees, where it does."""

    bundle: ModelBundle
    refusal: str | None


def attach_kernel(bundle: ModelBundle, kernel: Kernel | None) -> KernelChoice:
    """Return the bundle with a walker of its trees, if that gives what scikit-learn gives.

    Args:
        bundle: The model.
        kernel: What walks trees; None for none.
    """
    if kernel is None:
        return KernelChoice(bundle, "there is no compiled code for this installation")
    family = find_family(bundle.recipe)
    with_kernel = replace(bundle, kernel=kernel)
    walker = build_walker(family, bundle.forest, kernel)
    if walker is None:
        return KernelChoice(with_kernel, f"a {family.noun} is not a sum of trees alone")
    if refusal := find_disagreement(walker, family):
        return KernelChoice(bundle, refusal)
    return KernelChoice(replace(with_kernel, walker=walker), None)
