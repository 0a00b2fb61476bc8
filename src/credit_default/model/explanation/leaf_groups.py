"""Neighbouring leaves of a tree as one group, whose contributions are looked up together.

A leaf's contributions to a row depend on which conditions of its path the row meets. Leaves below
one node share the path to it, so the conditions of that path and the decisions of the node's own
subtree say together which conditions of each leaf are met. A group is the largest subtree in which
these are few enough for a table of all patterns.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from credit_default.model.families.family import TreeTerm

LONGEST_PATH: Final = 8  # distinct features on a path; a leaf's table has 2 to this power patterns
MOST_CONDITIONS: Final = 9  # of a group; its table has 2 to this power patterns
_NO_CHILD: Final = -1


@dataclass(frozen=True, slots=True)
class Condition:
    """`low < feature <= high`; a missing value meets it where the path is that of missing values."""

    feature: int
    low: float
    high: float
    missing: bool


@dataclass(frozen=True, slots=True, eq=False)
class GroupedLeaf:
    """A leaf of a group.

    Attributes:
        value: What it adds to the sum.
        features: The features on its path.
        patterns: For each pattern of the group, which bits say that the n-th condition of the group
            is met, the leaf's own: bit n says that the n-th of `features` leads to the leaf.
    """

    value: float
    features: tuple[int, ...]
    patterns: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class LeafGroup:
    """The leaves of a subtree, with the conditions that decide which of them is reached."""

    conditions: tuple[Condition, ...]
    leaves: tuple[GroupedLeaf, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Tree:
    """A tree's arrays as lists, which are quick to read one by one."""

    left: list[int]
    right: list[int]
    feature: list[int]
    threshold: list[float]
    missing_left: list[bool]
    values: list[float]
    inner_counts: list[int]  # of the subtree below each node, with the node itself


_Intervals = dict[int, Condition]


def list_groups(term: TreeTerm, *, longest_path: int = LONGEST_PATH) -> Iterator[LeafGroup]:
    """Yield the groups of a tree, always in the same order; leaves of value 0 are left out.

    Args:
        term: The tree.
        longest_path: Leaves on paths of more features are in no group.
    """
    tree = _read_tree(term)
    pending: list[tuple[int, _Intervals]] = [(0, {})]
    while pending:
        node, intervals = pending.pop()
        group = None
        if len(intervals) + tree.inner_counts[node] <= MOST_CONDITIONS:
            group = _build_group(tree, node, intervals, longest_path=longest_path)
        if group is not None:
            if group.leaves:
                yield group
        elif tree.left[node] != _NO_CHILD:
            pending.extend(_split(tree, node, intervals)[::-1])


def _read_tree(term: TreeTerm) -> _Tree:
    tree: Any = term.tree
    left, right = tree.children_left.tolist(), tree.children_right.tolist()
    inner_counts = [0] * len(left)
    # A child comes after its parent.
    for node in range(len(left) - 1, -1, -1):
        if left[node] != _NO_CHILD:
            inner_counts[node] = 1 + inner_counts[left[node]] + inner_counts[right[node]]
    return _Tree(
        left,
        right,
        tree.feature.tolist(),
        tree.threshold.tolist(),
        [bool(goes) for goes in tree.missing_go_to_left.tolist()],
        term.leaf_values.tolist(),
        inner_counts,
    )


def _split(tree: _Tree, node: int, intervals: _Intervals) -> list[tuple[int, _Intervals]]:
    """Return the left child and the right one, each with the intervals of its path."""
    feature, threshold = tree.feature[node], tree.threshold[node]
    goes_left = tree.missing_left[node]
    known = intervals.get(feature, Condition(feature, -np.inf, np.inf, missing=True))
    to_left = Condition(
        feature, known.low, min(known.high, threshold), missing=known.missing and goes_left
    )
    to_right = Condition(
        feature, max(known.low, threshold), known.high, missing=known.missing and not goes_left
    )
    return [
        (tree.left[node], {**intervals, feature: to_left}),
        (tree.right[node], {**intervals, feature: to_right}),
    ]


def _build_group(
    tree: _Tree, top: int, intervals: _Intervals, *, longest_path: int
) -> LeafGroup | None:
    """Return the group of all leaves below a node; None where one of their paths is too long."""
    conditions = list(intervals.values())
    count = len(conditions) + tree.inner_counts[top]
    patterns = np.arange(1 << count)
    is_met = {feature: (patterns >> bit) & 1 == 1 for bit, feature in enumerate(intervals)}
    leaves = []
    pending: list[tuple[int, dict[int, NDArray[np.bool_]]]] = [(top, is_met)]
    while pending:
        node, path = pending.pop()
        if tree.left[node] == _NO_CHILD:
            if len(path) > longest_path:
                return None
            if path and tree.values[node]:
                leaves.append(_build_leaf(tree.values[node], path, count=len(patterns)))
            continue
        feature = tree.feature[node]
        goes_left = (patterns >> len(conditions)) & 1 == 1
        conditions.append(
            Condition(feature, -np.inf, tree.threshold[node], missing=tree.missing_left[node])
        )
        known = path.get(feature)
        right, left = (goes if known is None else known & goes for goes in (~goes_left, goes_left))
        pending.append((tree.right[node], {**path, feature: right}))
        pending.append((tree.left[node], {**path, feature: left}))
    return LeafGroup(tuple(conditions), tuple(leaves))


def _build_leaf(value: float, path: dict[int, NDArray[np.bool_]], *, count: int) -> GroupedLeaf:
    patterns = np.zeros(count, dtype=np.int64)
    for bit, met in enumerate(path.values()):
        patterns |= met.astype(np.int64) << bit
    return GroupedLeaf(value, tuple(path), patterns)
