"""The area under the ROC curve as a mean over rows, so that hundreds of resamples of it are one product.

A defaulter's placement is the share of payers scored below it, a payer's the share of defaulters scored above it; ties
count half. Their means are the area, and their spread is its variance (DeLong, DeLong and Clarke-Pearson 1988, Biometrics
44, 837-845). Resampling the means moves the area by its linear part, which from some twenty of either outcome is all of it.
"""

import numpy as np

from credit_default.model.statistics.bootstrap import FloatArray, IntArray


def measure_placements(defaulted: IntArray, probability: FloatArray) -> FloatArray:
    """Each row's placement (0-1) among the rows of the other outcome, in row order; both outcomes must occur."""
    is_default = defaulted == 1
    payers, defaulters = np.sort(probability[~is_default]), np.sort(probability[is_default])
    placements = np.empty(len(probability))
    placements[is_default] = _measure_share_below(payers, probability[is_default])
    placements[~is_default] = 1 - _measure_share_below(defaulters, probability[~is_default])
    return placements


def measure_roc_auc_from_placements(
    weights: FloatArray, *, defaulted: IntArray, placements: FloatArray
) -> FloatArray:
    """The area of each resample, to first order; exact where every weight is 1, nan where there is one outcome only."""
    others = 1.0 - defaulted
    terms = np.column_stack([defaulted, others, defaulted * placements, others * placements])
    default_weight, other_weight, of_defaulters, of_others = (weights @ terms).T
    area = float(placements[defaulted == 1].mean())
    with np.errstate(invalid="ignore", divide="ignore"):
        # Either mean is the area where the weights are equal, and moves by its own part in a resample.
        resampled: FloatArray = of_defaulters / default_weight + of_others / other_weight - area
    return resampled


def _measure_share_below(ordered: FloatArray, values: FloatArray) -> FloatArray:
    below = np.searchsorted(ordered, values, side="left")
    not_above = np.searchsorted(ordered, values, side="right")
    share: FloatArray = (below + not_above) / (2 * len(ordered))
    return share
