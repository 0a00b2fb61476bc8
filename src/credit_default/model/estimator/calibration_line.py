"""Do the probabilities mean what they say? The calibration line: log odds of the outcome on log odds of the score.

Cox's recalibration: slope 1 and intercept 0 when the probabilities are right (Cox 1958, Biometrika 45, 562-565).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import expit

from credit_default.model.statistics.bootstrap import FloatArray, IntArray

_STEP_COUNT: Final = 50
_TOLERANCE: Final = 1e-10
_FLAT: Final = (
    1e-9  # share of the information left below which the scores are too alike to give a slope
)
STEEPEST_SLOPE: Final = (
    100.0  # beyond it the outcomes are parted by the score and no finite line fits
)


@dataclass(frozen=True, slots=True)
class Calibration:
    """The fitted line: log odds(defaulted) = intercept + slope · log odds(probability)."""

    slope: float
    intercept: float


@dataclass(frozen=True, slots=True, eq=False)
class CalibrationResamples:
    """Slope and intercept, one of each for each resample."""

    slope: FloatArray
    intercept: FloatArray


def fit_calibration(defaulted: IntArray, probability: FloatArray) -> Calibration | None:
    """The maximum-likelihood line by Newton's steps; None where there is none (one outcome, constant or parting score)."""
    default_count, row_count = int(defaulted.sum()), len(defaulted)
    if not 0 < default_count < row_count or np.ptp(probability) == 0:
        return None
    # From the flat line Newton's steps do not overshoot, however far from calibrated the score is.
    line = Calibration(
        slope=0.0, intercept=float(np.log(default_count / (row_count - default_count)))
    )
    weights = np.ones((1, row_count))
    for _ in range(_STEP_COUNT):
        step = solve_one_step(line, defaulted, probability, weights=weights)
        new = Calibration(float(step.slope[0]), float(step.intercept[0]))
        if not (abs(new.slope) < STEEPEST_SLOPE and abs(new.intercept) < STEEPEST_SLOPE):
            return None
        if abs(new.slope - line.slope) + abs(new.intercept - line.intercept) < _TOLERANCE:
            return new
        line = new
    return None


def solve_one_step(
    line: Calibration, defaulted: IntArray, probability: FloatArray, *, weights: FloatArray
) -> CalibrationResamples:
    """One Newton step from the line for each resample of weights: from the fitted line, close to each one's own fit."""
    odds = measure_log_odds(probability)
    expected = expit(line.intercept + line.slope * odds)
    residual, variance = defaulted - expected, expected * (1 - expected)
    terms = np.column_stack(
        [residual, residual * odds, variance, variance * odds, variance * odds * odds]
    )
    score_0, score_1, fisher_00, fisher_01, fisher_11 = (weights @ terms).T
    determinant = fisher_00 * fisher_11 - fisher_01 * fisher_01
    usable = determinant > _FLAT * fisher_00 * fisher_11
    with np.errstate(over="ignore"):  # a step to infinity is no line: callers look for finite ones
        steps = [
            np.divide(top, determinant, out=np.full(len(weights), np.nan), where=usable)
            for top in (
                fisher_11 * score_0 - fisher_01 * score_1,
                fisher_00 * score_1 - fisher_01 * score_0,
            )
        ]
    return CalibrationResamples(slope=line.slope + steps[1], intercept=line.intercept + steps[0])


def measure_log_odds(probability: FloatArray) -> FloatArray:
    """Each probability's log odds; 0 and 1 count as 1e-6 away from it, so that the odds stay finite."""
    held = np.clip(probability, 1e-6, 1 - 1e-6)
    odds: FloatArray = np.log(held / (1 - held))
    return odds


def bin_by_quantile(probability: FloatArray, *, bin_count: int) -> IntArray:
    """Each row's bin, 0 to bin_count - 1, by rising probability; equal probabilities share one, so bins may be empty."""
    edges = np.quantile(probability, np.linspace(0, 1, bin_count + 1)[1:-1])
    return np.searchsorted(edges, probability, side="right").astype(np.int64)
