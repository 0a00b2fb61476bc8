"""Are the probabilities right for the sample as a whole: their level, their spread and their sum?"""

from typing import Final

import numpy as np
from scipy.special import expit, xlogy
from scipy.stats import chi2

from credit_default.gates.validation.calibration.default_counts import (
    measure_binomial_p_value,
    measure_correlated_p_value,
    measure_jeffreys_p_value,
)
from credit_default.gates.validation.judgement import (
    Measured,
    judge_p_value,
    leave_unjudged,
    measure_both_tails,
    show_official,
)
from credit_default.gates.validation.result import Finding
from credit_default.gates.validation.validation_test import ValidationInput, ValidationTest
from credit_default.model.estimator.calibration_line import (
    Calibration,
    fit_calibration,
    measure_log_odds,
)
from credit_default.model.statistics.bootstrap import FloatArray

_ECB: Final = "ECB 2019, Instructions for reporting the validation results of internal models"
_WP14: Final = "BCBS 2005, Working Paper 14"
_COX: Final = "Cox 1958, Biometrika 45, 562-565"
_CERTAIN: Final = "every probability is 0 or 1, which leaves nothing to chance"


def _describe(inputs: ValidationInput) -> tuple[int, int, float, str]:
    """Return rows, defaults, mean probability, and both numbers of defaults in words."""
    known = inputs.known
    count, defaults = known.row_count, int(known.outcomes.sum())
    mean = float(known.default_probability.mean())
    return count, defaults, mean, f"{defaults:,} defaults where {count * mean:,.1f} were expected"


def _judge_jeffreys(inputs: ValidationInput) -> tuple[Finding, ...]:
    count, defaults, mean, words = _describe(inputs)
    p_value = measure_jeffreys_p_value(count, defaults, mean)
    return (judge_p_value(_measured(defaults / count, p_value, words, mean), inputs.policy),)


def _judge_binomial(inputs: ValidationInput) -> tuple[Finding, ...]:
    count, defaults, mean, words = _describe(inputs)
    p_value = measure_binomial_p_value(count, defaults, mean, mid=True)
    return (judge_p_value(_measured(defaults, p_value, words, mean), inputs.policy),)


def _show_binomial(inputs: ValidationInput) -> tuple[Finding, ...]:
    count, defaults, mean, words = _describe(inputs)
    p_value = measure_binomial_p_value(count, defaults, mean, mid=False)
    return (show_official(_measured(defaults, p_value, words, mean)),)


def _judge_correlated(inputs: ValidationInput) -> tuple[Finding, ...]:
    count, defaults, mean, words = _describe(inputs)
    correlation = inputs.policy.asset_correlation
    p_value = measure_correlated_p_value(count, defaults, mean, correlation=correlation)
    words = f"{words}, at an asset correlation of {correlation:g}"
    return (judge_p_value(_measured(defaults, p_value, words, mean), inputs.policy),)


def _is_certain(probability: FloatArray) -> bool:
    return bool(np.isin(probability, (0.0, 1.0)).all())


def _measured(statistic: float, p_value: float, words: str, mean: float) -> Measured:
    return Measured(float(statistic), p_value, words, figures={"default_probability": mean})


def measure_level_z(outcomes: FloatArray, probability: FloatArray) -> float:
    """Return how many standard errors the number of defaults lies above the expected one.

    The error is that of independent defaults, each with its own probability.
    """
    error = float(np.sqrt((probability * (1 - probability)).sum()))
    return float((outcomes - probability).sum()) / error if error else 0.0


def _judge_level(inputs: ValidationInput) -> tuple[Finding, ...]:
    _, defaults, mean, words = _describe(inputs)
    known = inputs.known
    if _is_certain(known.default_probability):
        return (leave_unjudged(_CERTAIN),)
    z = measure_level_z(known.outcomes, known.default_probability)
    rate = defaults / known.row_count
    figures = {"default_probability": mean, "default_rate": rate}
    figures["expected_over_observed"] = mean / rate
    measured = Measured(z, measure_both_tails(z), words, figures=figures)
    return (judge_p_value(measured, inputs.policy),)


def measure_spiegelhalter_z(outcomes: FloatArray, probability: FloatArray) -> float:
    """Return the Brier score's distance from what right probabilities give, in its deviations."""
    lean = 1 - 2 * probability
    error = float(np.sqrt((lean**2 * probability * (1 - probability)).sum()))
    # Where every probability is 1/2 the Brier score is 1/4 whatever happens.
    return float(((outcomes - probability) * lean).sum()) / error if error else 0.0


def _judge_spiegelhalter(inputs: ValidationInput) -> tuple[Finding, ...]:
    known = inputs.known
    probability = known.default_probability
    if _is_certain(probability):
        return (leave_unjudged(_CERTAIN),)
    z = measure_spiegelhalter_z(known.outcomes, probability)
    brier = float(((known.outcomes - probability) ** 2).mean())
    expected = float((probability * (1 - probability)).mean())
    words = f"Brier score {brier:.4f} where right probabilities give {expected:.4f}"
    figures = {"brier": brier, "expected_brier": expected}
    measured = Measured(z, measure_both_tails(z), words, figures=figures)
    return (judge_p_value(measured, inputs.policy),)


