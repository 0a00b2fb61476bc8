"""The area under the ROC curve as a mean over rows, so that many resamples are one matrix product.

A defaulter's placement is the share of payers scored below it, a payer's placement the share of
defaulters scored above it; ties count half. The mean placement of either group is the area, and the
placements' spread gives its variance (DeLong, DeLong and Clarke-Pearson 1988, Biometrics 44,
837-845). Resampling these means captures the linear part of the area's change, which is practically
all of it from some twenty rows of each outcome on.
"""

from dataclasses import dataclass

import numpy as np

from credit_default.model.statistics.bootstrap import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class RocAuc:
    """A ROC AUC with its standard error, both 0–1."""

    value: float
    standard_error: float


def measure_roc_auc_error(defaulted: IntArray, probability: FloatArray) -> RocAuc:
    """Return the ROC AUC with its standard error by DeLong's method.

    Args:
        defaulted: Outcomes (0/1), at least two of each.
        probability: Default probabilities (0–1), in the order of `defaulted`. Ties count half.
    """
    placements = measure_placements(defaulted, probability)
    groups = [placements[defaulted == outcome] for outcome in (1, 0)]
    variance = sum(float(np.var(group, ddof=1)) / len(group) for group in groups)
    return RocAuc(float(groups[0].mean()), float(np.sqrt(variance)))


def measure_placements(defaulted: IntArray, probability: FloatArray) -> FloatArray:
    """Return each row's placement (0–1) among the rows of the other outcome.

    Args:
        defaulted: Outcomes (0/1); both must occur.
        probability: Default probabilities (0–1), in the order of `defaulted`.

    Returns:
        Placements in row order.
    """
    is_default = defaulted == 1
    payers, defaulters = np.sort(probability[~is_default]), np.sort(probability[is_default])
    placements = np.empty(len(probability))
    placements[is_default] = _measure_share_below(payers, probability[is_default])
    placements[~is_default] = 1 - _measure_share_below(defaulters, probability[~is_default])
    return placements


def measure_roc_auc_from_placements(
    weights: FloatArray, *, defaulted: IntArray, placements: FloatArray
) -> FloatArray:
    """Return the ROC AUC of each resample, to first order.

    Args:
        weights: How often each resample drew each row, of shape (resample count, row count).
        defaulted: Outcomes (0/1).
        placements: What `measure_placements` returns, in the order of `defaulted`.

    Returns:
        Array of shape (resample count,): exact where every weight is 1, NaN where a resample has
        only one outcome.
    """
    others = 1.0 - defaulted
    terms = np.column_stack([defaulted, others, defaulted * placements, others * placements])
    default_weight, other_weight, of_defaulters, of_others = (weights @ terms).T
    area = float(placements[defaulted == 1].mean())
    with np.errstate(invalid="ignore", divide="ignore"):
        # With equal weights either mean is the area; a resample moves each by its own part.
        resampled: FloatArray = of_defaulters / default_weight + of_others / other_weight - area
    return resampled


def _measure_share_below(ordered: FloatArray, values: FloatArray) -> FloatArray:
    below = np.searchsorted(ordered, values, side="left")
    not_above = np.searchsorted(ordered, values, side="right")
    share: FloatArray = (below + not_above) / (2 * len(ordered))
    return share
