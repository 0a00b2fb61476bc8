"""Compute shares, quantiles and normal scores by cell, from which the simulator's parameters are estimated."""

import numpy as np
from scipy.stats import norm

FEWEST = 80  # a cell with fewer rows takes its parent's figures
SHRINKAGE = 15.0  # rows that a parent's shares count for
Array = np.ndarray


def count_shares(
    cell: Array,
    target: Array,
    cell_count: int,
    target_count: int,
    *,
    prior: Array | None = None,
    weight: float = SHRINKAGE,
) -> Array:
    """Return the shares of each target in each cell; a prior counts as `weight` rows; empty cells have equal shares."""
    counts = np.bincount(cell * target_count + target, minlength=cell_count * target_count).astype(
        float
    )
    counts = counts.reshape(cell_count, target_count)
    counts += 1e-9 if prior is None else weight * prior
    return counts / counts.sum(axis=1, keepdims=True)


def estimate_knots(
    values: Array, levels: list[tuple[Array, int]], count: int, *, stepwise: bool = False
) -> Array:
    """Return quantiles in the last level's cells; a cell with few rows takes its parent's; the coarsest level comes first.

    `stepwise` gives `count` values at the middle of equal shares; otherwise `count` + 1 knots to draw straight lines
    between, the highest set so that the highest share keeps its mean.
    """
    whole = _quantiles(values, count, stepwise=stepwise)
    knots, parent_count = whole[None, :], 1
    for cell, cell_count in levels:
        order = np.argsort(cell, kind="stable")
        bounds = np.searchsorted(cell[order], np.arange(cell_count + 1))
        finer = np.repeat(knots, cell_count // parent_count, axis=0)
        for place in range(cell_count):
            rows = order[bounds[place] : bounds[place + 1]]
            if len(rows) >= FEWEST:
                finer[place] = _quantiles(values[rows], count, stepwise=stepwise)
        knots, parent_count = finer, cell_count
    return knots


def _quantiles(values: Array, count: int, *, stepwise: bool) -> Array:
    if stepwise:
        return np.quantile(values, (np.arange(count) + 0.5) / count, method="inverted_cdf")
    knots = np.quantile(values, np.arange(count + 1) / count)
    ordered = np.sort(values)
    share = max(len(ordered) // count, 1)
    knots[-1] = np.clip(2 * ordered[-share:].mean() - knots[-2], knots[-2], ordered[-1])
    knots[0] = np.quantile(
        values, 0.25 / count
    )  # the far ends below are refunds, and a few of them only
    return knots


def normal_scores(values: Array, cell: Array, rng: np.random.Generator) -> Array:
    """Return each value's normal score within its cell, ties broken at random."""
    order = np.lexsort((rng.random(len(values)), values, cell))
    ordered_cell = cell[order]
    start = np.searchsorted(ordered_cell, ordered_cell, side="left")
    size = np.searchsorted(ordered_cell, ordered_cell, side="right") - start
    scores = np.empty(len(values))
    scores[order] = norm.ppf((np.arange(len(values)) - start + 0.5) / size)
    return scores


def persistence(scores: Array) -> float:
    """Return the loading on a lasting habit that the mean product of two months' scores implies."""
    products = [np.nanmean(scores[:, i] * scores[:, j]) for i in range(5) for j in range(i)]
    return float(np.sqrt(np.clip(np.nanmean(products), 0.0, 0.9)))


def loading_of(first: Array, scores: Array, chosen: Array, loadings: Array) -> float:
    """Return the loading of the first score on the habit that the later scores, with their own loadings, follow."""
    products = (first[:, None] * scores)[chosen].mean()
    return float(np.clip(products / loadings[chosen].mean(), 0.0, 0.9))


def mean_scores(scores: Array, cell: Array, cell_count: int) -> Array:
    """Return the mean score in each cell; 0 in one with few rows."""
    count = np.bincount(cell, minlength=cell_count)
    total = np.bincount(cell, weights=scores, minlength=cell_count)
    return np.where(count >= FEWEST, total / np.maximum(count, 1), 0.0)
