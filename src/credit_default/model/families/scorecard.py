"""The scorecard as a family: what each feature adds is its points, so reasons are exact."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from credit_default.model.families.family import Matrix
from credit_default.model.families.log_odds import LogOddsFamily, check_log_odds
from credit_default.model.families.points_card import PointsCard
from credit_default.model.families.recipe import Recipe
from credit_default.model.families.structure import require
from credit_default.model.statistics.bootstrap import FloatArray

_LARGEST_POINTS: Final = 1e5


@dataclass(frozen=True, slots=True)
class ScorecardFamily(LogOddsFamily):
    """Scorecards; the methods are those of `Family`."""

    estimator_class = PointsCard
    name: str = "scorecard"
    noun: str = "scorecard"
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
        """Return an unfitted scorecard."""
        given = {} if constraints is None else {"constraints": constraints}
        return PointsCard(
            **{name: getattr(recipe, name) for name in PointsCard.PARAMETERS}, **given
        )

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

    def check_fitted(self, estimator: Any, *, recipe: Recipe, feature_count: int) -> None:
        """Check that it has rising edges and finite points for each feature, and nothing else."""
        check_log_odds(estimator.intercept_, "an intercept")
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
