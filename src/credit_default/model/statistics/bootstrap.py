"""Bootstrap weights, and ranking metrics of many resamples at once.

A resample is a row of weights: how often each client was drawn. Ranking metrics then come from
cumulative sums over clients sorted by probability, for hundreds of resamples in one pass.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from credit_default.errors import InputError

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_BLOCK_CELLS: Final = 2_000_000  # weights clipped at a time: 16 MB, whatever the number of rows
_REMEDY: Final = "Compare rows that were scored and whose outcomes are known."


@dataclass(frozen=True, slots=True, eq=False)
class RankedRows:
    """Rows by falling default probability.

    Attributes:
        order: Row positions by falling probability.
        ends: Position within `order` of the last row of each run of equal probabilities.
    """

    order: IntArray
    ends: IntArray


@dataclass(frozen=True, slots=True, eq=False)
class RankFigures:
    """Ranking metrics (each 0–1) of the resamples, each of shape (resample count,)."""

    roc_auc: FloatArray
    ks: FloatArray
    average_precision: FloatArray


def check_scores(defaulted: NDArray[np.generic], default_probability: NDArray[np.generic]) -> None:
    """Check that there is one outcome (0 or 1) for each probability (0–1), and at least one.

    Raises:
        InputError: different lengths, no rows, other values or missing values.
    """
    outcomes, probabilities = np.asarray(defaulted), np.asarray(default_probability)
    if outcomes.ndim != 1 or outcomes.shape != probabilities.shape or not len(outcomes):
        found = f"{outcomes.shape} outcomes and {probabilities.shape} probabilities"
        raise InputError(
            "scored outcomes",
            found=found,
            expected="one outcome for each probability, and at least one",
            remedy=_REMEDY,
        )
    if not np.isin(outcomes, (0, 1)).all():
        raise InputError(
            "outcomes", found="values that are not 0 or 1", expected="0 or 1", remedy=_REMEDY
        )
    # Phrased positively, so that a missing value fails too.
    if not ((probabilities >= 0) & (probabilities <= 1)).all():
        raise InputError(
            "probabilities", found="missing or outside 0-1", expected="0 to 1", remedy=_REMEDY
        )


def draw_weights(
    row_count: int, *, resample_count: int, seed: int, clusters: IntArray | None = None
) -> Iterator[FloatArray]:
    """Yield blocks of bootstrap weights: rows, or clusters of rows, drawn with replacement.

    Outcomes are drawn with their rows, so that the number of defaults varies from resample to
    resample as it varies from sample to sample. A resample may thus lack an outcome; metrics that
    need both are NaN there. The block size depends on the number of rows alone: the same seed
    gives the same weights.

    Args:
        row_count: Number of rows, 1 or more.
        resample_count: Resamples in all.
        seed: Seed of the draws.
        clusters: Codes 0 to (cluster count - 1) of shape (row count,): rows of one code, such as
            the months of one client, are drawn together. None where every row stands for itself.

    Yields:
        Arrays of shape (resamples in the block, row count): how often each row was drawn.
    """
    generator = np.random.default_rng(seed)
    drawn_count = row_count if clusters is None else int(clusters.max()) + 1
    block_count = max(1, _BLOCK_CELLS // row_count)
    for start in range(0, resample_count, block_count):
        count = min(block_count, resample_count - start)
        weights = _draw_counts(generator, count, row_count=drawn_count)
        yield weights if clusters is None else np.take(weights, clusters, axis=1)


def _draw_counts(generator: np.random.Generator, count: int, *, row_count: int) -> FloatArray:
    drawn = (
        generator.integers(0, row_count, size=(count, row_count))
        + np.arange(count)[:, None] * row_count
    )
    return (
        np.bincount(drawn.ravel(), minlength=count * row_count)
        .reshape(count, row_count)
        .astype(np.float64)
    )


def rank_probabilities(default_probability: FloatArray) -> RankedRows:
    """Return the rows by falling default probability, with ties marked."""
    order = np.argsort(-default_probability, kind="stable")
    falling = default_probability[order]
    return RankedRows(order, np.append(np.flatnonzero(np.diff(falling)), len(falling) - 1))


def find_widest_distance(defaulted: IntArray, ranked: RankedRows) -> int:
    """Return the position within `ranked.order` up to which the KS distance is reached.

    Args:
        defaulted: Outcomes (0/1), in row order.
        ranked: What `rank_probabilities` returns.

    Returns:
        The last position of a run of equal probabilities; of the first such run where several
        reach the distance, or where all outcomes are the same.
    """
    caught = np.cumsum(defaulted[ranked.order])
    alarmed = np.arange(1, len(caught) + 1) - caught
    distance = np.abs(caught / max(caught[-1], 1) - alarmed / max(alarmed[-1], 1))[ranked.ends]
    return int(ranked.ends[np.argmax(distance)])


def measure_ranking(weights: FloatArray, *, defaulted: IntArray, ranked: RankedRows) -> RankFigures:
    """Return the ranking metrics of each resample.

    Args:
        weights: Array of shape (resample count, row count), in row order.
        defaulted: Outcomes (0/1), in row order.
        ranked: What `rank_probabilities` returns.

    Returns:
        ROC AUC (ties count half), KS distance and average precision; NaN where a resample lacks an
        outcome.
    """
    defaults, others = _sum_ties(weights, defaulted, ranked)
    caught, alarmed = np.cumsum(defaults, axis=1), np.cumsum(others, axis=1)
    caught_all, alarmed_all = _mark_zeros(caught[:, -1]), _mark_zeros(alarmed[:, -1])
    distance = np.abs(caught / caught_all[:, None] - alarmed / alarmed_all[:, None]).max(axis=1)
    # Where nothing is drawn yet the precision has weight 0 below.
    precision = caught / np.maximum(caught + alarmed, 1e-12)
    hits = np.einsum("ij,ij->i", defaults, precision)
    return RankFigures(
        roc_auc=_measure_roc_auc_of_sums(defaults, others, caught=caught),
        ks=distance,
        average_precision=np.where(np.isnan(distance), np.nan, hits / caught_all),
    )


def measure_roc_auc(weights: FloatArray, *, defaulted: IntArray, ranked: RankedRows) -> FloatArray:
    """Return the ROC AUC alone of each resample, in half the time of `measure_ranking`.

    Args:
        weights: As in `measure_ranking`.
        defaulted: Outcomes (0/1), in row order.
        ranked: What `rank_probabilities` returns.
    """
    defaults, others = _sum_ties(weights, defaulted, ranked)
    return _measure_roc_auc_of_sums(defaults, others, caught=np.cumsum(defaults, axis=1))


def _sum_ties(
    weights: FloatArray, defaulted: IntArray, ranked: RankedRows
) -> tuple[FloatArray, FloatArray]:
    """Return the weights of defaulters and others per distinct probability, in falling order.

    Both arrays have the shape (resample count, distinct probability count).
    """
    drawn = weights[:, ranked.order]
    defaults = drawn * defaulted[ranked.order]
    others = drawn - defaults
    if len(ranked.ends) == drawn.shape[1]:
        return defaults, others
    starts = np.append(0, ranked.ends[:-1] + 1)
    return np.add.reduceat(defaults, starts, axis=1), np.add.reduceat(others, starts, axis=1)


def _measure_roc_auc_of_sums(
    defaults: FloatArray, others: FloatArray, *, caught: FloatArray
) -> FloatArray:
    area: FloatArray = np.einsum("ij,ij->i", others, caught - defaults / 2)
    area /= _mark_zeros(caught[:, -1] * others.sum(axis=1))
    return area


def _mark_zeros(totals: FloatArray) -> FloatArray:
    """Return the totals with NaN in place of 0: nothing of an outcome was drawn."""
    return np.where(totals > 0, totals, np.nan)


def measure_log_loss(defaulted: IntArray, default_probability: FloatArray) -> FloatArray:
    """Return each row's log loss in nats; probabilities are clipped to [1e-15, 1 - 1e-15] first."""
    clipped = np.clip(default_probability, 1e-15, 1 - 1e-15)
    loss: FloatArray = -np.log(np.where(defaulted == 1, clipped, 1 - clipped))
    return loss
