"""Contributions as they were looked up before leaves were grouped: leaf by leaf, each with a table of its own.

`reasons.py` measures it beside the present way, which must give the same figures to 1e-9.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from credit_default.model.explanation.leaf_group_tables import compute_weight_tables
from credit_default.model.explanation.shapley_leaf_tables import list_leaves
from credit_default.model.families.family import TreeTerm


def add_leaf_by_leaf(trees: Sequence[TreeTerm], matrix: Any, *, background: Any) -> Any:
    """Return what each feature adds to each row, of shape (row count, feature count)."""
    columns, theirs = (np.ascontiguousarray(m.T, dtype=np.float64) for m in (matrix, background))
    added = np.zeros(columns.shape)
    weights: dict[int, Any] = {}
    for leaf in (leaf for term in trees for leaf in list_leaves(term)):
        count = len(leaf.features)
        if not count or not leaf.value:
            continue
        if count not in weights:
            weights[count] = weigh_patterns(count)
        shares = np.bincount(leaf.match(theirs), minlength=1 << count) / theirs.shape[1]
        table = leaf.value * (weights[count] @ shares)
        pattern = leaf.match(columns)
        for place, feature in enumerate(leaf.features):
            added[feature] += table[place][pattern]
    return added.T


def weigh_patterns(count: int) -> Any:
    """Return the Shapley weights of a leaf, by feature, pattern of a row and pattern of a background row."""
    patterns = np.arange(1 << count)
    row, other = patterns[:, None], patterns[None, :]
    reached = (row | other) == patterns[-1]
    mine, theirs = np.bitwise_count(row & ~other), np.bitwise_count(other & ~row)
    gain, loss = compute_weight_tables(count)
    weights = np.zeros((count, len(patterns), len(patterns)))
    for place in range(count):
        mine_has, theirs_has = (row >> place) & 1 == 1, (other >> place) & 1 == 1
        only_mine, only_theirs = reached & mine_has & ~theirs_has, reached & theirs_has & ~mine_has
        weights[place][only_mine] = gain[mine, theirs][only_mine]
        weights[place][only_theirs] = -loss[mine, theirs][only_theirs]
    return weights
