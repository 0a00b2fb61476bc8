"""Do the clients of a batch still look like those the model was tested on? From measured distances to a verdict.

`drift_measurement` takes the distances; here stands what they mean. A distance grows by chance alone in a small batch, so
a column has moved only when it is beyond its threshold *and* beyond what chance gives. What moved is told in the order in
which it matters to the model, with what it does to the score.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from scipy.stats import chi2, norm

from credit_default.gates.verdict import Level, Verdict
from credit_default.model.profile.shift_attribution import ScoreShift

GATE: Final = "drift"
P_VALUE_METHODS: Final = frozenset({"ks", "chisquare"})  # statistic is a p-value: small means moved
_SHOWN_COUNT: Final = 5


@dataclass(frozen=True, slots=True)
class ColumnDrift:
    """How far one column has moved, by which method, against which threshold.

    `statistic` is a distance for psi, jensenshannon and wasserstein (drifted when above the threshold) and a p-value for
    ks and chisquare (drifted when below). `bin_count`: classes or bins that the distance was taken over. `spread` and
    `error` and `chance`: as in `model.distances.Distance`.
    """

    column: str
    method: str
    statistic: float
    threshold: float
    drifted: bool  # as the report says, noise aside
    bin_count: int = 10
    spread: float = 0.0
    error: float = 0.0
    chance: float = 0.0


@dataclass(frozen=True, slots=True)
class DriftReport:
    """Every column's drift, the score's and the decision's, and where the report for people is."""

    columns: tuple[ColumnDrift, ...]  # inputs, in the schema's order
    score: ColumnDrift  # of default_probability
    drifted_share: float  # of the columns, 0-1, as the report counts
    reference_count: int
    current_count: int
    report_paths: Mapping[str, str]  # kind ("html", "json") to path
    decision: ColumnDrift | None = None


@dataclass(frozen=True, slots=True)
class DriftPolicy:
    """When to watch and when to ring."""

    fewest_rows: int = 200
    score_threshold: float = 0.1  # psi of default_probability
    decision_threshold: float = 0.1  # psi of accepted and declined
    highest_drifted_share: float = (
        0.3  # of the columns, or of the importance behind them where it is given
    )
    confidence: float = 0.999  # that chance alone moves nothing in a whole report
    fewest_standard_errors: float = (
        4.0  # by which the mean score has moved before anything is made of it
    )
    watched_share_move: float = 0.1  # of the expected default share, over the reference's: watch
    highest_share_move: float = 0.25  # likewise: alarm


def judge_drift(
    report: DriftReport,
    *,
    row_count: int,
    policy: DriftPolicy | None = None,
    importance: Mapping[str, float] | None = None,
    shift: ScoreShift | None = None,
) -> Verdict:
    """`alarm` when the score, the decision or too many columns moved, `watch` when any column did or defaults may, else `ok`.

    Below the fewest rows: `not judged`. `importance` (share of the model per column, sum 1) weighs the columns; the
    share that counts is the larger of the weighed and the plain one, so that a model that ignores a column cannot hide
    that most of a feed is broken. What moved comes in the order of drift times importance; `shift` tells what it does.
    """
    policy, importance = policy or DriftPolicy(), importance or {}
    noise_confidence = _compute_column_confidence(report, policy)
    moved = sorted(
        (
            column
            for column in report.columns
            if _has_moved(column, report, confidence=noise_confidence)
        ),
        key=lambda column: (
            -_weigh_excess(column, importance),
            -_measure_excess(column),
            column.column,
        ),
    )
    plain_share = len(moved) / len(report.columns) if report.columns else 0.0
    weighed_share = sum(importance.get(column.column, 0.0) for column in moved)
    score_threshold = max(
        policy.score_threshold, measure_noise(report.score, report, confidence=noise_confidence)
    )
    figures = {
        "row_count": float(row_count),
        "score_drift": report.score.statistic,
        "score_threshold": score_threshold,
        "drifted_count": float(len(moved)),
        "drifted_share": plain_share,
        "drifted_importance_share": weighed_share,
        "highest_drifted_share": policy.highest_drifted_share,
        **({"decision_drift": report.decision.statistic} if report.decision else {}),
        **_list_shift_figures(shift),
    }
    if row_count < policy.fewest_rows:
        reason = f"{row_count:,} rows are too few to tell drift from chance: at least {policy.fewest_rows:,}"
        return Verdict(GATE, "not judged", (reason,), figures)
    rings = [
        *_list_score_alarms(report, score_threshold, policy=policy, confidence=noise_confidence),
        *_list_share_alarms(plain_share, weighed_share, policy=policy),
    ]
    share_move = _measure_share_shift(shift, policy=policy)
    if share_move >= policy.highest_share_move:
        rings.append(
            f"expected defaults moved by {share_move:.0%}, limit {policy.highest_share_move:.0%}"
        )
    level: Level = (
        "alarm" if rings else "watch" if moved or share_move >= policy.watched_share_move else "ok"
    )
    quiet = (
        f"no column moved; score drift {report.score.statistic:.3f} is below {score_threshold:.3f}"
    )
    told = (
        (
            *rings,
            *_describe_shift(shift, policy=policy),
            *_describe_moved_columns(moved, importance),
        )
        if level != "ok"
        else (quiet,)
    )
    return Verdict(GATE, level, told, figures)


