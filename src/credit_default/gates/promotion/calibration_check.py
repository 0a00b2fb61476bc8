"""Do the challenger's probabilities still mean what they say? Its calibration line on the rows of the contest.

As with fairness it is the change that is judged: a champion that is worse calibrated must not be protected by this check.
"""

import math
from statistics import NormalDist
from typing import Any

import numpy as np
from scipy.special import expit

from credit_default.gates.promotion.check_result import Check
from credit_default.gates.promotion.paired_gains import PairedScores
from credit_default.gates.promotion.policy import PromotionPolicy
from credit_default.model.estimator.calibration_line import fit_calibration, measure_log_odds


def check_calibration(contest: PairedScores, *, policy: PromotionPolicy) -> Check:
    """The challenger's slope with its interval, the champion's beside it; a fault where it is out of range and not nearer to 1.

    Out of range is a slope outside it whose interval does not hold 1 either: on few rows a calibrated model's slope can
    stray outside by chance, and waiting until the whole interval lies outside would let .8 pass on 2,000 rows more
    often than not.
    """
    slope, error = _fit_slope(contest.defaulted, contest.challenger)
    before, _ = _fit_slope(contest.defaulted, contest.champion)
    if slope is None:
        return Check(
            "calibration: no slope can be fitted to these outcomes",
            fault="its calibration cannot be measured",
        )
    reach = NormalDist().inv_cdf((1 + policy.objection_confidence) / 2) * error
    low, high = slope - reach, slope + reach
    is_off = not policy.lowest_slope <= slope <= policy.highest_slope and not low <= 1 <= high
    is_fault = is_off and (
        before is None or _measure_distance_from_one(slope) >= _measure_distance_from_one(before)
    )
    told = (
        f"calibration: slope {slope:.2f} ({low:.2f} to {high:.2f}), "
        + (f"the champion's {before:.2f}" if before is not None else "the champion has none")
        + f"; {policy.lowest_slope:g} to {policy.highest_slope:g} is allowed"
        + (", and the champion is further from 1" if is_off and not is_fault else "")
    )
    return Check(
        told,
        fault=f"its calibration slope {slope:.2f} is out of range" if is_fault else "",
        figures={
            "calibration_slope": slope,
            "calibration_slope_low": low,
            "calibration_slope_high": high,
        },
    )


def _measure_distance_from_one(slope: float) -> float:
    """How far from 1, as a factor: .8 is as far as 1.25. A slope that points the other way is further than any other."""
    return abs(math.log(slope)) if slope > 0 else math.inf


def _fit_slope(defaulted: Any, scored: Any) -> tuple[float | None, float]:
    """The slope and its standard error from the information of the fitted line; None where no line fits."""
    outcome, probability = (
        np.asarray(defaulted, dtype=np.int64),
        np.asarray(scored, dtype=np.float64),
    )
    line = fit_calibration(outcome, probability)
    if line is None:
        return None, 0.0
    odds = measure_log_odds(probability)
    expected = expit(line.intercept + line.slope * odds)
    variance = expected * (1 - expected)
    centred = odds - np.average(odds, weights=variance)
    return line.slope, float(1 / np.sqrt((variance * centred**2).sum()))
