"""Check a stored decision tree before scikit-learn builds it.

scikit-learn follows a tree's child indices without checking them: one child index outside the array crashes the process, and one that
points backwards never ends.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from credit_default.model.families.structure import require

# A node of scikit-learn's trees, in the version that pyproject.toml names.
NODE_TYPE: Final = np.dtype(
    [
        ("left_child", "<i8"),
        ("right_child", "<i8"),
        ("feature", "<i8"),
        ("threshold", "<f8"),
        ("impurity", "<f8"),
        ("n_node_samples", "<i8"),
        ("weighted_n_node_samples", "<f8"),
        ("missing_go_to_left", "u1"),
    ],
    align=True,
)
_NO_CHILD = -1
_TOLERANCE = 1e-9  # of the sum of a leaf's shares


def check_tree_state(arguments: Any, state: Any, *, node_type: Any = NODE_TYPE) -> None:
    """Check that scikit-learn can safely build a tree from this stored state: it is a binary tree over its own arrays.

    Every child comes after its parent and inside the array, each node but the root has one parent, features and thresholds
    are in range, and each node has the two shares (0-1) of a forest's tree, which sum to 1, or the one finite value of a
    booster's tree.

    Args:
        arguments: The feature count, the class counts and the output count.
        state: The depth, the node count, the nodes and the values.
        node_type: NumPy's type of one node.

    Raises:
        ArtifactError: A condition does not hold; the message names the first one.
    """
    feature_count, class_counts, output_count = _parse_tree_arguments(arguments)
    value_count = class_counts.item()
    require(output_count == 1 and value_count in {1, 2}, "a tree that is not of two classes")
    require(
        isinstance(state, dict) and set(state) == {"max_depth", "node_count", "nodes", "values"},
        "a malformed tree",
    )
    nodes, values = state["nodes"], state["values"]
    _check_form(nodes, values, state=state, value_count=value_count, node_type=node_type)
    _check_nodes(nodes, feature_count=feature_count)
    if value_count == 1:
        require(bool(np.isfinite(values).all()), "a value that is no number")
    else:
        _check_shares(values)


def _check_shares(values: NDArray[np.float64]) -> None:
    require(
        bool(np.isfinite(values).all() and (values >= 0).all() and (values <= 1).all()),
        "shares outside 0 to 1",
    )
    require(
        bool((np.abs(values.sum(axis=2) - 1) < _TOLERANCE).all()), "shares that do not sum to 1"
    )


def _check_form(nodes: Any, values: Any, *, state: Any, value_count: int, node_type: Any) -> None:
    """Check the types and lengths of the arrays, before what they hold is used."""
    require(
        isinstance(nodes, np.ndarray) and nodes.dtype == node_type and nodes.ndim == 1,
        "malformed tree nodes",
    )
    require(
        nodes.flags.c_contiguous and 0 < len(nodes) == state["node_count"],
        "a wrong number of tree nodes",
    )
    require(
        isinstance(state["max_depth"], int) and state["max_depth"] >= 0, "a malformed tree depth"
    )
    require(
        isinstance(values, np.ndarray)
        and values.dtype == np.float64
        and values.shape == (len(nodes), 1, value_count),
        "malformed tree values",
    )


def _check_nodes(nodes: Any, *, feature_count: int) -> None:
    place = np.arange(len(nodes))
    left, right, feature = nodes["left_child"], nodes["right_child"], nodes["feature"]
    leaf = left == _NO_CHILD
    require(bool((right[leaf] == _NO_CHILD).all()), "a node with one child")
    inner = ~leaf
    for child in (left[inner], right[inner]):
        require(
            bool((child > place[inner]).all() and (child < len(nodes)).all()),
            "a child outside the tree",
        )
    children = np.concatenate([left[inner], right[inner]])
    require(
        bool((np.bincount(children, minlength=len(nodes))[1:] == 1).all()),
        "a node with no parent or with two",
    )
    require(
        bool((feature[inner] >= 0).all() and (feature[inner] < feature_count).all()),
        "a feature that is not there",
    )
    # A split of the missing values from all others has the threshold infinity, with the missing ones on the right.
    threshold = nodes["threshold"]
    parts_missing = inner & np.isposinf(threshold) & (nodes["missing_go_to_left"] == 0)
    require(bool((np.isfinite(threshold) | parts_missing).all()), "a threshold that is no number")
    require(
        bool((nodes["missing_go_to_left"] <= 1).all()), "an unknown direction for missing values"
    )


def _parse_tree_arguments(arguments: Any) -> tuple[int, Any, int]:
    require(isinstance(arguments, tuple) and len(arguments) == 3, "a malformed tree")  # noqa: PLR2004
    features, classes, outputs = arguments
    require(type(features) is int and type(outputs) is int and features > 0, "a malformed tree")
    require(
        isinstance(classes, np.ndarray) and classes.dtype == np.int64 and classes.shape == (1,),
        "malformed classes",
    )
    return features, classes, outputs
