"""Did past decisions about models, and past estimates, hold on the months that followed?"""

from typing import Final

import numpy as np
from scipy.stats import binom, norm, ttest_1samp

from credit_default.gates.validation.judgement import (
    Measured,
    judge_family,
    judge_p_value,
    leave_unjudged,
)
from credit_default.gates.validation.result import Finding
from credit_default.gates.validation.validation_test import ValidationInput, ValidationTest

_NONE: Final = "no promotion has a month with outcomes after it"
_COVERAGE: Final = 0.95  # of the estimates' intervals


def _judge_promotions(inputs: ValidationInput) -> tuple[Finding, ...]:
    family = []
    for past in inputs.given.promotions:
        if past.standard_error <= 0:
            continue
        z = past.later_gain / past.standard_error
        words = f"log loss gained {past.later_gain:+.4f}"
        if past.promised_gain is not None:
            words += f", {past.promised_gain:+.4f} when promoted"
        family.append(Measured(z, float(norm.cdf(z)), words, past.subject))
    return judge_family(family, inputs.policy) if family else (leave_unjudged(_NONE),)


def _judge_promises(inputs: ValidationInput) -> tuple[Finding, ...]:
    short = np.array(
        [
            past.later_gain - past.promised_gain
            for past in inputs.given.promotions
            if past.promised_gain is not None
        ]
    )
    if len(short) < inputs.policy.fewest_months or np.ptp(short) == 0:
        return (leave_unjudged(f"fewer than {inputs.policy.fewest_months} promotions to look at"),)
    found = ttest_1samp(short, 0.0, alternative="less")
    words = f"promotions gained {short.mean():+.4f} more than their verdicts showed, on average"
    measured = Measured(float(found.statistic), float(found.pvalue), words)
    return (judge_p_value(measured, inputs.policy),)


def _judge_estimates(inputs: ValidationInput) -> tuple[Finding, ...]:
    past, fewest = inputs.given.estimates, inputs.policy.fewest_months
    if len(past) < fewest:
        return (leave_unjudged(f"fewer than {fewest} estimates whose outcomes have come"),)
    held = sum(estimate.low <= estimate.measured <= estimate.high for estimate in past)
    below, at = (float(f(held, len(past), _COVERAGE)) for f in (binom.cdf, binom.pmf))
    words = f"{held} of {len(past)} intervals held what came"
    measured = Measured(held / len(past), below - at / 2, words)
    return (judge_p_value(measured, inputs.policy),)


TESTS: Final = (
    ValidationTest(
        "back_testing.promotions",
        "back-testing",
        "Past promotions on later months",
        "z of the gain in log loss",
        "The promoted model is at least as good as the one that it replaced.",
        "Diebold and Mariano 1995, Journal of Business and Economic Statistics 13, 253-263; Holm",
        _judge_promotions,
    ),
    ValidationTest(
        "back_testing.promised_gains",
        "back-testing",
        "Gains that promotions promised",
        "t",
        "Promotions gain at least what their verdicts showed.",
        "scipy.stats.ttest_1samp",
        _judge_promises,
    ),
    ValidationTest(
        "back_testing.estimates",
        "back-testing",
        "Estimates without outcomes",
        "share of intervals that held",
        "The estimates' intervals hold what comes 95 times in 100.",
        "exact binomial, mid-p",
        _judge_estimates,
    ),
)
