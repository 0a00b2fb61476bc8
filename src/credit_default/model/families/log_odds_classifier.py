"""What estimators of ours on the scale of log odds share: parameters by name, and scikit-learn's interface."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from scipy.special import expit

from credit_default.model.families.family import Matrix
from credit_default.model.statistics.bootstrap import FloatArray


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
