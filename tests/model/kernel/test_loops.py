"""The loops as Python, against trees and tables that are followed row by row here."""

from types import SimpleNamespace

import numpy as np
import pytest

from credit_default.model.kernel.group_tables import GroupTables
from credit_default.model.kernel.kernel import PLAIN_LOOPS, add_up, walk
from credit_default.model.kernel.loops import ROWS_AT_ONCE, ROWS_LOOKED_UP_AT_ONCE
from credit_default.model.kernel.packed_trees import TreeSum, pack_trees

LEAF = -1
# Three levels, missing values go left at the root and right below; and a tree of one split.
DEEP = SimpleNamespace(
    children_left=np.array([1, 3, LEAF, LEAF, 5, LEAF, LEAF]),
    children_right=np.array([2, 4, LEAF, LEAF, 6, LEAF, LEAF]),
    feature=np.array([0, 1, -2, -2, 2, -2, -2]),
    threshold=np.array([0.5, -0.25, -2.0, -2.0, 1.0, -2.0, -2.0]),
    missing_go_to_left=np.array([1, 0, 0, 0, 0, 0, 0], dtype=np.uint8),
)
SPLIT = SimpleNamespace(
    children_left=np.array([1, LEAF, LEAF]),
    children_right=np.array([2, LEAF, LEAF]),
    feature=np.array([1, -2, -2]),
    threshold=np.array([0.1, -2.0, -2.0]),
    missing_go_to_left=np.array([1, 0, 0], dtype=np.uint8),
)
VALUES = [np.array([9.0, 9.0, 0.3, -0.7, 9.0, 0.11, 1.7]), np.array([9.0, 0.05, -0.4])]
SUM = TreeSum([DEEP, SPLIT], VALUES, 0.125, 3.0, takes_missing=True, takes_infinite=True)


def follow(tree, row):
    node = 0
    while tree.children_left[node] != LEAF:
        value = row[tree.feature[node]]
        goes_left = (
            tree.missing_go_to_left[node] if np.isnan(value) else value <= tree.threshold[node]
        )
        node = (tree.children_left if goes_left else tree.children_right)[node]
    return node


def follow_all(matrix):
    totals = []
    for row in matrix:
        total = SUM.start
        for tree, values in zip(SUM.trees, SUM.values, strict=True):
            total += values[follow(tree, row)]
        totals.append(total / SUM.divisor)
    return np.array(totals)


def draw_rows(count, *, missing=0.2):
    generator = np.random.default_rng(7)
    matrix = generator.choice([-1.0, -0.25, 0.1, 0.5, 1.0, 2.0], (count, 3)).astype(np.float32)
    matrix[generator.random(matrix.shape) < missing] = np.nan
    return matrix


def walk_rows(matrix):
    packed = pack_trees(SUM, feature_count=3)
    return walk(PLAIN_LOOPS, packed, matrix, start=SUM.start, divisor=SUM.divisor)


@pytest.mark.parametrize("missing", [0.0, 0.2])
@pytest.mark.parametrize("count", [1, ROWS_AT_ONCE, 2 * ROWS_AT_ONCE + 3])
def test_each_row_adds_up_the_leaves_that_it_reaches_tree_by_tree(count, missing):
    matrix = draw_rows(count, missing=missing)

    assert walk_rows(matrix).totals.tolist() == follow_all(matrix).tolist()


@pytest.mark.parametrize(
    "lay_out",
    [
        np.asfortranarray,
        lambda matrix: matrix[::-1],
        lambda matrix: matrix[:, ::-1],
        lambda matrix: np.repeat(np.repeat(matrix, 3, axis=0), 2, axis=1)[::3, ::2],
        lambda matrix: np.broadcast_to(matrix[3], matrix.shape),
    ],
    ids=["by column", "rows backwards", "columns backwards", "with gaps", "one row again"],
)
def test_rows_are_read_where_they_lie(lay_out):
    matrix = lay_out(draw_rows(70))

    assert walk_rows(matrix).totals.tolist() == follow_all(np.array(matrix)).tolist()


def test_numbers_that_are_not_aligned_are_copied_first():
    record = np.zeros(70, dtype=np.dtype([("before", np.uint8), ("row", np.float32, 3)]))
    record["row"] = draw_rows(70)

    assert walk_rows(record["row"]).totals.tolist() == follow_all(draw_rows(70)).tolist()


