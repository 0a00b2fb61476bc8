"""A kernel gives what scikit-learn gives, to the last bit, or does not serve."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_default.model.estimator.bundle import attach_kernel
from credit_default.model.estimator.recipe_pipeline import Recipe
from credit_default.model.estimator.scoring import score_probability
from credit_default.model.families.family import Matrix
from credit_default.model.families.tree_arrays import build_tree
from credit_default.model.families.tree_walker import TreeWalker, find_disagreement
from credit_default.model.kernel.kernel import PLAIN_LOOPS
from credit_default.model.kernel.packed_trees import TreeSum, pack_trees

FEATURES = 3
# Zeros of both signs, denormals, neighbours in 32 bits, and 64-bit numbers between two of those.
NUMBERS = [
    *(0.0, -0.0, 1.4e-45, -1.4e-45, 1e-40, 1.0, 1.0 + 1e-9, 1.0 - 1e-9),
    *(1.0000001192092896, 0.1, -0.1, 3.0e38, -3.0e38, 16_777_216.0, 16_777_217.0, 1e300, -1e300),
]
BOOSTED = np.dtype(
    [
        *((name, np.int64) for name in ("left", "right", "feature_idx", "depth", "count")),
        *((name, np.uint8) for name in ("is_leaf", "missing_go_to_left")),
        *((name, np.float64) for name in ("num_threshold", "gain", "value")),
    ]
)


def grow(draw, depth, nodes):
    """Add a random subtree to the nodes, and return its place."""
    place = len(nodes)
    nodes.append(None)
    if depth >= 5 or draw(st.integers(0, 3)) == 0:
        nodes[place] = (0, 0, 0, depth, 1, 1, 0, 0.0, 0.0, draw(st.floats(-3, 3)))
        return place
    threshold, goes_left = draw(
        st.one_of(
            st.tuples(st.sampled_from(NUMBERS), st.integers(0, 1)),
            st.just((np.inf, 0)),  # parts missing values from all others
        )
    )
    feature = draw(st.integers(0, FEATURES - 1))
    left, right = grow(draw, depth + 1, nodes), grow(draw, depth + 1, nodes)
    nodes[place] = (left, right, feature, depth, 1, 0, goes_left, threshold, 0.0, 0.0)
    return place


@st.composite
def tree_sums(draw):
    trees = []
    for _ in range(draw(st.integers(1, 3))):
        nodes: list[Any] = []
        grow(draw, 0, nodes)
        trees.append(build_tree(np.array(nodes, dtype=BOOSTED), feature_count=FEATURES))
    return TreeSum(
        trees,
        [tree.value[:, 0, 0] for tree in trees],
        start=draw(st.floats(-2, 2)),
        divisor=draw(st.sampled_from([1.0, 3.0, 7.0])),
        takes_missing=True,
        takes_infinite=True,
    )


def add_up_by_scikit_learn(given_sum: TreeSum, matrix: Matrix):
    total = np.full(len(matrix), given_sum.start)
    for tree in given_sum.trees:
        total += tree.predict(matrix)[:, 0]
    return total / given_sum.divisor


def build(given_sum, kernel, *, feature_count=FEATURES, estimator=None):
    packed = pack_trees(given_sum, feature_count=feature_count)
    return TreeWalker(estimator, kernel, packed, given_sum)


def are_same_bits(one, other):
    return np.array_equal(one.view(np.uint64), other.view(np.uint64))


VALUES = st.sampled_from([*NUMBERS, np.nan, np.inf, -np.inf])


@settings(max_examples=60, deadline=None)
@given(
    tree_sums(),
    st.lists(st.tuples(*[VALUES] * FEATURES), min_size=1, max_size=70),
    st.sampled_from("CF"),
)
def test_any_trees_give_any_rows_the_same_bits_as_scikit_learn(kernel, given_sum, rows, order):
    with np.errstate(over="ignore"):
        matrix = np.array(rows, dtype=np.float64).astype(np.float32, order=order)

    walked = build(given_sum, kernel).measure(matrix)

    assert are_same_bits(walked, add_up_by_scikit_learn(given_sum, matrix))


@settings(max_examples=20, deadline=None)
@given(tree_sums(), st.lists(st.tuples(*[VALUES] * FEATURES), min_size=1, max_size=4))
def test_the_loops_give_the_same_bits_as_python_and_as_machine_code(kernel, given_sum, rows):
    with np.errstate(over="ignore"):
        matrix = np.array(rows, dtype=np.float64).astype(np.float32)

    one, other = (build(given_sum, runs).measure(matrix) for runs in (kernel, PLAIN_LOOPS))

    assert are_same_bits(one, other)


def build_chain(length: int) -> Any:
    """A tree of one path, which ends after `length` splits."""
    nodes = np.zeros(2 * length + 1, dtype=BOOSTED)
    for n in range(length):
        nodes[2 * n] = (2 * n + 1, 2 * n + 2, n % FEATURES, n, 1, 0, n % 2, n / 3, 0.0, 0.0)
        nodes[2 * n + 1] = (0, 0, 0, n + 1, 1, 1, 0, 0.0, 0.0, n / 7)
    nodes[2 * length] = (0, 0, 0, length, 1, 1, 0, 0.0, 0.0, 99.5)
    return build_tree(nodes, feature_count=FEATURES)


def test_a_path_of_forty_splits_is_walked_to_its_end(kernel):
    tree = build_chain(40)
    given_sum = TreeSum(
        [tree], [tree.value[:, 0, 0]], 0.0, 1.0, takes_missing=True, takes_infinite=True
    )
    matrix = np.random.default_rng(3).uniform(0, 20, (200, FEATURES)).astype(np.float32)
    matrix[::7] = 1_000

    walked = build(given_sum, kernel).measure(matrix)

    assert walked.max() == 99.5
    assert are_same_bits(walked, add_up_by_scikit_learn(given_sum, matrix))


RECIPES = {
    "forest": Recipe(tree_count=9, leaf_row_count=5),
    "one tree": Recipe(tree_count=1, leaf_row_count=5),
    "stumps": Recipe(tree_count=5, leaf_row_count=5, maximum_depth=1),
    "deep": Recipe(tree_count=4, leaf_row_count=1, maximum_depth=None),
    "extra-trees": Recipe(family="extra-trees", tree_count=9, leaf_row_count=5),
    "boosting": Recipe(family="boosting", tree_count=9, leaf_row_count=5),
    "monotone": Recipe(tree_count=9, leaf_row_count=5, monotone=True),
}


@pytest.mark.parametrize("name", RECIPES)
def test_a_model_scores_the_same_bits_with_a_kernel(name, kernel, fit_small, rows, make_rows):
    plain = fit_small(rows, recipe=RECIPES[name])
    unseen = make_rows(300, seed=5, prefix="N")

    choice = attach_kernel(plain, kernel)

    assert choice.refusal is None
    assert choice.bundle.walker is not None
    assert are_same_bits(score_probability(choice.bundle, unseen), score_probability(plain, unseen))
    for one in range(3):
        alone = score_probability(choice.bundle, unseen[one : one + 1])
        assert are_same_bits(alone, score_probability(plain, unseen)[one : one + 1])
    assert len(score_probability(choice.bundle, unseen[:0])) == 0


def test_what_scikit_learn_refuses_stays_refused(kernel, bundle, rows):
    walked = attach_kernel(bundle, kernel).bundle
    matrix = np.array(bundle.pipeline[:-1].transform(rows))
    matrix[3, 2] = np.inf

    assert walked.walker.measure(matrix) is None
    with pytest.raises(ValueError, match="infinity"):
        walked.measure_probability(matrix)


def test_missing_values_go_to_an_estimator_that_takes_none(kernel, bundle, rows):
    walker = attach_kernel(bundle, kernel).bundle.walker
    strict = replace(walker, given=replace(walker.given, takes_missing=False))
    matrix = np.array(bundle.pipeline[:-1].transform(rows))

    assert strict.measure(matrix) is not None
    matrix[3, 2] = np.nan
    assert strict.measure(matrix) is None


def test_threads_walk_at_once_and_each_row_keeps_its_bits(kernel, bundle, make_rows):
    walked = attach_kernel(bundle, kernel).bundle
    matrix = bundle.pipeline[:-1].transform(make_rows(2_000, seed=8, prefix="N"))
    whole = walked.measure_probability(matrix)

    with ThreadPoolExecutor(4) as pool:
        parts = pool.map(
            walked.measure_probability,
            (matrix[first : first + 137] for first in range(0, 2_000, 137)),
        )

    assert are_same_bits(np.concatenate([*parts]), whole)


@dataclass(frozen=True)
class Faulty:
    """A kernel that is one last bit off on one row in fifty."""

    kernel: Any
    add_up_tables: Any = None

    def walk_trees(self, *arguments: Any) -> Any:
        seen = self.kernel.walk_trees(*arguments)
        total = arguments[-1]
        total[49::50] = np.nextafter(total[49::50], 2)
        return seen


def test_a_kernel_that_is_one_bit_off_does_not_serve(kernel, bundle, rows):
    choice = attach_kernel(bundle, Faulty(kernel))

    assert "differs from scikit-learn on 5 of 256 rows" in choice.refusal
    assert choice.bundle.walker is None
    assert choice.bundle.kernel is None


def test_a_kernel_that_sends_missing_values_the_wrong_way_does_not_serve(kernel, bundle):
    walker = attach_kernel(bundle, kernel).bundle.walker
    half = len(walker.packed.left)
    columns = np.concatenate([walker.packed.columns[:half]] * 2)
    wrong = replace(walker, packed=replace(walker.packed, columns=columns))
    reference = SimpleNamespace(measure=lambda forest, matrix: forest.predict_proba(matrix)[:, 1])

    assert find_disagreement(walker, reference) is None
    assert "differs" in find_disagreement(wrong, reference)


def test_a_model_that_is_no_sum_of_trees_says_so_and_keeps_the_kernel_for_reasons(
    kernel, fit_small, rows
):
    scorecard = fit_small(rows, recipe=Recipe(family="scorecard"))

    choice = attach_kernel(scorecard, kernel)

    assert choice.refusal == "a scorecard is not a sum of trees alone"
    assert choice.bundle.kernel is kernel


def test_a_refitted_model_is_not_scored_by_the_trees_of_the_one_before(kernel, fit_small, rows):
    walked = attach_kernel(fit_small(rows, recipe=RECIPES["forest"]), kernel).bundle
    other = fit_small(rows, recipe=RECIPES["stumps"])

    swapped = replace(walked, pipeline=other.pipeline, recipe=other.recipe)

    assert are_same_bits(score_probability(swapped, rows), score_probability(other, rows))
