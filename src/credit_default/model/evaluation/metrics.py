"""Evaluate default probabilities on rows that the model has not seen, with 95 % intervals.

Intervals come from a bootstrap of the rows. All metrics of all resamples are sums of
per-row terms or cumulative sums over the ranking, so that a few hundred resamples of 6,000 rows
take well under two seconds. To add a metric, name it in `METRIC_MEANINGS` and compute it in
`_measure_resamples`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from credit_default.model.estimator.calibration_line import (
    Calibration,
    bin_by_quantile,
    fit_calibration,
    solve_one_step,
)
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.evaluation.intervals import Metric, measure_interval, measure_share
from credit_default.model.statistics.bootstrap import (
    FloatArray,
    IntArray,
    RankedRows,
    check_scores,
    draw_weights,
    measure_log_loss,
    measure_ranking,
    rank_probabilities,
)

METRIC_MEANINGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "accuracy": "share of decisions that the outcome confirmed",
        "precision": "share of declined clients who defaulted",
        "recall": "share of defaulters who were declined",
        "f1": "harmonic mean of precision and recall",
        "roc_auc": "chance that a defaulter is scored above a client who paid",
        "gini": "2 roc_auc - 1",
        "ks": "largest distance between the score distributions of defaulters and others",
        "average_precision": "precision averaged over recall",
        "brier": "mean squared error of the probability",
        "brier_skill": "share by which the model reduces the Brier score of the default rate alone",
        "log_loss": "mean negative log likelihood, nats",
        "calibration_slope": "outcome regressed on log odds: 1 is calibrated, below 1 too extreme",
        "calibration_intercept": "log odds of the outcome at a score of 0.5; 0 is calibrated",
        "ece": "mean distance of probability and outcome over ten bins of equal size",
        "cost_per_1000": "cost of the decisions per 1,000 clients, in units of the policy",
        "decline_share": "share of clients declined",
        "mean_probability": "mean default probability",
        "default_share": "share of clients who defaulted",
    }
)
_BIN_COUNT: Final = 10
_NEEDS_BOTH_OUTCOMES: Final = "both outcomes are needed, and all rows have the same one"


@dataclass(frozen=True, slots=True)
class Confusion:
    """Counts of decisions by outcome."""

    caught_default_count: int  # declined, defaulted
    missed_default_count: int  # accepted, defaulted
    false_alarm_count: int  # declined, paid
    right_accept_count: int  # accepted, paid


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The metrics of one model on one set of unseen rows, at the policy's threshold.

    A metric that these rows cannot give (ranking with one outcome only, precision with no client
    declined) is not in `metrics` but in `absent`, with the reason.
    """

    row_count: int
    default_count: int
    distinct_count: int  # distinct probabilities; 1 for a constant model
    expected_default_count: float  # sum of the probabilities
    # standard deviation of the default count if the probabilities are right
    expected_deviation: float
    threshold: float
    confusion: Confusion
    metrics: Mapping[str, Metric]
    absent: Mapping[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """Rows sorted by falling probability, with what every resample needs of them."""

    defaulted: IntArray
    probability: FloatArray
    ranked: RankedRows
    policy: DecisionPolicy
    calibration: Calibration | None
    terms: FloatArray  # of shape (row count, term count): what resamples sum up


def evaluate(
    defaulted: Any,
    default_probability: Any,
    *,
    policy: DecisionPolicy,
    seed: int,
    resample_count: int = 300,
) -> Evaluation:
    """Evaluate probabilities against the outcomes of the same unseen rows.

    Args:
        defaulted: Outcomes (0/1), array-like of shape (row count,).
        default_probability: Default probabilities (0–1), in the order of `defaulted`. The order of
            the rows does not matter.
        policy: Its threshold decides and its costs are the unit of `cost_per_1000`.
        seed: Seed of the resamples.
        resample_count: Number of resamples behind the intervals.

    Raises:
        InputError: different lengths, no rows, or outcomes or probabilities out of range.
    """
    check_scores(defaulted, default_probability)
    rows = _sort_rows(
        np.asarray(defaulted, dtype=np.int64),
        np.asarray(default_probability, np.float64),
        policy=policy,
    )
    metrics = _measure_metrics(rows, resample_count=resample_count, seed=seed)
    probability = rows.probability
    return Evaluation(
        row_count=len(rows.defaulted),
        default_count=int(rows.defaulted.sum()),
        distinct_count=len(rows.ranked.ends),
        expected_default_count=float(probability.sum()),
        expected_deviation=float(np.sqrt((probability * (1 - probability)).sum())),
        threshold=policy.threshold,
        confusion=_count_confusion(rows),
        metrics={name: metrics[name] for name in METRIC_MEANINGS if name in metrics},
        absent={
            name: _explain_absence(name, rows) for name in METRIC_MEANINGS if name not in metrics
        },
    )


def _measure_metrics(rows: _Rows, *, resample_count: int, seed: int) -> dict[str, Metric]:
    """Return every metric that these rows can give, with its interval."""
    values = _measure_resamples(rows, np.ones((1, len(rows.defaulted))))
    drawn = [
        _measure_resamples(rows, weights)
        for weights in draw_weights(len(rows.defaulted), resample_count=resample_count, seed=seed)
    ]
    metrics = {
        name: measure_interval(float(value[0]), np.concatenate([block[name] for block in drawn]))
        for name, value in values.items()
        if np.isfinite(value[0])
    }
    return metrics | {
        "default_share": measure_share(int(rows.defaulted.sum()), len(rows.defaulted))
    }


def _sort_rows(defaulted: IntArray, probability: FloatArray, *, policy: DecisionPolicy) -> _Rows:
    # Equal rows are interchangeable: their order changes no metric.
    order = np.lexsort((defaulted, -probability))
    defaulted, probability = defaulted[order], probability[order]
    calibration = fit_calibration(defaulted, probability)
    declined = (probability >= policy.threshold).astype(np.float64)
    bins = bin_by_quantile(probability, bin_count=_BIN_COUNT)
    terms = [
        np.ones(len(defaulted)),
        defaulted,
        probability,
        declined,
        declined * defaulted,
        (probability - defaulted) ** 2,
        measure_log_loss(defaulted, probability),
        *((defaulted - probability) * (bins == number) for number in range(_BIN_COUNT)),
    ]
    return _Rows(
        defaulted,
        probability,
        rank_probabilities(probability),
        policy,
        calibration,
        np.column_stack(terms),
    )


def _measure_resamples(rows: _Rows, weights: FloatArray) -> dict[str, FloatArray]:
    """Return every metric of every resample; NaN where a resample cannot give it."""
    sums = (weights @ rows.terms).T
    count, defaults, probability, declined, caught, squares, losses = sums[:7]
    share = defaults / count
    false_alarms, missed = declined - caught, defaults - caught
    cost = rows.policy.missed_default_cost * missed + rows.policy.false_alarm_cost * false_alarms
    brier = squares / count
    figures = {
        "accuracy": (count - false_alarms - missed) / count,
        "precision": _divide(caught, declined),
        "recall": _divide(caught, defaults),
        "f1": _divide(2 * caught, declined + defaults),
        "brier": brier,
        "brier_skill": 1 - _divide(brier, share * (1 - share)),
        "log_loss": losses / count,
        "ece": np.abs(sums[7:]).sum(axis=0) / count,
        "cost_per_1000": 1000 * cost / count,
        "decline_share": declined / count,
        "mean_probability": probability / count,
    }
    if 0 < rows.defaulted.sum() < len(rows.defaulted):
        ranking = measure_ranking(weights, defaulted=rows.defaulted, ranked=rows.ranked)
        figures |= {"roc_auc": ranking.roc_auc, "gini": 2 * ranking.roc_auc - 1, "ks": ranking.ks}
        figures["average_precision"] = ranking.average_precision
    if rows.calibration is not None:
        line = solve_one_step(rows.calibration, rows.defaulted, rows.probability, weights=weights)
        figures |= {"calibration_slope": line.slope, "calibration_intercept": line.intercept}
    return figures


def _divide(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    quotient = np.full(len(numerator), np.nan)
    np.divide(numerator, denominator, out=quotient, where=denominator > 0)
    return quotient


def _count_confusion(rows: _Rows) -> Confusion:
    declined, defaulted = rows.probability >= rows.policy.threshold, rows.defaulted == 1
    counts = [
        (declined & defaulted),
        (~declined & defaulted),
        (declined & ~defaulted),
        (~declined & ~defaulted),
    ]
    return Confusion(*(int(cells.sum()) for cells in counts))


def _explain_absence(name: str, rows: _Rows) -> str:
    if name in {"precision", "f1"}:
        no_default = "" if name == "precision" else " and no client defaulted"
        return f"no client was declined{no_default}"
    if 0 < rows.defaulted.sum() < len(rows.defaulted):
        return "the probabilities are all the same, or separate the outcomes perfectly"
    return _NEEDS_BOTH_OUTCOMES
