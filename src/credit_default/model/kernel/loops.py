"""The two loops that scoring and reasons spend their time in, over plain arrays.

They are written in the part of Python that numba compiles, so they allocate nothing, raise nothing
and index with unsigned integers (signed ones would be tested for counting from the end). Nothing
here adds in another order than scikit-learn or NumPy would, which is what keeps results equal to
the last bit. `adapters/kernel` compiles them; as Python they give the same results, slowly.
"""

from typing import Any, Final

import numpy as np

ROWS_AT_ONCE: Final = 64  # walk side by side, so that the processor need not wait for any of them
ROWS_LOOKED_UP_AT_ONCE: Final = 1_024
# What `walk_trees` found among the values.
SAW_MISSING: Final = 1
SAW_INFINITE: Final = 2


def walk_trees(  # noqa: PLR0913, PLR0917 - arrays one by one, as machine code takes them
    matrix: Any,
    row_step: Any,
    column_step: Any,
    row_count: Any,
    feature_count: Any,
    columns: Any,
    thresholds: Any,
    left: Any,
    leaf_values: Any,
    roots: Any,
    depths: Any,
    node_count: Any,
    tree_count: Any,
    start: Any,
    divisor: Any,
    values: Any,
    places: Any,
    total: Any,
) -> Any:
    """Add up what each row's leaves hold, tree by tree, and divide the sum.

    A missing value (NaN) is not at most any threshold, so it goes right. Where it belongs left, the
    node reads the row's second copy, in which missing values are minus infinity; the copy is made,
    and `columns` read from its second half on, only where a value is missing.

    Args:
        matrix: Float32 features in any layout, as one flat array.
        row_step: How many places in `matrix` one row is from the next.
        column_step: How many places one feature is from the next.
        row_count: Number of rows.
        feature_count: Number of features.
        columns: The column that each node reads; this and the next five are as in `PackedTrees`.
        thresholds: The largest value that goes left.
        left: The left child.
        leaf_values: What each node adds as a leaf.
        roots: Each tree's root.
        depths: Each tree's depth.
        node_count: Number of nodes.
        tree_count: Number of trees.
        start: What the sum starts from.
        divisor: What the sum is divided by.
        values: Scratch for `ROWS_AT_ONCE` times twice the features, float32.
        places: Scratch for `ROWS_AT_ONCE` nodes, uint32.
        total: Where each row's result goes, float64.

    Returns:
        `SAW_MISSING` and `SAW_INFINITE`, together 0 to 3.
    """
    seen = 0
    stride = np.uint64(2) * np.uint64(feature_count)
    for first in range(np.uint64(0), np.uint64(row_count), np.uint64(ROWS_AT_ONCE)):
        count = min(np.uint64(ROWS_AT_ONCE), np.uint64(row_count) - np.uint64(first))
        has_missing, has_infinite = False, False
        for feature in range(np.uint64(feature_count)):
            source = np.uint64(first) * np.uint64(row_step) + np.uint64(feature) * np.uint64(
                column_step
            )
            for row in range(count):
                value = matrix[source + np.uint64(row) * np.uint64(row_step)]
                has_missing |= value != value  # noqa: PLR0124 - of NaN alone
                has_infinite |= abs(value) == np.inf
                values[np.uint64(row) * stride + np.uint64(feature)] = value
        if has_missing:
            for row in range(count):
                base = np.uint64(row) * stride
                for feature in range(np.uint64(feature_count)):
                    value = values[base + np.uint64(feature)]
                    values[base + np.uint64(feature_count) + np.uint64(feature)] = (
                        value if value == value else np.float32(-np.inf)  # noqa: PLR0124
                    )
        shift = np.uint64(node_count) if has_missing else np.uint64(0)
        seen |= (SAW_MISSING if has_missing else 0) | (SAW_INFINITE if has_infinite else 0)
        for row in range(count):
            total[np.uint64(first) + np.uint64(row)] = start
        for tree in range(np.uint64(tree_count)):
            for row in range(count):
                places[row] = roots[tree]
            for _ in range(depths[tree]):
                for row in range(count):
                    node = np.uint64(places[row])
                    value = values[np.uint64(row) * stride + np.uint64(columns[shift + node])]
                    goes_right = not (value <= thresholds[node])
                    places[row] = left[node] + np.uint32(goes_right)
            for row in range(count):
                total[np.uint64(first) + np.uint64(row)] += leaf_values[np.uint64(places[row])]
        for row in range(count):
            total[np.uint64(first) + np.uint64(row)] /= divisor
    return seen


