"""The calibration line: log odds of the outcome regressed on log odds of the predicted probability.

This is Cox's recalibration (Cox 1958, Biometrika 45, 562-565). Slope 1 and intercept 0 mean that
the probabilities are right; a slope below 1 means that they are too extreme.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from credit_default.model.statistics.bootstrap import FloatArray, IntArray
from credit_default.model.statistics.logistic import expit

_STEP_COUNT: Final = 50
_TOLERANCE: Final = 1e-10
# Relative determinant of the information matrix below which the scores are too similar for a slope.
_SINGULAR_SHARE: Final = 1e-9
# A steeper line means that the score separates the outcomes perfectly and no finite line fits.
STEEPEST_SLOPE: Final = 100.0


@dataclass(frozen=True, slots=True)
class Calibration:
    """A fitted line: log odds(defaulted) = intercept + slope · log odds(probability)."""

    slope: float
    intercept: float


@dataclass(frozen=True, slots=True)
class Slope:
    """The slope of a calibration line with its standard error."""

    value: float
    standard_error: float


@dataclass(frozen=True, slots=True, eq=False)
class CalibrationResamples:
    """Slopes and intercepts of the resamples, each of shape (resample count,)."""

    slope: FloatArray
    intercept: FloatArray


def fit_calibration(defaulted: IntArray, probability: FloatArray) -> Calibration | None:
    """Fit the calibration line by maximum likelihood with Newton's method.

    Args:
        defaulted: Outcomes (0/1) of shape (row count,).
        probability: Predicted default probabilities (0–1), in the order of `defaulted`.

    Returns:
        The line; None where no finite line exists: only one outcome, a constant score, or a score
        that separates the outcomes perfectly.
    """
    default_count, row_count = int(defaulted.sum()), len(defaulted)
    if not 0 < default_count < row_count or np.ptp(probability) == 0:
        return None
    line = _build_flat_line(default_count, row_count)
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


def measure_slope(defaulted: IntArray, probability: FloatArray) -> Slope | None:
    """Return the slope of the calibration line, its error by the information of the fitted line.

    Args:
        defaulted: Outcomes (0/1) of shape (row count,).
        probability: Predicted default probabilities (0–1), in the order of `defaulted`.

    Returns:
        None where `fit_calibration` fits no line.
    """
    line = fit_calibration(defaulted, probability)
    if line is None:
        return None
    odds = measure_log_odds(probability)
    expected = expit(line.intercept + line.slope * odds)
    variance = expected * (1 - expected)
    centred = odds - np.average(odds, weights=variance)
    return Slope(line.slope, float(1 / np.sqrt((variance * centred**2).sum())))


def _build_flat_line(default_count: int, row_count: int) -> Calibration:
    # Newton's steps from the flat line do not overshoot, however badly calibrated the score is.
    return Calibration(
        slope=0.0, intercept=float(np.log(default_count / (row_count - default_count)))
    )


def solve_one_step(
    line: Calibration, defaulted: IntArray, probability: FloatArray, *, weights: FloatArray
) -> CalibrationResamples:
    """Take one Newton step from a line for each resample.

    From the line fitted on all rows, one step comes close to each resample's own fit.

    Args:
        line: The line to start from.
        defaulted: Outcomes (0/1) of shape (row count,).
        probability: Predicted default probabilities (0–1), in the order of `defaulted`.
        weights: How often each resample drew each row, of shape (resample count, row count).

    Returns:
        One slope and intercept per resample; NaN or infinite where a resample has no line.
    """
    terms = _list_newton_terms(line, defaulted, probability)
    intercept_step, slope_step = _solve_newton_equations((weights @ terms).T)
    return CalibrationResamples(line.slope + slope_step, line.intercept + intercept_step)


def _list_newton_terms(
    line: Calibration, defaulted: IntArray, probability: FloatArray
) -> FloatArray:
    """Return what each row adds to the score and the information, of shape (row count, 5)."""
    odds = measure_log_odds(probability)
    expected = expit(line.intercept + line.slope * odds)
    residual, variance = defaulted - expected, expected * (1 - expected)
    return np.column_stack(
        [residual, residual * odds, variance, variance * odds, variance * odds * odds]
    )


def _solve_newton_equations(sums: FloatArray) -> list[FloatArray]:
    """Return the steps of intercept and slope; NaN where the equations of a resample are singular.

    `sums` are the terms summed up by resample, of shape (5, resample count).
    """
    score_0, score_1, fisher_00, fisher_01, fisher_11 = sums
    determinant = fisher_00 * fisher_11 - fisher_01 * fisher_01
    usable = determinant > _SINGULAR_SHARE * fisher_00 * fisher_11
    with np.errstate(over="ignore"):  # callers drop infinite results
        return [
            np.divide(top, determinant, out=np.full(len(score_0), np.nan), where=usable)
            for top in (
                fisher_11 * score_0 - fisher_01 * score_1,
                fisher_00 * score_1 - fisher_01 * score_0,
            )
        ]


def measure_log_odds(probability: FloatArray) -> FloatArray:
    """Return the log odds of probabilities (0–1).

    Probabilities are clipped to [1e-6, 1 - 1e-6] first, so that the log odds stay finite.
    """
    clipped = np.clip(probability, 1e-6, 1 - 1e-6)
    odds: FloatArray = np.log(clipped / (1 - clipped))
    return odds


def bin_by_quantile(probability: FloatArray, *, bin_count: int) -> IntArray:
    """Assign each row to a quantile bin of its probability.

    Args:
        probability: Default probabilities (0–1).
        bin_count: Number of bins, 1 or more.

    Returns:
        Bin numbers 0 to `bin_count - 1`, rising with the probability. Equal probabilities share a
        bin, so that some bins may be empty.
    """
    edges = np.quantile(probability, np.linspace(0, 1, bin_count + 1)[1:-1])
    return np.searchsorted(edges, probability, side="right").astype(np.int64)
