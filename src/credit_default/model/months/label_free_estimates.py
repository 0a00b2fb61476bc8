"""Estimate performance before outcomes are known, from the probabilities themselves.

Confidence-based estimation: a client scored p counts as p defaulters and 1 - p payers (NannyML's
CBPE; Guerra, Mendes-Moreira and Gama 2018). It shows what a change in the clients does to the
metrics and is blind to a change in what the inputs mean, so each estimate is reported with the
error of earlier ones. NannyML itself is not used: its 0.13 brings LightGBM, FLAML, plotly, usage
analytics and s3fs, has no release for Python 3.13, and samples where every spread here has a closed
form.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from credit_default.errors import InputError
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.evaluation.intervals import NORMAL_QUANTILE_95, Metric
from credit_default.model.statistics.bootstrap import FloatArray, measure_log_loss

ESTIMATED_METRICS: Final = ("default_share", "roc_auc", "brier", "log_loss", "cost_per_1000")


@dataclass(frozen=True, slots=True)
class Estimate:
    """What the outcomes of these rows will show if the probabilities are right.

    Each metric is its expected value with the range that chance leaves in 95 % of cases
    (`estimate_intervals` widens it). A ranking that these rows cannot give (all scored 0, or all 1)
    is absent. Each mapping is by the names in `ESTIMATED_METRICS`.
    """

    row_count: int
    metrics: Mapping[str, Metric]
    chance_deviations: Mapping[str, float]  # standard deviations that chance alone leaves
    month_slopes: Mapping[str, float]  # change for one unit on all log odds of default, 0 or more


@dataclass(frozen=True, slots=True)
class PastError:
    """How far earlier estimates of one metric were from reality, in the metric's unit."""

    batch_count: int
    mean_error: float  # realised less estimated; positive where reality was higher
    mean_absolute_error: float
    # share (0-1) of the batches whose realised value was inside the interval; 0.95 is right
    inside_share: float


@dataclass(frozen=True, slots=True)
class ComparedEstimate:
    """One metric of one batch: its estimate before outcomes were known, and the realised value."""

    name: str
    estimated: Metric
    realised: float
    chance_deviation: float = 0.0  # standard deviation that chance alone leaves
    statement_month: str = ""

    @property
    def error(self) -> float:
        """Return the realised value less the estimated one."""
        return self.realised - self.estimated.value


@dataclass(frozen=True, slots=True)
class _EstimatedMetric:
    metric: Metric
    chance_deviation: float
    month_slope: float  # as in `Estimate.month_slopes`


def estimate_performance(default_probability: Any, *, policy: DecisionPolicy) -> Estimate:
    """Estimate the performance on rows whose outcomes are not known yet.

    Args:
        default_probability: Default probabilities (0–1), array-like of shape (row count,); their
            order does not matter.
        policy: Its threshold decides and its costs price the decisions.

    Raises:
        InputError: no rows, or probabilities out of range.
    """
    probability = np.sort(_read_probabilities(default_probability))
    terms = _list_terms(probability, policy)
    bounds = {"default_share": 1.0, "brier": 1.0}
    found = {
        name: _estimate_mean(probability, *term, highest=bounds.get(name))
        for name, term in terms.items()
    }
    if (roc_auc := _estimate_roc_auc(probability)) is not None:
        found["roc_auc"] = roc_auc
    ordered = {name: found[name] for name in ESTIMATED_METRICS if name in found}
    return Estimate(
        len(probability),
        metrics={name: item.metric for name, item in ordered.items()},
        chance_deviations={name: item.chance_deviation for name, item in ordered.items()},
        month_slopes={name: item.month_slope for name, item in ordered.items()},
    )


def _read_probabilities(given: Any) -> FloatArray:
    probability = np.asarray(given, dtype=np.float64)
    is_valid = ((probability >= 0) & (probability <= 1)).all()
    if probability.ndim != 1 or not len(probability) or not is_valid:
        raise InputError(
            "probabilities to estimate from",
            found="none, or some missing or outside 0-1",
            expected="0 to 1",
            remedy="Estimate from rows that were scored.",
        )
    return probability


def _list_terms(
    probability: FloatArray, policy: DecisionPolicy
) -> dict[str, tuple[FloatArray, FloatArray]]:
    """Return, by metric, what a row adds when its client pays, and when the client defaults."""
    declined = probability >= policy.threshold
    paid, defaulted = (np.full(len(probability), outcome) for outcome in (0, 1))
    return {
        "default_share": (np.zeros(len(probability)), np.ones(len(probability))),
        "brier": (probability**2, (1 - probability) ** 2),
        "log_loss": (
            measure_log_loss(paid, probability),
            measure_log_loss(defaulted, probability),
        ),
        "cost_per_1000": (
            np.where(declined, 1_000 * policy.false_alarm_cost, 0.0),
            np.where(declined, 0.0, 1_000 * policy.missed_default_cost),
        ),
    }