def add_up_tables(  # noqa: PLR0913, PLR0917 - likewise
    matrix: Any,
    row_step: Any,
    column_step: Any,
    row_count: Any,
    feature_count: Any,
    group_count: Any,
    first_conditions: Any,
    condition_features: Any,
    lows: Any,
    highs: Any,
    meets_missing: Any,
    first_features: Any,
    features: Any,
    first_entries: Any,
    entries: Any,
    values: Any,
    patterns: Any,
    added: Any,
) -> Any:
    """Add to each row's features what the tables of all groups hold for the conditions it meets.

    Args:
        matrix: Float32 features in any layout, as one flat array.
        row_step: How many places in `matrix` one row is from the next.
        column_step: How many places one feature is from the next.
        row_count: Number of rows.
        feature_count: Number of features.
        group_count: Number of groups; what follows is as in `GroupTables`.
        first_conditions: Where each group's conditions begin, and the end of the last ones.
        condition_features: The feature of each condition.
        lows: What the feature is above.
        highs: What it is at most.
        meets_missing: 1 where a missing value meets the condition.
        first_features: Where each group's features begin, and the end of the last ones.
        features: The features that a group adds to.
        first_entries: Where each group's table begins.
        entries: The tables: for each pattern of conditions met, what each feature gets.
        values: Scratch for `ROWS_LOOKED_UP_AT_ONCE` times the features, float32.
        patterns: Scratch for `ROWS_LOOKED_UP_AT_ONCE` patterns, uint32.
        added: What is added to, of shape (row count, feature count), flat, float64.

    Returns:
        0.
    """
    at_once = np.uint64(ROWS_LOOKED_UP_AT_ONCE)
    for start in range(np.uint64(0), np.uint64(row_count), at_once):
        first = np.uint64(start)
        count = min(at_once, np.uint64(row_count) - first)
        for column in range(np.uint64(feature_count)):
            feature = np.uint64(column)
            source = first * np.uint64(row_step) + feature * np.uint64(column_step)
            for row in range(count):
                values[feature * at_once + np.uint64(row)] = matrix[
                    source + np.uint64(row) * np.uint64(row_step)
                ]
        for number in range(np.uint64(group_count)):
            group = np.uint64(number)
            for row in range(count):
                patterns[row] = np.uint32(0)
            bit = np.uint32(1)
            for place in range(
                np.uint64(first_conditions[group]), np.uint64(first_conditions[group + np.uint64(1)])
            ):
                condition = np.uint64(place)
                column = np.uint64(condition_features[condition]) * at_once
                low, high = lows[condition], highs[condition]
                meets = meets_missing[condition] != 0
                for row in range(count):
                    value = values[column + np.uint64(row)]
                    is_met = ((value > low) & (value <= high)) | (meets & (value != value))  # noqa: PLR0124
                    patterns[row] |= bit if is_met else np.uint32(0)
                bit = np.uint32(bit + bit)
            begin = np.uint64(first_features[group])
            width = np.uint64(first_features[group + np.uint64(1)]) - begin
            for row in range(count):
                entry = np.uint64(first_entries[group]) + np.uint64(patterns[row]) * width
                target = (first + np.uint64(row)) * np.uint64(feature_count)
                for place in range(width):
                    offset = np.uint64(place)
                    added[target + np.uint64(features[begin + offset])] += entries[entry + offset]
    return 0
