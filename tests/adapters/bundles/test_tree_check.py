import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_default.adapters.bundles.tree_check import check_tree_state
from credit_default.errors import ArtifactError


def state_of(bundle):
    tree = bundle.forest.estimators_[0].tree_
    return tree.__reduce__()[1], tree.__getstate__()


def test_a_fitted_trees_state_is_accepted(bundle):
    check_tree_state(*state_of(bundle))


@given(flips=st.lists(st.tuples(st.floats(0, 1), st.integers(1, 255)), min_size=1, max_size=3))
@settings(max_examples=150)
def test_a_tree_with_flipped_bytes_is_refused_or_can_be_built_and_walked(bundle, flips):
    from sklearn.tree._tree import Tree

    (features, classes, outputs), state = state_of(bundle)
    content = bytearray(state["nodes"].tobytes())
    for place, bits in flips:
        content[int(place * (len(content) - 1))] ^= bits
    spoilt = {**state, "nodes": np.frombuffer(bytes(content), dtype=state["nodes"].dtype).copy()}
    try:
        check_tree_state((features, classes, outputs), spoilt)
    except ArtifactError:
        return

    tree = Tree(features, classes, outputs)
    tree.__setstate__(spoilt)
    shares = tree.predict(np.linspace(-9, 9, 20 * features, dtype=np.float32).reshape(20, features))
    assert ((shares >= 0) & (shares <= 1)).all()


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"node_count": 10**9}, "a wrong number of tree nodes"),
        ({"max_depth": -1}, "a malformed tree depth"),
        ({"max_depth": 2.5}, "a malformed tree depth"),
        ({"nodes": np.zeros(3)}, "malformed tree nodes"),
        ({"nodes": None}, "malformed tree nodes"),
        ({"values": np.zeros((1, 1, 2))}, "malformed tree values"),
        ({"values": None}, "malformed tree values"),
        ({"more": 1}, "a malformed tree"),
    ],
)
def test_a_trees_state_of_another_shape_is_refused(bundle, change, found):
    arguments, state = state_of(bundle)

    with pytest.raises(ArtifactError, match=found):
        check_tree_state(arguments, {**state, **change})


@pytest.mark.parametrize(
    ("value", "found"),
    [(np.nan, "outside 0 to 1"), (1.5, "outside 0 to 1"), (-0.5, "outside 0 to 1"), (0.0, "sum")],
)
def test_leaf_shares_that_are_not_shares_are_refused(bundle, value, found):
    arguments, state = state_of(bundle)
    values = state["values"].copy()
    values[-1] = value

    with pytest.raises(ArtifactError, match=found):
        check_tree_state(arguments, {**state, "values": values})


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (None, "a malformed tree"),
        ((68, np.array([2])), "a malformed tree"),
        ((68, np.array([2]), 10**9), "not of two classes"),
        ((68, np.array([3]), 1), "not of two classes"),
        ((68, np.array([2, 2]), 1), "malformed classes"),
        ((-1, np.array([2]), 1), "a malformed tree"),
        ((68.0, np.array([2]), 1), "a malformed tree"),
    ],
)
def test_a_trees_arguments_of_another_kind_are_refused(bundle, arguments, found):
    with pytest.raises(ArtifactError, match=found):
        check_tree_state(arguments, state_of(bundle)[1])
