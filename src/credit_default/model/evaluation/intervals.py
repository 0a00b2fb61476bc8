"""A metric with its 95 % interval: from resamples, from Wilson's formula, or from a deviation."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from credit_default.model.statistics.bootstrap import FloatArray

NORMAL_QUANTILE_95: Final = 1.959963984540054  # two-sided 95 % quantile of the standard normal


@dataclass(frozen=True, slots=True)
class Metric:
    """A value and its 95 % interval; low <= value <= high."""

    value: float
    low: float
    high: float


def measure_interval(value: float, resampled: FloatArray) -> Metric:
    """Return a value with the interval that holds the middle 95 % of its resamples.

    Args:
        value: The value on the rows themselves.
        resampled: The value of each resample; NaN and infinite ones are left out.

    Returns:
        The interval is widened to include the value itself: distances such as the ECE only grow by
        resampling, and an interval without its own value would mislead.
    """
    found = resampled[np.isfinite(resampled)]
    low, high = np.quantile(found, [0.025, 0.975]) if found.size else (value, value)
    return Metric(value, min(float(low), value), max(float(high), value))


def measure_share(count: int, total: int) -> Metric:
    """Return the share `count / total` (0–1) with Wilson's 95 % interval.

    The default share has this interval because stratified resamples hold it fixed (Wilson 1927,
    Journal of the American Statistical Association 22, 209-212).
    """
    share, square = count / total, NORMAL_QUANTILE_95 * NORMAL_QUANTILE_95
    centre = (share + square / (2 * total)) / (1 + square / total)
    half = (
        NORMAL_QUANTILE_95
        / (1 + square / total)
        * float(np.sqrt(share * (1 - share) / total + square / (4 * total * total)))
    )
    return Metric(share, max(0.0, min(share, centre - half)), min(1.0, max(share, centre + half)))
