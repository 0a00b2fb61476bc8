"""The tables of the ECB's reporting template: bands by month, migrations from band to band, concentration.

Source: Instructions for reporting the validation results of internal models (ECB, February 2019), section 2.5: 2.5.3.1 for
calibration by grade with the Jeffreys test, 2.5.5.1 for customer migrations, 2.5.5.3 for concentration in grades.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from credit_default.gates.validation.migration import count_migrations, order_bands
from credit_default.gates.validation.policy import ValidationPolicy
from credit_default.gates.validation.sample import Flags, ScoredSample
from credit_default.gates.validation.stability import measure_herfindahl

ALL_MONTHS = "all months"


@dataclass(frozen=True, slots=True)
class BandRow:
    """One rating band in one month, or in all of them.

    Attributes:
        month: YYYY-MM, or `ALL_MONTHS`.
        band: The band's label.
        row_count: Rows in the band.
        client_count: Different clients; None where no client is named.
        outcome_count: Rows whose outcome is known.
        default_count: Defaults among them.
        default_probability: What the band stands for, 0-1: given with it, or the mean of its rows.
        default_rate: Defaults over known outcomes, 0-1; None where none is known.
        jeffreys_p_value: Chance of a true rate at or below the probability after these defaults: small where
            the probability is too low; None where no outcome is known.
    """

    month: str
    band: str
    row_count: int
    client_count: int | None
    outcome_count: int
    default_count: int
    default_probability: float
    default_rate: float | None
    jeffreys_p_value: float | None


@dataclass(frozen=True, slots=True)
class MigrationTable:
    """Clients by their band in one month (rows) and in the next one (columns), over all pairs of months.

    The bands are from the least to the greatest risk. `counts` has one tuple for each band.
    """

    bands: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    first_month: str
    last_month: str


@dataclass(frozen=True, slots=True)
class ConcentrationRow:
    """How the rows of one sample are spread over the bands.

    Attributes:
        sample: "sample" or "reference".
        shares: Share of the rows in each band, 0-1, in the order of the bands.
        variation: Coefficient of variation of the shares: 0 where all bands are equal.
        herfindahl: Sum of the squared shares: 1 where one band holds all rows.
    """

    sample: str
    shares: tuple[float, ...]
    variation: float
    herfindahl: float


@dataclass(frozen=True, slots=True)
class ReportingTables:
    """The template's tables; a table that the sample cannot give is None or empty.

    `are_bands_given` is False where the sample names no bands and it was cut by its scores.
    """

    bands: tuple[str, ...]
    are_bands_given: bool
    by_band: tuple[BandRow, ...]
    migration: MigrationTable | None
    concentration: tuple[ConcentrationRow, ...]


def build_reporting_tables(
    sample: ScoredSample, *, reference: ScoredSample | None, policy: ValidationPolicy
) -> ReportingTables:
    """Return the tables on this sample.

    Args:
        sample: The judged rows; without bands they are cut by quantiles of the reference's scores, or of their own.
        reference: The development rows; None where there are none.
        policy: How many bands to cut.
    """
    edges = _find_edges(reference or sample, count=policy.band_count)
    banded, samples = _assign_bands(sample, edges), {}
    if reference is not None and (reference.band is not None or sample.band is None):
        samples["reference"] = _assign_bands(reference, edges)
    bands = _join_bands([banded, *samples.values()])
    return ReportingTables(
        bands,
        sample.band is not None,
        tuple(_list_band_rows(banded, bands)),
        _count_migrations(banded),
        tuple(
            _measure_concentration(name, rows, bands)
            for name, rows in {"sample": banded, **samples}.items()
        ),
    )


def _join_bands(samples: Sequence[ScoredSample]) -> tuple[str, ...]:
    """Return the bands of all samples, in the order of the one that has most of them."""
    orders = sorted((order_bands(rows) for rows in samples), key=len, reverse=True)
    return tuple(dict.fromkeys(band for order in orders for band in order))


def _find_edges(sample: ScoredSample, *, count: int) -> np.ndarray:
    inner = np.linspace(0, 1, count + 1)[1:-1]
    return np.unique(np.quantile(sample.default_probability, inner))


def _assign_bands(sample: ScoredSample, edges: np.ndarray) -> ScoredSample:
    if sample.band is not None:
        return sample
    count = len(edges) + 1
    names = np.array([f"{number} of {count}" for number in range(1, count + 1)])
    place = np.searchsorted(edges, sample.default_probability, side="right")
    return replace(sample, band=names[place])


def _list_band_rows(sample: ScoredSample, bands: tuple[str, ...]) -> Iterator[BandRow]:
    everything = np.ones(sample.row_count, dtype=bool)
    parts = {ALL_MONTHS: everything}
    if sample.month is not None and len(months := np.unique(sample.month)) > 1:
        parts |= {str(month): sample.month == month for month in months}
    for month, chosen in parts.items():
        for band in bands:
            rows = chosen & (sample.band == band)
            if rows.any():
                yield _build_band_row(sample, rows, month=month, band=band)


def _build_band_row(sample: ScoredSample, rows: Flags, *, month: str, band: str) -> BandRow:
    from scipy.stats import beta

    outcomes = np.array([]) if sample.defaulted is None else sample.defaulted[rows]
    known = outcomes[~np.isnan(outcomes)]
    given = sample.band_probability or {}
    probability = float(given.get(band, sample.default_probability[rows].mean()))
    count, defaults = len(known), int(known.sum())
    return BandRow(
        month,
        band,
        int(rows.sum()),
        None if sample.client_id is None else len(np.unique(sample.client_id[rows])),
        count,
        defaults,
        probability,
        defaults / count if count else None,
        float(beta.cdf(probability, defaults + 0.5, count - defaults + 0.5)) if count else None,
    )


def _count_migrations(sample: ScoredSample) -> MigrationTable | None:
    """Return the migrations between neighbouring months; None where no client is in two of them."""
    if sample.month is None or sample.client_id is None:
        return None
    counts = count_migrations(sample).sum(axis=0)
    if not counts.any():
        return None
    months = [str(month) for month in np.unique(sample.month)]
    return MigrationTable(
        order_bands(sample),
        tuple(tuple(map(int, row)) for row in counts),
        months[0],
        months[-1],
    )


def _measure_concentration(
    name: str, sample: ScoredSample, bands: tuple[str, ...]
) -> ConcentrationRow:
    assert sample.band is not None
    counts = np.array([float(np.count_nonzero(sample.band == band)) for band in bands])
    shares = counts / counts.sum()
    return ConcentrationRow(
        name,
        tuple(map(float, shares)),
        float(np.sqrt(len(bands) * ((shares - 1 / len(bands)) ** 2).sum())),
        measure_herfindahl(counts)[0],
    )
