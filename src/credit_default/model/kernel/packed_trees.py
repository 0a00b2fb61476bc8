"""Trees packed for walking: one table of nodes, siblings side by side, thresholds in 32 bits.

Features are 32-bit numbers and scikit-learn's thresholds 64-bit ones. A feature is at most a
threshold exactly where it is at most the largest 32-bit number that the threshold is not below, so
the packed trees part every possible row as the trees do.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_NO_CHILD: Final = -1


@dataclass(frozen=True, slots=True, eq=False)
class TreeSum:
    """A risk that is a sum over trees: (start + the leaves' values, tree by tree) / divisor.

    Attributes:
        trees: scikit-learn's trees.
        values: For each tree what each of its nodes adds as a leaf.
        start: What the sum starts from.
        divisor: What it is divided by.
        takes_missing: Whether the estimator scores rows with missing values; else it refuses them.
        takes_infinite: Likewise for infinite values.
    """

    trees: Sequence[Any]
    values: Sequence[NDArray[np.float64]]
    start: float
    divisor: float
    takes_missing: bool
    takes_infinite: bool


@dataclass(frozen=True, slots=True, eq=False)
class PackedTrees:
    """The trees of a sum, packed: the nodes of all trees, then root and depth of each tree.

    Attributes:
        columns: The column that each node reads; then the one that it reads among rows with missing
            values. A row has its features twice: as they are, and with minus infinity for missing.
        thresholds: The largest value that goes left.
        left: The left child; the right one is the next node. A leaf is its own left child.
        values: What each node adds as a leaf.
        roots: Each tree's root.
        depths: Each tree's depth.
        feature_count: Number of features of a row.
    """

    columns: NDArray[np.uint32]
    thresholds: NDArray[np.float32]
    left: NDArray[np.uint32]
    values: NDArray[np.float64]
    roots: NDArray[np.uint32]
    depths: NDArray[np.uint32]
    feature_count: int


def pack_trees(given: TreeSum, *, feature_count: int) -> PackedTrees:
    """Return the trees of a sum, packed."""
    levels = [_list_levels(tree) for tree in given.trees]
    orders = [np.concatenate(of_tree) for of_tree in levels]
    starts = np.cumsum([0, *(len(order) for order in orders)])
    packed = [_pack_tree(tree, order) for tree, order in zip(given.trees, orders, strict=True)]
    goes_left = np.concatenate([nodes.missing_goes_left for nodes in packed])
    columns = np.concatenate([nodes.features for nodes in packed])
    left = [nodes.left + start for nodes, start in zip(packed, starts[:-1], strict=True)]
    values = [of_tree[order] for of_tree, order in zip(given.values, orders, strict=True)]
    return PackedTrees(
        np.concatenate([columns, columns + goes_left * feature_count]).astype(np.uint32),
        round_down(np.concatenate([nodes.thresholds for nodes in packed])),
        np.concatenate(left).astype(np.uint32),
        np.concatenate(values).astype(np.float64),
        starts[:-1].astype(np.uint32),
        np.array([len(of_tree) - 1 for of_tree in levels], dtype=np.uint32),
        feature_count,
    )


def round_down(thresholds: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return for each number the largest 32-bit number that is not above it."""
    with np.errstate(over="ignore"):
        rounded = thresholds.astype(np.float32)
    below = np.nextafter(rounded, np.float32(-np.inf))
    return np.where(rounded.astype(np.float64) > thresholds, below, rounded)


def _list_levels(tree: Any) -> list[NDArray[np.int64]]:
    """Return the tree's nodes level by level, each with its sibling beside it."""
    levels = [np.zeros(1, dtype=np.int64)]
    while True:
        inner = levels[-1][tree.children_left[levels[-1]] != _NO_CHILD]
        if not len(inner):
            return levels
        children = np.stack([tree.children_left[inner], tree.children_right[inner]], axis=1)
        levels.append(children.ravel())


@dataclass(frozen=True, slots=True, eq=False)
class _Nodes:
    """The nodes of one tree, in the order in which they are packed."""

    features: NDArray[np.int64]
    thresholds: NDArray[np.float64]
    left: NDArray[np.int64]
    missing_goes_left: NDArray[np.bool_]


def _pack_tree(tree: Any, order: NDArray[np.int64]) -> _Nodes:
    is_leaf = tree.children_left[order] == _NO_CHILD
    # The n-th node with children has them at 1 + 2n and 2 + 2n, as levels are listed in order.
    left = np.where(is_leaf, np.arange(len(order)), 2 * np.cumsum(~is_leaf) - 1)
    # A row stays in the leaf that it has reached: no value that it reads there is above infinity.
    return _Nodes(
        np.where(is_leaf, 0, tree.feature[order]),
        np.where(is_leaf, np.inf, tree.threshold[order]),
        left,
        tree.missing_go_to_left[order].astype(bool) | is_leaf,
    )
