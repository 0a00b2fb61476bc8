"""Judge whether the clients of a batch still look like those the model was tested on.

`drift_measurement` measures the distances; this module decides what they mean. In a small batch a
distance grows by chance alone, so a column has moved only when it is beyond its threshold *and*
beyond what chance gives. The columns that moved are listed in the order in which they matter to the
model, with the effect on the score.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from credit_default.gates.monitoring.column_drift import (
    ColumnDrift,
    DriftReport,
    exceeds_noise,
    measure_noise,
)
from credit_default.gates.monitoring.monitoring_gates import DRIFT
from credit_default.gates.verdict import Level, Verdict
from credit_default.model.profile.shift_attribution import ScoreShift

GATE: Final = DRIFT.name
_SHOWN_COUNT: Final = 5


@dataclass(frozen=True, slots=True)
class DriftPolicy:
    """When drift is a `watch` and when an `alarm`. Shares are 0-1."""

    fewest_rows: int = 200
    score_threshold: float = 0.1  # psi of default_probability
    decision_threshold: float = 0.1  # psi of accepted and declined
    # Of the columns that moved, or of the importance behind them where it is given: alarm.
    highest_drifted_share: float = 0.3
    confidence: float = 0.999  # that chance alone moves nothing in a whole report
    # By which the mean score must have moved before the move is reported.
    fewest_standard_errors: float = 4.0
    watched_share_move: float = 0.1  # of the expected default share, over the reference's: watch
    highest_share_move: float = 0.25  # likewise: alarm


@dataclass(frozen=True, slots=True)
class _Moves:
    """What moved beyond noise in one report."""

    columns: tuple[ColumnDrift, ...]  # most important first
    plain_share: float  # of the columns
    weighed_share: float  # of the model's importance
    score_threshold: float  # noise included
    decision_threshold: float  # noise included


def judge_drift(
    report: DriftReport,
    *,
    row_count: int,
    policy: DriftPolicy | None = None,
    importance: Mapping[str, float] | None = None,
    shift: ScoreShift | None = None,
) -> Verdict:
    """Judge the drift of one batch.

    Args:
        report: The measured drift.
        row_count: Rows of the batch. Below the policy's fewest rows the verdict is `not judged`.
        policy: Thresholds; the defaults when not given.
        importance: Share of the model for each column (sum 1), by which columns are weighed and
            ordered. Of the weighed and the plain share of moved columns the larger counts, so that
            a model that ignores a column cannot hide that most of a feed is broken.
        shift: The move of the score and its causes, for the reasons.

    Returns:
        `alarm` when the score, the decision, too many columns or the expected default share moved;
        `watch` when any column moved or expected defaults may have; else `ok`.
    """
    policy, importance = policy or DriftPolicy(), importance or {}
    moves = _find_moves(report, policy, importance)
    figures = _list_figures(report, moves, policy, row_count=row_count) | _list_shift_figures(shift)
    if row_count < policy.fewest_rows:
        reason = (
            f"{row_count:,} rows are too few to tell drift from chance: "
            f"at least {policy.fewest_rows:,} (drift.fewest_rows)"
        )
        return Verdict(GATE, "not judged", (reason,), figures)
    share_move = _measure_share_move(shift, policy)
    alarms = [
        *_list_score_alarms(report, moves, policy),
        *_list_share_alarms(moves, policy),
        *_list_share_move_alarms(share_move, policy),
    ]
    level = _find_level(alarms, moves, share_move, policy)
    if level == "ok":
        score = f"score drift {report.score.statistic:.3f} is below {moves.score_threshold:.3f}"
        return Verdict(GATE, level, (f"no column moved; {score}",), figures)
    reasons = (
        *alarms,
        *_describe_shift(shift, policy),
        *_describe_moved_columns(moves.columns, importance),
    )
    return Verdict(GATE, level, reasons, figures)


def _find_moves(
    report: DriftReport, policy: DriftPolicy, importance: Mapping[str, float]
) -> _Moves:
    confidence = _compute_column_confidence(report, policy)
    beyond = [c for c in report.columns if exceeds_noise(c, report, confidence=confidence)]
    moved = sorted(
        beyond,
        key=lambda column: (
            -column.excess * importance.get(column.column, 0.0),
            -column.excess,
            column.column,
        ),
    )
    score_noise = measure_noise(report.score, report, confidence=confidence)
    decision = report.decision
    decision_noise = measure_noise(decision, report, confidence=confidence) if decision else 0.0
    return _Moves(
        columns=tuple(moved),
        plain_share=len(moved) / len(report.columns) if report.columns else 0.0,
        weighed_share=sum(importance.get(column.column, 0.0) for column in moved),
        score_threshold=max(policy.score_threshold, score_noise),
        decision_threshold=max(policy.decision_threshold, decision_noise),
    )


def _compute_column_confidence(report: DriftReport, policy: DriftPolicy) -> float:
    """Return the confidence for each column that gives the whole report the policy's confidence."""
    return float(policy.confidence ** (1 / (len(report.columns) + 2)))


