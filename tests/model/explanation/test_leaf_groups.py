"""Leaves in groups: which come first, as a sum of floats depends on it."""

import numpy as np
from sklearn.tree import DecisionTreeRegressor

from credit_default.model.explanation.leaf_groups import list_groups
from credit_default.model.families.family import TreeTerm


def test_groups_come_from_left_to_right():
    matrix = np.arange(64, dtype=np.float32)[:, np.newaxis]
    tree = DecisionTreeRegressor().fit(matrix, np.arange(64) + 1.0).tree_

    groups = list(list_groups(TreeTerm(tree, tree.value[:, 0, 0])))

    assert len(groups) > 3
    lowest = [min(leaf.value for leaf in group.leaves) for group in groups]
    assert lowest == sorted(lowest)
