"""A forest as it is stored: its arrays and parameters, answering what a fitted forest is asked most, without scikit-learn.

Importing scikit-learn takes longer than scoring most batches. Digests, scores, reasons and drift need a forest's arrays
alone. What a stored forest does not know, it asks of scikit-learn's own, which is restored from the same bytes then.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from credit_default.model.families.stored.walk_nodes import walk_nodes
from credit_default.model.statistics.bootstrap import FloatArray

_FOREST_PARAMETERS: Final = (
    *("bootstrap", "ccp_alpha", "class_weight", "criterion", "max_depth", "max_features"),
    *("max_leaf_nodes", "max_samples", "min_impurity_decrease", "min_samples_leaf"),
    *("min_samples_split", "min_weight_fraction_leaf", "monotonic_cst", "n_estimators", "n_jobs"),
    *("oob_score", "random_state", "verbose", "warm_start"),
)
_TREE_PARAMETERS: Final = (
    *("ccp_alpha", "class_weight", "criterion", "max_depth", "max_features", "max_leaf_nodes"),
    *("min_impurity_decrease", "min_samples_leaf", "min_samples_split"),
    *("min_weight_fraction_leaf", "monotonic_cst", "random_state", "splitter"),
)


@dataclass(frozen=True, slots=True, eq=False)
class StoredTree:
    """The arrays of one tree, under the names that scikit-learn's trees have for them.

    Attributes:
        n_features: Number of features.
        max_n_classes: Number of classes.
        max_depth: Number of splits from the root to the furthest leaf.
        nodes: scikit-learn's table of nodes.
        value: The shares of the classes in each node, of shape (node count, 1, class count).
    """

    n_features: int
    max_n_classes: int
    max_depth: int
    nodes: NDArray[Any]
    value: FloatArray

    @property
    def node_count(self) -> int:
        """Return the number of nodes, leaves included."""
        return len(self.nodes)

    @property
    def children_left(self) -> NDArray[np.int64]:
        """Return the number of each node's left child; -1 for a leaf."""
        return self.nodes["left_child"]

    @property
    def children_right(self) -> NDArray[np.int64]:
        """Return the number of each node's right child; -1 for a leaf."""
        return self.nodes["right_child"]

    @property
    def feature(self) -> NDArray[np.int64]:
        """Return the column that each node splits by."""
        return self.nodes["feature"]

    @property
    def threshold(self) -> FloatArray:
        """Return the largest value that goes left in each node."""
        return self.nodes["threshold"]

    @property
    def missing_go_to_left(self) -> NDArray[np.uint8]:
        """Return 1 for each node in which a missing value goes left, else 0."""
        return self.nodes["missing_go_to_left"]

    @property
    def impurity(self) -> FloatArray:
        """Return each node's impurity."""
        return self.nodes["impurity"]

    @property
    def n_node_samples(self) -> NDArray[np.int64]:
        """Return how many rows reached each node in training."""
        return self.nodes["n_node_samples"]

    @property
    def weighted_n_node_samples(self) -> FloatArray:
        """Return their weights' sum."""
        return self.nodes["weighted_n_node_samples"]


class StoredEstimator:
    """An estimator's attributes, as they are stored; `parameters` are those that its class is made with."""

    parameters: ClassVar[tuple[str, ...]] = ()

    def __init__(self, attributes: Mapping[str, Any]) -> None:
        vars(self).update(attributes)

    @classmethod
    def _get_param_names(cls) -> list[str]:
        return sorted(cls.parameters)

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: FBT001, FBT002 - scikit-learn's own signature
        """Return the parameters by name; `deep` makes no difference, as none of them is an estimator."""
        del deep
        return {name: getattr(self, name) for name in self._get_param_names()}

    def set_params(self, **parameters: Any) -> "StoredEstimator":
        """Set parameters, and return the estimator."""
        vars(self).update(parameters)
        return self


