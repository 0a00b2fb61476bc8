"""The tables in which the contributions of groups of leaves are looked up, as flat arrays."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class GroupTables:
    """Conditions, features and table of each group, one group after the other.

    A row's pattern says which conditions of a group it meets: bit n stands for the n-th. A group's
    table holds for each pattern what each of the group's features gets.

    Attributes:
        first_conditions: Where each group's conditions begin, and the end of the last ones.
        condition_features: The feature of each condition.
        lows: What the feature is above.
        highs: What it is at most.
        meets_missing: 1 where a missing value meets the condition.
        first_features: Where each group's features begin, and the end of the last ones.
        features: The features that the groups add to.
        first_entries: Where each group's table begins.
        entries: The tables.
    """

    first_conditions: NDArray[np.uint32]
    condition_features: NDArray[np.uint32]
    lows: NDArray[np.float32]
    highs: NDArray[np.float32]
    meets_missing: NDArray[np.uint32]
    first_features: NDArray[np.uint32]
    features: NDArray[np.uint32]
    first_entries: NDArray[np.uint64]
    entries: NDArray[np.float64]

    @property
    def group_count(self) -> int:
        """Return the number of groups."""
        return len(self.first_entries)