def compare_estimate(
    estimated: Mapping[str, Metric],
    realised: Mapping[str, float],
    *,
    chance_deviations: Mapping[str, float] | None = None,
    statement_month: str = "",
) -> tuple[ComparedEstimate, ...]:
    """Return each metric that was estimated and is known by now, as in `ESTIMATED_METRICS`.

    Args:
        estimated: Estimates by metric name.
        realised: Realised values by metric name.
        chance_deviations: Standard deviations that chance leaves, by metric name. Those of a metric
            without one follow from its interval, which is then taken to hold chance alone.
        statement_month: The month of the batch, YYYY-MM.
    """
    known = chance_deviations or {}
    return tuple(
        ComparedEstimate(
            name,
            estimated[name],
            realised[name],
            chance_deviation=known.get(name, _read_deviation(estimated[name])),
            statement_month=statement_month,
        )
        for name in ESTIMATED_METRICS
        if name in estimated and name in realised
    )


def measure_past_errors(compared: Iterable[ComparedEstimate]) -> dict[str, PastError]:
    """Return each metric's past error over all comparisons; metrics never compared are absent."""
    found: dict[str, list[ComparedEstimate]] = {}
    for item in compared:
        found.setdefault(item.name, []).append(item)
    return {name: _summarise_errors(found[name]) for name in ESTIMATED_METRICS if name in found}


def _summarise_errors(compared: list[ComparedEstimate]) -> PastError:
    count = len(compared)
    inside = sum(item.estimated.low <= item.realised <= item.estimated.high for item in compared)
    return PastError(
        batch_count=count,
        mean_error=sum(item.error for item in compared) / count,
        mean_absolute_error=sum(abs(item.error) for item in compared) / count,
        inside_share=inside / count,
    )


def _read_deviation(metric: Metric) -> float:
    return (metric.high - metric.low) / (2 * NORMAL_QUANTILE_95)


def _estimate_mean(
    probability: FloatArray, paid: FloatArray, failed: FloatArray, *, highest: float | None
) -> _EstimatedMetric:
    """Estimate the mean of what rows add when their clients pay, and when they default."""
    value = float(((1 - probability) * paid + probability * failed).mean())
    return _build_metric(
        value, probability, pull=(failed - paid) / len(probability), highest=highest
    )


def _estimate_roc_auc(probability: FloatArray) -> _EstimatedMetric | None:
    """Estimate the chance that a defaulter is scored above a payer.

    Each pair of rows is weighted by the chance that it is one defaulter and one payer. Sorted by
    probability, with equal ones counting half, all of it is cumulative sums.
    """
    defaults, payers = float(probability.sum()), float((1 - probability).sum())
    variance = probability * (1 - probability)  # also each client's pair with itself, to be removed
    pairs = defaults * payers - float(variance.sum())
    if pairs <= 0:
        return None
    below, above = _sum_below_and_above(probability)
    value = float((probability * (below - (1 - probability) / 2)).sum()) / pairs
    pull = (below - above - value * (payers - defaults)) / pairs
    return _build_metric(value, probability, pull=pull, highest=1.0)


def _sum_below_and_above(probability: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return, for each sorted row, the payers expected below it and the defaulters expected above.

    Rows with the same probability count half.
    """
    _, start, group = np.unique(probability, return_index=True, return_inverse=True)
    payers = np.add.reduceat(1 - probability, start)
    defaults = np.add.reduceat(probability, start)
    below: NDArray[np.float64] = np.cumsum(payers) - payers / 2
    above: NDArray[np.float64] = np.cumsum(defaults[::-1])[::-1] - defaults / 2
    return below[group], above[group]


def _build_metric(
    value: float, probability: FloatArray, *, pull: FloatArray, highest: float | None
) -> _EstimatedMetric:
    """Return the metric with its spread, by the delta method.

    Outcomes are independent, so that the variance is the sum over rows of the outcome's variance
    times the square of its pull: how the value moves when the client defaults. A shift of all log
    odds by one unit moves each row's chance of default by that same variance.
    """
    variance = probability * (1 - probability)
    deviation = sqrt(float((variance * pull**2).sum()))
    slope = abs(float((variance * pull).sum()))
    low = max(0.0, value - NORMAL_QUANTILE_95 * deviation)
    high = value + NORMAL_QUANTILE_95 * deviation
    if highest is not None:
        # Rounding can lift a value of 1 above it in the last bit.
        value, high = min(highest, value), min(highest, high)
    return _EstimatedMetric(Metric(value, low, high), deviation, slope)
