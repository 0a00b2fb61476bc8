"""How surprising a number of defaults is, given the probability: by Jeffreys, binomial, correlated."""

from itertools import pairwise
from typing import Final

import numpy as np
from scipy.integrate import fixed_quad
from scipy.stats import beta, binom, norm

from credit_default.model.statistics.bootstrap import FloatArray

_REACH: Final = 8.5  # standard deviations of the common factor beyond which nothing is left
_STEPS: Final = np.array([-2.0, -0.5, -0.1, 0.0, 0.1, 0.5, 2.0])
_NODE_COUNT: Final = 40


def measure_jeffreys_p_value(row_count: int, default_count: int, probability: float) -> float:
    """Return the posterior chance that the true rate is no higher than the probability.

    Small where defaults are underestimated (ECB 2019, 2.5.3.1).
    """
    if not default_count and probability == 0:
        return 1.0  # nothing speaks against it
    return float(beta.cdf(probability, default_count + 0.5, row_count - default_count + 0.5))


def measure_binomial_p_value(
    row_count: int, default_count: int, probability: float, *, mid: bool
) -> float:
    """Return the chance of so many defaults or more, where they are independent.

    Args:
        row_count: Rows.
        default_count: Defaults.
        probability: Of default, 0-1.
        mid: Count the number itself by half (Lancaster 1961, JASA 56, 223-234): the exact form
            rejects less often than its level says.
    """
    above = float(binom.sf(default_count - 1, row_count, probability))
    return above - 0.5 * float(binom.pmf(default_count, row_count, probability)) if mid else above


def measure_correlated_p_value(
    row_count: int, default_count: int, probability: float, *, correlation: float
) -> float:
    """Return the chance of so many defaults or more, where one factor moves all clients.

    Args:
        row_count: Rows.
        default_count: Defaults.
        probability: Of default, 0-1.
        correlation: Asset correlation of Vasicek's model, 0 to less than 1.
    """
    if not 0 < probability < 1 or correlation == 0:
        return measure_binomial_p_value(row_count, default_count, probability, mid=False)
    threshold, spread = norm.ppf(probability), np.sqrt(1 - correlation)

    def weigh(factor: FloatArray) -> FloatArray:
        rate = norm.cdf((threshold - np.sqrt(correlation) * factor) / spread)
        return np.asarray(binom.sf(default_count - 1, row_count, rate) * norm.pdf(factor))

    # The integrand drops where the rate passes the observed one: nodes crowd around that place.
    share = min(max((default_count - 0.5) / row_count, 1e-12), 1 - 1e-12)
    middle = float((threshold - spread * norm.ppf(share)) / np.sqrt(correlation))
    ends = np.clip([-_REACH, *(middle + _STEPS), _REACH], -_REACH, _REACH)
    parts = [(low, high) for low, high in pairwise(ends) if high > low]
    total = sum(fixed_quad(weigh, low, high, n=_NODE_COUNT)[0] for low, high in parts)
    return float(min(1.0, total))
