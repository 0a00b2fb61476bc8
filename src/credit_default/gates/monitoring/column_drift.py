"""Measured drift as values: how far each column, the score and the decision have moved.

`drift_measurement` and the Evidently report build these values; `drift` judges them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from credit_default.model.statistics.tails import find_chi_square_quantile, find_normal_quantile

P_VALUE_METHODS: Final = frozenset({"ks", "chisquare"})  # statistic is a p-value: small is drift


@dataclass(frozen=True, slots=True)
class ColumnDrift:
    """The drift of one column, by one method.

    `statistic` is a distance for psi, jensenshannon and wasserstein (drift when above the
    threshold) and a p-value for ks and chisquare (drift when below). `spread`, `error` and
    `p_value` are those of `model.profile.drift_distances.Distance`.
    """

    column: str
    method: str
    statistic: float
    threshold: float
    drifted: bool  # by the threshold alone, noise not considered
    bin_count: int = 10  # codes or bins over which the distance was measured
    spread: float = 0.0
    error: float = 0.0
    p_value: float = 0.0

    @property
    def excess(self) -> float:
        """Return the drift as a multiple of its threshold, in one unit for all methods."""
        if self.method in P_VALUE_METHODS:
            return self.threshold / max(self.statistic, 1e-12)
        return self.statistic / self.threshold


@dataclass(frozen=True, slots=True)
class DriftReport:
    """The drift of every input, the score and the decision, and where the rendered report is."""

    columns: tuple[ColumnDrift, ...]  # inputs, in the schema's order
    score: ColumnDrift  # of default_probability
    drifted_share: float  # of the columns, by their thresholds alone; 0-1
    reference_count: int  # rows
    current_count: int  # rows
    report_paths: Mapping[str, str]  # kind ("html", "json") to path; empty when nothing is rendered
    decision: ColumnDrift | None = None


def measure_noise(column: ColumnDrift, report: DriftReport, *, confidence: float) -> float:
    """Return the distance that chance alone stays below with this confidence (0-1).

    Without drift, PSI divided by (1/reference rows + 1/current rows) follows a chi-square
    distribution with bins - 1 degrees of freedom (its mean gives the rule of thumb (bins - 1)(1/n +
    1/m)). The Jensen-Shannon divergence is an eighth of PSI near zero, and its distance the root of
    that. The gap between two distribution functions F has a standard deviation of sqrt(F (1 - F)
    (1/n + 1/m)); for the area between them (Wasserstein) the allowance is what it would be if the
    gap were that wide, in one direction, everywhere.

    Returns:
        A distance in the unit of the column's method; 0 for methods that allow for chance
        themselves.
    """
    rows = 1 / max(1, report.reference_count) + 1 / max(1, report.current_count)
    psi = find_chi_square_quantile(confidence, max(1, column.bin_count - 1)) * rows
    area = find_normal_quantile((1 + confidence) / 2) * column.spread * rows**0.5
    allowances: dict[str, float] = {
        "psi": psi,
        "jensenshannon": (psi / 8) ** 0.5,
        "wasserstein": area,
    }
    return allowances.get(column.method, 0.0)


def exceeds_noise(column: ColumnDrift, report: DriftReport, *, confidence: float) -> bool:
    """Return whether the column drifted beyond its threshold and beyond what chance gives.

    A bin that few rows fall into can make PSI large by chance alone, as its distribution without
    drift supposes bins that are filled. So the test with such bins taken together has to agree.
    """
    if not column.drifted or column.p_value >= 1 - confidence:
        return False
    if column.method in P_VALUE_METHODS:
        return True
    return column.statistic > measure_noise(column, report, confidence=confidence)
