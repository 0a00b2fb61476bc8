"""What became of the clients of one statement month: default rate, ranking and calibration, in closed form.

A vintage is looked at again and again while its outcomes come in, and may hold millions of rows: no resampling here.
"""

from dataclasses import dataclass
from math import sqrt
from typing import Any, Final

import numpy as np
from scipy.stats import rankdata

from credit_default.model.evaluation.metrics import Metric, measure_share
from credit_default.model.statistics.bootstrap import check_scores

_Z95: Final = 1.959963984540054


@dataclass(frozen=True, slots=True)
class VintageFigures:
    """Figures of the clients whose outcome is known, with 95 % intervals."""

    known_count: int
    default_share: Metric
    expected_share: float  # mean default_probability of the same clients
    brier: float
    roc_auc: Metric | None  # None while all outcomes are alike


def measure_vintage(defaulted: Any, default_probability: Any) -> VintageFigures:
    """The figures of probabilities (0-1) against outcomes (0 or 1) of the same rows; row order is indifferent.

    Raises:
        InputError: lengths that differ, no rows, outcomes or probabilities out of range.
    """
    check_scores(defaulted, default_probability)
    outcome, probability = (
        np.asarray(defaulted, dtype=np.int64),
        np.asarray(default_probability, dtype=np.float64),
    )
    default_count = int(outcome.sum())
    return VintageFigures(
        known_count=len(outcome),
        default_share=measure_share(default_count, len(outcome)),
        expected_share=float(np.sort(probability).mean()),
        brier=float(np.sort((probability - outcome) ** 2).mean()),
        roc_auc=_measure_roc_auc(outcome, probability)
        if 0 < default_count < len(outcome)
        else None,
    )


def _measure_roc_auc(outcome: Any, probability: Any) -> Metric:
    """Mann-Whitney's, with DeLong's variance (1988): how much each client's own share of won pairs spreads."""
    defaults, others = probability[outcome == 1], probability[outcome == 0]
    ranks = rankdata(probability)
    won = (ranks[outcome == 1] - rankdata(defaults)) / len(others)
    lost = 1 - (ranks[outcome == 0] - rankdata(others)) / len(defaults)
    area = float(np.sort(won).mean())
    reach = _Z95 * sqrt(
        float(np.sort(won).var()) / len(defaults) + float(np.sort(lost).var()) / len(others)
    )
    return Metric(area, max(0.0, area - reach), min(1.0, area + reach))
