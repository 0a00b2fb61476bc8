"""Exact interventional Shapley values of trees with short paths, by one small table per leaf.

A leaf is reached where each feature on its path lies in an interval, or is missing where missing
values take that path. To a leaf, a row is a pattern of conditions met, and so is a background row. What the leaf contributes by each
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
    """A leaf and what it adds to the sum where `low < feature <= high` on its path.

    A missing value meets a condition where the path is that of missing values.
    """

    value: float
    features: tuple[int, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    missing: tuple[bool, ...]

    def match(self, columns: FloatArray) -> NDArray[np.int64]:
        """Return each row's pattern: bit n says that the n-th feature meets its condition.

        `columns` has the shape (feature count, row count).
        """
        pattern = np.zeros(columns.shape[1], dtype=np.int64)
        for bit, (feature, low, high, missing) in enumerate(
            zip(self.features, self.low, self.high, self.missing, strict=True)
        ):
            values = columns[feature]
            met = (values > low) & (values <= high)
            if missing:
                met |= np.isnan(values)
            pattern |= met.astype(np.int64) << bit
        return pattern


def measure_longest_path(trees: Iterable[TreeTerm]) -> int:
    """Return the largest number of distinct features on a path from a root to a leaf."""
    return max((len(leaf.features) for term in trees for leaf in _list_leaves(term)), default=0)


def add_contributions(
    trees: Iterable[TreeTerm], matrix: Matrix, *, background: Matrix
) -> FloatArray:
    """Return what each feature adds to the sum of the trees, against the background's mean.

    Args:
        trees: Trees; paths of more than `LONGEST_PATH` features are slow.
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
        pattern = leaf.match(columns)
        if len(leaf.features) <= LONGEST_PATH:
            table = _build_leaf_table(leaf, background_columns)
        else:
            patterns, pattern = np.unique(pattern, return_inverse=True)
            table = _build_sparse_leaf_table(leaf, background_columns, patterns=patterns)
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


def _build_sparse_leaf_table(
    leaf: _Leaf, background_columns: FloatArray, *, patterns: NDArray[np.int64]
) -> FloatArray:
    """Return what the leaf adds by each of its features to a row of each of these patterns.

    It is for paths too long for a table of all patterns. The shape is (feature count, pattern
    count); a pattern's values do not depend on the others.
    """
    count = len(leaf.features)
    theirs_all, counts = np.unique(leaf.match(background_columns), return_counts=True)
    shares = counts / background_columns.shape[1]
    gain, loss = _compute_weight_tables(count)
    table = np.zeros((count, len(patterns)))
    for number, pattern in enumerate(patterns):
        reaching = (pattern | theirs_all) == (1 << count) - 1
        theirs_alone, mine_alone = theirs_all[reaching] & ~pattern, pattern & ~theirs_all[reaching]
        place = np.bitwise_count(mine_alone), np.bitwise_count(theirs_alone)
        plus, minus = gain[place] * shares[reaching], loss[place] * shares[reaching]
        for bit in range(count):
            table[bit, number] = (
                (plus[(mine_alone >> bit) & 1 == 1]).sum()
                - (minus[(theirs_alone >> bit) & 1 == 1]).sum()
            )
    return leaf.value * table


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
    pending: list[tuple[int, dict[int, tuple[float, float, bool]]]] = [(0, {})]
    while pending:
        node, intervals = pending.pop()
        left, right = tree.children_left[node], tree.children_right[node]
        if left == _NO_CHILD:
            lows, highs, routes = (
                zip(*intervals.values(), strict=True) if intervals else ((), (), ())
            )
            yield _Leaf(float(values[node]), tuple(intervals), lows, highs, routes)
            continue
        feature, threshold = int(tree.feature[node]), float(tree.threshold[node])
        low, high, meets = intervals.get(feature, (-np.inf, np.inf, True))
        goes_left = bool(tree.missing_go_to_left[node])
        to_right = (max(low, threshold), high, meets and not goes_left)
        to_left = (low, min(high, threshold), meets and goes_left)
        pending.append((right, {**intervals, feature: to_right}))
        pending.append((left, {**intervals, feature: to_left}))
