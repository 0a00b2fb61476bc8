"""A scorecard: each feature is cut into bins, each bin has its points, and the points add up.

The bins hold about the same number of rows; missing values have one of their own. A bin is measured
by its weight of evidence, how far its log odds of default are from those of all rows, drawn towards
0 where it holds few rows. A logistic regression weighs the features (Siddiqi 2006, "Credit Risk
Scorecards"). What is kept are edges and points: the whole model can be read.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from credit_default.model.families.family import Matrix
from credit_default.model.statistics.bootstrap import FloatArray, IntArray

PARAMETERS: Final = ("bin_count", "smoothing_row_count", "weight_penalty")
_STEP_COUNT: Final = 1_000


class Scorecard:
    """Points by bin, with the interface of a scikit-learn classifier.

    Attributes:
        edges_: For each feature, the upper ends of its bins but the last, rising; an end belongs to
            the bin below it.
        points_: For each feature, what each bin adds to the log odds of default, lowest bin first
            and the one of missing values last.
        baseline_: The log odds that the points are added to.
        spread_: For each feature, the standard deviation of its points over the training rows.
        classes_: 0 and 1.
        n_features_in_: Number of features.
    """

    # Bundles name the class by its module: this one stays when this file is moved.
    __module__ = "credit_default.bundled"

    def __init__(
        self, *, bin_count: int, smoothing_row_count: float, weight_penalty: float
    ) -> None:
        self.bin_count = bin_count
        self.smoothing_row_count = smoothing_row_count
        self.weight_penalty = weight_penalty

    def get_params(self, deep: bool = True) -> Mapping[str, Any]:  # noqa: FBT001, FBT002 - scikit-learn's signature
        """Return the parameters by name."""
        del deep
        return {name: getattr(self, name) for name in PARAMETERS}

    def fit(self, matrix: Matrix, defaulted: IntArray) -> "Scorecard":
        """Cut the features into bins and weigh them.

        Args:
            matrix: Features of shape (row count, feature count); NaN for missing.
            defaulted: Outcomes (0/1).
        """
        columns = _list_columns(matrix)
        self.n_features_in_ = len(columns)
        self.classes_ = np.array([0, 1])
        self.edges_ = [_find_edges(column, self.bin_count) for column in columns]
        bins = [find_bins(*pair) for pair in zip(columns, self.edges_, strict=True)]
        evidence = [
            _weigh_evidence(places, defaulted, len(edges) + 2, self.smoothing_row_count)
            for places, edges in zip(bins, self.edges_, strict=True)
        ]
        seen = np.column_stack(
            [values[places] for values, places in zip(evidence, bins, strict=True)]
        )
        self.baseline_, weights = _fit_weights(seen, defaulted, penalty=self.weight_penalty)
        self.points_ = [
            weight * values for weight, values in zip(weights.tolist(), evidence, strict=True)
        ]
        self.spread_ = np.abs(weights) * seen.std(axis=0)
        return self

    def list_terms(self, matrix: Matrix) -> FloatArray:
        """Return what each feature adds to each row's log odds; of shape (row, feature)."""
        return np.column_stack(self._look_up_points(matrix))

    def decision_function(self, matrix: Matrix) -> FloatArray:
        """Return each row's log odds of default."""
        log_odds = np.full(len(matrix), self.baseline_)
        for added in self._look_up_points(matrix):  # one by one: the sum is the same for any rows
            log_odds += added
        return log_odds

    def predict_proba(self, matrix: Matrix) -> FloatArray:
        """Return each row's probabilities (0–1) of no default and of default."""
        risk = expit(self.decision_function(matrix))
        return np.column_stack([1 - risk, risk])

    def predict(self, matrix: Matrix) -> Any:
        """Return each row's more likely class, 0 or 1; scoring does not use it."""
        return self.classes_[(self.decision_function(matrix) > 0).astype(np.int64)]

    def _look_up_points(self, matrix: Matrix) -> Sequence[FloatArray]:
        return [
            points[find_bins(column, edges)]
            for column, edges, points in zip(
                _list_columns(matrix), self.edges_, self.points_, strict=True
            )
        ]

    def __sklearn_tags__(self) -> Any:
        from sklearn.tree import DecisionTreeClassifier

        return DecisionTreeClassifier().__sklearn_tags__()

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "points_")


def find_bins(column: FloatArray, edges: FloatArray) -> NDArray[np.int64]:
    """Return the place of each value's bin; missing values are in the last one."""
    return np.where(np.isnan(column), len(edges) + 1, np.searchsorted(edges, column, side="left"))


def _list_columns(matrix: Matrix) -> FloatArray:
    return np.ascontiguousarray(np.asarray(matrix, dtype=np.float64).T)


def _find_edges(column: FloatArray, bin_count: int) -> FloatArray:
    """Return the rising ends of bins of about as many rows, where the values allow it."""
    values = column[~np.isnan(column)]
    if not len(values):
        return np.empty(0)
    shares = np.arange(1, bin_count) / bin_count
    edges = np.unique(np.quantile(values, shares, method="inverted_cdf"))
    found: FloatArray = edges[edges < values.max()].astype(np.float64)
    return found


def _weigh_evidence(
    places: NDArray[np.int64], defaulted: IntArray, count: int, smoothing: float
) -> FloatArray:
    share = defaulted.mean()
    rows = np.bincount(places, minlength=count)
    bad = np.bincount(places, weights=defaulted, minlength=count)
    rates = (bad + smoothing * share) / (rows + smoothing)
    evidence: FloatArray = logit(rates) - logit(share)
    return evidence


def _fit_weights(
    seen: FloatArray, defaulted: IntArray, *, penalty: float
) -> tuple[float, FloatArray]:
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):  # a sum over several cores differs in its last bit
        fitted = LogisticRegression(C=1 / penalty, max_iter=_STEP_COUNT).fit(seen, defaulted)
    return float(fitted.intercept_[0]), fitted.coef_[0].astype(np.float64)
