"""The arrays of scikit-learn's trees: for digests, and trees built from arrays of our own."""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_TREE_ARRAYS: Final = (
    "children_left",
    "children_right",
    "feature",
    "threshold",
    "missing_go_to_left",
    "impurity",
    "n_node_samples",
    "weighted_n_node_samples",
    "value",
)
NO_CHILD: Final = -1
_NO_FEATURE: Final = -2  # what scikit-learn writes in a leaf


def list_tree_arrays(tree: Any) -> Iterator[NDArray[Any]]:
    """Yield the arrays of a tree that decide its predictions and tell its training."""
    for name in _TREE_ARRAYS:
        yield np.asarray(getattr(tree, name))


def build_tree(boosted: NDArray[Any], *, feature_count: int) -> Any:
    """Return a scikit-learn tree with the splits and leaves of a histogram booster's tree.

    The two libraries within scikit-learn keep trees in different tables and follow them alike: a
    row goes left where its value is at most the threshold, a missing value where the node says. The
    gain of a split takes the place of the impurity, which boosting has none of.

    Args:
        boosted: The booster's table of nodes.
        feature_count: Number of features.
    """
    from sklearn.tree._tree import NODE_DTYPE, Tree

    is_leaf = boosted["is_leaf"].astype(bool)
    nodes = np.zeros(len(boosted), dtype=NODE_DTYPE)
    for name, source, of_leaf in (
        ("left_child", "left", NO_CHILD),
        ("right_child", "right", NO_CHILD),
        ("feature", "feature_idx", _NO_FEATURE),
        ("threshold", "num_threshold", _NO_FEATURE),
        ("impurity", "gain", 0),
        ("missing_go_to_left", "missing_go_to_left", 0),
    ):
        nodes[name] = np.where(is_leaf, of_leaf, boosted[source].astype(nodes[name].dtype))
    nodes["n_node_samples"] = nodes["weighted_n_node_samples"] = boosted["count"]
    values = np.where(is_leaf, boosted["value"], 0.0)
    tree = Tree(feature_count, np.ones(1, dtype=np.int64), 1)
    tree.__setstate__(
        {
            "max_depth": int(boosted["depth"].max()),
            "node_count": len(boosted),
            "nodes": nodes,
            "values": values.reshape(-1, 1, 1),
        }
    )
    return tree
