"""Boosted trees: each tree corrects the sum of those before it, on the scale of log odds.

scikit-learn's histogram booster fits them. What is kept is ours and small: its trees, as
scikit-learn's plain trees, and the log odds that they start from. They are therefore stored,
checked, digested and explained as a forest's trees are, and nothing else of the booster (losses,
bin mappers, random state) can be in an artifact.
"""

import numpy as np

from credit_default.model.families.family import Matrix
from credit_default.model.families.log_odds import LogOddsClassifier
from credit_default.model.families.tree_arrays import build_tree
from credit_default.model.statistics.bootstrap import FloatArray, IntArray


class BoostedTrees(LogOddsClassifier):
    """A sum of trees, with the interface of a scikit-learn classifier.

    Attributes:
        trees_: scikit-learn's trees, whose single value in a leaf is added to the log odds.
        baseline_: The log odds that the trees are added to.
    """

    # Bundles name the class by its module: this one stays when this file is moved.
    __module__ = "credit_default.bundled"
    PARAMETERS = (
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
    FITTED = ("trees_", "baseline_")
    tree_count: int
    maximum_depth: int
    leaf_row_count: int
    column_share: float
    learning_rate: float
    leaf_count: int
    leaf_penalty: float
    constraints: list[int] | None
    seed: int

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
        self.note_fit(matrix)
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
