"""Exact interventional Shapley values of a forest whose paths are short, by one small table a leaf.

A leaf is reached where each feature on its path lies in an interval, so a row is to a leaf a pattern of conditions met, and
so is every background row. What the leaf gives a row's features hangs on the two patterns alone (Lundberg et al. 2020,
"From local explanations to global understanding", interventional TreeSHAP): counted over the background once for each
pattern, it is looked up for each row. A row's values do not hang on the rows beside it, not by the last bit.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import factorial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from credit_default.model.features.row_functions import FloatArray

LONGEST_PATH: Final = 8  # different features; a table has 2 to the power of it lines
_NO_CHILD: Final = -1

Matrix = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class _Leaf:
    """A leaf: what it adds to the probability where `low < feature <= high` holds for each feature on its path."""

    value: float
    features: tuple[int, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]

    def match(self, columns: FloatArray) -> NDArray[np.int64]:
        """Each row's pattern: bit n says that the n-th feature meets its condition; `columns` are (features, rows)."""
        pattern = np.zeros(columns.shape[1], dtype=np.int64)
        for bit, (feature, low, high) in enumerate(
            zip(self.features, self.low, self.high, strict=True)
        ):
            values = columns[feature]
            pattern |= ((values > low) & (values <= high)).astype(np.int64) << bit
        return pattern


def measure_longest_path(forest: Any) -> int:
    """The most different features on a path from a root to a leaf."""
    return max(
        (
            len(leaf.features)
            for tree in forest.estimators_
            for leaf in _list_leaves(tree.tree_, 1.0)
        ),
        default=0,
    )


def add_contributions(
    forest: Any, matrix: Matrix, *, background: Matrix, class_index: int
) -> FloatArray:
    """(rows, features): what each feature adds to the probability of the class, against the background's mean.

    Row for row they add up to the row's probability less that mean. Paths may hold at most `LONGEST_PATH` features.
    """
    # 64 bits: beside 32-bit columns a threshold would be rounded, and rows next to it take the other branch
    columns, behind = (
        np.ascontiguousarray(rows.T, dtype=np.float64) for rows in (matrix, background)
    )
    added = np.zeros(columns.shape)
    share = 1.0 / len(forest.estimators_)
    for tree in forest.estimators_:
        for leaf in _list_leaves(tree.tree_, share, class_index=class_index):
            if not leaf.features or not leaf.value:
                continue
            table = _build_leaf_table(leaf, behind)
            pattern = leaf.match(columns)
            for place, feature in enumerate(leaf.features):
                added[feature] += table[place][pattern]
    return np.ascontiguousarray(added.T)


def _build_leaf_table(leaf: _Leaf, behind: FloatArray) -> FloatArray:
    """(features, patterns): what the leaf adds by each of its features to a row of each pattern."""
    shares = np.bincount(leaf.match(behind), minlength=1 << len(leaf.features)) / behind.shape[1]
    table: FloatArray = leaf.value * (_weigh_patterns(len(leaf.features)) @ shares)
    return table


@lru_cache(maxsize=LONGEST_PATH)
def _weigh_patterns(count: int) -> FloatArray:
    """(features, patterns of a row, patterns of a background row): Shapley weights of a leaf of value 1.

    Together the two reach the leaf only where each condition is met by one of them. Of the `mine` that only the row meets
    and the `theirs` that only the background row meets, each of the first adds (mine-1)! theirs! / (mine+theirs)!, and
    each of the second takes mine! (theirs-1)! / (mine+theirs)! away.
    """
    patterns = np.arange(1 << count)
    row, behind = patterns[:, None], patterns[None, :]
    reached = (row | behind) == patterns[-1]
    mine, theirs = np.bitwise_count(row & ~behind), np.bitwise_count(behind & ~row)
    gain, loss = _compute_weight_tables(count)
    weights = np.zeros((count, len(patterns), len(patterns)))
    for place in range(count):
        mine_has, theirs_has = (row >> place) & 1 == 1, (behind >> place) & 1 == 1
        only_mine, only_theirs = reached & mine_has & ~theirs_has, reached & theirs_has & ~mine_has
        weights[place][only_mine] = gain[mine, theirs][only_mine]
        weights[place][only_theirs] = -loss[mine, theirs][only_theirs]
    return weights


def _compute_weight_tables(count: int) -> tuple[FloatArray, FloatArray]:
    gain, loss = np.zeros((count + 1, count + 1)), np.zeros((count + 1, count + 1))
    for mine in range(count + 1):
        for theirs in range(count + 1 - mine):
            if mine:
                gain[mine, theirs] = (
                    factorial(mine - 1) * factorial(theirs) / factorial(mine + theirs)
                )
            if theirs:
                loss[mine, theirs] = (
                    factorial(mine) * factorial(theirs - 1) / factorial(mine + theirs)
                )
    return gain, loss


def _list_leaves(tree: Any, share: float, *, class_index: int = 1) -> Iterator[_Leaf]:
    values = tree.value[:, 0, class_index]
    waiting: list[tuple[int, dict[int, tuple[float, float]]]] = [(0, {})]
    while waiting:
        node, held = waiting.pop()
        left, right = tree.children_left[node], tree.children_right[node]
        if left == _NO_CHILD:
            lows, highs = (
                tuple(low for low, _ in held.values()),
                tuple(high for _, high in held.values()),
            )
            yield _Leaf(share * float(values[node]), tuple(held), lows, highs)
            continue
        feature, threshold = int(tree.feature[node]), float(tree.threshold[node])
        low, high = held.get(feature, (-np.inf, np.inf))
        waiting.append((right, {**held, feature: (max(low, threshold), high)}))
        waiting.append((left, {**held, feature: (low, min(high, threshold))}))
