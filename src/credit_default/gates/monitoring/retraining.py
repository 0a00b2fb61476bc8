"""Decide whether a retraining is due, and on which statement months.

The gate weighs open alarms, new outcomes, the cooldown and the budget of trainings. Drift alone
asks for a person's review: the clients may have changed while the model is still right. A training
is requested when the model is wrong beyond doubt, or, once there are enough new outcomes to learn
from, when a small error persists or drift is found. The challenger of such a training faces the
same promotion gate as any other. While the feed is broken nothing is trained: what looks like a
change of the clients may be a fault of the delivery.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Final, Literal

from credit_default.data.months import count_months
from credit_default.gates.monitoring.alarms import Alarm, GateFinding, list_open_alarms
from credit_default.gates.monitoring.monitoring_gates import (
    MONITORING_GATES,
    PERFORMANCE,
    RETRAINING,
    AlarmEffect,
    MonitoringGate,
    find_monitoring_gate,
)
from credit_default.gates.monitoring.retraining_policy import RetrainingPolicy
from credit_default.gates.verdict import Level, Verdict

GATE: Final = RETRAINING.name

Action = Literal["nothing", "review", "wait", "train"]

_HEADLINES: Final[Mapping[Action, str]] = {
    "nothing": "no retraining is requested",
    "review": "no retraining is requested, but a person should review the model",
    "wait": "a retraining is due and has to wait",
    "train": "a retraining is requested",
}


@dataclass(frozen=True, slots=True)
class RetrainingState:
    """What is known in `month`, the newest statement month that was scored.

    The request that `month` and the present champion led to is the one in question: it is not among
    `request_months`, so that judging the same month again changes nothing. Others of the same month,
    for an earlier champion, are.
    """

    month: str  # YYYY-MM
    alarms: Sequence[Alarm]  # about the champion, open and closed
    new_label_count: int  # matured outcomes since the champion was trained, without broken batches
    request_months: Sequence[str] = ()  # of earlier requests, one a request; months may repeat
    broken_count: int = 0  # batches that no training uses, because their feed was broken
    lingering_count: int = 0  # newest judged batches of the champion in a row, performance not `ok`


@dataclass(frozen=True, slots=True)
class RetrainingDecision:
    """What to do, and the verdict with the reasons: `ok` where nothing is to be done, else `watch`.

    `review`: a person should review the model; `wait`: a retraining is due, and cooldown or budget
    hold it back.
    """

    action: Action
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class _Cause:
    action: Literal["nothing", "review", "train"]
    reasons: tuple[str, ...]


def judge_retraining(
    state: RetrainingState,
    *,
    policy: RetrainingPolicy | None = None,
    gates: Sequence[MonitoringGate] = MONITORING_GATES,
) -> RetrainingDecision:
    """Decide what the open alarms call for.

    Args:
        state: Alarms, new outcomes and earlier requests as of the month to judge.
        policy: Thresholds; the defaults when not given.
        gates: The declared gates, each with the effect of its alarm. An alarm of an undeclared gate
            asks for a review.

    Returns:
        The action and its verdict. Every rule that took part is among the reasons, for or against a
        training.
    """
    policy = policy or RetrainingPolicy()
    open_alarms = {alarm.gate: alarm for alarm in list_open_alarms(state.alarms)}
    cause = _find_cause(open_alarms, state, policy, gates)
    limits = _list_limits(state, policy) if cause.action == "train" else []
    action: Action = "wait" if limits else cause.action
    reasons = [_HEADLINES[action], *cause.reasons, *limits]
    if action == "train":
        reasons.append(_describe_window(policy))
    if state.broken_count:
        reasons.append(
            f"{state.broken_count} batches of a broken feed are left out of every training"
        )
    level: Level = "ok" if action == "nothing" else "watch"
    figures = _list_figures(state, policy, action, open_alarm_count=len(open_alarms))
    return RetrainingDecision(action, Verdict(GATE, level, tuple(reasons), figures))


def count_lingering_errors(findings: Iterable[GateFinding], *, model_version: int) -> int:
    """Count the version's newest judged batches in a row whose performance was not `ok`.

    Of several findings on one batch the last given counts; batches that were not judged are
    skipped.
    """
    judged = {
        finding.batch_id: finding
        for finding in findings
        if (finding.gate, finding.model_version) == (PERFORMANCE.name, model_version)
    }
    newest_first = sorted(
        judged.values(), key=lambda found: (found.statement_month, found.batch_id), reverse=True
    )
    levels = [finding.level for finding in newest_first if finding.level != "not judged"]
    return len([*takewhile(lambda level: level != "ok", levels)])


def _list_figures(
    state: RetrainingState, policy: RetrainingPolicy, action: Action, *, open_alarm_count: int
) -> dict[str, float]:
    return {
        "asked": float(action == "train"),
        "new_label_count": float(state.new_label_count),
        "fewest_new_labels": float(policy.fewest_new_labels),
        "open_alarm_count": float(open_alarm_count),
        "lingering_count": float(state.lingering_count),
        "budget_used": float(_count_recent_requests(state, policy)),
        "budget_count": float(policy.budget_count),
        "broken_batch_count": float(state.broken_count),
    }


def _find_cause(
    open_alarms: Mapping[str, Alarm],
    state: RetrainingState,
    policy: RetrainingPolicy,
    gates: Sequence[MonitoringGate],
) -> _Cause:
    """Return what the open alarms call for, with the reasons, before cooldown and budget."""
    by_effect = _group_by_effect(open_alarms, gates)
    if blocking := by_effect["block"]:
        return _Cause(
            "review", tuple(f"{found}: repair the feed before any training" for found in blocking)
        )
    if wrong := by_effect["train"]:
        return _Cause(
            "train",
            tuple(f"{found}: the model is wrong more often than is acceptable" for found in wrong),
        )
    lesser = by_effect["train with new outcomes"]
    if state.lingering_count >= policy.lingering_count:
        lesser.append(
            f"performance was not ok in {state.lingering_count} batches in a row "
            "(retraining.lingering_count)"
        )
    labels = f"{state.new_label_count:,} matured outcomes since the champion was trained"
    if lesser:
        is_enough = state.new_label_count >= policy.fewest_new_labels
        needed = (
            f"{labels}: a retraining needs {policy.fewest_new_labels:,} "
            "(retraining.fewest_new_labels)"
        )
        return _Cause("train" if is_enough else "review", (*lesser, needed))
    if open_alarms:
        return _Cause("review", tuple(by_effect["review"]))
    return _Cause("nothing", ("no alarm is open", labels))


def _group_by_effect(
    open_alarms: Mapping[str, Alarm], gates: Sequence[MonitoringGate]
) -> dict[AlarmEffect, list[str]]:
    """Return the open alarms in words, by what they lead to, in the order of their gates' names."""
    found: dict[AlarmEffect, list[str]] = {
        "block": [],
        "train": [],
        "train with new outcomes": [],
        "review": [],
    }
    for name, alarm in sorted(open_alarms.items()):
        gate = find_monitoring_gate(name, gates=gates)
        found[gate.alarm_effect if gate else "review"].append(_describe_open_alarm(alarm))
    return found


def _list_limits(state: RetrainingState, policy: RetrainingPolicy) -> list[str]:
    """Return what holds back a training that is due."""
    limits = []
    earlier = [month for month in state.request_months if month <= state.month]
    if earlier and count_months(max(earlier), state.month) <= policy.cooldown_months:
        limits.append(
            f"the last one was requested in {max(earlier)}, "
            f"the cooldown is {policy.cooldown_months} months (retraining.cooldown_months)"
        )
    if (used := _count_recent_requests(state, policy)) >= policy.budget_count:
        limits.append(
            f"{used} were requested in {policy.budget_months} months, "
            f"the budget is {policy.budget_count} (retraining.budget_count)"
        )
    return limits


def _count_recent_requests(state: RetrainingState, policy: RetrainingPolicy) -> int:
    return sum(
        0 <= count_months(month, state.month) < policy.budget_months
        for month in state.request_months
    )


def _describe_open_alarm(alarm: Alarm) -> str:
    return f"{alarm.gate} alarm of version {alarm.model_version} open since {alarm.opened_month}"


def _describe_window(policy: RetrainingPolicy) -> str:
    if policy.window == "expanding":
        return "on all months whose outcomes are known"
    return f"on the newest {policy.window_months} months whose outcomes are known"
