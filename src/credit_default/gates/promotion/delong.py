"""How sure is a difference of two ROC AUCs on the same clients? DeLong's paired interval, beside the bootstrap's.

The variance is that of DeLong, DeLong and Clarke-Pearson (1988, Biometrics 44, 837-845), computed from midranks as in Sun
and Xu (2014, IEEE Signal Processing Letters 21, 1389-1393): a few sorts, where the definition compares every defaulter with
every other client.
"""

from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from scipy.stats import rankdata

from credit_default.model.statistics.bootstrap import FloatArray


@dataclass(frozen=True, slots=True)
class AucDifference:
    """Both ROC AUCs, the challenger's gain (positive: better), its standard error and interval."""

    champion: float
    challenger: float
    gain: float
    standard_error: float
    low: float
    high: float


def measure_auc_difference(
    defaulted: Any, champion: Any, *, challenger: Any, confidence: float
) -> AucDifference:
    """The difference with a two-sided interval of that confidence (0-1); ties count half, two of each outcome are needed."""
    is_default = np.asarray(defaulted) == 1
    old, new = (
        _measure_placements(is_default, np.asarray(scores, dtype=np.float64))
        for scores in (champion, challenger)
    )
    before, after = (float(placed[0].mean()) for placed in (old, new))
    # of each client: how much better placed by the challenger, among the clients of the other outcome
    variance = sum(
        float(np.var(now - then, ddof=1)) / len(now) for then, now in zip(old, new, strict=True)
    )
    standard_error = float(np.sqrt(variance))
    gain = after - before
    reach = NormalDist().inv_cdf((1 + confidence) / 2) * standard_error
    return AucDifference(before, after, gain, standard_error, gain - reach, gain + reach)


def _measure_placements(
    is_default: np.ndarray, scores: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Each defaulter's share of others scored below, and each other's share of defaulters scored above; ties half."""
    defaults, others = scores[is_default], scores[~is_default]
    everybody = rankdata(scores)
    below = (everybody[is_default] - rankdata(defaults)) / len(others)
    above = 1 - (everybody[~is_default] - rankdata(others)) / len(defaults)
    return below, above
