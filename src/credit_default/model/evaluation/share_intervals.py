"""Intervals of shares of rows, of their gaps and of their ratios, in closed form.

They hold in groups of a few dozen rows, where the quantiles of resamples are too narrow. Where a
client has several rows, the rows count for as many independent ones as they are worth.
"""

from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from credit_default.model.evaluation.intervals import Metric, measure_share
from credit_default.model.statistics.bootstrap import FloatArray, IntArray


def encode_clusters(clients: Any) -> IntArray | None:
    """Return the cluster code of each row, for `draw_weights` and `measure_share_among`.

    Args:
        clients: Client ids of the rows, array-like of shape (row count,), or None.

    Returns:
        Codes 0 to (client count - 1) by rising id; None where every row is another client's.
    """
    if clients is None:
        return None
    values, codes = np.unique(np.asarray(clients), return_inverse=True)
    return None if len(values) == len(codes) else codes.astype(np.int64)


def measure_share_among(
    chosen: NDArray[np.bool_], among: NDArray[np.bool_], *, clusters: IntArray | None = None
) -> Metric | None:
    """Return the share of some rows that are chosen, with Wilson's 95 % interval.

    Args:
        chosen: Whether each row is chosen, of shape (row count,).
        among: Whether each row is one of those that the share is of.
        clusters: Cluster codes of the rows (`encode_clusters`); None where rows are independent.

    Returns:
        The share (0–1); None where it is of no row.
    """
    total = int(among.sum())
    if not total:
        return None
    count = int((chosen & among).sum())
    effect = 1.0 if clusters is None else _measure_design_effect(chosen, among, clusters)
    return measure_share(count, total, design_effect=effect)


def measure_share_gap(share: Metric, other: Metric) -> Metric:
    """Return a share less an independent other one, with Newcombe's 95 % interval.

    Source: Newcombe 1998, Statistics in Medicine 17, 873-890, method 10.
    """
    gap = share.value - other.value
    low = gap - sqrt((share.value - share.low) ** 2 + (other.high - other.value) ** 2)
    high = gap + sqrt((share.high - share.value) ** 2 + (other.value - other.low) ** 2)
    return Metric(gap, low, high)


def measure_share_ratio(share: Metric, other: Metric) -> Metric | None:
    """Return a share divided by an independent other one, with its 95 % interval.

    Source: Donner and Zou 2012, Statistical Methods in Medical Research 21, 347-359, from the
    intervals of both shares (MOVER-R).

    Returns:
        The ratio; None where the other share is 0.
    """
    if not other.value:
        return None
    product = share.value * other.value
    low_divisor = other.high * (2 * other.value - other.high)
    high_divisor = other.low * (2 * other.value - other.low)
    low_part = share.low * (2 * share.value - share.low) * low_divisor
    high_part = share.high * (2 * share.value - share.high) * high_divisor
    ratio = share.value / other.value
    low = (product - sqrt(max(0.0, product**2 - low_part))) / low_divisor if low_divisor > 0 else 0
    high = (product + sqrt(max(0.0, product**2 - high_part))) / high_divisor
    return Metric(ratio, max(0.0, min(ratio, low)), max(ratio, high))


def _measure_design_effect(
    chosen: NDArray[np.bool_], among: NDArray[np.bool_], clusters: IntArray
) -> float:
    """Return the share's variance over that of independent rows, 1 or more."""
    total = int(among.sum())
    share = float((chosen & among).sum()) / total
    if share in {0.0, 1.0}:
        return total / len(np.unique(clusters[among]))
    residuals: FloatArray = np.where(among, chosen - share, 0.0)
    by_cluster = np.bincount(clusters, weights=residuals)
    return max(1.0, float((by_cluster**2).sum()) / (total * share * (1 - share)))
