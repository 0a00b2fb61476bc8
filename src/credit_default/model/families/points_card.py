"""A scorecard: points for the bin that each value falls into, added up.

Each feature is cut into bins of about as many rows, with one of its own for missing values. A bin's
evidence is its log odds of default less those of all rows. A logistic regression weighs the
features' evidence; no weight is negative, so that a bin with more defaults never has less risk.
Weight times evidence is the bin's points: twenty more of them double the odds of default. Where risk
must rise with a feature, neighbouring bins in which it falls are joined.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from credit_default.model.families.family import Matrix
from credit_default.model.families.log_odds import LogOddsClassifier
from credit_default.model.statistics.bootstrap import FloatArray, IntArray
from credit_default.model.statistics.logistic import expit, log_expit, logit

POINTS_PER_LOG_ODDS: Final = 20 / np.log(2)
_DECIMALS: Final = 2  # of points; what is beyond depends on the processor
# Rows at the average share of defaults that are added to each bin, so that a sparse one says little.
_ADDED_ROWS: Final = 20


@dataclass(frozen=True, slots=True, eq=False)
class _Evidence:
    """The rows as evidence, of shape (row count, feature count), and each bin's, by feature."""

    of_rows: FloatArray
    of_bins: list[FloatArray]
    shares: list[FloatArray]


class PointsCard(LogOddsClassifier):
    """A scorecard with the interface of a scikit-learn classifier.

    Attributes:
        edges_: For each feature the values at which bins end, rising; a value belongs to the bin
            that ends at or above it.
        points_: For each feature the points of each bin, of those above the last edge, and of
            missing values.
        shares_: For each feature the share of the training rows in each of these bins.
        intercept_: The log odds that the points are added to.
    """

    # Bundles name the class by its module: this one stays when this file is moved.
    __module__ = "credit_default.bundled"
    PARAMETERS = ("bin_count", "weight_penalty", "seed")
    LATER_PARAMETERS = ("constraints",)
    FITTED = ("edges_", "points_", "shares_", "intercept_")
    bin_count: int
    weight_penalty: float
    seed: int
    constraints: list[int] | None = None

    def fit(self, matrix: Matrix, defaulted: IntArray) -> "PointsCard":
        """Cut the bins, measure their evidence and weigh it.

        Args:
            matrix: Features of shape (row count, feature count); NaN for missing.
            defaulted: Outcomes (0/1).
        """
        from threadpoolctl import threadpool_limits

        self.note_fit(matrix)
        self.edges_ = [_cut(column, bin_count=self.bin_count) for column in matrix.T]
        evidence = _measure_evidence(self._assign_bins(matrix), self.edges_, defaulted)
        while (joined := self._join_bins(evidence)) is not None:
            self.edges_ = joined
            evidence = _measure_evidence(self._assign_bins(matrix), self.edges_, defaulted)
        # Several cores add in another order, and the last bits of the weights would differ.
        with threadpool_limits(limits=1):
            intercept, weights = _fit_weights(
                evidence.of_rows, defaulted, penalty=self.weight_penalty
            )
        self.points_ = [
            np.round(POINTS_PER_LOG_ODDS * weight * values, _DECIMALS) + 0.0
            for weight, values in zip(weights, evidence.of_bins, strict=True)
        ]
        self.shares_ = evidence.shares
        self.intercept_ = round(intercept, 4)
        return self

    def list_terms(self, matrix: Matrix) -> FloatArray:
        """Return each feature's log odds for each row, of shape (row count, feature count)."""
        bins = self._assign_bins(matrix)
        terms = [points[column] for points, column in zip(self.points_, bins.T, strict=True)]
        log_odds: FloatArray = np.column_stack(terms) / POINTS_PER_LOG_ODDS
        return log_odds

    def decision_function(self, matrix: Matrix) -> FloatArray:
        """Return each row's log odds of default."""
        log_odds: FloatArray = self.intercept_ + self.list_terms(matrix).sum(axis=1)
        return log_odds

    def _join_bins(self, evidence: _Evidence) -> list[FloatArray] | None:
        """Return the edges without those where evidence goes against a constraint; None for none."""
        kept = [
            np.diff(of_bins[:-1]) * constraint >= 0
            for of_bins, constraint in zip(
                evidence.of_bins, self.constraints or [0] * len(evidence.of_bins), strict=True
            )
        ]
        if all(of_feature.all() for of_feature in kept):
            return None
        return [edges[of_feature] for edges, of_feature in zip(self.edges_, kept, strict=True)]

    def _assign_bins(self, matrix: Matrix) -> IntArray:
        columns = [
            np.where(np.isnan(column), len(edges) + 1, np.searchsorted(edges, column))
            for column, edges in zip(np.asarray(matrix, np.float64).T, self.edges_, strict=True)
        ]
        return np.column_stack(columns)


def _cut(column: Any, *, bin_count: int) -> FloatArray:
    known = column[~np.isnan(column)].astype(np.float64)
    if not len(known):
        return np.empty(0)
    levels = np.linspace(0, 1, bin_count + 1)[1:-1]
    edges: FloatArray = np.unique(np.quantile(known, levels, method="lower"))
    below: FloatArray = edges[edges < known.max()]
    return below


def _measure_evidence(bins: IntArray, edges: list[FloatArray], defaulted: IntArray) -> _Evidence:
    share = float(defaulted.mean())
    of_bins, shares = [], []
    for column, cuts in zip(bins.T, edges, strict=True):
        rows = np.bincount(column, minlength=len(cuts) + 2)
        bad = np.bincount(column, weights=defaulted, minlength=len(cuts) + 2)
        of_bins.append(logit((bad + _ADDED_ROWS * share) / (rows + _ADDED_ROWS)) - logit(share))
        shares.append(rows / len(bins))
    of_rows = [values[column] for values, column in zip(of_bins, bins.T, strict=True)]
    return _Evidence(np.column_stack(of_rows), of_bins, shares)


def _fit_weights(
    evidence: FloatArray, defaulted: IntArray, *, penalty: float
) -> tuple[float, FloatArray]:
    """Return the intercept and the weights, none below 0, of the least penalised log loss."""
    from scipy.optimize import minimize

    row_count, feature_count = evidence.shape

    def measure_loss(given: FloatArray) -> tuple[float, FloatArray]:
        log_odds = given[0] + evidence @ given[1:]
        loss = -log_expit(np.where(defaulted == 1, log_odds, -log_odds)).sum()
        residual = expit(log_odds) - defaulted
        slope = np.concatenate([[residual.sum()], evidence.T @ residual + penalty * given[1:]])
        return (loss + penalty * (given[1:] ** 2).sum() / 2) / row_count, slope / row_count

    start = np.concatenate([[logit(defaulted.mean())], np.full(feature_count, 1 / feature_count)])
    bounds = [(None, None), *[(0.0, None)] * feature_count]
    found = minimize(
        measure_loss,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=bounds,
        options={"maxiter": 1_000, "ftol": 1e-12, "gtol": 1e-9},
    ).x
    return float(found[0]), found[1:]
