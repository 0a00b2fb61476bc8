"""Evaluate default probabilities on rows that the model has not seen, with 95 % intervals.

Shares of rows have Wilson's interval, the other metrics one from resamples of the rows, and each
interval holds the truth in about 95 of 100 samples: `benchmarks/interval_coverage.py` measures it.
To add a metric, name it in `METRIC_MEANINGS` and compute it in `resampled_metrics`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.evaluation.intervals import (
    Metric,
    measure_distance_interval,
    measure_interval,
    measure_maximum_interval,
)
from credit_default.model.evaluation.resampled_metrics import (
    EvaluatedRows,
    MeasuredResamples,
    measure_resamples,
    sort_evaluated_rows,
)
from credit_default.model.evaluation.share_intervals import encode_clusters, measure_share_among
from credit_default.model.statistics.bootstrap import check_scores, draw_weights

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
    chance_ece: float  # the ECE to expect of right probabilities: chance alone gives as much
    threshold: float
    confusion: Confusion
    metrics: Mapping[str, Metric]
    absent: Mapping[str, str]


def evaluate(
    defaulted: Any,
    default_probability: Any,
    *,
    policy: DecisionPolicy,
    seed: int,
    resample_count: int = 300,
    clients: Any = None,
) -> Evaluation:
    """Evaluate probabilities against the outcomes of the same unseen rows.

    Args:
        defaulted: Outcomes (0/1), array-like of shape (row count,).
        default_probability: Default probabilities (0–1), in the order of `defaulted`. The order of
            the rows does not matter.
        policy: Its threshold decides and its costs are the unit of `cost_per_1000`.
        seed: Seed of the resamples.
        resample_count: Number of resamples behind the intervals.
        clients: Client ids of the rows, so that several months of one client count as dependent;
            None where every row is another client's.

    Raises:
        InputError: different lengths, no rows, or outcomes or probabilities out of range.
    """
    check_scores(defaulted, default_probability)
    rows = sort_evaluated_rows(
        np.asarray(defaulted, dtype=np.int64),
        np.asarray(default_probability, np.float64),
        policy=policy,
        clusters=encode_clusters(clients),
    )
    metrics = _measure_metrics(rows, resample_count=resample_count, seed=seed)
    probability, variance = rows.probability, rows.probability * (1 - rows.probability)
    bin_variance = np.bincount(rows.bins, weights=variance)
    return Evaluation(
        row_count=len(rows.defaulted),
        default_count=int(rows.defaulted.sum()),
        distinct_count=len(rows.ranked.ends),
        expected_default_count=float(probability.sum()),
        expected_deviation=float(np.sqrt(variance.sum())),
        chance_ece=float(np.sqrt(2 / np.pi * bin_variance).sum() / len(probability)),
        threshold=policy.threshold,
        confusion=_count_confusion(rows),
        metrics={name: metrics[name] for name in METRIC_MEANINGS if name in metrics},
        absent={
            name: _explain_absence(name, rows) for name in METRIC_MEANINGS if name not in metrics
        },
    )


def _measure_metrics(rows: EvaluatedRows, *, resample_count: int, seed: int) -> dict[str, Metric]:
    """Return every metric that these rows can give, with its interval."""
    row_count = len(rows.defaulted)
    once = measure_resamples(rows, np.ones((1, row_count)))
    drawn = MeasuredResamples.join(
        measure_resamples(rows, weights)
        for weights in draw_weights(
            row_count, resample_count=resample_count, seed=seed, clusters=rows.clusters
        )
    )
    metrics = {
        name: measure_interval(float(value[0]), drawn.figures[name])
        for name, value in once.figures.items()
        if np.isfinite(value[0])
    }
    if (ks := metrics.get("ks")) is not None:
        metrics["ks"] = measure_maximum_interval(
            ks.value, drawn.figures["ks"], at_place=drawn.distance_at_place
        )
    bin_shares = np.bincount(rows.bins, minlength=once.bin_gaps.shape[1]) / row_count
    ece = measure_distance_interval(once.bin_gaps[0], drawn.bin_gaps, shares=bin_shares)
    return metrics | {"ece": ece} | _measure_shares(rows)


def _measure_shares(rows: EvaluatedRows) -> dict[str, Metric]:
    defaulted, declined = rows.defaulted == 1, rows.declined
    everyone = np.ones(len(defaulted), dtype=bool)
    shares = {
        "accuracy": (declined == defaulted, everyone),
        "precision": (defaulted, declined),
        "recall": (declined, defaulted),
        "decline_share": (declined, everyone),
        "default_share": (defaulted, everyone),
    }
    measured = {
        name: measure_share_among(chosen, among, clusters=rows.clusters)
        for name, (chosen, among) in shares.items()
    }
    return {name: metric for name, metric in measured.items() if metric is not None}


def _count_confusion(rows: EvaluatedRows) -> Confusion:
    declined, defaulted = rows.declined, rows.defaulted == 1
    counts = [
        (declined & defaulted),
        (~declined & defaulted),
        (declined & ~defaulted),
        (~declined & ~defaulted),
    ]
    return Confusion(*(int(cells.sum()) for cells in counts))


def _explain_absence(name: str, rows: EvaluatedRows) -> str:
    if name in {"precision", "f1"}:
        no_default = "" if name == "precision" else " and no client defaulted"
        return f"no client was declined{no_default}"
    if 0 < rows.defaulted.sum() < len(rows.defaulted):
        return "the probabilities are all the same, or separate the outcomes perfectly"
    return _NEEDS_BOTH_OUTCOMES