def test_no_rows_have_no_sums():
    assert len(walk_rows(draw_rows(0)).totals) == 0


@pytest.mark.parametrize("place", [0, ROWS_AT_ONCE + 2])
@pytest.mark.parametrize(
    ("value", "saw"),
    [
        (0.0, (False, False)),
        (np.nan, (True, False)),
        (np.inf, (False, True)),
        (-np.inf, (False, True)),
    ],
)
def test_missing_and_infinite_values_are_seen_wherever_they_are(place, value, saw):
    matrix = draw_rows(ROWS_AT_ONCE + 5, missing=0.0)
    matrix[place, 2] = value

    found = walk_rows(matrix)

    assert (found.saw_missing, found.saw_infinite) == saw
    assert found.totals.tolist() == follow_all(matrix).tolist()


def test_each_kind_of_value_is_seen_beside_the_other():
    matrix = draw_rows(2, missing=0.0)
    matrix[0, 0], matrix[1, 1] = np.nan, np.inf

    found = walk_rows(matrix)

    assert (found.saw_missing, found.saw_infinite) == (True, True)


# Two groups: of two conditions that add to features 2 and 0, and of three that add to feature 1.
CONDITIONS = [
    [(0, -0.5, 0.5, True), (1, 0.0, np.inf, False)],
    [(2, -np.inf, 1.0, False), (0, 0.1, 2.0, False), (1, -1.0, 0.1, True)],
]
ADDED = [[2, 0], [1]]
ENTRIES = [np.arange(1.0, 9.0).reshape(4, 2) / 7, np.arange(11.0, 19.0).reshape(8, 1) / 13]
FLAT = [condition for group in CONDITIONS for condition in group]
TABLES = GroupTables(
    first_conditions=np.array([0, 2, 5], dtype=np.uint32),
    condition_features=np.array([feature for feature, *_ in FLAT], dtype=np.uint32),
    lows=np.array([low for _, low, *_ in FLAT], dtype=np.float32),
    highs=np.array([high for *_, high, _ in FLAT], dtype=np.float32),
    meets_missing=np.array([missing for *_, missing in FLAT], dtype=np.uint32),
    first_features=np.array([0, 2, 3], dtype=np.uint32),
    features=np.array([2, 0, 1], dtype=np.uint32),
    first_entries=np.array([0, 8], dtype=np.uint64),
    entries=np.concatenate([table.ravel() for table in ENTRIES]),
)


def look_up(row):
    added = np.zeros(3)
    for conditions, features, entries in zip(CONDITIONS, ADDED, ENTRIES, strict=True):
        pattern = 0
        for bit, (feature, low, high, meets_missing) in enumerate(conditions):
            value = row[feature]
            is_met = meets_missing if np.isnan(value) else np.float32(low) < value <= high
            pattern += int(is_met) << bit
        for place, feature in enumerate(features):
            added[feature] += entries[pattern, place]
    return added


@pytest.mark.parametrize("count", [1, ROWS_LOOKED_UP_AT_ONCE + 9])
def test_each_row_gets_what_the_tables_hold_for_the_conditions_that_it_meets(count):
    matrix = draw_rows(count)

    found = add_up(PLAIN_LOOPS, TABLES, matrix)

    assert found.tolist() == [look_up(row).tolist() for row in matrix]
    by_column = add_up(PLAIN_LOOPS, TABLES, np.asfortranarray(matrix))
    assert by_column.tolist() == found.tolist()


def test_a_leaf_reads_no_other_row_where_there_is_one_feature():
    tree = SimpleNamespace(**{**vars(DEEP), "feature": np.array([0, 0, -2, -2, 0, -2, -2])})
    one = TreeSum([tree], [VALUES[0]], 0.0, 1.0, takes_missing=True, takes_infinite=True)
    matrix = np.array([[1.0], [np.nan], [2.0], [np.nan], [-1.0], [0.1]], dtype=np.float32)

    found = walk(PLAIN_LOOPS, pack_trees(one, feature_count=1), matrix, start=0.0, divisor=1.0)

    assert found.totals.tolist() == [VALUES[0][follow(tree, row)] for row in matrix]
