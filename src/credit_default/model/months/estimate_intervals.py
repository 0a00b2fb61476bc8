"""Widen the intervals of an estimate by what months differ, and by how far earlier ones were off.

An estimate's own interval holds what chance among clients leaves if every score is right. Months
have effects of their own and scores have errors, which only earlier estimates show. Each past error
is divided by the deviation that was to be expected of it, and the interval reaches as far as these
ratios do (Lei, G'Sell, Rinaldo, Tibshirani and Wasserman 2018, Journal of the American Statistical
Association 113, 1094-1111, section 5.2: conformal intervals of locally weighted errors).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from math import ceil, hypot, sqrt
from typing import Final

import numpy as np
from scipy.special import stdtrit

from credit_default.model.evaluation.intervals import Metric
from credit_default.model.months.label_free_estimates import ComparedEstimate, Estimate

_LEVEL: Final = 0.95
# From here on the 95 % rank of past ratios exists: with 19 months it is the largest one.
_FEWEST_MONTHS_FOR_RANK: Final = 19
_HIGHEST: Final[Mapping[str, float]] = {"default_share": 1.0, "roc_auc": 1.0, "brier": 1.0}


@dataclass(frozen=True, slots=True)
class MonthEffects:
    """How much months are taken to differ before their errors are known.

    Attributes:
        sd: Standard deviation of the shift of all log odds of a month, 0 or more.
        weight: How many observed months it counts for, above 0.
    """

    sd: float
    weight: float


def widen_estimate(
    estimate: Estimate, past: Iterable[ComparedEstimate], *, effects: MonthEffects
) -> Estimate:
    """Return the estimate with intervals that hold the realised value in 95 % of months.

    With fewer than 19 earlier months the reach is Student's predictive quantile, of the declared
    month effect and the errors together: normal errors of unknown size. From then on it is the rank
    of the past errors alone, which holds whatever their distribution, while months are
    exchangeable.

    Args:
        estimate: What `estimate_performance` returns.
        past: Earlier estimates of the same model beside what was realised; those of one month
            count as one.
        effects: How much months are taken to differ.
    """
    compared = list(past)
    metrics = {
        name: _widen(
            name,
            estimate.metrics[name],
            hypot(estimate.chance_deviations[name], effects.sd * estimate.month_slopes[name]),
            reach=_measure_reach(
                [item for item in compared if item.name == name],
                effects,
                slope=estimate.month_slopes[name],
            ),
        )
        for name in estimate.metrics
    }
    return replace(estimate, metrics=metrics)


def _widen(name: str, metric: Metric, deviation: float, *, reach: float) -> Metric:
    low, high = metric.value - reach * deviation, metric.value + reach * deviation
    return Metric(metric.value, max(0.0, low), min(_HIGHEST.get(name, high), high))


def _measure_reach(past: list[ComparedEstimate], effects: MonthEffects, *, slope: float) -> float:
    """Return how many deviations the interval reaches to either side."""
    ratios = _measure_ratios(past, month_deviation=effects.sd * slope)
    count = len(ratios)
    if count >= _FEWEST_MONTHS_FOR_RANK:
        return float(ratios[ceil(_LEVEL * (count + 1)) - 1])
    freedom = effects.weight + count
    spread = sqrt((effects.weight + float((ratios**2).sum())) / freedom)
    return float(stdtrit(freedom, (1 + _LEVEL) / 2)) * spread


def _measure_ratios(past: list[ComparedEstimate], *, month_deviation: float) -> np.ndarray:
    """Return each month's error over the deviation that was to be expected of it, rising."""
    months: dict[str, list[float]] = {}
    for item in past:
        deviation = hypot(item.chance_deviation, month_deviation)
        if deviation > 0:
            months.setdefault(item.statement_month, []).append((item.error / deviation) ** 2)
    return np.sort(np.sqrt([np.mean(squares) for squares in months.values()]))
