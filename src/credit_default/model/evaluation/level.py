"""The level of default probabilities: expected over observed defaults, calibration in the large.

Whether the probabilities are right as a whole is tested by the score test: given right ones, the
number of defaults has their sum as mean and the sum of p(1 - p) as variance (Spiegelhalter 1986,
Statistics in Medicine 5, 421-433, tests other moments of the same distribution). The interval
holds the levels that this test does not reject, like Wilson's for a share.
"""

from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np

from credit_default.model.estimator.calibration_line import measure_log_odds
from credit_default.model.statistics.bootstrap import FloatArray
from credit_default.model.statistics.logistic import expit

_FURTHEST: Final = 20.0  # log odds by which probabilities are shifted at most


@dataclass(frozen=True, slots=True)
class LevelInterval:
    """Expected over observed defaults, with its interval; above 1 too many were expected.

    `ratio` and `high` are infinite where nobody defaulted.
    """

    ratio: float
    low: float
    high: float


def measure_level(
    default_count: int, default_probability: FloatArray, *, confidence: float
) -> LevelInterval:
    """Measure the level of probabilities with an interval that allows for binomial noise.

    Args:
        default_count: Observed defaults, 0 to the number of rows.
        default_probability: Probabilities (0-1) of the rows, of shape (row count,).
        confidence: Of the two-sided interval, 0-1.

    Returns:
        The ratio and the interval of the ratios for which so many defaults are no surprise: all
        log odds are shifted until the score test rejects on either side.
    """
    odds = measure_log_odds(default_probability)
    expected = float(default_probability.sum())
    reach = NormalDist().inv_cdf((1 + confidence) / 2)
    fewest, most = (_find_expected(odds, default_count, distance) for distance in (-reach, reach))
    return LevelInterval(
        ratio=_divide(expected, default_count),
        low=_divide(expected, most),
        high=_divide(expected, fewest),
    )


def measure_level_p_value(expected_count: float, default_count: float, *, variance: float) -> float:
    """Return the two-sided probability (0-1) of a count so far from the expected one by chance.

    `variance` is the sum of p(1 - p); where it is 0, only the expected count itself is possible.
    """
    distance = abs(default_count - expected_count)
    if variance <= 0:
        return 1.0 if distance < 1e-9 else 0.0  # noqa: PLR2004 - rounding of a sum
    return 2 * NormalDist().cdf(-distance / float(np.sqrt(variance)))


def measure_level_error(row_count: int, default_share: float) -> float:
    """Return the standard error, in log odds, of the level that a model learned from its rows.

    It is that of the rows' default share: another sample would have taught the model another level.

    Args:
        row_count: Training rows.
        default_share: The share (0–1) of them that defaulted.
    """
    information = row_count * default_share * (1 - default_share)
    return float(1 / np.sqrt(information)) if information > 0 else 0.0


def _find_expected(odds: FloatArray, default_count: int, distance: float) -> float:
    """Return the expected count that is `distance` deviations from the observed one."""
    from scipy.optimize import brentq

    def exceed(shift: float) -> float:
        shifted = expit(odds + shift)
        deviation = np.sqrt((shifted * (1 - shifted)).sum())
        return float((shifted.sum() - default_count) / deviation - distance)

    if exceed(-_FURTHEST) > 0:  # no default was observed: none may be what is expected
        return 0.0
    if exceed(_FURTHEST) < 0:  # every row defaulted
        return float(len(odds))
    return float(expit(odds + brentq(exceed, -_FURTHEST, _FURTHEST, xtol=1e-9)).sum())


def _divide(expected: float, count: float) -> float:
    return expected / count if count > 0 else float("inf")
