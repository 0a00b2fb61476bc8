"""How far a month's defaults are from those expected, beyond what chance among clients explains.

Clients of one month share what happens in it (a bank holiday, a wave of dismissals), so that the
number of defaults varies more between months than independent defaults would. The month effect is
a shift of all clients' log odds of default; its standard deviation is estimated here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import hypot, sqrt
from typing import Final

from credit_default.model.evaluation.metrics import Evaluation

# Variance of an estimate from successive differences, against one from squares about the mean
# (von Neumann, Kent, Bellinson and Hart 1941, Annals of Mathematical Statistics 12, 153-162).
_DIFFERENCE_EFFICIENCY: Final = 2 / 3


@dataclass(frozen=True, slots=True)
class MonthDeviation:
    """Defaults of one month beyond those that its scores led to expect.

    Attributes:
        statement_month: YYYY-MM.
        surplus: Observed less expected defaults.
        variance: Variance of the number of defaults if the scores are right and defaults are
            independent: the sum of p (1 - p), above 0. It is also what a shift of all log odds by
            one unit adds to the expected number, to first order.
    """

    statement_month: str
    surplus: float
    variance: float

    @property
    def effect(self) -> float:
        """Return the estimated shift of the month's log odds; its error variance is 1 / variance."""
        return self.surplus / self.variance


@dataclass(frozen=True, slots=True)
class CountError:
    """How far the number of defaults is from the expected one."""

    relative: float  # to the expected number
    # in standard deviations of chance, month effects and the model's own level together
    deviations: float
    relative_deviation: float  # that standard deviation, relative to the expected number
    chance_deviation: float  # standard deviation of the number itself, without month effects
    chance_deviations: float  # as `deviations`, of chance alone
    month_effect_sd: float  # of the log odds


def measure_count_error(
    evaluation: Evaluation, *, month_effect_sd: float, level_error: float = 0.0
) -> CountError:
    """Return how far the number of defaults is from the expected one.

    Args:
        evaluation: Metrics of the rows of one month.
        month_effect_sd: Standard deviation of month effects, in log odds.
        level_error: Standard error of the model's own level, in log odds: it learned from so many
            rows and no more.
    """
    expected, chance = evaluation.expected_default_count, evaluation.expected_deviation
    # One unit of log odds moves the expected number by the variance of chance, to first order.
    deviation = hypot(chance, month_effect_sd * chance**2, level_error * chance**2)
    distance = evaluation.default_count - expected
    return CountError(
        relative=distance / expected if expected else 1.0,
        deviations=distance / deviation if deviation else distance,
        relative_deviation=deviation / expected if expected else 0.0,
        chance_deviation=chance,
        chance_deviations=distance / chance if chance else distance,
        month_effect_sd=month_effect_sd,
    )


def estimate_month_effect_sd(
    past: Sequence[MonthDeviation], *, declared_sd: float, declared_weight: float
) -> float:
    """Return the standard deviation of month effects, in log odds.

    The estimate compares each month with the one before it, as the limits of a control chart do. A
    model that has been wrong for months therefore does not excuse itself: a lasting shift counts
    once and a slow one hardly at all. Errors that chance among clients explains are subtracted, and
    the mean is weighted with a declared value, which decides alone while there are fewer than two
    past months.

    Args:
        past: Past months of one model version, in any order; batches of one month are added up.
        declared_sd: What is assumed before months were observed, 0 or more; 0 declares that there
            are no month effects, whatever was observed.
        declared_weight: How many differences of well-measured months it counts for, above 0.
    """
    prior = declared_sd**2
    total, weight = declared_weight * prior, declared_weight
    for before, after in pairwise(_add_up_months(past)):
        noise = 1 / before.variance + 1 / after.variance
        found = ((after.effect - before.effect) ** 2 - noise) / 2
        # Months of few rows tell little: their difference is mostly noise.
        information = _DIFFERENCE_EFFICIENCY * (2 * prior / (2 * prior + noise)) ** 2
        total, weight = total + information * found, weight + information
    return sqrt(max(0.0, total / weight))


def _add_up_months(past: Sequence[MonthDeviation]) -> list[MonthDeviation]:
    """Return one deviation for each month, in order of the months."""
    months: dict[str, MonthDeviation] = {}
    for batch in past:
        known = months.get(batch.statement_month, MonthDeviation(batch.statement_month, 0.0, 0.0))
        months[batch.statement_month] = MonthDeviation(
            batch.statement_month, known.surplus + batch.surplus, known.variance + batch.variance
        )
    return [months[month] for month in sorted(months)]
