"""An estimator of the lender's own package, held by a class of ours that knows how to make it again.

The package declares, in the group `credit_default.estimators`, a function `build(*, seed,
**parameters)` that returns an unfitted classifier with scikit-learn's methods `fit` and
`predict_proba`. It sees the feature matrix in 64 bits, with missing values as NaN.
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from credit_default.errors import InputError
from credit_default.installed import Source, load_installed
from credit_default.model.families.family import Matrix
from credit_default.model.families.own.fitted_state import list_state_arrays
from credit_default.model.families.own.settled_scores import measure_noise, settle_scores
from credit_default.model.statistics.bootstrap import FloatArray, IntArray

GROUP: Final = "credit_default.estimators"
PARAMETERS: Final = ("family", "parameters", "source", "seed")
_TOLERANCE: Final = 1e-6
_COMPARED_ROWS: Final = 64
_REFITTED_ROWS: Final = 200
_PERMUTED_ROWS: Final = 1_000


class OwnEstimator:
    """A lender's own classifier, with the interface of a scikit-learn classifier.

    Attributes:
        estimator_: The fitted classifier of the package.
        importance_: Each feature's share of how far its permutation moves the probabilities.
        classes_: 0 and 1.
        n_features_in_: Number of features.
    """

    # Bundles name the class by its module: this one stays when this file is moved.
    __module__ = "credit_default.bundled"

    def __init__(
        self, *, family: str, parameters: dict[str, Any], source: dict[str, str], seed: int
    ) -> None:
        self.family = family
        self.parameters = parameters
        self.source = source
        self.seed = seed

    def get_params(self, deep: bool = True) -> Mapping[str, Any]:  # noqa: FBT001, FBT002 - scikit-learn's signature
        """Return the parameters by name."""
        del deep
        return {name: getattr(self, name) for name in PARAMETERS}

    def build(self) -> Any:
        """Return the package's classifier, unfitted.

        Raises:
            SetupError: the package is not installed as it was pinned.
            InputError: its entry point fails, or returns something else than a classifier.
        """
        function, _ = load_installed(self.family, group=GROUP, pinned=Source(**self.source))
        try:
            estimator = function(seed=self.seed, **self.parameters)
        except Exception as error:
            raise self._build_error(f"{type(error).__name__}: {error}"[:200]) from error
        lacking = [name for name in ("fit", "predict_proba") if not hasattr(estimator, name)]
        if lacking:
            raise self._build_error(f"a {type(estimator).__name__} without {lacking[0]}")
        return estimator

    def fit(
        self, matrix: Matrix, defaulted: IntArray, sample_weight: FloatArray | None = None
    ) -> "OwnEstimator":
        """Fit the package's classifier on one core.

        Args:
            matrix: Features of shape (row count, feature count); NaN for missing.
            defaulted: Outcomes (0/1).
            sample_weight: Weights of the rows; None for none.

        Raises:
            InputError: fitting fails, is not the same twice, or gives probabilities that are none
                or that change with the rows beside them.
        """
        from threadpoolctl import threadpool_limits

        wide = np.array(matrix, dtype=np.float64)
        weight = {} if sample_weight is None else {"sample_weight": sample_weight}
        # With more cores the order of sums, and so the last bits of what is learned, would change.
        with threadpool_limits(limits=1):
            self._check_same_twice(wide, defaulted)
            self.estimator_ = self._fit_once(wide, defaulted, weight)
        self.classes_ = np.array([0, 1])
        self.n_features_in_ = int(matrix.shape[1])
        self._check_rows_apart(wide[:_COMPARED_ROWS])
        self.importance_ = self._measure_importance(wide)
        return self

    def predict_proba(self, matrix: Matrix) -> FloatArray:
        """Return each row's probabilities (0–1) of no default and of default."""
        risk = settle_scores(self._measure, np.array(matrix, dtype=np.float64))
        return np.column_stack([1 - risk, risk])

    def predict(self, matrix: Matrix) -> Any:
        """Return each row's more likely class, 0 or 1; scoring does not use it."""
        return self.classes_[(self.predict_proba(matrix)[:, 1] > 1 / 2).astype(np.int64)]

    def _fit_once(self, matrix: Any, defaulted: IntArray, weight: Mapping[str, Any]) -> Any:
        estimator = self.build()
        try:
            # What it may change is its own.
            fitted = estimator.fit(matrix.copy(), np.array(defaulted), **weight)
        except Exception as error:
            raise self._build_error(f"{type(error).__name__}: {error}"[:200]) from error
        classes = np.asarray(getattr(fitted, "classes_", None)).tolist()
        if classes != [0, 1]:
            raise self._build_error(f"classes {classes}"[:200])
        return fitted

    def _measure(self, matrix: Any) -> FloatArray:
        try:
            both = np.asarray(self.estimator_.predict_proba(matrix), dtype=np.float64)
        except Exception as error:
            raise self._build_error(f"{type(error).__name__}: {error}"[:200]) from error
        if both.shape != (len(matrix), 2):
            raise self._build_error(f"probabilities of shape {both.shape}")
        if not ((both >= 0).all() and (np.abs(both.sum(axis=1) - 1) < _TOLERANCE).all()):
            raise self._build_error(
                "probabilities that are not between 0 and 1, or do not sum to 1"
            )
        risk: FloatArray = np.minimum(both[:, 1], 1.0)
        return risk

    def _check_same_twice(self, matrix: Any, defaulted: IntArray) -> None:
        """Check on a few rows of each outcome that the seed decides everything that is learned."""
        rows = np.concatenate(
            [np.flatnonzero(np.asarray(defaulted) == kind)[:_REFITTED_ROWS] for kind in (0, 1)]
        )
        some, outcome = matrix[rows], np.asarray(defaulted)[rows]
        one, other = (
            [array.tobytes() for array in list_state_arrays(self._fit_once(some, outcome, {}))]
            for _ in range(2)
        )
        if one != other:
            raise self._build_error("another fit each time, from the same rows and seed")

    def _check_rows_apart(self, matrix: Any) -> None:
        if measure_noise(self._measure, matrix) > 1 / 10:
            raise self._build_error("probabilities that change with the rows beside them")

    def _measure_importance(self, matrix: Any) -> FloatArray:
        random = np.random.default_rng(self.seed)
        rows = matrix[np.sort(random.permutation(len(matrix))[:_PERMUTED_ROWS])]
        risk, moved = self._measure(rows), np.zeros(rows.shape[1])
        for place in range(rows.shape[1]):
            changed = rows.copy()
            changed[:, place] = random.permutation(changed[:, place])
            moved[place] = np.abs(self._measure(changed) - risk).mean()
        total = moved.sum()
        return moved / total if total > 0 else np.full(len(moved), 1 / len(moved))

    def _build_error(self, found: str) -> InputError:
        return InputError(
            f"estimator {self.family!r}",
            found=found,
            expected="build(*, seed, **parameters), which returns a classifier of 0 and 1 that its"
            " seed decides, and that scores each row by that row alone",
            remedy="Correct the recipe's parameters, or mend the package, then train again.",
        )

    def __sklearn_tags__(self) -> Any:
        from sklearn.tree import DecisionTreeClassifier

        return DecisionTreeClassifier().__sklearn_tags__()

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "estimator_")
