"""Measure by how much one version is better than another on the same rows, once their outcomes are known.

Both versions are fixed, and each decides at its own threshold. Differences are means over rows (the
ROC AUC: over placements), so their errors come from formulas; outcomes are drawn with the clients,
so that a difference of level has its own error too. Rows of one client count as one draw.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from credit_default.errors import InputError
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.evaluation.intervals import NORMAL_QUANTILE_95, Metric
from credit_default.model.statistics.auc_placements import measure_placements
from credit_default.model.statistics.bootstrap import (
    FloatArray,
    IntArray,
    check_scores,
    measure_log_loss,
)
from credit_default.model.statistics.clustered_errors import measure_clustered_error

DIFFERENCE_NAMES: Final[Mapping[str, str]] = {
    "log_loss": "log loss",
    "roc_auc": "ROC AUC",
    "cost_per_1000": "cost per 1,000",
}


@dataclass(frozen=True, slots=True, eq=False)
class PairedOutcomes:
    """Rows that two versions scored and whose outcomes are known; arrays of one length, in one order.

    Raises:
        InputError: Different lengths, no rows, or values out of range.
    """

    defaulted: Any  # 0 or 1
    first: Any  # default probabilities by the first version, 0-1
    second: Any  # by the second
    clients: Any  # whose row it is

    def __post_init__(self) -> None:
        check_scores(self.defaulted, self.first)
        check_scores(self.defaulted, self.second)
        if len(self.clients) != len(self.defaulted):
            raise InputError(
                "paired outcomes",
                found=f"{len(self.clients)} clients of {len(self.defaulted)} rows",
                expected="one for each row",
                remedy="Take the clients from the same rows.",
            )


@dataclass(frozen=True, slots=True)
class Difference:
    """Both versions' figures, and the second one's gain with its 95 % interval.

    Gains are positive where the second version is better, whatever the measure.
    """

    first: float
    second: float
    gain: float
    low: float
    high: float

    @property
    def is_better(self) -> bool:
        """Return whether the whole interval is on the second version's side."""
        return self.low > 0

    @property
    def is_worse(self) -> bool:
        """Return whether the whole interval is on the first version's side."""
        return self.high < 0


@dataclass(frozen=True, slots=True)
class Level:
    """Calibration in the large of one version: how many defaults it expected, and how many came.

    Shares are 0-1; `gap` is observed minus expected, with its 95 % interval.
    """

    expected_share: float
    observed_share: float
    gap: Metric


def measure_differences(
    rows: PairedOutcomes,
    *,
    first_threshold: float,
    second_threshold: float,
    costs: DecisionPolicy,
) -> dict[str, Difference]:
    """Return the second version's gains by name, as in `DIFFERENCE_NAMES`.

    The ROC AUC is left out while all outcomes are the same.

    Args:
        rows: The rows.
        first_threshold: Where the first version begins to decline, 0-1.
        second_threshold: Where the second one does.
        costs: What the two kinds of mistake cost; its threshold is not used.
    """
    defaulted = np.asarray(rows.defaulted, dtype=np.int64)
    first, second = (np.asarray(p, dtype=np.float64) for p in (rows.first, rows.second))
    losses = (measure_log_loss(defaulted, first), measure_log_loss(defaulted, second))
    spent = (
        _measure_costs(defaulted, first >= first_threshold, costs),
        _measure_costs(defaulted, second >= second_threshold, costs),
    )
    found = {
        "log_loss": _compare_means(*losses, clients=rows.clients),
        "cost_per_1000": _compare_means(*spent, clients=rows.clients),
    }
    if 0 < defaulted.sum() < len(defaulted):
        found["roc_auc"] = _compare_areas(defaulted, first, second, clients=rows.clients)
    return {name: found[name] for name in DIFFERENCE_NAMES if name in found}


def measure_level(defaulted: Any, default_probability: Any, *, clients: Any) -> Level:
    """Return the calibration in the large of one version on rows with known outcomes."""
    check_scores(defaulted, default_probability)
    outcome = np.asarray(defaulted, dtype=np.float64)
    probability = np.asarray(default_probability, dtype=np.float64)
    gaps = outcome - probability
    gap = float(gaps.mean())
    reach = NORMAL_QUANTILE_95 * measure_clustered_error((gaps - gap) / len(gaps), clients)
    return Level(
        float(probability.mean()), float(outcome.mean()), Metric(gap, gap - reach, gap + reach)
    )


def _measure_costs(defaulted: IntArray, declined: np.ndarray, costs: DecisionPolicy) -> FloatArray:
    """Return what each row's decision cost, times 1,000."""
    cost: FloatArray = 1000 * np.where(
        declined,
        costs.false_alarm_cost * (1 - defaulted),
        costs.missed_default_cost * defaulted,
    )
    return cost


def _compare_means(first: FloatArray, second: FloatArray, *, clients: Any) -> Difference:
    """Return the difference of two mean losses: less is better."""
    gains = first - second
    gain = float(gains.mean())
    error = measure_clustered_error((gains - gain) / len(gains), clients)
    return _build_difference(float(first.mean()), float(second.mean()), gain, error)


def _compare_areas(
    defaulted: IntArray, first: FloatArray, second: FloatArray, *, clients: Any
) -> Difference:
    """Return the difference of two ROC AUCs: more is better."""
    areas, influences = [], []
    for probability in (first, second):
        placements = measure_placements(defaulted, probability)
        area = float(placements[defaulted == 1].mean())
        group_size = np.where(defaulted == 1, defaulted.sum(), (1 - defaulted).sum())
        areas.append(area)
        influences.append((placements - area) / group_size)
    error = measure_clustered_error(influences[1] - influences[0], clients)
    return _build_difference(areas[0], areas[1], areas[1] - areas[0], error)


def _build_difference(first: float, second: float, gain: float, error: float) -> Difference:
    reach = NORMAL_QUANTILE_95 * error
    return Difference(first, second, gain, gain - reach, gain + reach)
