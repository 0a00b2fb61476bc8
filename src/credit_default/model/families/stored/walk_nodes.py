"""Walk the nodes of stored trees with NumPy, all trees at once: no compiled code of ours, none of scikit-learn's."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_ROWS_AT_ONCE: Final = 512  # so that what a step holds stays small: rows by trees


def walk_nodes(trees: Sequence[Any], matrix: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the sums of the shares in the leaves that each row reaches, tree by tree.

    A row goes left where its value is at most the node's threshold, both as 64-bit numbers, and a missing value where the
    node says: the rule of scikit-learn's trees. Sums are added in the order of the trees, as scikit-learn adds them.

    Args:
        trees: Trees with scikit-learn's arrays, of the same classes.
        matrix: Features of shape (row count, feature count); NaN for missing.

    Returns:
        Array of shape (row count, class count).
    """
    starts = np.cumsum([0, *(tree.node_count for tree in trees)])
    table = _NodeTable(trees, starts[:-1])
    parts = [
        table.add_up(matrix[begin : begin + _ROWS_AT_ONCE])
        for begin in range(0, len(matrix), _ROWS_AT_ONCE)
    ]
    return np.concatenate(parts)


class _NodeTable:
    """The nodes of all trees in one table; a leaf is its own child."""

    def __init__(self, trees: Sequence[Any], starts: NDArray[np.int64]) -> None:
        left = np.concatenate([tree.children_left for tree in trees])
        right = np.concatenate([tree.children_right for tree in trees])
        offset = np.repeat(starts, [tree.node_count for tree in trees])
        self._is_leaf = left == -1
        own = np.arange(len(left))
        # Side by side: 2n is where node n's rows go that do not go left.
        self._children = np.stack(
            [
                np.where(self._is_leaf, own, right + offset),
                np.where(self._is_leaf, own, left + offset),
            ],
            axis=1,
        ).ravel()
        self._feature = np.where(self._is_leaf, 0, np.concatenate([tree.feature for tree in trees]))
        self._threshold = np.concatenate([tree.threshold for tree in trees])
        self._missing_left = np.concatenate([tree.missing_go_to_left for tree in trees]) != 0
        self._value = np.concatenate([tree.value[:, 0, :] for tree in trees])
        self._roots = starts

    def add_up(self, matrix: NDArray[np.float32]) -> NDArray[np.float64]:
        node = np.tile(self._roots, (len(matrix), 1))
        rows = np.arange(len(matrix))[:, None]
        missing = np.isnan(matrix)
        has_missing = bool(missing.any())
        while not self._is_leaf[node].all():
            feature = self._feature[node]
            goes_left = matrix[rows, feature] <= self._threshold[node]
            if has_missing:
                goes_left |= missing[rows, feature] & self._missing_left[node]
            node = self._children[2 * node + goes_left]
        total = np.zeros((len(matrix), self._value.shape[1]))
        for place in range(len(self._roots)):
            total += self._value[node[:, place]]
        return total
