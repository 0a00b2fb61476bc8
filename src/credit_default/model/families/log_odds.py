"""What families of our own estimators share: parameters by name, scikit-learn's interface, checks.

Such an estimator is fitted on all rows, and what its parts add up to is log odds.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

import numpy as np

from credit_default.model.families.family import Matrix, Scale, TreeTerm
from credit_default.model.families.recipe import Recipe
from credit_default.model.families.structure import (
    check_attributes,
    check_classes,
    check_constraints,
    require,
)
from credit_default.model.kernel.packed_trees import TreeSum
from credit_default.model.statistics.bootstrap import FloatArray
from credit_default.model.statistics.logistic import expit

LARGEST_LOG_ODDS: Final = 1e3  # a probability is 0 or 1 long before
_FITTED: Final = ("classes_", "n_features_in_")


class LogOddsClassifier:
    """A classifier of 0 and 1 whose `decision_function` returns log odds.

    A subclass names its parameters, and what `fit` adds to them, which is all that a stored
    estimator may have.

    Attributes:
        PARAMETERS: Names of the parameters.
        LATER_PARAMETERS: Names of parameters that are younger than the class. They stand on an
            estimator only where they are given, so that the digests of older ones stay.
        FITTED: Names of what `fit` adds, besides the two below.
        classes_: 0 and 1.
        n_features_in_: Number of features.
    """

    PARAMETERS: ClassVar[tuple[str, ...]]
    LATER_PARAMETERS: ClassVar[tuple[str, ...]] = ()
    FITTED: ClassVar[tuple[str, ...]]
    classes_: Any
    n_features_in_: int

    def __init__(self, **parameters: Any) -> None:
        if not {*self.PARAMETERS} <= {*parameters} <= {*self.PARAMETERS, *self.LATER_PARAMETERS}:
            raise TypeError(f"{type(self).__name__} takes {self.PARAMETERS}, not {[*parameters]}")
        self.set_params(**parameters)

    def get_params(self, deep: bool = True) -> Mapping[str, Any]:  # noqa: FBT001, FBT002 - scikit-learn's signature
        """Return the parameters by name."""
        del deep
        later = [name for name in self.LATER_PARAMETERS if name in vars(self)]
        return {name: getattr(self, name) for name in (*self.PARAMETERS, *later)}

    def set_params(self, **parameters: Any) -> Self:
        """Set parameters by name."""
        for name, value in parameters.items():
            setattr(self, name, value)
        return self

    def decision_function(self, matrix: Matrix) -> FloatArray:
        """Return each row's log odds of default."""
        raise NotImplementedError

    def predict_proba(self, matrix: Matrix) -> FloatArray:
        """Return each row's probabilities (0–1) of no default and of default."""
        risk = expit(self.decision_function(matrix))
        return np.column_stack([1 - risk, risk])

    def predict(self, matrix: Matrix) -> Any:
        """Return each row's more likely class, 0 or 1; scoring does not use it."""
        return self.classes_[(self.decision_function(matrix) > 0).astype(np.int64)]

    def note_fit(self, matrix: Matrix) -> None:
        """Set the classes and the number of features."""
        self.n_features_in_ = int(matrix.shape[1])
        self.classes_ = np.array([0, 1])

    def __sklearn_tags__(self) -> Any:
        from sklearn.tree import DecisionTreeClassifier

        return DecisionTreeClassifier().__sklearn_tags__()

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "classes_")


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

    def read_tree_sum(self, estimator: Any) -> TreeSum | None:
        """Return None: other things than trees add up to the risk."""

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
