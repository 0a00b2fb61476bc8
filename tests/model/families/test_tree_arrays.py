import numpy as np
from sklearn.tree import DecisionTreeClassifier

from credit_default.model.families.tree_arrays import NO_CHILD, list_tree_arrays


def test_the_arrays_of_a_tree_are_yielded_in_the_order_that_digests_have():
    tree = DecisionTreeClassifier(max_depth=1).fit([[0.0], [1.0]], [0, 1]).tree_

    arrays = list(list_tree_arrays(tree))

    expected = (
        tree.children_left,
        tree.children_right,
        tree.feature,
        tree.threshold,
        tree.missing_go_to_left,
        tree.impurity,
        tree.n_node_samples,
        tree.weighted_n_node_samples,
        tree.value,
    )
    assert len(arrays) == len(expected)
    assert all(np.array_equal(one, other) for one, other in zip(arrays, expected, strict=True))
    assert NO_CHILD == arrays[0][-1] == -1
