"""The scorecard as a family: its points are its reasons, and evidence comes from folds."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from credit_default.model.families.family import Matrix, Scale
from credit_default.model.families.recipe import Recipe
from credit_default.model.families.scorecard_points import PARAMETERS, Scorecard
from credit_default.model.families.structure import check_attributes, check_classes, require
from credit_default.model.statistics.bootstrap import FloatArray

_FITTED: Final = ("edges_", "points_", "baseline_", "spread_", "classes_", "n_features_in_")
_LARGEST_LOG_ODDS: Final = 1e3  # a probability is 0 or 1 long before


@dataclass(frozen=True, slots=True)
class ScorecardFamily:
    """Scorecards; the methods are those of `Family`."""

    name: str = "scorecard"
    noun: str = "scorecard"
    scale: Scale = "log odds"
    architecture: str = "additive points by bin"
    importance_meaning: str = "the spread of its points"
    stored_types: frozenset[tuple[str, str]] = frozenset(
        {("ObjectNode", "credit_default.bundled.Scorecard")}
    )

    def describe(self, recipe: Recipe) -> str:
        """Return a sentence's subject that names the scorecard and its size."""
        return (
            f"A scorecard: the points of at most {recipe.bin_count} bins of each feature, weight of "
            "evidence weighed by a logistic regression, add up to the log odds"
        )

    def build(self, recipe: Recipe, constraints: list[int] | None) -> Any:
        """Return an unfitted scorecard; its recipe cannot be monotone."""
        del constraints
        return Scorecard(**{name: getattr(recipe, name) for name in PARAMETERS})

    def set_job_count(self, estimator: Any, job_count: int) -> None:
        """Change nothing: a scorecard is fitted on one core."""

    def score_unseen(self, estimator: Any, matrix: Matrix) -> None:
        """Return None: every row is seen."""

    def measure(self, estimator: Any, matrix: Matrix) -> FloatArray:
        """Return each row's log odds."""
        log_odds: FloatArray = estimator.decision_function(matrix)
        return log_odds

    def list_trees(self, estimator: Any) -> None:
        """Return None: a scorecard is a sum over features."""

    def list_terms(self, estimator: Any, matrix: Matrix) -> FloatArray:
        """Return the points of each feature."""
        terms: FloatArray = estimator.list_terms(matrix)
        return terms

    def list_arrays(self, estimator: Any) -> Iterator[NDArray[Any]]:
        """Yield the baseline, the spread, and each feature's edges and points."""
        yield np.array([estimator.baseline_])
        yield estimator.spread_
        for edges, points in zip(estimator.edges_, estimator.points_, strict=True):
            yield edges
            yield points

    def measure_importance(self, estimator: Any) -> FloatArray:
        """Return each feature's share of the summed spreads; equal shares where all are 0."""
        spread: FloatArray = estimator.spread_
        total = spread.sum()
        return spread / total if total > 0 else np.full(len(spread), 1 / len(spread))

    def check_estimator(self, estimator: Any, *, recipe: Recipe, feature_count: int) -> None:
        """Check that each feature has rising edges and finite points, one more than bins need."""
        check_attributes(estimator, Scorecard, (*PARAMETERS, *_FITTED))
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
            type(estimator.baseline_) is float and abs(estimator.baseline_) < _LARGEST_LOG_ODDS,
            "a baseline that is no log odds",
        )
        _check_spread(estimator.spread_, feature_count=feature_count)
        for table in (estimator.edges_, estimator.points_):
            require(
                isinstance(table, list) and len(table) == feature_count,
                "a table over other features",
            )
        for edges, points in zip(estimator.edges_, estimator.points_, strict=True):
            _check_bins(edges, points, bin_count=estimator.bin_count)


def _check_spread(spread: Any, *, feature_count: int) -> None:
    _check_numbers(spread, "a spread")
    require(len(spread) == feature_count, "a spread over other features")
    require(bool((spread >= 0).all()), "a spread below 0")


def _check_bins(edges: Any, points: Any, *, bin_count: int) -> None:
    _check_numbers(edges, "edges")
    _check_numbers(points, "points")
    require(bool((np.diff(edges) > 0).all()), "edges that do not rise")
    require(len(edges) < bin_count, "more bins than the recipe allows")
    require(len(points) == len(edges) + 2, "another number of points than of bins")
    require(bool((np.abs(points) < _LARGEST_LOG_ODDS).all()), "points that are no log odds")


def _check_numbers(values: Any, name: str) -> None:
    require(
        type(values) is np.ndarray and values.dtype == np.dtype("<f8") and values.ndim == 1,
        f"{name} that are no list of numbers",
    )
    require(bool(np.isfinite(values).all()), f"{name} that are not finite")


SCORECARD: Final = ScorecardFamily()
