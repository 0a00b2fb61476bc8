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
from credit_default.model.statistics.bootstrap import FloatArray

ESTIMATED_METRICS: Final = ("default_share", "roc_auc", "brier", "log_loss", "cost_per_1000")
_CLIP: Final = 1e-15  # distance from 0 and 1, as in `bootstrap.measure_log_loss`


@dataclass(frozen=True, slots=True)
class Estimate:
    """What the outcomes of these rows will show if the probabilities are right.

    Each metric is its expected value with the range that chance leaves in 95 % of cases. A ranking
    that these rows cannot give (all scored 0, or all 1) is absent.
    """

    row_count: int
    metrics: Mapping[str, Metric]  # by the names in `ESTIMATED_METRICS`


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

    @property
    def error(self) -> float:
        """Return the realised value less the estimated one."""
        return self.realised - self.estimated.value


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
    metrics = {
        name: _estimate_mean(probability, *term, highest=bounds.get(name))
        for name, term in terms.items()
    }
    if (roc_auc := _estimate_roc_auc(probability)) is not None:
        metrics["roc_auc"] = roc_auc
    return Estimate(
        len(probability), {name: metrics[name] for name in ESTIMATED_METRICS if name in metrics}
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
    clipped = np.clip(probability, _CLIP, 1 - _CLIP)
    return {
        "default_share": (np.zeros(len(probability)), np.ones(len(probability))),
        "brier": (probability**2, (1 - probability) ** 2),
        "log_loss": (-np.log(1 - clipped), -np.log(clipped)),
        "cost_per_1000": (
            np.where(declined, 1_000 * policy.false_alarm_cost, 0.0),
            np.where(declined, 0.0, 1_000 * policy.missed_default_cost),
        ),
    }


def compare_estimate(
    estimated: Mapping[str, Metric], realised: Mapping[str, float]
) -> tuple[ComparedEstimate, ...]:
    """Return each metric that was estimated and is known by now, as in `ESTIMATED_METRICS`.

    Args:
        estimated: Estimates by metric name.
        realised: Realised values by metric name.
    """
    return tuple(
        ComparedEstimate(name, estimated[name], realised[name])
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


def _estimate_mean(
    probability: FloatArray, paid: FloatArray, failed: FloatArray, *, highest: float | None
) -> Metric:
    """Estimate the mean of a sum over rows.

    Outcomes are independent, so that the variance of the sum is the sum of the rows' variances.
    """
    value = float(((1 - probability) * paid + probability * failed).mean())
    variance = (
        float((probability * (1 - probability) * (failed - paid) ** 2).sum())
        / len(probability) ** 2
    )
    return _build_metric(value, sqrt(variance), highest=highest)


def _estimate_roc_auc(probability: FloatArray) -> Metric | None:
    """Estimate the chance that a defaulter is scored above a payer.

    Each pair of rows is weighted by the chance that it is one defaulter and one payer. The spread
    comes from the delta method: how the value moves with each client's outcome, times the variance
    of that outcome. Sorted by probability, with equal ones counting half, all of it is cumulative
    sums.
    """
    defaults, payers = float(probability.sum()), float((1 - probability).sum())
    variance = probability * (1 - probability)  # also each client's pair with itself, to be removed
    pairs = defaults * payers - float(variance.sum())
    if pairs <= 0:
        return None
    below, above = _sum_below_and_above(probability)
    value = float((probability * (below - (1 - probability) / 2)).sum()) / pairs
    pull = (below - above - value * (payers - defaults)) / pairs
    deviation = sqrt(float((variance * pull**2).sum()))
    return _build_metric(value, deviation, highest=1.0)


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


def _build_metric(value: float, deviation: float, *, highest: float | None) -> Metric:
    low = max(0.0, value - NORMAL_QUANTILE_95 * deviation)
    high = value + NORMAL_QUANTILE_95 * deviation
    if highest is None:
        return Metric(value, low, high)
    # Rounding can lift a value of 1 above it in the last bit.
    return Metric(min(highest, value), low, min(highest, high))
