"""Measure the default rate, ranking and calibration of one statement month, in closed form.

A vintage is measured again whenever further outcomes arrive, and may hold millions of rows, so that
its intervals come from formulas and not from resamples.
"""

from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np

from credit_default.model.evaluation.intervals import NORMAL_QUANTILE_95, Metric, measure_share
from credit_default.model.statistics.bootstrap import check_scores


@dataclass(frozen=True, slots=True)
class VintageFigures:
    """Metrics of the clients whose outcome is known, with 95 % intervals."""

    known_count: int
    default_share: Metric
    expected_share: float  # mean default_probability of the same clients
    brier: float
    roc_auc: Metric | None  # None while all outcomes are the same


def measure_vintage(defaulted: Any, default_probability: Any) -> VintageFigures:
    """Return the metrics of probabilities against the outcomes of the same rows.

    Args:
        defaulted: Outcomes (0/1), array-like of shape (row count,).
        default_probability: Default probabilities (0–1), in the order of `defaulted`. The order of
            the rows does not matter.

    Raises:
        InputError: different lengths, no rows, or outcomes or probabilities out of range.
    """
    check_scores(defaulted, default_probability)
    outcome = np.asarray(defaulted, dtype=np.int64)
    probability = np.asarray(default_probability, dtype=np.float64)
    default_count = int(outcome.sum())
    has_both_outcomes = 0 < default_count < len(outcome)
    return VintageFigures(
        known_count=len(outcome),
        default_share=measure_share(default_count, len(outcome)),
        expected_share=float(np.sort(probability).mean()),
        brier=float(np.sort((probability - outcome) ** 2).mean()),
        roc_auc=_measure_roc_auc(outcome, probability) if has_both_outcomes else None,
    )


def _measure_roc_auc(outcome: Any, probability: Any) -> Metric:
    """Return the ROC AUC by Mann-Whitney's statistic, with DeLong's variance.

    The variance comes from the spread of each client's share of won pairs (DeLong, DeLong and
    Clarke-Pearson 1988, Biometrics 44, 837-845).
    """
    from scipy.stats import rankdata  # late: taking outcomes in does not need it

    defaults, others = probability[outcome == 1], probability[outcome == 0]
    ranks = rankdata(probability)
    won = (ranks[outcome == 1] - rankdata(defaults)) / len(others)
    lost = 1 - (ranks[outcome == 0] - rankdata(others)) / len(defaults)
    area = float(np.sort(won).mean())
    half_width = NORMAL_QUANTILE_95 * sqrt(
        float(np.sort(won).var()) / len(defaults) + float(np.sort(lost).var()) / len(others)
    )
    return Metric(area, max(0.0, area - half_width), min(1.0, area + half_width))