def _find_level(alarms: list[str], moves: _Moves, share_move: float, policy: DriftPolicy) -> Level:
    if alarms:
        return "alarm"
    return "watch" if moves.columns or share_move >= policy.watched_share_move else "ok"


def _list_figures(
    report: DriftReport, moves: _Moves, policy: DriftPolicy, *, row_count: int
) -> dict[str, float]:
    return {
        "row_count": float(row_count),
        "score_drift": report.score.statistic,
        "score_threshold": moves.score_threshold,
        "drifted_count": float(len(moves.columns)),
        "drifted_share": moves.plain_share,
        "drifted_importance_share": moves.weighed_share,
        "highest_drifted_share": policy.highest_drifted_share,
        **({"decision_drift": report.decision.statistic} if report.decision else {}),
    }


def _list_shift_figures(shift: ScoreShift | None) -> dict[str, float]:
    if shift is None:
        return {}
    return {
        "expected_default_share": shift.current_share,
        "reference_default_share": shift.reference_share,
        "expected_cost": shift.current_cost,
        "reference_cost": shift.reference_cost,
    }


def _list_score_alarms(report: DriftReport, moves: _Moves, policy: DriftPolicy) -> list[str]:
    judged = [("score", report.score, moves.score_threshold)]
    if report.decision is not None:
        judged.append(("decision", report.decision, moves.decision_threshold))
    alarms = []
    for name, drift, limit in judged:
        is_noise = limit > getattr(policy, f"{name}_threshold")
        found = f"{drift.method} {drift.statistic:.3f}, limit {limit:.3f}"
        setting = "drift.confidence" if is_noise else f"drift.{name}_threshold"
        if drift.statistic >= limit:
            alarms.append(f"the {name} moved: {found} ({setting})")
    return alarms


def _list_share_alarms(moves: _Moves, policy: DriftPolicy) -> list[str]:
    limit = policy.highest_drifted_share
    allowed = f"moved, limit {limit:.0%} (drift.highest_drifted_share)"
    alarms = []
    if moves.plain_share >= limit:
        alarms.append(f"{moves.plain_share:.0%} of the columns {allowed}")
    if moves.weighed_share >= limit:
        alarms.append(f"columns that carry {moves.weighed_share:.0%} of the model {allowed}")
    return alarms


def _list_share_move_alarms(share_move: float, policy: DriftPolicy) -> list[str]:
    limit = policy.highest_share_move
    if share_move < limit:
        return []
    return [
        f"expected defaults moved by {share_move:.0%}, limit {limit:.0%} (drift.highest_share_move)"
    ]


def _measure_share_move(shift: ScoreShift | None, policy: DriftPolicy) -> float:
    """Return the relative move of the expected default share; 0 where chance may explain it."""
    if (
        shift is None
        or abs(shift.mean_shift) < policy.fewest_standard_errors * shift.standard_error
    ):
        return 0.0
    return abs(shift.mean_shift) / max(shift.reference_share, 1e-9)


def _describe_shift(shift: ScoreShift | None, policy: DriftPolicy) -> list[str]:
    share_move = _measure_share_move(shift, policy)
    if shift is None or not share_move:
        return []
    is_watched = policy.watched_share_move <= share_move < policy.highest_share_move
    limit = f", limit {policy.watched_share_move:.0%} (drift.watched_share_move)"
    moved = f"expected defaults {shift.reference_share:.1%} -> {shift.current_share:.1%}"
    lines = [
        f"{moved}{limit}" if is_watched else moved,
        f"expected cost of 1,000 decisions {shift.reference_cost:,.0f} -> {shift.current_cost:,.0f}",
    ]
    if (cause := shift.find_cause()) is not None:
        lines.append(
            f"{cause.name}: {cause.reference_share:.0%} -> {cause.current_share:.0%} of the "
            f"clients, explains {cause.composition / shift.mean_shift:.0%} of the score's move"
        )
    return lines


def _describe_moved_columns(
    moved: Sequence[ColumnDrift], importance: Mapping[str, float]
) -> list[str]:
    lines = [_describe_moved_column(column, importance) for column in moved[:_SHOWN_COUNT]]
    rest = len(moved) - _SHOWN_COUNT
    return [*lines, f"and {rest} more columns"] if rest > 0 else lines


def _describe_moved_column(column: ColumnDrift, importance: Mapping[str, float]) -> str:
    share = importance.get(column.column)
    weight = f", {share:.0%} of the model" if share is not None else ""
    return (
        f"{column.column} moved: {column.method} {column.statistic:.3f}, "
        f"limit {column.threshold:.3f} (the column's drift_threshold){weight}"
    )
