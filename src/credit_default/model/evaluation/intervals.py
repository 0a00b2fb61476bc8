"""A metric with its 95 % interval: from resamples, from Wilson's formula, or from a deviation.

Which of them holds what it promises is measured by `benchmarks/interval_coverage.py`. Shares of
rows have Wilson's interval (`share_intervals`); a maximum and a sum of distances need a correction,
because both only grow by chance.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from credit_default.model.statistics.bootstrap import FloatArray

NORMAL_QUANTILE_95: Final = 1.959963984540054  # two-sided 95 % quantile of the standard normal
_TAILS: Final = (0.025, 0.975)
# Where a curve's maximum is sought in noise, its excess grows with the noise to the power 4/3 (Kim
# and Pollard 1990, Annals of Statistics 18, 191-219). A resample has twice the noise variance: of
# the excess of the measured maximum it shows a further 2^(2/3) - 1.
_EXCESS_SHARE: Final = 2 ** (2 / 3) - 1
_GRID_COUNT: Final = 81
# Of the 2.5 %, so that a true sum of 0 is held in 96.5 % of samples: the rest is for sums that are
# not spread evenly, which chance lifts a little further.
_MOVED_TAIL: Final = 0.01


@dataclass(frozen=True, slots=True)
class Metric:
    """A value and its 95 % interval; low <= value <= high."""

    value: float
    low: float
    high: float

    def list_figures(self, name: str) -> dict[str, float]:
        """Return the value by `name`, and the ends of its interval by `name` with _low and _high."""
        return {name: self.value, f"{name}_low": self.low, f"{name}_high": self.high}


def measure_interval(value: float, resampled: FloatArray) -> Metric:
    """Return a value with the interval that holds the middle 95 % of its resamples.

    Args:
        value: The value on the rows themselves.
        resampled: The value of each resample; NaN and infinite ones are left out.

    Returns:
        The interval, widened to include the value itself where a few resamples all miss it.
    """
    found = resampled[np.isfinite(resampled)]
    # With these quantiles just 95 % of further resamples are expected between the ends.
    low, high = np.quantile(found, _TAILS, method="weibull") if found.size else (value, value)
    return Metric(value, min(float(low), value), max(float(high), value))


def measure_maximum_interval(
    value: float, resampled: FloatArray, *, at_place: FloatArray
) -> Metric:
    """Return the maximum of a noisy curve, such as the KS distance, with its 95 % interval.

    Noise lifts a maximum: on the rows themselves, and once more in every resample. The interval's
    centre is lowered by the excess that the resamples show; its width has the curve's noise at one
    place and that of the excess.

    Args:
        value: The maximum on the rows themselves, 0 or above.
        resampled: The maximum of each resample; NaN where a resample has none.
        at_place: The curve of each resample at the place of `value`, NaN with `resampled`.

    Returns:
        The interval, not below 0 and widened to include the value itself.
    """
    known = np.isfinite(resampled)
    if not known.any():
        return Metric(value, value, value)
    excess = (resampled - at_place)[known]
    centre = value - float(excess.mean()) / _EXCESS_SHARE
    reach = NORMAL_QUANTILE_95 * float(np.hypot(at_place[known].std(), excess.std()))
    return Metric(value, max(0.0, min(centre - reach, value)), max(centre + reach, value))


def measure_distance_interval(
    gaps: FloatArray, resampled: FloatArray, *, shares: FloatArray
) -> Metric:
    """Return a sum of absolute gaps, such as the ECE, with the 95 % interval of the true sum.

    Absolute gaps only grow by chance, so that resamples never show a true sum of 0. The interval
    holds every true sum, spread evenly over the rows, from which the measured one is neither too
    low nor too high by chance (2.5 to 5 % in all): 0 where chance alone gives as much.

    Args:
        gaps: Signed gaps of shape (part count,), as they add up to the sum.
        resampled: The gaps of each resample, of shape (resample count, part count).
        shares: Share (0–1) of the rows in each part; they sum to 1.

    Returns:
        The interval, widened to include the measured sum.
    """
    value, noise = float(np.abs(gaps).sum()), resampled - gaps
    farthest = value + float(np.quantile(np.abs(noise).sum(axis=1), _TAILS[1], method="weibull"))
    sums = np.linspace(0.0, farthest, _GRID_COUNT)
    spread = np.where(gaps < 0, -shares, shares)
    measured = np.abs(sums[:, None, None] * spread + noise).sum(axis=2)
    # The chance to measure no more than the value falls as the true sum rises.
    chance = _count_share(measured <= value)
    # Near 0 hardly any sum is measured below the true one: the other side has some of that tail.
    unused = 1 - np.minimum(1.0, _count_share(measured <= sums[:, None]) / _TAILS[0])
    low = np.interp(_TAILS[1], (chance + _MOVED_TAIL * unused)[::-1], sums[::-1])
    high = np.interp(_TAILS[0], chance[::-1], sums[::-1])
    return Metric(value, min(float(low), value), max(float(high), value))


def _count_share(cases: NDArray[np.bool_]) -> FloatArray:
    share: FloatArray = (cases.sum(axis=1) + 0.5) / (cases.shape[1] + 1)
    return share


def measure_share(count: int, total: int, *, design_effect: float = 1.0) -> Metric:
    """Return the share `count / total` (0–1) with Wilson's 95 % interval.

    Args:
        count: Rows that count, 0 to `total`.
        total: All rows, 1 or more.
        design_effect: How many rows carry the information of one independent row, 1 where they are
            independent.

    Source: Wilson 1927, Journal of the American Statistical Association 22, 209-212.
    """
    share, square = count / total, NORMAL_QUANTILE_95 * NORMAL_QUANTILE_95
    independent = total / design_effect
    centre = (share + square / (2 * independent)) / (1 + square / independent)
    half = (
        NORMAL_QUANTILE_95
        / (1 + square / independent)
        * float(
            np.sqrt(share * (1 - share) / independent + square / (4 * independent * independent))
        )
    )
    return Metric(share, max(0.0, min(share, centre - half)), min(1.0, max(share, centre + half)))