def measure_noise(column: ColumnDrift, report: DriftReport, *, confidence: float) -> float:
    """The distance that chance alone stays below with that confidence (0-1); 0 for methods that allow for it themselves.

    Without drift, PSI divided by (1/reference rows + 1/current rows) follows a chi-square distribution with bins - 1
    degrees of freedom (mean: the rule of thumb (bins - 1)(1/n + 1/m)); Jensen-Shannon divergence is an eighth of PSI
    near zero, and its distance the root of that. The gap between two distribution functions F has a standard deviation
    of sqrt(F (1 - F) (1/n + 1/m)); the area between them is allowed what it would be if all of it lay that way at once.
    """
    rows = 1 / max(1, report.reference_count) + 1 / max(1, report.current_count)
    psi = float(chi2.ppf(confidence, max(1, column.bin_count - 1))) * rows
    area = float(norm.ppf((1 + confidence) / 2)) * column.spread * rows**0.5
    noise: float = {"psi": psi, "jensenshannon": (psi / 8) ** 0.5, "wasserstein": area}.get(
        column.method, 0.0
    )
    return noise


def _compute_column_confidence(report: DriftReport, policy: DriftPolicy) -> float:
    """The confidence for each column with which chance stays out of the whole report as often as the policy asks."""
    return float(policy.confidence ** (1 / (len(report.columns) + 2)))


def _has_moved(column: ColumnDrift, report: DriftReport, *, confidence: float) -> bool:
    if column.method in P_VALUE_METHODS:
        return column.drifted and column.chance < 1 - confidence
    return column.drifted and column.statistic > measure_noise(
        column, report, confidence=confidence
    )


def _weigh_excess(column: ColumnDrift, importance: Mapping[str, float]) -> float:
    return _measure_excess(column) * importance.get(column.column, 0.0)


def _measure_excess(column: ColumnDrift) -> float:
    """How many times over its threshold a column is, in one unit for all methods."""
    if column.method in P_VALUE_METHODS:
        return column.threshold / max(column.statistic, 1e-12)
    return column.statistic / column.threshold


def _list_score_alarms(
    report: DriftReport, score_threshold: float, *, policy: DriftPolicy, confidence: float
) -> list[str]:
    rings = []
    if report.score.statistic >= score_threshold:
        rings.append(
            f"the score moved: {report.score.method} {report.score.statistic:.3f}, limit {score_threshold:.3f}"
        )
    if report.decision is not None:
        limit = max(
            policy.decision_threshold, measure_noise(report.decision, report, confidence=confidence)
        )
        if report.decision.statistic >= limit:
            rings.append(
                f"the decision moved: {report.decision.method} {report.decision.statistic:.3f}, limit {limit:.3f}"
            )
    return rings


def _list_share_alarms(
    plain_share: float, weighed_share: float, *, policy: DriftPolicy
) -> list[str]:
    limit, rings = policy.highest_drifted_share, []
    if plain_share >= limit:
        rings.append(f"{plain_share:.0%} of the columns moved, limit {limit:.0%}")
    if weighed_share >= limit:
        rings.append(
            f"columns that carry {weighed_share:.0%} of the model moved, limit {limit:.0%}"
        )
    return rings


def _list_shift_figures(shift: ScoreShift | None) -> dict[str, float]:
    if shift is None:
        return {}
    return {
        "expected_default_share": shift.current_share,
        "reference_default_share": shift.reference_share,
        "expected_cost": shift.current_cost,
        "reference_cost": shift.reference_cost,
    }


def _measure_share_shift(shift: ScoreShift | None, *, policy: DriftPolicy) -> float:
    """How far the expected default share has moved, over what it was; 0 where chance may have done it."""
    if (
        shift is None
        or abs(shift.mean_shift) < policy.fewest_standard_errors * shift.standard_error
    ):
        return 0.0
    return abs(shift.mean_shift) / max(shift.reference_share, 1e-9)


def _describe_shift(shift: ScoreShift | None, *, policy: DriftPolicy) -> list[str]:
    if shift is None or not _measure_share_shift(shift, policy=policy):
        return []
    told = [
        f"expected defaults {shift.reference_share:.1%} -> {shift.current_share:.1%}",
        f"expected cost of 1,000 decisions {shift.reference_cost:,.0f} -> {shift.current_cost:,.0f}",
    ]
    if (cause := shift.find_cause()) is not None:
        told.append(
            f"{cause.name}: {cause.reference_share:.0%} -> {cause.current_share:.0%} of the clients, explains "
            f"{cause.composition / shift.mean_shift:.0%} of the score's move"
        )
    return told


def _describe_moved_columns(moved: list[ColumnDrift], importance: Mapping[str, float]) -> list[str]:
    told = [
        f"{column.column} moved: {column.method} {column.statistic:.3f}, limit {column.threshold:.3f}"
        + (f", {importance[column.column]:.0%} of the model" if column.column in importance else "")
        for column in moved[:_SHOWN_COUNT]
    ]
    rest = len(moved) - _SHOWN_COUNT
    return [*told, f"and {rest} more columns"] if rest > 0 else told
