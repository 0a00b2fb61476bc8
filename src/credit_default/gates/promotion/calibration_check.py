"""Check that the challenger's probabilities are still calibrated, by its calibration line.

The line is fitted on the compared rows. As with fairness, the change is judged: this check must not
protect a champion that is calibrated worse.
"""

import math
from statistics import NormalDist
from typing import Any

import numpy as np

from credit_default.gates.promotion.check_result import Check
from credit_default.gates.promotion.paired_gains import PairedScores
from credit_default.gates.promotion.policy import PromotionPolicy
from credit_default.model.estimator.calibration_line import Slope, measure_slope


def check_calibration(scores: PairedScores, *, policy: PromotionPolicy) -> Check:
    """Check the challenger's calibration slope.

    A slope is out of range when it lies outside the policy's range and its interval does not
    contain 1 either. On few rows the slope of a calibrated model can be outside by chance; but
    waiting until the whole interval is outside would let a slope of 0.8 pass on 2,000 rows more
    often than not.

    Returns:
        The slope with its interval and the champion's beside it. A fault where the slope is out of
        range and not closer to 1 than the champion's, or where no slope can be fitted.
    """
    slope = _fit_slope(scores.defaulted, scores.challenger)
    champion = _fit_slope(scores.defaulted, scores.champion)
    if slope is None:
        return Check(
            "calibration: no slope can be fitted to these outcomes",
            fault="its calibration cannot be measured",
        )
    deviations = NormalDist().inv_cdf((1 + policy.objection_confidence) / 2)
    low = slope.value - deviations * slope.standard_error
    high = slope.value + deviations * slope.standard_error
    is_inside = policy.lowest_slope <= slope.value <= policy.highest_slope
    is_off = not is_inside and not low <= 1 <= high
    is_fault = is_off and not _is_closer_to_one(slope, champion)
    summary = (
        f"calibration: slope {slope.value:.2f} ({low:.2f} to {high:.2f}), "
        f"{_describe_champion(champion)}; "
        f"{policy.lowest_slope:g} to {policy.highest_slope:g} is allowed"
        f"{', and the champion is further from 1' if is_off and not is_fault else ''}"
    )
    return Check(
        summary,
        fault=_describe_fault(slope, policy) if is_fault else "",
        figures={
            "calibration_slope": slope.value,
            "calibration_slope_low": low,
            "calibration_slope_high": high,
        },
    )


def _describe_champion(champion: Slope | None) -> str:
    return "the champion has none" if champion is None else f"the champion's {champion.value:.2f}"


def _is_closer_to_one(slope: Slope, champion: Slope | None) -> bool:
    if champion is None:
        return False
    return _measure_distance_from_one(slope.value) < _measure_distance_from_one(champion.value)


def _measure_distance_from_one(slope: float) -> float:
    """Return the distance from 1 as a factor: 0.8 is as far as 1.25.

    A slope of 0 or below is further than any other.
    """
    return abs(math.log(slope)) if slope > 0 else math.inf


def _describe_fault(slope: Slope, policy: PromotionPolicy) -> str:
    side = "lowest" if slope.value < policy.lowest_slope else "highest"
    return f"its calibration slope {slope.value:.2f} is out of range (promotion.{side}_slope)"


def _fit_slope(defaulted: Any, scored: Any) -> Slope | None:
    outcome = np.asarray(defaulted, dtype=np.int64)
    return measure_slope(outcome, np.asarray(scored, dtype=np.float64))