class RestorableEstimator(StoredEstimator):
    """A stored estimator; what it does not know, it asks of scikit-learn's own.

    Args:
        attributes: What is stored of it.
        restore: Returns scikit-learn's own object of the same bytes, always the same one.
    """

    __slots__ = ("_restore",)  # beside the attributes, which are what was stored and nothing else

    def __init__(self, attributes: Mapping[str, Any], restore: Callable[[], Any]) -> None:
        super().__init__(attributes)
        self._restore = restore

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name == "_restore":  # asked while it is being copied
            raise AttributeError(name)
        return getattr(self.restore(), name)

    def restore(self) -> Any:
        """Return scikit-learn's own object, which takes importing it the first time.

        Raises:
            ArtifactError: scikit-learn's objects cannot be built from what is stored.
        """
        return self._restore()


class StoredDecisionTree(StoredEstimator):
    """A tree of a random forest; `tree_` is a `StoredTree`."""

    class_name: ClassVar[str] = "DecisionTreeClassifier"
    parameters = _TREE_PARAMETERS


class StoredExtraTree(StoredDecisionTree):
    """A tree of a forest with random splits."""

    class_name: ClassVar[str] = "ExtraTreeClassifier"


class StoredForest(RestorableEstimator):
    """A forest of two classes whose attributes are those of scikit-learn's, except that its trees are stored ones.

    Args:
        attributes: What is stored of it.
        restore: Returns scikit-learn's own forest of the same bytes, always the same object.
    """

    parameters = _FOREST_PARAMETERS
    class_name: ClassVar[str]
    takes_missing: ClassVar[bool] = True

    def predict_proba(self, matrix: Any) -> FloatArray:
        """Return each row's probabilities of both classes, bit for bit those of scikit-learn on one core.

        Rows that scikit-learn may refuse, such as infinite ones, are left to it.

        Args:
            matrix: Features of shape (row count, feature count), NaN for missing.

        Returns:
            Array of shape (row count, 2).
        """
        if not self._is_plain(matrix):
            restored: FloatArray = self.restore().predict_proba(matrix)
            return restored
        trees = [member.tree_ for member in self.estimators_]
        return walk_nodes(trees, matrix) / len(trees)

    def _is_plain(self, matrix: Any) -> bool:
        return (
            isinstance(matrix, np.ndarray)
            and matrix.dtype == np.float32
            and matrix.ndim == len(("row", "feature"))
            and len(matrix) > 0
            and matrix.shape[1] == self.n_features_in_
            and not np.isinf(matrix).any()
        )

    @property
    def feature_importances_(self) -> FloatArray:
        """Return each feature's share of the impurity decrease, bit for bit those of scikit-learn; zeros without a split."""
        shares = [
            _measure_decrease(member.tree_)
            for member in self.estimators_
            if member.tree_.node_count > 1
        ]
        if not shares:
            return np.zeros(self.n_features_in_)
        mean: FloatArray = np.mean(shares, axis=0, dtype=np.float64)
        return mean / np.sum(mean)


class StoredRandomForest(StoredForest):
    """A random forest."""

    class_name = "RandomForestClassifier"


class StoredExtraTrees(StoredForest):
    """A forest with random splits."""

    class_name = "ExtraTreesClassifier"


# By the name of scikit-learn's class: the forest and its trees.
STORED_CLASSES: Final[Mapping[str, tuple[type[StoredForest], type[StoredDecisionTree]]]] = {
    StoredRandomForest.class_name: (StoredRandomForest, StoredDecisionTree),
    StoredExtraTrees.class_name: (StoredExtraTrees, StoredExtraTree),
}


def _measure_decrease(tree: StoredTree) -> FloatArray:
    """Return each feature's share of the tree's impurity decrease, added up in the order of the nodes."""
    weighted = tree.weighted_n_node_samples * tree.impurity
    inner = np.flatnonzero(tree.children_left != -1)
    left, right = tree.children_left[inner], tree.children_right[inner]
    decrease = np.zeros(tree.n_features)
    np.add.at(decrease, tree.feature[inner], weighted[inner] - weighted[left] - weighted[right])
    decrease /= tree.weighted_n_node_samples[0]
    total = np.sum(decrease)
    return decrease / total if total > 0 else decrease
