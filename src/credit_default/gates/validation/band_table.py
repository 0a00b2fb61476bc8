"""Rows, defaults and expected defaults of each band, segment or month: what most tests start from."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from credit_default.gates.validation.sample import ScoredSample
from credit_default.model.estimator.calibration_line import bin_by_quantile
from credit_default.model.statistics.bootstrap import FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class BandTable:
    """One entry a part in every array.

    Attributes:
        labels: The parts' names.
        row_count: Rows whose outcome is known.
        default_count: Defaults among them.
        default_probability: What a row of the part is expected to show, 0-1.
        expected_count: Sum of the rows' own probabilities.
        variance: Variance of the number of defaults, where rows default independently and each with
            its own probability.
    """

    labels: tuple[str, ...]
    row_count: IntArray
    default_count: IntArray
    default_probability: FloatArray
    expected_count: FloatArray
    variance: FloatArray

    def keep(self, parts: NDArray[np.bool_]) -> "BandTable":
        """Return the table of the parts where `parts` is true."""
        return BandTable(
            tuple(label for label, kept in zip(self.labels, parts, strict=True) if kept),
            self.row_count[parts],
            self.default_count[parts],
            self.default_probability[parts],
            self.expected_count[parts],
            self.variance[parts],
        )

    def __iter__(self) -> Iterator[tuple[str, int, int, float]]:
        """Yield label, rows, defaults and default probability of each part."""
        for place, label in enumerate(self.labels):
            yield (
                label,
                int(self.row_count[place]),
                int(self.default_count[place]),
                float(self.default_probability[place]),
            )


def count_bands(known: ScoredSample, *, band_count: int) -> BandTable:
    """Return the counts by rating band, from the least to the greatest risk.

    Args:
        known: Rows whose outcomes are known.
        band_count: Quantile bands of the score, where the sample has no bands of its own.
    """
    table = count_parts(known, assign_bands(known, band_count=band_count))
    order = np.argsort(table.default_probability, kind="stable")
    if known.band is None:
        labels = tuple(f"{place + 1} of {len(order)}" for place in range(len(order)))
    else:
        if known.band_order:
            order = np.array([table.labels.index(b) for b in known.band_order if b in table.labels])
        labels = tuple(table.labels[place] for place in order)
    stated = table.default_probability
    if known.band is not None and known.band_probability:
        stated = np.array([known.band_probability[label] for label in table.labels])
    return BandTable(
        labels,
        table.row_count[order],
        table.default_count[order],
        stated[order],
        table.expected_count[order],
        table.variance[order],
    )


def assign_bands(rows: ScoredSample, *, band_count: int) -> NDArray[Any]:
    """Return each row's band; a quantile of the score where the sample has no bands."""
    if rows.band is not None:
        return rows.band
    return bin_by_quantile(rows.default_probability, bin_count=band_count)


def count_parts(known: ScoredSample, part: NDArray[Any]) -> BandTable:
    """Return the counts by part, sorted by label.

    Args:
        known: Rows whose outcomes are known.
        part: Each row's part.
    """
    labels, place = np.unique(part, return_inverse=True)
    probability = known.default_probability

    def add_up(values: FloatArray | None) -> FloatArray:
        return np.bincount(place, weights=values, minlength=len(labels)).astype(np.float64)

    row_count, expected = add_up(None), add_up(probability)
    return BandTable(
        labels=tuple(str(label) for label in labels),
        row_count=row_count.astype(np.int64),
        default_count=np.rint(add_up(known.outcomes)).astype(np.int64),
        default_probability=expected / row_count,
        expected_count=expected,
        variance=add_up(probability * (1 - probability)),
    )
