"""Does this forest need a calibration? Only when held-out evidence says so, and then by a line on its log odds.

A forest that is calibrated as it is gets worse by a habit of calibrating. So a line is fitted only where the scores
depart from the outcomes beyond noise, and kept only where it pays on rows that it was not fitted on. Two parameters: on
this data isotonic steps lose more to noise than they mend. The figures are part of the rule that recipes are compared
under, like the features' version, and so no setting: two recipes in one contest are calibrated by one rule.
"""

from dataclasses import dataclass
from math import exp
from typing import Final

import numpy as np

from credit_default.model.estimator.calibrated_forest import calibrate_probability
from credit_default.model.estimator.calibration_line import Calibration, fit_calibration
from credit_default.model.statistics.bootstrap import FloatArray, IntArray, measure_log_loss

_IDENTITY: Final = Calibration(slope=1.0, intercept=0.0)


@dataclass(frozen=True, slots=True)
class CalibrationPolicy:
    """How much evidence a calibration needs."""

    fewest_defaults: int = 200  # below it neither slope nor gain can be told from noise
    significance: float = (
        0.01  # of the likelihood ratio of the fitted line against slope 1, intercept 0
    )
    least_gain: float = (
        0.0005  # mean log loss in nats that a line must save on rows that it was not fitted on
    )
    gain_deviations: float = 2.0  # and by how many of its standard errors the gain must exceed 0
    fold_count: int = 5  # folds whose held-out probabilities the line is fitted on


@dataclass(frozen=True, slots=True)
class CalibrationChoice:
    """The line to put on the forest, or None; why; and the figures that it was decided by (those that were needed)."""

    line: Calibration | None
    reason: str
    slope: float = 1.0
    intercept: float = 0.0
    p_value: float = 1.0  # that a calibrated score departs this far
    gain: float = 0.0  # mean log loss saved on the other half, nats
    gain_error: float = 0.0  # its standard error


def choose_calibration(
    defaulted: IntArray, held_out_probability: FloatArray, *, policy: CalibrationPolicy, seed: int
) -> CalibrationChoice:
    """Whether to recalibrate, decided on probabilities from models that did not see these rows; row order matters.

    The gain is judged by a line fitted on one half of the rows (drawn by `seed`) for the other, both ways.
    """
    default_count = int(min(defaulted.sum(), len(defaulted) - defaulted.sum()))
    if default_count < policy.fewest_defaults:
        few = f"{default_count} rows of the rarer outcome, fewer than {policy.fewest_defaults}: left as it is"
        return CalibrationChoice(None, few)
    line = fit_calibration(defaulted, held_out_probability)
    if line is None or line.slope <= 0:
        return CalibrationChoice(None, "no rising line fits the scores: left as it is")
    saved = _measure_log_loss_gain(defaulted, held_out_probability, line)
    # Twice the gain in log likelihood is chi-squared with two degrees of freedom, whose tail is an exponential.
    p_value = exp(-max(0.0, float(saved.sum())))
    found = f"slope {line.slope:.3f}, intercept {line.intercept:.3f}, p = {p_value:.2g}"
    if p_value >= policy.significance:
        return CalibrationChoice(
            None, f"calibrated as it is ({found})", line.slope, line.intercept, p_value
        )
    gains = _cross_fit(defaulted, held_out_probability, seed=seed)
    gain, error = float(gains.mean()), float(gains.std() / np.sqrt(len(gains)))
    pays = gain >= policy.least_gain and gain > policy.gain_deviations * error
    saves = (
        f"a line saves {gain:.5f} ± {error:.5f} nats of log loss on rows that it was not fitted on"
    )
    reason = (
        f"recalibrated ({found}): {saves}"
        if pays
        else f"left as it is ({found}): {saves}, too little"
    )
    return CalibrationChoice(
        line if pays else None, reason, line.slope, line.intercept, p_value, gain, error
    )


def _cross_fit(defaulted: IntArray, probability: FloatArray, *, seed: int) -> FloatArray:
    """Each row's log loss saved by a line fitted on the half that the row is not in."""
    in_first = np.random.default_rng(seed).permutation(len(defaulted)) < len(defaulted) // 2
    gains = np.zeros(len(defaulted))
    for half in (in_first, ~in_first):
        line = fit_calibration(defaulted[~half], probability[~half])
        if line is not None and line.slope > 0:
            gains[half] = _measure_log_loss_gain(defaulted[half], probability[half], line)
    return gains


def _measure_log_loss_gain(
    defaulted: IntArray, probability: FloatArray, line: Calibration
) -> FloatArray:
    # Against the identity line, not the bare score: probabilities of 0 and 1 are held alike on both sides.
    before, after = (
        measure_log_loss(defaulted, calibrate_probability(probability, which))
        for which in (_IDENTITY, line)
    )
    return before - after
