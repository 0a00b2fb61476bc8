"""Do clients move between bands from month to month as a sound rating lets them?"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2, chi2_contingency, norm

from credit_default.gates.validation.judgement import (
    Measured,
    judge_family,
    judge_p_value,
    leave_unjudged,
    show_official,
)
from credit_default.gates.validation.result import Finding
from credit_default.gates.validation.sample import ScoredSample
from credit_default.gates.validation.validation_test import ValidationInput, ValidationTest
from credit_default.model.statistics.bootstrap import FloatArray

_ECB: Final = "ECB 2019, Instructions for reporting the validation results of internal models"
_FEWEST_EXPECTED: Final = 5.0  # of a cell, for a chi-square test to hold


def order_bands(rows: ScoredSample) -> tuple[str, ...]:
    """Return the sample's bands from the least to the greatest risk."""
    assert rows.band is not None
    labels, place = np.unique(rows.band, return_inverse=True)
    if rows.band_order:
        return tuple(band for band in rows.band_order if band in set(labels.tolist()))
    total = np.bincount(place, weights=rows.default_probability)
    return tuple(str(labels[i]) for i in np.argsort(total / np.bincount(place), kind="stable"))


def count_migrations(rows: ScoredSample) -> FloatArray:
    """Return the moves from band to band of clients who are in two consecutive months.

    A client who is in a month more than once counts with the last of the rows.

    Returns:
        Counts of shape (pairs of months, bands before, bands after), oldest first, bands from the
        least to the greatest risk.
    """
    assert rows.band is not None
    assert rows.month is not None
    assert rows.client_id is not None
    bands = order_bands(rows)
    place = {band: i for i, band in enumerate(bands)}
    band = np.array([place[str(label)] for label in rows.band], dtype=np.int64)
    months = np.unique(rows.month)
    by_month = [_pick_month(rows, band, str(month)) for month in months]
    matrices = np.zeros((max(len(months) - 1, 0), len(bands), len(bands)))
    for i, (before, after) in enumerate(pairwise(by_month)):
        _, first, second = np.intersect1d(before[0], after[0], return_indices=True)
        np.add.at(matrices[i], (before[1][first], after[1][second]), 1)
    return matrices


def _pick_month(
    rows: ScoredSample, band: NDArray[np.int64], month: str
) -> tuple[NDArray[np.generic], NDArray[np.int64]]:
    assert rows.client_id is not None
    here = np.flatnonzero(rows.month == month)[::-1]
    clients, first = np.unique(rows.client_id[here], return_index=True)
    return clients, band[here][first]


def measure_bandwidths(matrix: FloatArray) -> tuple[float, float]:
    """Return the upper and lower matrix-weighted bandwidth (ECB 2019, 2.5.5.1), each 0-1.

    Args:
        matrix: Moves from band to band, from the least to the greatest risk.
    """
    bands = np.arange(len(matrix))
    distance = np.abs(bands[:, None] - bands)
    furthest = np.maximum(bands, bands[-1] - bands)[:, None]

    def weigh(side: FloatArray) -> float:
        most = float((furthest * side).sum())
        return float((distance * side).sum()) / most if most else 0.0

    return weigh(np.triu(matrix, 1)), weigh(np.tril(matrix, -1))


def measure_migration_cells(matrix: FloatArray) -> list[tuple[int, int, float]]:
    """Return the z of each cell off the diagonal against its neighbour nearer to it.

    Each is (band before, band after, z), bands counted from 0: a negative z says that more clients
    move further (ECB 2019, 2.5.5.2). Cells without a variance are left out.
    """
    cells = []
    for i, row in enumerate(matrix):
        count = row.sum()
        if not count:
            continue
        share = row / count
        for j in range(len(matrix)):
            near = j + 1 if j < i else j - 1
            if i == j or not share[j] + share[near]:
                continue
            both = share[j] * (1 - share[j]) + share[near] * (1 - share[near])
            variance = (both + 2 * share[j] * share[near]) / count
            if variance > 0:
                cells.append((i, j, float((share[near] - share[j]) / np.sqrt(variance))))
    return cells


def measure_homogeneity(matrices: FloatArray) -> tuple[float, int]:
    """Return the chi-square of equal migration in every pair of months, and its freedom.

    Anderson and Goodman 1957, Annals of Mathematical Statistics 28, 89-110: for each band a table
    of months by bands after, the bands that fewer than five are expected in merged.
    """
    statistic, freedom = 0.0, 0
    for band in range(matrices.shape[1]):
        table = _merge_thin(matrices[:, band, :])
        if min(table.shape) > 1:
            found = chi2_contingency(table, correction=False)
            statistic, freedom = statistic + float(found.statistic), freedom + int(found.dof)
    return statistic, freedom


