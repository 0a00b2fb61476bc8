"""Hash the values of columns, to recognise repeated columns and to count distinct rows.

The hashes are independent of the order of rows and the same on every machine.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from credit_default.model.statistics.bootstrap import FloatArray

_HASH_MULTIPLIERS: Final = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
_HASH_STRIDE: Final = 0x9E3779B97F4A7C15


def hash_values(values: FloatArray, number: int) -> NDArray[np.uint64]:
    """Return a well-mixed 64-bit hash of each value, in row order.

    The mixer is that of SplitMix64 (Steele, Lea and Flood 2014, OOPSLA, 453-472).

    Args:
        values: The column's values.
        number: The column's number; equal values of different columns have different hashes.
    """
    bits = (values + 0.0).view(np.uint64)  # -0 counts as 0
    return scramble_bits(bits + np.uint64((number + 1) * _HASH_STRIDE % (1 << 64)))


def scramble_bits(bits: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return each 64-bit number mixed so that every resulting bit depends on all of its bits."""
    bits = (bits ^ (bits >> np.uint64(30))) * _HASH_MULTIPLIERS[0]
    bits = (bits ^ (bits >> np.uint64(27))) * _HASH_MULTIPLIERS[1]
    return bits ^ (bits >> np.uint64(31))
