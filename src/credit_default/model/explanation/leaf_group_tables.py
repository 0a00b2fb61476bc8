"""What each group of leaves adds to a row's features, in one table for all groups.

A leaf's contributions to a row depend on the conditions that the row meets and on those that each
background row meets (Lundberg et al. 2020, interventional TreeSHAP). Together the two reach the leaf
only where each condition is met by one of them. With `mine` conditions met by the row alone and
`theirs` by the background row alone, each of the former adds (mine-1)! theirs! / (mine+theirs)!, and
each of the latter subtracts mine! (theirs-1)! / (mine+theirs)!. All sums are made in a fixed order,
so that the tables are the same to the last bit on every machine.
"""

from collections.abc import Iterable, Iterator, Sequence
from math import factorial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from credit_default.model.explanation.leaf_groups import GroupedLeaf, LeafGroup
from credit_default.model.features.row_functions import FloatArray
from credit_default.model.kernel.group_tables import GroupTables
from credit_default.model.kernel.packed_trees import round_down

Matrix = NDArray[np.float32]


def build_group_tables(groups: Sequence[LeafGroup], background: Matrix) -> GroupTables:
    """Return the tables of these groups against the background rows.

    Args:
        groups: The groups.
        background: Features of the background rows, of shape (row count, feature count).
    """
    conditions = [condition for group in groups for condition in group.conditions]
    lows = round_down(np.array([condition.low for condition in conditions], dtype=np.float64))
    highs = round_down(np.array([condition.high for condition in conditions], dtype=np.float64))
    features = [sorted({f for leaf in group.leaves for f in leaf.features}) for group in groups]
    counts = _count_patterns(groups, lows, highs, background)
    tables = _fill_tables(groups, features, [of_group / len(background) for of_group in counts])
    return GroupTables(
        _find_starts([len(group.conditions) for group in groups]).astype(np.uint32),
        np.array([condition.feature for condition in conditions], dtype=np.uint32),
        lows,
        highs,
        np.array([condition.missing for condition in conditions], dtype=np.uint32),
        _find_starts([len(of_group) for of_group in features]).astype(np.uint32),
        np.array([f for of_group in features for f in of_group], dtype=np.uint32),
        _find_starts([table.size for table in tables])[:-1].astype(np.uint64),
        np.concatenate([table.ravel() for table in tables]) if tables else np.empty(0),
    )


def _find_starts(sizes: Sequence[int]) -> NDArray[np.int64]:
    return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(sizes, dtype=np.int64)])


def _count_patterns(
    groups: Sequence[LeafGroup], lows: Matrix, highs: Matrix, background: Matrix
) -> list[NDArray[np.int64]]:
    """Return for each group how many background rows have each pattern."""
    columns = np.ascontiguousarray(background.T, dtype=np.float32)
    missing: NDArray[np.bool_] = np.isnan(columns)
    has_missing: Any = missing.any(axis=1).tolist()
    counts, place = [], 0
    for group in groups:
        pattern = np.zeros(columns.shape[1], dtype=np.int16)
        for bit, condition in enumerate(group.conditions):
            values = columns[condition.feature]
            met = (values > lows[place]) & (values <= highs[place])
            if condition.missing and has_missing[condition.feature]:
                met |= missing[condition.feature]
            pattern |= met.astype(np.int16) << np.int16(bit)
            place += 1
        counts.append(np.bincount(pattern, minlength=1 << len(group.conditions)))
    return counts


def _fill_tables(
    groups: Sequence[LeafGroup], features: Sequence[Sequence[int]], shares: Sequence[FloatArray]
) -> list[FloatArray]:
    """Return each group's table, from the shares of the background rows with each pattern."""
    leaves = [leaf for group in groups for leaf in group.leaves]
    of_leaves: list[Any] = [
        np.bincount(leaf.patterns, weights=of_group, minlength=1 << len(leaf.features))
        for group, of_group in zip(groups, shares, strict=True)
        for leaf in group.leaves
    ]
    weighed = iter(_weigh_leaves(leaves, of_leaves))
    return [
        _add_up_leaves(group, of_group, weighed)
        for group, of_group in zip(groups, features, strict=True)
    ]


def _weigh_leaves(leaves: Sequence[GroupedLeaf], shares: Sequence[FloatArray]) -> list[FloatArray]:
    """Return each leaf's table, of shape (pattern count, feature count)."""
    found: list[Any] = [None] * len(leaves)
    for length in sorted({len(leaf.features) for leaf in leaves}):
        places = [n for n, leaf in enumerate(leaves) if len(leaf.features) == length]
        values = np.array([leaves[n].value for n in places])
        weighed = _weigh_patterns(np.array([shares[n] for n in places]).T.copy(), length)
        tables = np.ascontiguousarray((weighed * values).transpose(2, 0, 1))
        for n, table in zip(places, tables, strict=True):
            found[n] = table
    return found


def _weigh_patterns(shares: FloatArray, length: int) -> FloatArray:
    """Return what leaves of value 1 add by each feature to a row of each pattern.

    Args:
        shares: The share of the background rows of each pattern, of shape (pattern count, leaf count).
        length: How many features are on the path to each of the leaves.

    Returns:
        Array of shape (pattern count, feature count, leaf count).
    """
    gain, loss = compute_weight_tables(length)
    added = np.zeros((1 << length, length, shares.shape[1]))
    for pattern in range(1 << length):
        lacking = ((1 << length) - 1) & ~pattern
        theirs, lost = lacking.bit_count(), np.zeros(shares.shape[1])
        # A background row that also meets all that the row lacks reaches the leaf with it.
        for shared in _list_subsets(pattern):
            of_these, alone = shares[lacking | shared], pattern & ~shared
            mine = alone.bit_count()
            if mine:
                plus = gain[mine, theirs] * of_these
                for place in _list_bits(alone):
                    added[pattern, place] += plus
            if theirs:
                lost += loss[mine, theirs] * of_these
        for place in _list_bits(lacking):
            added[pattern, place] = -lost
    return added


def _list_subsets(pattern: int) -> Iterator[int]:
    subset = pattern
    while True:
        yield subset
        if not subset:
            return
        subset = (subset - 1) & pattern


def _list_bits(pattern: int) -> Iterable[int]:
    return (place for place in range(pattern.bit_length()) if pattern >> place & 1)


def _add_up_leaves(
    group: LeafGroup, features: Sequence[int], tables: Iterator[FloatArray]
) -> FloatArray:
    """Return a group's table, of shape (pattern count, feature count), from its leaves' next ones."""
    table = np.zeros((1 << len(group.conditions), len(features)))
    column = {feature: place for place, feature in enumerate(features)}
    for leaf in group.leaves:
        table[:, [column[feature] for feature in leaf.features]] += next(tables)[leaf.patterns]
    return table


def compute_weight_tables(count: int) -> tuple[FloatArray, FloatArray]:
    """Return what a condition met by the row alone adds, and what one that it lacks subtracts.

    Both have the shape (count + 1, count + 1), by how many are met by the row alone and by the
    background row alone.
    """
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
