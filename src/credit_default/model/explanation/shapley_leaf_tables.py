"""Exact interventional Shapley values of trees, by tables of what leaves contribute.

To a leaf, a row is a pattern of conditions met, and so is a background row. What the leaf
contributes by each feature depends on the two patterns alone (Lundberg et al. 2020, "From local
explanations to global understanding", interventional TreeSHAP), so it is summed over the background
once per pattern and looked up for each row: for leaves on short paths with their neighbours
(`leaf_groups`), for others one by one. A row's values do not depend on the other rows, nor on what
runs the loop over the tables, not even in the last bit.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from credit_default.model.explanation.leaf_group_tables import (
    build_group_tables,
    compute_weight_tables,
)
from credit_default.model.explanation.leaf_groups import LONGEST_PATH, list_groups
from credit_default.model.families.family import TreeTerm
from credit_default.model.features.row_functions import FloatArray
from credit_default.model.kernel.group_tables import GroupTables
from credit_default.model.kernel.kernel import Kernel, add_up

_NO_CHILD = -1

Matrix = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Leaf:
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


@dataclass(frozen=True, slots=True, eq=False)
class LeafTables:
    """The tables of a model's trees against a background.

    Attributes:
        groups: The tables of leaves on short paths.
        long_leaves: The leaves on paths of too many features for a table of all patterns.
        background_columns: The background rows, of shape (feature count, row count).
    """

    groups: GroupTables
    long_leaves: tuple[Leaf, ...]
    background_columns: FloatArray

    def add_up(self, matrix: Matrix, *, kernel: Kernel | None = None) -> FloatArray:
        """Return what each feature adds to the sum of the trees, against the background's mean.

        Args:
            matrix: Features of shape (row count, feature count).
            kernel: What runs the loop over the tables; None leaves it to NumPy.

        Returns:
            Array of shape (row count, feature count). A row's contributions add up to its sum over
            the trees less the background's mean.
        """
        single = np.asarray(matrix, dtype=np.float32)
        added = (
            _look_up(self.groups, single) if kernel is None else add_up(kernel, self.groups, single)
        )
        columns = _list_columns(matrix) if self.long_leaves else np.empty((0, 0))
        for leaf in self.long_leaves:
            patterns, pattern = np.unique(leaf.match(columns), return_inverse=True)
            table = _build_sparse_leaf_table(leaf, self.background_columns, patterns=patterns)
            for place, feature in enumerate(leaf.features):
                added[:, feature] += table[place][pattern]
        return added


def measure_longest_path(trees: Iterable[TreeTerm]) -> int:
    """Return the largest number of distinct features on a path from a root to a leaf."""
    return max((len(leaf.features) for term in trees for leaf in list_leaves(term)), default=0)


def have_short_paths(trees: Iterable[TreeTerm]) -> bool:
    """Return whether no path holds more than `LONGEST_PATH` features."""
    # A path of few nodes has few features, whichever they are.
    deep = (term for term in trees if term.tree.max_depth > LONGEST_PATH)
    return measure_longest_path(deep) <= LONGEST_PATH


def build_leaf_tables(trees: Iterable[TreeTerm], background: Matrix) -> LeafTables:
    """Return the tables of trees against background rows.

    Args:
        trees: Trees; paths of more than `LONGEST_PATH` features are slow.
        background: Features of the background rows, of shape (row count, feature count).
    """
    terms = list(trees)
    groups = [g for term in terms for g in list_groups(term, longest_path=LONGEST_PATH)]
    long_leaves = (
        leaf
        for term in terms
        if term.tree.max_depth > LONGEST_PATH
        for leaf in list_leaves(term)
        if len(leaf.features) > LONGEST_PATH and leaf.value
    )
    return LeafTables(
        build_group_tables(groups, background), tuple(long_leaves), _list_columns(background)
    )


def add_contributions(
    trees: Iterable[TreeTerm], matrix: Matrix, *, background: Matrix
) -> FloatArray:
    """Return what `LeafTables.add_up` does, from tables that are built for these rows alone."""
    return build_leaf_tables(trees, background).add_up(matrix)


def _look_up(tables: GroupTables, matrix: Matrix) -> FloatArray:
    """Return what `add_up` returns, adding in the same order."""
    columns = np.ascontiguousarray(matrix.T)
    added = np.zeros(columns.shape)
    for group in range(tables.group_count):
        first, end = tables.first_conditions[group : group + 2].tolist()
        pattern = np.zeros(columns.shape[1], dtype=np.int64)
        for bit, place in enumerate(range(first, end)):
            values = columns[tables.condition_features[place]]
            met = (values > tables.lows[place]) & (values <= tables.highs[place])
            if tables.meets_missing[place]:
                met |= np.isnan(values)
            pattern |= met.astype(np.int64) << bit
        features = tables.features[slice(*tables.first_features[group : group + 2].tolist())]
        begin = int(tables.first_entries[group])
        for place, feature in enumerate(features.tolist()):
            added[feature] += tables.entries[begin + pattern * len(features) + place]
    return np.ascontiguousarray(added.T)


def _list_columns(matrix: Matrix) -> FloatArray:
    # 64 bits: thresholds compared with 32-bit columns would be rounded, and rows close to one would
    # take the other branch.
    return np.ascontiguousarray(matrix.T, dtype=np.float64)


def _build_sparse_leaf_table(
    leaf: Leaf, background_columns: FloatArray, *, patterns: NDArray[np.int64]
) -> FloatArray:
    """Return what the leaf adds by each of its features to a row of each of these patterns.

    It is for paths too long for a table of all patterns. The shape is (feature count, pattern
    count); a pattern's values do not depend on the others.
    """
    count = len(leaf.features)
    theirs_all, counts = np.unique(leaf.match(background_columns), return_counts=True)
    shares = counts / background_columns.shape[1]
    gain, loss = compute_weight_tables(count)
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


def list_leaves(term: TreeTerm) -> Iterator[Leaf]:
    """Yield the leaves of a tree with the conditions of their paths, always in the same order."""
    tree, values = term.tree, term.leaf_values
    pending: list[tuple[int, dict[int, tuple[float, float, bool]]]] = [(0, {})]
    while pending:
        node, intervals = pending.pop()
        left, right = tree.children_left[node], tree.children_right[node]
        if left == _NO_CHILD:
            lows, highs, routes = (
                zip(*intervals.values(), strict=True) if intervals else ((), (), ())
            )
            yield Leaf(float(values[node]), tuple(intervals), lows, highs, routes)
            continue
        feature, threshold = int(tree.feature[node]), float(tree.threshold[node])
        low, high, meets = intervals.get(feature, (-np.inf, np.inf, True))
        goes_left = bool(tree.missing_go_to_left[node])
        to_right = (max(low, threshold), high, meets and not goes_left)
        to_left = (low, min(high, threshold), meets and goes_left)
        pending.append((right, {**intervals, feature: to_right}))
        pending.append((left, {**intervals, feature: to_left}))
