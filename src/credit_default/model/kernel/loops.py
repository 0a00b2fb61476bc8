"""The two loops that scoring and reasons spend their time in, over flat arrays.

They are written in the part of Python that numba compiles to plain machine code: they allocate
nothing and raise nothing. Nothing here adds in another order than scikit-learn or NumPy would, so
results are equal to the last bit. `adapters/kernel` compiles them, functions that begin with an
underscore within the others; as Python they give the same results, slowly.
"""

from typing import Any, Final

import numpy as np

ROWS_AT_ONCE: Final = 64  # walked side by side, so that no step waits for the one before
ROWS_LOOKED_UP_AT_ONCE: Final = 1_024  # so that a group's table is used often while it is near
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
    node reads the row's second copy, in which missing values are minus infinity.

    `kernel.walk` says what is given; `values` and `places` are scratch, `total` takes the results.
    Returns `SAW_MISSING` and `SAW_INFINITE`, together 0 to 3.
    """
    seen = 0
    stride = 2 * feature_count
    for first in range(0, row_count, ROWS_AT_ONCE):
        count = min(ROWS_AT_ONCE, row_count - first)
        origin = first * row_step
        found = _copy_rows(matrix, row_step, column_step, origin, count, feature_count, values)
        seen |= found
        shift = 0
        if found & SAW_MISSING:
            shift = node_count
            _copy_without_missing(values, count, feature_count)
        for row in range(count):
            total[first + row] = start
        for tree in range(tree_count):
            for row in range(count):
                places[row] = roots[tree]
            for _ in range(depths[tree]):
                for row in range(count):
                    node = places[row]
                    value = values[row * stride + columns[shift + node]]
                    # Of a missing value, no comparison holds.
                    places[row] = left[node] + (not (value <= thresholds[node]))
            for row in range(count):
                total[first + row] += leaf_values[places[row]]
        for row in range(count):
            total[first + row] /= divisor
    return seen


def _copy_rows(
    matrix: Any,
    row_step: Any,
    column_step: Any,
    origin: Any,
    count: Any,
    feature_count: Any,
    values: Any,
) -> Any:
    """Copy rows side by side into the scratch of `walk_trees`, and return what was seen."""
    has_missing, has_infinite = False, False
    for row in range(count):
        for feature in range(feature_count):
            value = matrix[origin + row * row_step + feature * column_step]
            has_missing |= value != value  # noqa: PLR0124 - of NaN alone
            has_infinite |= abs(value) == np.inf
            values[row * 2 * feature_count + feature] = value
    return (SAW_MISSING if has_missing else 0) | (SAW_INFINITE if has_infinite else 0)


def _copy_without_missing(values: Any, count: Any, feature_count: Any) -> None:
    """Fill the second half of each row in the scratch with the first, less its missing values."""
    for row in range(count):
        for feature in range(feature_count):
            place = row * 2 * feature_count + feature
            value = values[place]
            values[place + feature_count] = value if value == value else -np.inf  # noqa: PLR0124


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

    `kernel.add_up` says what is given; `values` and `patterns` are scratch, `added` takes the
    results. Returns 0.
    """
    for first in range(0, row_count, ROWS_LOOKED_UP_AT_ONCE):
        count = min(ROWS_LOOKED_UP_AT_ONCE, row_count - first)
        for feature in range(feature_count):
            source = first * row_step + feature * column_step
            target = feature * ROWS_LOOKED_UP_AT_ONCE
            for row in range(count):
                values[target + row] = matrix[source + row * row_step]
        for group in range(group_count):
            for row in range(count):
                patterns[row] = 0
            begin = first_conditions[group]
            for condition in range(begin, first_conditions[group + 1]):
                source = condition_features[condition] * ROWS_LOOKED_UP_AT_ONCE
                low, high = lows[condition], highs[condition]
                meets = meets_missing[condition] != 0
                bit = np.uint32(1 << (condition - begin))
                for row in range(count):
                    value = values[source + row]
                    is_met = ((value > low) & (value <= high)) | (meets & (value != value))  # noqa: PLR0124
                    patterns[row] |= bit if is_met else np.uint32(0)
            begin = first_features[group]
            width = first_features[group + 1] - begin
            for row in range(count):
                entry = first_entries[group] + patterns[row] * width
                target = (first + row) * feature_count
                for place in range(width):
                    added[target + features[begin + place]] += entries[entry + place]
    return 0
