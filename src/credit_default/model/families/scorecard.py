"""The scorecard as a family: what each feature adds is its points, so reasons are exact."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from credit_default.model.families.family import Matrix, Scale
from credit_default.model.families.points_card import PARAMETERS, PointsCard
from credit_default.model.families.recipe import Recipe
from credit_default.model.families.structure import check_attributes, check_classes, require
from credit_default.model.statistics.bootstrap import FloatArray

_FITTED: Final = ("edges_", "points_", "shares_", "intercept_", "classes_", "n_features_in_")
_LARGEST_LOG_ODDS: Final = 1e3
_LARGEST_POINTS: Final = 1e5


@dataclass(frozen=True, slots=True)
class ScorecardFamily:
    """Scorecards; the methods are those of `Family`."""

    name: str = "scorecard"
    noun: str = "scorecard"
    scale: Scale = "log odds"
    architecture: str = "linear model of binned features"
    importance_meaning: str = "the spread of its points"
    stored_types: frozenset[tuple[str, str]] = frozenset(
        {("ObjectNode", "credit_default.bundled.PointsCard")}
    )

    def describe(self, recipe: Recipe) -> str:
        """Return a sentence's subject that names the scorecard and its size."""
        return (
            f"A scorecard of at most {recipe.bin_count} bins a feature, whose points add up: twenty "
            "more double the odds of default"
        )

    def build(self, recipe: Recipe, constraints: list[int] | None) -> Any:
        """Return an unfitted scorecard; its recipe takes no constraints."""
        del constraints
        return PointsCard(**{name: getattr(recipe, name) for name in PARAMETERS})

    def set_job_count(self, estimator: Any, job_count: int) -> None:
        """Change nothing: a scorecard is fitted on one core."""

    def score_unseen(self, estimator: Any, matrix: Matrix) -> None:
        """Return None: every row has been seen."""

    def measure(self, estimator: Any, matrix: Matrix) -> FloatArray:
        """Return each row's log odds."""
        log_odds: FloatArray = estimator.decision_function(matrix)
        return log_odds

    def list_trees(self, estimator: Any) -> None:
        """Return None: a scorecard is no sum of trees."""

    def list_terms(self, estimator: Any, matrix: Matrix) -> FloatArray:
        """Return each feature's log odds for each row."""
        terms: FloatArray = estimator.list_terms(matrix)
        return terms

    def list_arrays(self, estimator: Any) -> Iterator[NDArray[Any]]:
        """Yield the intercept, then edges, points and shares of each feature."""
        yield np.array([estimator.intercept_])
        for arrays in zip(estimator.edges_, estimator.points_, estimator.shares_, strict=True):
            yield from arrays

    def measure_importance(self, estimator: Any) -> FloatArray:
        """Return each feature's share of the summed standard deviations of points."""
        spreads = np.array(
            [
                np.sqrt(
                    np.average((points - np.average(points, weights=shares)) ** 2, weights=shares)
                )
                for points, shares in zip(estimator.points_, estimator.shares_, strict=True)
            ]
        )
        total = spreads.sum()
        return spreads / total if total > 0 else np.full(len(spreads), 1 / len(spreads))

    def check_estimator(self, estimator: Any, *, recipe: Recipe, feature_count: int) -> None:
        """Check that it has rising edges and finite points for each feature, and nothing else."""
        check_attributes(estimator, PointsCard, (*PARAMETERS, *_FITTED))
        for name in PARAMETERS:
            value, expected = getattr(estimator, name), getattr(recipe, name)
            require(
                type(value) is type(expected) and value == expected,
                f"another {name} than the recipe's",
            )
        check_classes(estimator)
        require(
            type(estimator.n_features_in_) is int and estimator.n_features_in_ == feature_count,
            "an estimator over other features",
        )
        require(
            type(estimator.intercept_) is float and abs(estimator.intercept_) < _LARGEST_LOG_ODDS,
            "an intercept that is no log odds",
        )
        tables = (estimator.edges_, estimator.points_, estimator.shares_)
        require(
            all(isinstance(table, list) and len(table) == feature_count for table in tables),
            "a table over other features",
        )
        for edges, points, shares in zip(*tables, strict=True):
            _check_feature(edges, points, shares, bin_count=recipe.bin_count or 0)


def _check_feature(edges: Any, points: Any, shares: Any, *, bin_count: int) -> None:
    for array in (edges, points, shares):
        require(
            type(array) is np.ndarray and array.dtype == np.float64 and array.ndim == 1,
            "a malformed table of points",
        )
    require(len(edges) < bin_count, "more bins than the recipe's")
    require(len(points) == len(shares) == len(edges) + 2, "points for other bins")
    require(bool(np.isfinite(edges).all() and (np.diff(edges) > 0).all()), "edges that do not rise")
    require(bool((np.abs(points) < _LARGEST_POINTS).all()), "points that are no number")
    require(bool(((shares >= 0) & (shares <= 1)).all()), "shares outside 0 to 1")
    require(abs(float(shares.sum()) - 1) < 1e-6, "shares that do not sum to 1")  # noqa: PLR2004


SCORECARD: Final = ScorecardFamily()
