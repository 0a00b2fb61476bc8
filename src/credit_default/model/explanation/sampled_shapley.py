"""Approximate interventional Shapley values of any function of the features, by sampled orders.

A walk takes a background row to the row that is explained, one feature after the other in a drawn
order; what the function rises by at each step is that feature's contribution in this order. Each
order is also walked backwards, which halves most of the noise. The orders and the background rows
are fixed by the seed and the same for every row, so that a row's values depend on that row alone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from credit_default.model.statistics.bootstrap import FloatArray, IntArray

Measure = Callable[[Any], FloatArray]

ORDER_COUNT: Final = 32  # drawn; each is walked forwards and backwards
APPROXIMATE_METHOD: Final = (
    f"approximate Shapley values, interventional, from {ORDER_COUNT} sampled orders of the features"
)
_MOST_SCORED_TOGETHER: Final = 100_000  # rows


@dataclass(frozen=True, slots=True, eq=False)
class SampledContributions:
    """What each feature adds to each row's risk, about, with the standard error of each figure."""

    contributions: FloatArray  # of shape (row count, feature count)
    standard_errors: FloatArray  # of the same shape


@dataclass(frozen=True, slots=True, eq=False)
class _Walks:
    """The order of each walk, and the background row that it starts from."""

    rank: IntArray  # of shape (walk count, feature count): when a feature is changed, from 0
    start: Any  # of the same shape


def sample_contributions(
    measure: Measure, matrix: Any, *, background: Any, base: float, seed: int = 0
) -> SampledContributions:
    """Return what each feature adds to each row's risk, against the background's mean.

    A row's contributions add up to its risk less `base`. The walks start from `ORDER_COUNT` rows of
    the background, spread over its risks; what their mean misses `base` by is shared out in
    proportion to the variance of each contribution.

    Args:
        measure: Returns each row's risk, by that row alone.
        matrix: Features of shape (row count, feature count).
        background: Features of the background rows.
        base: Mean risk of the background rows.
        seed: Decides the orders.
    """
    walks = _draw_walks(measure, background, seed=seed)
    rows_at_once = max(1, _MOST_SCORED_TOGETHER // (walks.rank.size + len(walks.rank)))
    parts = [
        _explain_rows(measure, matrix[first : first + rows_at_once], walks=walks, base=base)
        for first in range(0, len(matrix), rows_at_once)
    ]
    return SampledContributions(
        np.concatenate([part.contributions for part in parts]),
        np.concatenate([part.standard_errors for part in parts]),
    )


def describe_error(standard_errors: FloatArray, against: str) -> str:
    """Return the method in words, with the background and the largest standard error of a figure."""
    largest = 100 * float(standard_errors.max(initial=0.0))
    return (
        f"{APPROXIMATE_METHOD}, {against}; the standard error of a contribution is at most "
        f"{largest:.2f} percentage points"
    )


def _draw_walks(measure: Measure, background: Any, *, seed: int) -> _Walks:
    by_risk = np.argsort(measure(background), kind="stable")
    places = (np.arange(ORDER_COUNT) + 1 / 2) / ORDER_COUNT * len(background)
    random = np.random.default_rng(seed)
    # Shuffled, so that a walk's order says nothing of the risk that it starts from.
    start = background[random.permutation(by_risk[places.astype(np.int64)])]
    forwards = np.array([random.permutation(background.shape[1]) for _ in range(ORDER_COUNT)])
    rank = np.concatenate([forwards, background.shape[1] - 1 - forwards])
    return _Walks(rank, np.concatenate([start, start]))


def _explain_rows(
    measure: Measure, matrix: Any, *, walks: _Walks, base: float
) -> SampledContributions:
    walk_count, feature_count = walks.rank.shape
    # Before step n of a walk, the features of rank below n have the row's values.
    changed = walks.rank[:, None, :] < np.arange(feature_count + 1)[None, :, None]
    mixed = np.where(changed[None], matrix[:, None, None, :], walks.start[None, :, None, :])
    risk = measure(mixed.reshape(-1, feature_count)).reshape(
        len(matrix), walk_count, feature_count + 1
    )
    rises = np.diff(risk, axis=2)
    added = np.take_along_axis(rises, np.broadcast_to(walks.rank, rises.shape), axis=2)
    pairs = (added[:, :ORDER_COUNT] + added[:, ORDER_COUNT:]) / 2
    variances = pairs.var(axis=1, ddof=1) / ORDER_COUNT
    means = pairs.mean(axis=1)
    missed = risk[:, 0, -1] - base - means.sum(axis=1)
    return SampledContributions(means + missed[:, None] * _share_out(variances), np.sqrt(variances))


def _share_out(variances: FloatArray) -> FloatArray:
    """Return each feature's share of what a row's sum misses, summing to 1."""
    total = variances.sum(axis=1, keepdims=True)
    equal = np.full_like(variances, 1 / variances.shape[1])
    shares: FloatArray = np.divide(variances, total, out=equal, where=total > 0)
    return shares
