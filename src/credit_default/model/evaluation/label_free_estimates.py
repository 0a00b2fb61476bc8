"""How good are the scores, before anybody knows what became of the clients? Estimates from the probabilities themselves.

Confidence-based estimation: a client scored p counts as p defaulters and 1 - p payers (NannyML's CBPE; for the expected
confusion matrix of calibrated scores see Guerra, Mendes-Moreira and Gama 2018). It sees what a change of the clients does
to the figures and is blind to a change of what the inputs mean: so each figure is told beside the error that its
estimates turned out to have. These few lines instead of the library: its 0.13 brings LightGBM, FLAML, plotly, usage
analytics and s3fs with its pin on botocore, has no release for Python 3.13, and samples where the spread of every
figure here has a closed form.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from credit_default.errors import InputError
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.evaluation.metrics import Metric
from credit_default.model.statistics.bootstrap import FloatArray

ESTIMATED_METRICS: Final = ("default_share", "roc_auc", "brier", "log_loss", "cost_per_1000")
_Z95: Final = 1.959963984540054
_NEAREST: Final = 1e-15  # to 0 and 1, as in `resampling.measure_log_loss`


@dataclass(frozen=True, slots=True)
class Estimate:
    """What the outcomes of these rows will show if the probabilities are right.

    Each metric is its expected value with the range that holds 95 % of what chance may make of it. A ranking that these
    rows cannot give (all scored 0 or all 1) is absent.
    """

    row_count: int
    metrics: Mapping[str, Metric]  # by the names in ESTIMATED, which are those of `evaluation`


@dataclass(frozen=True, slots=True)
class PastError:
    """How far earlier estimates of one metric were from what came, in the metric's own unit."""

    batch_count: int
    mean_error: float  # came less estimated: above 0, it came out higher
    mean_absolute_error: float
    inside_share: float  # of the batches whose figure came out inside the estimate's interval, 0-1; 0.95 is right


@dataclass(frozen=True, slots=True)
class ComparedEstimate:
    """One metric of one batch: what was estimated before outcomes and what came."""

    name: str
    estimated: Metric
    realised: float

    @property
    def error(self) -> float:
        """What came less what was estimated."""
        return self.realised - self.estimated.value


def estimate_performance(default_probability: Any, *, policy: DecisionPolicy) -> Estimate:
    """The estimate for rows with these probabilities (0-1), decided at the policy's threshold; row order is indifferent.

    Raises:
        InputError: no rows, or probabilities out of range.
    """
    given = np.asarray(default_probability, dtype=np.float64)
    if given.ndim != 1 or not len(given) or not ((given >= 0) & (given <= 1)).all():
        raise InputError(
            "probabilities to estimate from",
            found="none, or some missing or outside 0-1",
            expected="0 to 1",
            remedy="Estimate from rows that were scored.",
        )
    probability = np.sort(given)
    declined = probability >= policy.threshold
    held = np.clip(probability, _NEAREST, 1 - _NEAREST)
    # by metric: what a row adds when its client pays, and when he defaults
    terms = {
        "default_share": (np.zeros(len(given)), np.ones(len(given))),
        "brier": (probability**2, (1 - probability) ** 2),
        "log_loss": (-np.log(1 - held), -np.log(held)),
        "cost_per_1000": (
            np.where(declined, 1_000 * policy.false_alarm_cost, 0.0),
            np.where(declined, 0.0, 1_000 * policy.missed_default_cost),
        ),
    }
    bounds = {"default_share": 1.0, "brier": 1.0}
    metrics = {
        name: _estimate_mean(probability, *term, highest=bounds.get(name))
        for name, term in terms.items()
    }
    if (roc_auc := _estimate_roc_auc(probability)) is not None:
        metrics["roc_auc"] = roc_auc
    return Estimate(
        len(given), {name: metrics[name] for name in ESTIMATED_METRICS if name in metrics}
    )


def compare_estimate(
    estimated: Mapping[str, Metric], realised: Mapping[str, float]
) -> tuple[ComparedEstimate, ...]:
    """Each metric that was estimated and has come, in the order of ESTIMATED."""
    return tuple(
        ComparedEstimate(name, estimated[name], realised[name])
        for name in ESTIMATED_METRICS
        if name in estimated and name in realised
    )


def measure_past_errors(compared: Iterable[ComparedEstimate]) -> dict[str, PastError]:
    """Each metric's past error over all that was compared; metrics that never were are absent."""
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
    """The mean of a sum over rows; outcomes are independent, so its variance is the sum of the rows'."""
    value = float(((1 - probability) * paid + probability * failed).mean())
    variance = (
        float((probability * (1 - probability) * (failed - paid) ** 2).sum())
        / len(probability) ** 2
    )
    return _build_metric(value, sqrt(variance), highest=highest)


def _estimate_roc_auc(probability: FloatArray) -> Metric | None:
    """The chance that a defaulter is scored above a payer, each pair weighed by the chance that it is one.

    Spread by the delta method: how the figure moves with each client's outcome, times the variance of that outcome.
    Sorted by probability, equal ones counting half, all of it is cumulative sums.
    """
    defaults, payers = float(probability.sum()), float((1 - probability).sum())
    own = probability * (1 - probability)  # a client makes no pair with himself
    pairs = defaults * payers - float(own.sum())
    if pairs <= 0:
        return None
    below, above = _sum_below_and_above(probability)
    value = float((probability * (below - (1 - probability) / 2)).sum()) / pairs
    pull = (below - above - value * (payers - defaults)) / pairs
    deviation = sqrt(float((own * pull**2).sum()))
    return _build_metric(value, deviation, highest=1.0)


def _sum_below_and_above(probability: FloatArray) -> tuple[FloatArray, FloatArray]:
    """For each row of the sorted: payers expected below it and defaulters expected above, those equal to it half."""
    _, start, group = np.unique(probability, return_index=True, return_inverse=True)
    payers = np.add.reduceat(1 - probability, start)
    defaults = np.add.reduceat(probability, start)
    below: NDArray[np.float64] = np.cumsum(payers) - payers / 2
    above: NDArray[np.float64] = np.cumsum(defaults[::-1])[::-1] - defaults / 2
    return below[group], above[group]


def _build_metric(value: float, deviation: float, *, highest: float | None) -> Metric:
    high = value + _Z95 * deviation
    return Metric(
        value, max(0.0, value - _Z95 * deviation), high if highest is None else min(highest, high)
    )
