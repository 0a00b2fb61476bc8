"""Do the clients of a batch still look like those the model was tested on? From measured distances to a verdict.

The report is measured elsewhere; here stands what it means. A distance grows by chance alone in a small batch, so a
column has moved only when it is beyond its threshold *and* beyond what chance gives.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from scipy.stats import chi2

from credit_default.gates.verdict import Level, Verdict

GATE: Final = "drift"
_P_VALUE_METHODS: Final = frozenset({"ks", "chisquare"})  # statistic is a p-value: small means moved
_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class ColumnDrift:
    """How far one column has moved, by which method, against which threshold.

    `statistic` is a distance for psi, jensenshannon and wasserstein (drifted when above the threshold) and a p-value for
    ks and chisquare (drifted when below). `bin_count`: classes or bins that the distance was taken over.
    """

    column: str
    method: str
    statistic: float
    threshold: float
    drifted: bool  # as the report says, noise aside
    bin_count: int = 10


@dataclass(frozen=True, slots=True)
class DriftReport:
    """Every column's drift, the score's, and where the report for people is."""

    columns: tuple[ColumnDrift, ...]  # inputs, in the schema's order
    score: ColumnDrift  # of default_probability
    drifted_share: float  # of the columns, 0-1, as the report counts
    reference_count: int
    current_count: int
    report_paths: Mapping[str, str]  # kind ("html", "json") to path


@dataclass(frozen=True, slots=True)
class DriftPolicy:
    """When to watch and when to ring."""

    fewest_rows: int = 200
    score_threshold: float = 0.1  # psi of default_probability
    highest_drifted_share: float = 0.3  # of the columns, or of the importance behind them where it is given
    confidence: float = 0.999  # that chance alone stays below the noise allowance, for each column


def judge_drift(
    report: DriftReport,
    *,
    row_count: int,
    policy: DriftPolicy | None = None,
    importance: Mapping[str, float] | None = None,
) -> Verdict:
    """`alarm` when the score or too many columns moved, `watch` when any column did, else `ok`; most moved first.

    Below the fewest rows: `not judged`. `importance` (share of the model per column, sum 1) weighs the columns; the
    share that counts is the larger of the weighed and the plain one, so that a model that ignores a column cannot hide
    that most of a feed is broken.
    """
    policy = policy or DriftPolicy()
    moved = sorted(
        (column for column in report.columns if _has_moved(column, report, policy=policy)),
        key=lambda column: (-_measure_excess(column), column.column),
    )
    score_threshold = max(policy.score_threshold, measure_noise(report.score, report, confidence=policy.confidence))
    plain_share = len(moved) / len(report.columns) if report.columns else 0.0
    weighed_share = sum((importance or {}).get(column.column, 0.0) for column in moved)
    figures = {
        "row_count": float(row_count),
        "score_drift": report.score.statistic,
        "score_threshold": score_threshold,
        "drifted_count": float(len(moved)),
        "drifted_share": plain_share,
        "drifted_importance_share": weighed_share,
        "highest_drifted_share": policy.highest_drifted_share,
    }
    if row_count < policy.fewest_rows:
        reason = f"{row_count:,} rows are too few to tell drift from chance: at least {policy.fewest_rows:,}"
        return Verdict(GATE, "not judged", (reason,), figures)
    rings = _list_rings(report, score_threshold, plain_share, weighed_share, policy=policy)
    level: Level = "alarm" if rings else "watch" if moved else "ok"
    quiet = f"no column moved; score drift {report.score.statistic:.3f} is below {score_threshold:.3f}"
    return Verdict(GATE, level, (*rings, *_tell_moved(moved)) or (quiet,), figures)


def measure_noise(column: ColumnDrift, report: DriftReport, *, confidence: float) -> float:
    """The distance that chance alone stays below with that confidence (0-1); 0 for methods that allow for it themselves.

    Without drift, PSI divided by (1/reference rows + 1/current rows) follows a chi-square distribution with bins - 1
    degrees of freedom (mean: the rule of thumb (bins - 1)(1/n + 1/m)); Jensen-Shannon divergence is an eighth of PSI
    near zero, and its distance the root of that.
    """
    psi = float(chi2.ppf(confidence, max(1, column.bin_count - 1))) * (
        1 / max(1, report.reference_count) + 1 / max(1, report.current_count)
    )
    return {"psi": psi, "jensenshannon": float((psi / 8) ** 0.5)}.get(column.method, 0.0)


def _has_moved(column: ColumnDrift, report: DriftReport, *, policy: DriftPolicy) -> bool:
    if not column.drifted or column.method in _P_VALUE_METHODS:
        return column.drifted
    return column.statistic > measure_noise(column, report, confidence=policy.confidence)


def _measure_excess(column: ColumnDrift) -> float:
    """How many times over its threshold a column is, in one unit for all methods."""
    if column.method in _P_VALUE_METHODS:
        return column.threshold / max(column.statistic, 1e-12)
    return column.statistic / column.threshold


def _list_rings(
    report: DriftReport, score_threshold: float, plain_share: float, weighed_share: float, *, policy: DriftPolicy
) -> list[str]:
    rings = []
    if report.score.statistic >= score_threshold:
        rings.append(
            f"the score moved: {report.score.method} {report.score.statistic:.3f}, limit {score_threshold:.3f}"
        )
    limit = policy.highest_drifted_share
    if plain_share >= limit:
        rings.append(f"{plain_share:.0%} of the columns moved, limit {limit:.0%}")
    if weighed_share >= limit:
        rings.append(f"columns that carry {weighed_share:.0%} of the model moved, limit {limit:.0%}")
    return rings


def _tell_moved(moved: list[ColumnDrift]) -> list[str]:
    told = [
        f"{column.column} moved: {column.method} {column.statistic:.3f}, limit {column.threshold:.3f}"
        for column in moved[:_SHOWN]
    ]
    rest = len(moved) - _SHOWN
    return [*told, f"and {rest} more columns"] if rest > 0 else told
