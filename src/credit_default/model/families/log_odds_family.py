"""What families of our own estimators share: they are fitted on all rows, and add up to log odds."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from credit_default.model.families.family import Matrix, Scale, TreeTerm
from credit_default.model.families.log_odds_classifier import LogOddsClassifier
from credit_default.model.families.recipe import Recipe
from credit_default.model.families.structure import (
    check_attributes,
    check_classes,
    check_constraints,
    require,
)
from credit_default.model.statistics.bootstrap import FloatArray

LARGEST_LOG_ODDS: Final = 1e3  # a probability is 0 or 1 long before
_FITTED: Final = ("classes_", "n_features_in_")


@dataclass(frozen=True, slots=True)
class LogOddsFamily:
    """A family of a `LogOddsClassifier`; the methods are those of `Family`.

    A subclass builds its estimator, says what adds up, and checks what `fit` has set.
    """

    estimator_class: ClassVar[type[LogOddsClassifier]]
    scale: Scale = "log odds"

    def build(self, recipe: Recipe, constraints: list[int] | None) -> Any:
        """Return an unfitted estimator."""
        raise NotImplementedError

    def set_job_count(self, estimator: Any, job_count: int) -> None:
        """Change nothing: such an estimator uses one core, or those that OpenMP has."""

    def score_unseen(self, estimator: Any, matrix: Matrix) -> None:
        """Return None: every row has been seen."""

    def measure(self, estimator: Any, matrix: Matrix) -> FloatArray:
        """Return each row's log odds."""
        log_odds: FloatArray = estimator.decision_function(matrix)
        return log_odds

    def list_trees(self, estimator: Any) -> Sequence[TreeTerm] | None:
        """Return None: no trees add up to the risk."""

    def list_terms(self, estimator: Any, matrix: Matrix) -> FloatArray | None:
        """Return None: no feature adds to the risk alone."""

    def check_estimator(self, estimator: Any, *, recipe: Recipe, feature_count: int) -> None:
        """Check the class, its attributes and its parameters, then what fitting has set."""
        kind = self.estimator_class
        names = (*kind.PARAMETERS, *kind.FITTED, *_FITTED)
        check_attributes(estimator, kind, names, optional=kind.LATER_PARAMETERS)
        constraints = vars(estimator).get("constraints")
        check_constraints(constraints, feature_count=feature_count)
        _check_parameters(estimator.get_params(), self.build(recipe, constraints).get_params())
        require((constraints is not None) == recipe.monotone, "constraints that the recipe denies")
        check_classes(estimator)
        require(
            type(estimator.n_features_in_) is int and estimator.n_features_in_ == feature_count,
            "an estimator over other features",
        )
        self.check_fitted(estimator, recipe=recipe, feature_count=feature_count)

    def check_fitted(self, estimator: Any, *, recipe: Recipe, feature_count: int) -> None:
        """Check what `fit` has set, besides classes and the number of features.

        Raises:
            ArtifactError: it is not what fitting the recipe makes.
        """
        raise NotImplementedError


def check_log_odds(value: Any, name: str) -> None:
    """Check that a number is finite and small enough for log odds.

    Raises:
        ArtifactError: it is not.
    """
    require(type(value) is float and abs(value) < LARGEST_LOG_ODDS, f"{name} that is no log odds")


def _check_parameters(found: Any, expected: Any) -> None:
    """Check that parameters are equal to the last type: 1, 1.0 and true differ."""
    require([*found] == [*expected], "other parameters than the recipe's")
    for name in expected:
        require(
            json.dumps(found[name], sort_keys=True) == json.dumps(expected[name], sort_keys=True),
            f"another {name} than the recipe's",
        )
