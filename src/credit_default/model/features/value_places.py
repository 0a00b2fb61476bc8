"""Find the place of each row's value in a list of values."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from credit_default.model.features.row_function import FloatArray


def find_places(column: FloatArray, values: Sequence[float]) -> NDArray[np.int64]:
    """Return the place of each row's value in the list, from 0; -1 where it is not in it.

    Args:
        column: The column; a missing value is in no list.
        values: Different numbers, in any order; at least one.
    """
    listed = np.asarray(values, dtype=np.float64)
    by_value = np.argsort(listed)
    at = np.searchsorted(listed, column, sorter=by_value)
    places = by_value[np.minimum(at, len(listed) - 1)]
    return np.where(listed[places] == column, places, -1).astype(np.int64)