def _merge_thin(table: FloatArray) -> FloatArray:
    table = table[table.sum(axis=1) > 0]
    if not table.size:
        return table
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    thin = expected.min(axis=0) < _FEWEST_EXPECTED
    merged = np.column_stack([table[:, ~thin], table[:, thin].sum(axis=1)])
    return merged[:, merged.sum(axis=0) > 0]


def _add_up(inputs: ValidationInput) -> FloatArray | None:
    """Return all moves; None where no client is in two consecutive months."""
    matrices = count_migrations(inputs.sample)
    return matrices.sum(axis=0) if matrices.sum() else None


_FEW: Final = "no client is in two consecutive months"


def _show_bandwidths(inputs: ValidationInput) -> tuple[Finding, ...]:
    matrix = _add_up(inputs)
    if matrix is None:
        return (leave_unjudged(_FEW),)
    upper, lower = measure_bandwidths(matrix)
    moved = 1 - float(np.trace(matrix) / matrix.sum())
    words = (
        f"{moved:.1%} of clients change band: bandwidth {upper:.3f} upwards, {lower:.3f} downwards"
    )
    figures = {"upper": upper, "lower": lower, "moved_share": moved}
    return (Finding("for information", words, max(upper, lower), figures=figures),)


def _judge_cells(inputs: ValidationInput) -> tuple[Finding, ...]:
    matrix = _add_up(inputs)
    if matrix is None:
        return (leave_unjudged(_FEW),)
    bands = order_bands(inputs.sample)
    cells = [
        cell
        for cell in measure_migration_cells(matrix)
        if matrix[cell[0]].sum() >= inputs.policy.fewest_band_rows
    ]
    family = [
        Measured(
            z,
            float(norm.cdf(z)),
            f"{int(matrix[i, j]):,} of {int(matrix[i].sum()):,} clients moved",
            f"from {bands[i]} to {bands[j]}",
        )
        for i, j, z in cells
    ]
    return _show_worst(judge_family(family, inputs.policy))


def _show_worst(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return the cells that are not green, or else the one with the smallest p-value."""
    wrong = tuple(found for found in findings if found.light != "green")
    return wrong or (min(findings, key=lambda found: found.p_value or 0.0),)


def _judge_homogeneity(inputs: ValidationInput) -> tuple[Finding, ...]:
    statistic, freedom = measure_homogeneity(count_migrations(inputs.sample))
    if not freedom:
        return (leave_unjudged("too few moves in two pairs of consecutive months"),)
    words = f"chi-square {statistic:.1f} with {freedom} degrees of freedom"
    figures = {"degrees_of_freedom": float(freedom)}
    measured = Measured(statistic, float(chi2.sf(statistic, freedom)), words, figures=figures)
    return (judge_p_value(measured, inputs.policy),)


def _show_homogeneity_of_halves(inputs: ValidationInput) -> tuple[Finding, ...]:
    matrices = count_migrations(inputs.sample)
    if len(matrices) < 2:  # noqa: PLR2004
        return (leave_unjudged("fewer than three months"),)
    half = len(matrices) // 2
    pooled = np.stack([matrices[:half].sum(axis=0), matrices[half:].sum(axis=0)])
    statistic, freedom = measure_homogeneity(pooled)
    if not freedom:
        return (leave_unjudged("too few moves in either half of the months"),)
    words = f"chi-square {statistic:.1f} with {freedom} degrees of freedom"
    measured = Measured(statistic, float(chi2.sf(statistic, freedom)), words)
    return (show_official(measured),)


TESTS: Final = (
    ValidationTest(
        "stability.migration_bandwidth",
        "stability",
        "Matrix-weighted bandwidth",
        "the larger bandwidth",
        "None: a description.",
        f"{_ECB}, 2.5.5.1",
        _show_bandwidths,
        ("bands", "months", "clients"),
    ),
    ValidationTest(
        "stability.migration_z",
        "stability",
        "Order of the migrations",
        "z of two neighbouring cells",
        "No more clients move further from their band than to the band beside it.",
        f"{_ECB}, 2.5.5.2; Holm over the cells",
        _judge_cells,
        ("bands", "months", "clients"),
    ),
    ValidationTest(
        "stability.migration_homogeneity",
        "stability",
        "Migration from month to month",
        "chi-square",
        "Clients move between bands in the same way in every month.",
        "Anderson and Goodman 1957, Annals of Mathematical Statistics 28, 89-110",
        _judge_homogeneity,
        ("bands", "months", "clients"),
    ),
    ValidationTest(
        "stability.migration_halves",
        "stability",
        "Migration in the first and the second half of the months",
        "chi-square",
        "Clients move between bands in the same way in both halves.",
        "Anderson and Goodman 1957, Annals of Mathematical Statistics 28, 89-110",
        _show_homogeneity_of_halves,
        ("bands", "months", "clients"),
    ),
)
