"""A forest whose probabilities are put right by a calibration line, as the last step of a pipeline.

The line stands inside the registered pipeline, so that whoever loads it, MLflow included, gets the same probabilities
as scoring does. A forest that is calibrated as it is stands in the pipeline alone, and its bits are left alone.
"""

from typing import Any

import numpy as np
from scipy.special import expit

from credit_default.errors import InputError
from credit_default.model.estimator.calibration_line import Calibration, measure_log_odds
from credit_default.model.statistics.bootstrap import FloatArray


def calibrate_probability(probability: FloatArray, line: Calibration | None) -> FloatArray:
    """The probabilities (0-1) that the line makes of them, in the same order of risk; with no line, these very bits."""
    if line is None:
        return probability
    # One memory layout: the last bit of a logarithm may hang on it.
    odds = measure_log_odds(np.ascontiguousarray(probability))
    calibrated: FloatArray = expit(line.intercept + line.slope * odds)
    return calibrated


def unwrap_forest(last_step: Any) -> Any:
    """The bare forest of a pipeline's last step, whether it has a line on it or not."""
    return last_step.forest if isinstance(last_step, CalibratedForest) else last_step


class CalibratedForest:
    """A fitted forest and its line, under the few names by which scikit-learn and MLflow ask a classifier."""

    # Bundles name the class by its module: this one stays when this file is moved.
    __module__ = "credit_default.bundled"

    def __init__(self, forest: Any, line: Calibration) -> None:
        self.forest = forest
        self.slope = line.slope
        self.intercept = line.intercept

    @property
    def line(self) -> Calibration:
        """The calibration line."""
        return Calibration(self.slope, self.intercept)

    @property
    def classes_(self) -> Any:
        """The forest's classes: 0 and 1."""
        return self.forest.classes_

    def fit(self, matrix: Any, defaulted: Any) -> "CalibratedForest":
        """Never: scikit-learn asks that a last step have it; the line was judged together with this very forest.

        Raises:
            InputError: always.
        """
        del matrix, defaulted
        raise InputError(
            "calibrated forest",
            found="a call to fit it anew",
            expected="scoring only",
            remedy="Train by `fitting.fit`, which judges the calibration of what it fits.",
        )

    def predict_proba(self, matrix: Any) -> FloatArray:
        """(rows, 2): each row's calibrated probability of no default and of default."""
        risk = calibrate_probability(self.forest.predict_proba(matrix)[:, 1], self.line)
        return np.column_stack([1 - risk, risk])

    def predict(self, matrix: Any) -> Any:
        """Each row's likelier class; decisions are made by a decision policy, not here."""
        return self.classes_[(self.predict_proba(matrix)[:, 1] > 1 / 2).astype(np.int64)]

    def __sklearn_tags__(self) -> Any:
        return self.forest.__sklearn_tags__()

    def __sklearn_is_fitted__(self) -> bool:
        return True
