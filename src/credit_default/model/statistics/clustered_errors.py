"""The standard error of a figure whose rows are not independent, as those of one client are not.

A figure is described by what each row contributes to its error (its influence). The contributions
of a client's rows are added up before they are squared, so that a client in six months does not
count as six clients (Liang and Zeger 1986, Biometrika 73, 13-22; for areas under the ROC curve
Obuchowski 1997, Biometrics 53, 567-578).
"""

from math import nan, sqrt
from typing import Any

import numpy as np

from credit_default.model.statistics.bootstrap import FloatArray


def measure_clustered_error(influence: FloatArray, clusters: Any) -> float:
    """Return the standard error of a figure.

    Args:
        influence: What each row adds to the figure's error; the rows sum to about 0. Of a mean of n
            values it is each value's deviation from the mean, divided by n.
        clusters: The label of each row's cluster, in the same order.

    Returns:
        The error, of independent clusters; NaN where there are fewer than two.
    """
    _, places = np.unique(np.asarray(clusters), return_inverse=True)
    sums = np.bincount(places, weights=influence)
    count = len(sums)
    if count < 2:  # noqa: PLR2004 - one cluster has no spread
        return nan
    return sqrt(count / (count - 1) * float(np.sum(np.sort(sums * sums))))
