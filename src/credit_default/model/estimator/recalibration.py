"""Decide whether a forest needs a calibration line, by held-out evidence.

Calibrating a forest that is already calibrated makes it worse. A line is therefore fitted only where the
scores depart from the outcomes beyond noise, and kept only where it improves rows that it was not fitted
on; of few rows, where no gain can be proved, the slope's interval decides (benchmarks/small_calibration.py).
It has two parameters, as isotonic regression loses more to noise than it gains. The limits are no settings:
they belong to the rules under which recipes are compared, so that two of one comparison have one rule.
"""

from dataclasses import dataclass, replace
from math import exp
from typing import Final

import numpy as np
from numpy.typing import NDArray

from credit_default.model.estimator.calibrated_forest import calibrate_probability
from credit_default.model.estimator.calibration_line import (
    Calibration,
    fit_calibration,
    measure_slope,
)
from credit_default.model.estimator.held_out_scores import OutOfFold
from credit_default.model.statistics.bootstrap import FloatArray, IntArray, measure_log_loss

BoolArray = NDArray[np.bool_]
_IDENTITY: Final = Calibration(slope=1.0, intercept=0.0)


@dataclass(frozen=True, slots=True)
class CalibrationPolicy:
    """The evidence that a calibration needs."""

    # rows of the rarer outcome; with fewer no slope is told from noise, and with few only a large
    # departure is: a forest of 470 rows whose slope is 1.8
    fewest_defaults: int = 50
    # level of the likelihood-ratio test of the fitted line against slope 1, intercept 0
    significance: float = 0.01
    # mean log loss in nats that a line must save on rows that it was not fitted on
    least_gain: float = 0.0005
    gain_deviations: float = 2.0  # standard errors by which the gain must exceed 0
    # Below so many rows a line is taken where the slope is so many standard errors from 1.
    few_rows: int = 2_000
    few_rows_deviations: float = 1.96
    fold_count: int = 5  # folds whose held-out probabilities the line is fitted on


@dataclass(frozen=True, slots=True)
class CalibrationChoice:
    """The line to apply to the forest, or None, with the reason and the figures behind the choice.

    Figures that were not needed keep their defaults.
    """

    line: Calibration | None
    reason: str
    slope: float = 1.0
    intercept: float = 0.0
    p_value: float = 1.0  # chance that a calibrated score departs this far from the identity
    gain: float = 0.0  # mean log loss saved on rows that the line was not fitted on, in nats
    gain_error: float = 0.0  # standard error of the gain


def choose_calibration_policy(*, regime_is_new: bool) -> CalibrationPolicy:
    """Return the evidence that is needed, less of it for a new regime.

    A forest that learned from months that are alike is expected to be calibrated, and its gain must
    be beyond noise too. One that learned mostly from months before a change is not: the test of the
    line and a gain on rows that it was not fitted on are enough, or a level that is off by 6 % on
    3,000 rows would stay (docs/adr/0023).
    """
    return CalibrationPolicy(gain_deviations=0.0) if regime_is_new else CalibrationPolicy()


def choose_calibration(
    defaulted: IntArray, held_out_probability: FloatArray, *, policy: CalibrationPolicy, seed: int
) -> CalibrationChoice:
    """Decide whether to recalibrate, from probabilities of models that did not see these rows.

    The line is tested against the identity by its likelihood ratio. Its gain is then measured by
    fitting a line on each half of the rows (drawn by `seed`) and judging it on the other. The
    result depends on the order of the rows.

    Args:
        defaulted: Outcomes (0/1).
        held_out_probability: Held-out default probabilities (0–1), in the order of `defaulted`.
        policy: The evidence that is needed.
        seed: Seed by which the rows are halved.
    """
    default_count = int(min(defaulted.sum(), len(defaulted) - defaulted.sum()))
    if default_count < policy.fewest_defaults:
        few = f"{default_count} rows of the rarer outcome, fewer than {policy.fewest_defaults}"
        return CalibrationChoice(None, f"not recalibrated: {few}")
    line = fit_calibration(defaulted, held_out_probability)
    if line is None or line.slope <= 0:
        return CalibrationChoice(None, "not recalibrated: no rising line fits the scores")
    saved = _measure_log_loss_gain(defaulted, held_out_probability, line)
    # Twice the gain in log likelihood is chi-squared with two degrees of freedom, whose upper tail
    # is an exponential.
    p_value = exp(-max(0.0, float(saved.sum())))
    found = f"slope {line.slope:.3f}, intercept {line.intercept:.3f}, p = {p_value:.2g}"
    if len(defaulted) < policy.few_rows and _is_off_slope(defaulted, held_out_probability, policy):
        reason = f"recalibrated ({found}): the slope's 95 % interval by {len(defaulted):,} rows does not hold 1"
        return CalibrationChoice(line, reason, line.slope, line.intercept, p_value)
    if p_value >= policy.significance:
        reason = f"no recalibration needed ({found})"
        return CalibrationChoice(None, reason, line.slope, line.intercept, p_value)
    gains = _cross_fit(defaulted, held_out_probability, seed=seed)
    gain, error = float(gains.mean()), float(gains.std() / np.sqrt(len(gains)))
    pays = gain >= policy.least_gain and gain > policy.gain_deviations * error
    saves = f"a line saves {gain:.5f} ± {error:.5f} nats of log loss on rows it was not fitted on"
    reason = f"recalibrated ({found}): {saves}"
    if not pays:
        reason = f"not recalibrated ({found}): {saves}, too little"
    return CalibrationChoice(
        line if pays else None, reason, line.slope, line.intercept, p_value, gain, error
    )


def _is_off_slope(defaulted: IntArray, probability: FloatArray, policy: CalibrationPolicy) -> bool:
    slope = measure_slope(defaulted, probability)
    return (
        slope is not None
        and abs(slope.value - 1) > policy.few_rows_deviations * slope.standard_error
    )


def calibrate_folds(
    folds: OutOfFold,
    defaulted: IntArray,
    *,
    served: BoolArray,
    policy: CalibrationPolicy,
    seed: int,
) -> OutOfFold:
    """Return the folds with the probabilities of each one calibrated as the other folds ask for.

    Args:
        folds: Probabilities of forests that are not calibrated.
        defaulted: Outcomes (0/1), in their order.
        served: The rows that the model is to be calibrated for.
        policy: The evidence that a calibration needs.
        seed: As for `choose_calibration`.
    """
    bare = folds.default_probability
    calibrated = np.empty_like(bare)
    for number in np.unique(folds.fold):
        others, own = served & (folds.fold != number), folds.fold == number
        choice = choose_calibration(defaulted[others], bare[others], policy=policy, seed=seed)
        calibrated[own] = calibrate_probability(bare[own], choice.line)
    return replace(folds, default_probability=calibrated)


def _cross_fit(defaulted: IntArray, probability: FloatArray, *, seed: int) -> FloatArray:
    """Return each row's log loss saved by a line fitted on the half that the row is not in."""
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
    # Against the identity line, not the bare score: both sides then clip probabilities of 0 and 1.
    before, after = (
        measure_log_loss(defaulted, calibrate_probability(probability, which))
        for which in (_IDENTITY, line)
    )
    return before - after
