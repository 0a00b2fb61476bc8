"""A forest whose probabilities are corrected by a calibration line, as the last step of a pipeline.

The line is part of the registered pipeline, so that everything that loads the pipeline, MLflow
included, gets the same probabilities as scoring does. A forest that needs no calibration is the
pipeline's last step itself, and its probabilities are passed on bit for bit.
"""

from typing import Any

import numpy as np

from credit_default.errors import InputError
from credit_default.model.estimator.calibration_line import Calibration, measure_log_odds
from credit_default.model.statistics.bootstrap import FloatArray
from credit_default.model.statistics.logistic import expit


def calibrate_probability(probability: FloatArray, line: Calibration | None) -> FloatArray:
    """Apply a calibration line to probabilities.

    Args:
        probability: Default probabilities (0–1).
        line: The calibration line; None returns `probability` itself, bit for bit.

    Returns:
        Calibrated probabilities (0–1), in the order given. Their ranking is unchanged.
    """
    if line is None:
        return probability
    # Always contiguous: the last bit of a logarithm can depend on the memory layout.
    odds = measure_log_odds(np.ascontiguousarray(probability))
    calibrated: FloatArray = expit(line.intercept + line.slope * odds)
    return calibrated


def unwrap_forest(last_step: Any) -> Any:
    """Return the bare forest of a pipeline's last step, calibrated or not."""
    return last_step.forest if isinstance(last_step, CalibratedForest) else last_step


class CalibratedForest:
    """A fitted forest and its calibration line, with the interface of a scikit-learn classifier."""

    # Bundles name the class by its module: this one stays when this file is moved.
    __module__ = "credit_default.bundled"

    def __init__(self, forest: Any, line: Calibration) -> None:
        self.forest = forest
        self.slope = line.slope
        self.intercept = line.intercept

    @property
    def line(self) -> Calibration:
        """Return the calibration line."""
        return Calibration(self.slope, self.intercept)

    @property
    def classes_(self) -> Any:
        """Return the forest's classes: 0 and 1."""
        return self.forest.classes_

    def fit(self, matrix: Any, defaulted: Any) -> "CalibratedForest":
        """Refuse to refit; scikit-learn requires the method of a pipeline's last step.

        The calibration line was chosen for this very forest, so the two are never fitted
        separately.

        Raises:
            InputError: always.
        """
        del matrix, defaulted
        raise InputError(
            "calibrated forest",
            found="a call to fit it again",
            expected="calls that score only",
            remedy="Train with `fitting.fit`, which also decides on the calibration.",
        )

    def predict_proba(self, matrix: Any) -> FloatArray:
        """Return each row's calibrated probabilities.

        Args:
            matrix: Feature matrix of shape (row count, feature count).

        Returns:
            Array of shape (row count, 2): the probabilities (0–1) of no default and of default.
        """
        risk = calibrate_probability(self.forest.predict_proba(matrix)[:, 1], self.line)
        return np.column_stack([1 - risk, risk])

    def predict(self, matrix: Any) -> Any:
        """Return each row's more likely class, 0 or 1.

        Scoring does not use it: decisions are made by a `DecisionPolicy`.
        """
        return self.classes_[(self.predict_proba(matrix)[:, 1] > 1 / 2).astype(np.int64)]

    def __sklearn_tags__(self) -> Any:
        return self.forest.__sklearn_tags__()

    def __sklearn_is_fitted__(self) -> bool:
        return True
