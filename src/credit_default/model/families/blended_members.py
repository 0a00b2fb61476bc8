"""A blend: the weighted mean of its members' log odds.

Weights are given, or fitted on predictions of rows that the members did not see: none below 0,
together 1. What is stored is the members as their families store them, and the weights.
"""

from itertools import repeat
from typing import Any, Final

import numpy as np

from credit_default.model.families.family import Family, Matrix
from credit_default.model.families.log_odds import LogOddsClassifier
from credit_default.model.families.member_families import MEMBER_FAMILIES
from credit_default.model.families.recipe import Recipe, parse_recipe
from credit_default.model.statistics.bootstrap import FloatArray, IntArray
from credit_default.model.statistics.logistic import expit, log_expit

FOLD_COUNT: Final = 5
_DECIMALS: Final = 4  # of fitted weights; what is beyond depends on the processor


class BlendedMembers(LogOddsClassifier):
    """Several estimators as one, with the interface of a scikit-learn classifier.

    Attributes:
        members: Each member's recipe, described.
        weights: How much each counts, in proportion; empty where the weights are to be fitted.
        constraints: -1, 0 or 1 for each feature, for all members; or None.
        seed: Seed of the folds that weights are fitted on.
        n_jobs: Cores that fit a forest.
        members_: The fitted members.
        weights_: Their weights, summing to 1.
    """

    # Bundles name the class by its module: this one stays when this file is moved.
    __module__ = "credit_default.bundled"
    PARAMETERS = ("members", "weights", "constraints", "seed", "n_jobs")
    FITTED = ("members_", "weights_")
    members: list[dict[str, Any]]
    weights: list[float]
    constraints: list[int] | None
    seed: int
    n_jobs: int

    def fit(self, matrix: Matrix, defaulted: IntArray) -> "BlendedMembers":
        """Fit the members, and the weights where none are given.

        Args:
            matrix: Features of shape (row count, feature count); NaN for missing.
            defaulted: Outcomes (0/1).
        """
        self.note_fit(matrix)
        if self.weights:
            weights = np.asarray(self.weights, dtype=np.float64)
        else:
            weights = np.round(
                _fit_weights(self._measure_unseen(matrix, defaulted), defaulted), _DECIMALS
            )
        self.weights_ = weights / weights.sum()
        self.members_ = self._fit_members(matrix, defaulted)
        return self

    def list_members(self) -> list[tuple[Family, Recipe]]:
        """Return each member's family and recipe."""
        recipes = [parse_recipe(described) for described in self.members]
        return [(MEMBER_FAMILIES[recipe.family], recipe) for recipe in recipes]

    def decision_function(self, matrix: Matrix) -> FloatArray:
        """Return each row's log odds of default."""
        # No matrix product, whose last bit may depend on the rows beside a row.
        weighted = self._measure_members(self.members_, matrix) * self.weights_
        log_odds: FloatArray = weighted.sum(axis=1)
        return log_odds

    def _fit_members(self, matrix: Matrix, defaulted: IntArray) -> list[Any]:
        members = []
        for family, recipe in self.list_members():
            member = family.build(recipe, self.constraints)
            family.set_job_count(member, self.n_jobs)
            member.fit(matrix, defaulted)
            family.set_job_count(member, 1)
            members.append(member)
        return members

    def _measure_members(self, members: list[Any], matrix: Matrix) -> FloatArray:
        families = (family for family, _ in self.list_members())
        return np.column_stack(
            [family.measure(one, matrix) for family, one in zip(families, members, strict=True)]
        )

    def _measure_unseen(self, matrix: Matrix, defaulted: IntArray) -> FloatArray:
        """Return each row's log odds from members that were fitted on the other folds."""
        fold = draw_folds(matrix, defaulted, seed=self.seed)
        log_odds = np.empty((len(matrix), len(self.members)))
        for number in range(FOLD_COUNT):
            held_out = fold == number
            members = self._fit_members(matrix[~held_out], defaulted[~held_out])
            log_odds[held_out] = self._measure_members(members, matrix[held_out])
        return log_odds


def draw_folds(matrix: Matrix, defaulted: IntArray, *, seed: int) -> IntArray:
    """Return each row's fold; equal rows share one, and each fold has about as many defaults."""
    cells = np.ascontiguousarray(matrix)
    _, first, group = np.unique(
        cells.view(np.dtype((np.void, cells.itemsize * cells.shape[1]))).ravel(),
        return_index=True,
        return_inverse=True,
    )
    drawn = np.random.default_rng(seed).permutation(len(first))
    drawn = drawn[np.argsort(defaulted[first[drawn]], kind="stable")]
    fold = np.empty(len(first), dtype=np.int64)
    fold[drawn] = np.arange(len(first)) % FOLD_COUNT
    return fold[group]


def _fit_weights(log_odds: FloatArray, defaulted: IntArray) -> FloatArray:
    """Return the weights of the least log loss, none below 0 and together 1."""
    from scipy.optimize import minimize
    from threadpoolctl import threadpool_limits

    count = log_odds.shape[1]

    def measure_loss(weights: FloatArray) -> tuple[float, FloatArray]:
        mean = log_odds @ weights
        loss = -log_expit(np.where(defaulted == 1, mean, -mean)).mean()
        return float(loss), log_odds.T @ (expit(mean) - defaulted) / len(mean)

    # Several cores add in another order, and the last bits of the weights would differ.
    with threadpool_limits(limits=1):
        found = minimize(
            measure_loss,
            np.full(count, 1 / count),
            jac=True,
            method="SLSQP",
            bounds=[*repeat((0.0, 1.0), count)],
            constraints={"type": "eq", "fun": lambda weights: weights.sum() - 1},
            options={"maxiter": 200, "ftol": 1e-12},
        ).x
    weights: FloatArray = np.clip(found, 0, 1)
    return weights
