"""Boosted trees: each tree corrects the sum of those before it, on the scale of log odds.

scikit-learn's histogram booster fits them. What is kept is ours and small: its trees, as
scikit-learn's plain trees, and the log odds that they start from. They are therefore stored,
checked, digested and explained as a forest's trees are, and nothing else of the booster (losses,
bin mappers, random state) can be in an artifact.
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from scipy.special import expit

from credit_default.model.families.family import Matrix
from credit_default.model.families.tree_arrays import build_tree
from credit_default.model.statistics.bootstrap import FloatArray, IntArray

PARAMETERS: Final = (
    "tree_count",
    "maximum_depth",
    "leaf_row_count",
    "column_share",
    "learning_rate",
    "leaf_count",
    "leaf_penalty",
    "constraints",
    "seed",
)


class BoostedTrees:
    """A sum of trees, with the interface of a scikit-learn classifier.

    Attributes:
        trees_: scikit-learn's trees, whose single value in a leaf is added to the log odds.
        baseline_: The log odds that the trees are added to.
        classes_: 0 and 1.
        n_features_in_: Number of features.
    """

    # Bundles name the class by its module: this one stays when this file is moved.
    __module__ = "credit_default.bundled"

    def __init__(  # noqa: PLR0913 - a parameter each, as scikit-learn's estimators have
        self,
        *,
        tree_count: int,
        maximum_depth: int,
        leaf_row_count: int,
        column_share: float,
        learning_rate: float,
        leaf_count: int,
        leaf_penalty: float,
        constraints: list[int] | None,
        seed: int,
    ) -> None:
        self.tree_count = tree_count
        self.maximum_depth = maximum_depth
        self.leaf_row_count = leaf_row_count
        self.column_share = column_share
        self.learning_rate = learning_rate
        self.leaf_count = leaf_count
        self.leaf_penalty = leaf_penalty
        self.constraints = constraints
        self.seed = seed

    def get_params(self, deep: bool = True) -> Mapping[str, Any]:  # noqa: FBT001, FBT002 - scikit-learn's signature
        """Return the parameters by name."""
        del deep
        return {name: getattr(self, name) for name in PARAMETERS}

    def fit(self, matrix: Matrix, defaulted: IntArray) -> "BoostedTrees":
        """Fit the trees, without early stopping: every row serves every tree.

        Args:
            matrix: Features of shape (row count, feature count); NaN for missing.
            defaulted: Outcomes (0/1).
        """
        from sklearn.ensemble import HistGradientBoostingClassifier

        booster = HistGradientBoostingClassifier(
            max_iter=self.tree_count,
            max_depth=self.maximum_depth,
            min_samples_leaf=self.leaf_row_count,
            max_features=self.column_share,
            learning_rate=self.learning_rate,
            max_leaf_nodes=self.leaf_count,
            l2_regularization=self.leaf_penalty,
            monotonic_cst=self.constraints,
            early_stopping=False,
            random_state=self.seed,
        ).fit(matrix, defaulted)
        self.n_features_in_ = int(booster.n_features_in_)
        self.classes_ = np.array([0, 1])
        self.baseline_ = float(booster._baseline_prediction.item())  # noqa: SLF001 - no public name
        self.trees_ = [
            build_tree(predictor.nodes, feature_count=self.n_features_in_)
            for (predictor,) in booster._predictors  # noqa: SLF001
        ]
        return self

    def decision_function(self, matrix: Matrix) -> FloatArray:
        """Return each row's log odds of default."""
        log_odds = np.full(len(matrix), self.baseline_)
        contiguous = np.ascontiguousarray(matrix, dtype=np.float32)
        for tree in self.trees_:
            log_odds += tree.predict(contiguous)[:, 0]
        return log_odds

    def predict_proba(self, matrix: Matrix) -> FloatArray:
        """Return each row's probabilities (0–1) of no default and of default."""
        risk = expit(self.decision_function(matrix))
        return np.column_stack([1 - risk, risk])

    def predict(self, matrix: Matrix) -> Any:
        """Return each row's more likely class, 0 or 1; scoring does not use it."""
        return self.classes_[(self.decision_function(matrix) > 0).astype(np.int64)]

    def __sklearn_tags__(self) -> Any:
        from sklearn.tree import DecisionTreeClassifier

        return DecisionTreeClassifier().__sklearn_tags__()

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "trees_")
