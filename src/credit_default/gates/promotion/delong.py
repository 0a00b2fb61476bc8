"""Measure how certain the difference of two ROC AUCs on the same clients is, by DeLong's method.

The paired interval is reported beside the bootstrap's. The variance is that of DeLong, DeLong and
Clarke-Pearson (1988, Biometrics 44, 837-845), computed from midranks as in Sun and Xu (2014, IEEE
Signal Processing Letters 21, 1389-1393): a few sorts, where the definition compares every defaulter
with every other client.
"""

from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np

from credit_default.model.statistics.bootstrap import FloatArray


@dataclass(frozen=True, slots=True)
class AucDifference:
    """Both ROC AUCs, and the challenger's gain with its error and interval.

    Positive gains mean that the challenger is better.
    """

    champion: float
    challenger: float
    gain: float
    standard_error: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, eq=False)
class _Placements:
    """How well a model places each client among the clients of the other outcome, 0-1."""

    defaults: FloatArray  # share of others scored below each defaulter
    others: FloatArray  # share of defaulters scored above each other client


def measure_auc_difference(
    defaulted: Any, champion: Any, *, challenger: Any, confidence: float
) -> AucDifference:
    """Measure the difference of two ROC AUCs.

    Args:
        defaulted: Outcomes (0 or 1), at least two of each, of shape (rows,).
        champion: The champion's probabilities of the same rows, in the same order. Ties count half.
        challenger: The challenger's probabilities of the same rows.
        confidence: Of the two-sided interval, 0-1.
    """
    is_default = np.asarray(defaulted) == 1
    old, new = (
        _measure_placements(is_default, np.asarray(scores, dtype=np.float64))
        for scores in (champion, challenger)
    )
    # For each client: how much better the challenger places it among the clients of the other outcome.
    variance = _measure_mean_variance(new.defaults - old.defaults)
    variance += _measure_mean_variance(new.others - old.others)
    standard_error = float(np.sqrt(variance))
    before, after = float(old.defaults.mean()), float(new.defaults.mean())
    gain = after - before
    reach = NormalDist().inv_cdf((1 + confidence) / 2) * standard_error
    return AucDifference(before, after, gain, standard_error, gain - reach, gain + reach)


def _measure_mean_variance(values: FloatArray) -> float:
    return float(np.var(values, ddof=1)) / len(values)


def _measure_placements(is_default: np.ndarray, scores: FloatArray) -> _Placements:
    from scipy.stats import rankdata  # half a second, which commands that judge nothing don't pay

    defaults, others = scores[is_default], scores[~is_default]
    ranks = rankdata(scores)
    below = (ranks[is_default] - rankdata(defaults)) / len(others)
    above = 1 - (ranks[~is_default] - rankdata(others)) / len(defaults)
    return _Placements(below, above)
