"""Probabilities that do not depend on which rows are scored together.

Matrix products add up in another order for another number of rows, so the last bits of a linear
model's probability change with the batch. Scores are therefore rounded to a fine grid. A row whose
probability lies close to the middle between two points of it is scored alone, and so rounds to the
same point in every batch.
"""

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from credit_default.model.statistics.bootstrap import FloatArray

Measure = Callable[[Any], FloatArray]

STEP: Final = 2.0**-30  # of the grid: 9e-10
# Of a step, to each side of the middle. Noise of up to this size, 2e-13, is what rounding takes away.
MARGIN: Final = 2e-4


def settle_scores(measure: Measure, matrix: Any) -> FloatArray:
    """Return each row's probability (0–1), rounded to the grid.

    Args:
        measure: Scores the rows of a matrix; up to noise of less than `MARGIN` of a step, a row's
            score depends on that row alone.
        matrix: Features of shape (row count, feature count).
    """
    if not len(matrix):
        return np.empty(0)
    steps = measure(matrix) / STEP
    for row in np.flatnonzero(np.abs(steps - np.floor(steps) - 1 / 2) < MARGIN):
        steps[row] = measure(matrix[row : row + 1])[0] / STEP
    settled: FloatArray = np.floor(steps + 1 / 2) * STEP
    return settled


def measure_noise(measure: Measure, matrix: Any) -> float:
    """Return how far the rows' probabilities, scored alone, are from those of all rows together.

    Returns:
        The largest difference, in units of the noise that `settle_scores` takes away.
    """
    together = measure(matrix)
    alone = np.array([measure(matrix[row : row + 1])[0] for row in range(len(matrix))])
    return float(np.abs(together - alone).max(initial=0.0)) / (MARGIN * STEP)
