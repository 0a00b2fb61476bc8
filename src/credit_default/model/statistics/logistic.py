"""The logistic function and its inverse, whose library is imported at the first use.

Every command's settings reach modules that use them, and few commands compute a probability:
`scipy.special` costs each cold start an eighth of a second.
"""

from typing import Any

from credit_default.model.statistics.bootstrap import FloatArray


def expit(log_odds: Any) -> FloatArray:
    """Return the probability (0–1) of each of the log odds: `scipy.special.expit`, bit for bit."""
    from scipy.special import expit as compute

    probability: FloatArray = compute(log_odds)
    return probability


def logit(probability: Any) -> FloatArray:
    """Return the log odds of each probability: `scipy.special.logit`, ±∞ at 1 and 0."""
    from scipy.special import logit as compute

    log_odds: FloatArray = compute(probability)
    return log_odds


def log_expit(log_odds: Any) -> FloatArray:
    """Return the logarithm of the probability of each of the log odds: `scipy.special.log_expit`."""
    from scipy.special import log_expit as compute

    logarithm: FloatArray = compute(log_odds)
    return logarithm
