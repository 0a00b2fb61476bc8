"""Exact interventional Shapley values of trees with short paths, by one small table per leaf.

A leaf is reached where each feature on its path lies in an interval. To a leaf, a row is therefore
a pattern of conditions met, and so is every background row. What the leaf contributes by each
feature depends on the two patterns alone (Lundberg et al. 2020, "From local explanations to global
understanding", interventional TreeSHAP): it is summed over the background once per pattern and
looked up for each row. A row's values do not depend on the other rows, not even in the last bit.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import factorial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from credit_default.model.families.family import TreeTerm
from credit_default.model.features.row_functions import FloatArray

LONGEST_PATH: Final = 8  # distinct features on a path; a table has 2 to this power columns
_NO_CHILD: Final = -1

Matrix = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class _Leaf:
    """A leaf and what it adds to the sum where `low < feature <= high` on its path."""

    value: float
    features: tuple[int, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]

    def match(self, columns: FloatArray) -> NDArray[np.int64]:
        """Return each row's pattern: bit n says that the n-th feature meets its condition.

        `columns` has the shape (feature count, row count).
        """
        pattern = np.zeros(columns.shape[1], dtype=np.int64)
        for bit, (feature, low, high) in enumerate(
            zip(self.features, self.low, self.high, strict=True)
        ):
            values = columns[feature]
            pattern |= ((values > low) & (values <= high)).astype(np.int64) << bit
        return pattern


def measure_longest_path(trees: Iterable[TreeTerm]) -> int:
    """Return the largest number of distinct features on a path from a root to a leaf."""
    return max((len(leaf.features) for term in trees for leaf in _list_leaves(term)), default=0)


def add_contributions(
    trees: Iterable[TreeTerm], matrix: Matrix, *, background: Matrix
) -> FloatArray:
    """Return what each feature adds to the sum of the trees, against the background's mean.

    Args:
        trees: Trees whose paths hold at most `LONGEST_PATH` features each.
        matrix: Features of shape (row count, feature count).
        background: Features of the background rows.

    Returns:
        Array of shape (row count, feature count). A row's contributions add up to its sum over the
        trees less the background's mean.
    """
    columns, background_columns = _list_columns(matrix), _list_columns(background)
    added = np.zeros(columns.shape)
    for leaf in (leaf for term in trees for leaf in _list_leaves(term)):
        if not leaf.features or not leaf.value:
            continue
        table = _build_leaf_table(leaf, background_columns)
        pattern = leaf.match(columns)
        for place, feature in enumerate(leaf.features):
            added[feature] += table[place][pattern]
    return np.ascontiguousarray(added.T)


def _list_columns(matrix: Matrix) -> FloatArray:
    # 64 bits: thresholds compared with 32-bit columns would be rounded, and rows close to one would
    # take the other branch.
    return np.ascontiguousarray(matrix.T, dtype=np.float64)


def _build_leaf_table(leaf: _Leaf, background_columns: FloatArray) -> FloatArray:
    """Return what the leaf adds by each of its features to a row of each pattern.

    The shape is (feature count, pattern count).
    """
    counts = np.bincount(leaf.match(background_columns), minlength=1 << len(leaf.features))
    shares = counts / background_columns.shape[1]
    table: FloatArray = leaf.value * (_weigh_patterns(len(leaf.features)) @ shares)
    return table


@lru_cache(maxsize=LONGEST_PATH)
def _weigh_patterns(count: int) -> FloatArray:
    """Return the Shapley weights of a leaf of value 1.

    The shape is (feature count, patterns of a row, patterns of a background row). Together the two
    rows reach the leaf only where each condition is met by one of them. With `mine` conditions met
    by the row alone and `theirs` by the background row alone, each of the former adds (mine-1)!
    theirs! / (mine+theirs)!, and each of the latter subtracts mine! (theirs-1)! / (mine+theirs)!.
    """
    patterns = np.arange(1 << count)
    row, background_pattern = patterns[:, None], patterns[None, :]
    reached = (row | background_pattern) == patterns[-1]
    mine, theirs = (
        np.bitwise_count(row & ~background_pattern),
        np.bitwise_count(background_pattern & ~row),
    )
    gain, loss = _compute_weight_tables(count)
    weights = np.zeros((count, len(patterns), len(patterns)))
    for place in range(count):
        mine_has, theirs_has = (row >> place) & 1 == 1, (background_pattern >> place) & 1 == 1
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


def _list_leaves(term: TreeTerm) -> Iterator[_Leaf]:
    tree, values = term.tree, term.leaf_values
    pending: list[tuple[int, dict[int, tuple[float, float]]]] = [(0, {})]
    while pending:
        node, intervals = pending.pop()
        left, right = tree.children_left[node], tree.children_right[node]
        if left == _NO_CHILD:
            lows, highs = (
                tuple(low for low, _ in intervals.values()),
                tuple(high for _, high in intervals.values()),
            )
            yield _Leaf(float(values[node]), tuple(intervals), lows, highs)
            continue
        feature, threshold = int(tree.feature[node]), float(tree.threshold[node])
        low, high = intervals.get(feature, (-np.inf, np.inf))
        pending.append((right, {**intervals, feature: (max(low, threshold), high)}))
        pending.append((left, {**intervals, feature: (low, min(high, threshold))}))