def _judge_slope(inputs: ValidationInput) -> tuple[Finding, ...]:
    known = inputs.known
    line = fit_calibration(known.outcomes.astype(np.int64), known.default_probability)
    if line is None:
        return (leave_unjudged("no calibration line fits these scores"),)
    odds = measure_log_odds(known.default_probability)
    fitted = expit(line.intercept + line.slope * odds)
    weight = fitted * (1 - fitted)
    # The error of a slope whose intercept is estimated beside it.
    centre = float((weight * odds).sum() / weight.sum())
    error = 1 / float(np.sqrt((weight * (odds - centre) ** 2).sum()))
    z = (line.slope - 1) / error
    measured = Measured(
        z,
        measure_both_tails(z),
        f"calibration slope {line.slope:.3f} ± {1.96 * error:.3f}, intercept {line.intercept:+.3f}",
        figures=_list_line(line) | {"slope_standard_error": error},
    )
    return (judge_p_value(measured, inputs.policy),)


def _judge_line(inputs: ValidationInput) -> tuple[Finding, ...]:
    known = inputs.known
    line = fit_calibration(known.outcomes.astype(np.int64), known.default_probability)
    if line is None:
        return (leave_unjudged("no calibration line fits these scores"),)
    odds = measure_log_odds(known.default_probability)
    gain = 2 * (
        _measure_likelihood(known.outcomes, expit(line.intercept + line.slope * odds))
        - _measure_likelihood(known.outcomes, expit(odds))
    )
    words = f"the calibration line gains {gain:.2f} in twice the log likelihood"
    measured = Measured(gain, float(chi2.sf(gain, 2)), words, figures=_list_line(line))
    return (judge_p_value(measured, inputs.policy),)


def _list_line(line: Calibration) -> dict[str, float]:
    return {"slope": line.slope, "intercept": line.intercept}


def _measure_likelihood(outcomes: FloatArray, probability: FloatArray) -> float:
    return float((xlogy(outcomes, probability) + xlogy(1 - outcomes, 1 - probability)).sum())


_NOT_TOO_LOW: Final = "No more clients default than the probabilities say"

TESTS: Final = (
    ValidationTest(
        "calibration.in_the_large",
        "calibration",
        "Calibration in the large",
        "z, each row with its own variance",
        "As many clients default as the probabilities say.",
        f"{_COX}; variance of independent outcomes",
        _judge_level,
        ("outcomes",),
    ),
    ValidationTest(
        "calibration.slope",
        "calibration",
        "Calibration slope",
        "z of slope - 1",
        "The probabilities are neither too extreme nor too close together: the slope is 1.",
        _COX,
        _judge_slope,
        ("outcomes",),
    ),
    ValidationTest(
        "calibration.line",
        "calibration",
        "Calibration line",
        "likelihood ratio, 2 degrees of freedom",
        "The calibration line has intercept 0 and slope 1.",
        f"{_COX}; Wilks 1938",
        _judge_line,
        ("outcomes",),
    ),
    ValidationTest(
        "calibration.spiegelhalter",
        "calibration",
        "Spiegelhalter's test",
        "z, two-sided",
        "Each client's probability is the true one.",
        "Spiegelhalter 1986, Statistics in Medicine 5, 421-433",
        _judge_spiegelhalter,
        ("outcomes",),
    ),
    ValidationTest(
        "calibration.jeffreys",
        "calibration",
        "Jeffreys test of the sample",
        "default rate",
        f"{_NOT_TOO_LOW}.",
        f"{_ECB}, 2.5.3.1",
        _judge_jeffreys,
        ("outcomes",),
    ),
    ValidationTest(
        "calibration.binomial",
        "calibration",
        "Binomial test of the sample, mid-p",
        "defaults",
        f"{_NOT_TOO_LOW}, defaults independent.",
        f"{_WP14}; mid-p by Lancaster 1961, JASA 56, 223-234",
        _judge_binomial,
        ("outcomes",),
    ),
    ValidationTest(
        "calibration.binomial_official",
        "calibration",
        "Binomial test of the sample, exact",
        "defaults",
        f"{_NOT_TOO_LOW}, defaults independent.",
        _WP14,
        _show_binomial,
        ("outcomes",),
    ),
    ValidationTest(
        "calibration.correlated_binomial",
        "calibration",
        "Binomial test with correlated defaults",
        "defaults",
        f"{_NOT_TOO_LOW}, defaults correlated through one factor.",
        f"{_WP14}; Vasicek 2002, Risk 15, 160-162",
        _judge_correlated,
        ("outcomes",),
    ),
)
