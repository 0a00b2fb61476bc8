"""Is it time to train anew, and on which months? What open alarms, new labels, cooldown and budget come to.

Drift alone asks somebody to look: the clients may have changed while the model is still right. A model that is wrong, a
small error that stays, or drift, these two with enough new outcomes to learn from, ask for a training, whose challenger
faces the same gate as any other.
While the feed is broken nothing is trained: what looks like a change of the clients may be the feed's.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Final, Literal

from credit_default.data.months import add_months, count_months
from credit_default.errors import InputError
from credit_default.gates.monitoring.alarms import Alarm, GateFinding, list_open_alarms
from credit_default.gates.verdict import Verdict

GATE: Final = "retraining"
FEED_GATES: Final = frozenset({"feed", "volume"})
DRIFT_GATE: Final = "drift"
PERFORMANCE_GATE: Final = "performance"

Action = Literal["nothing", "look", "wait", "train"]


@dataclass(frozen=True, slots=True)
class RetrainingPolicy:
    """When a training is asked for, and on which of the months whose outcomes are known.

    Raises:
        InputError: a window that is neither, or counts below 1.
    """

    window: str = "expanding"  # all months, or "sliding": the newest `window_months` of them
    window_months: int = 12
    fewest_new_labels: int = (
        2_000  # matured outcomes that came after the champion was trained, for less than an alarm
    )
    lingering_count: int = 3  # judged batches in a row with performance not `ok`, for an error below the alarm to train
    cooldown_months: int = 2  # after the month in which a training was asked for
    budget_count: int = 4  # trainings in `budget_months`
    budget_months: int = 12

    def __post_init__(self) -> None:
        counts = (self.window_months, self.budget_months, self.lingering_count)
        if self.window not in {"expanding", "sliding"} or min(counts) < 1:
            raise InputError(
                "setting retraining",
                found=f"window {self.window!r}, counts {counts}",
                expected="expanding or sliding, and months and batches from 1",
                remedy="Correct the section `retraining`.",
            )


@dataclass(frozen=True, slots=True)
class TrainingWindow:
    """The statement months to learn from, ends included; None: from the first, up to the last."""

    first_month: str | None = None
    last_month: str | None = None


@dataclass(frozen=True, slots=True)
class RetrainingState:
    """What is known in `month`, the newest statement month that was scored.

    A training that was asked for in this very month is the one in question, so looking twice changes nothing.
    """

    month: str
    alarms: Sequence[Alarm]  # about the champion, open and closed
    new_label_count: (
        int  # matured outcomes that came after the champion was trained, broken batches left out
    )
    asked_months: Sequence[str] = ()  # in which trainings were asked for before
    broken_count: int = 0  # batches that no training will see, because their feed was broken
    lingering_count: int = (
        0  # newest judged batches of the champion in a row whose performance was not `ok`
    )


@dataclass(frozen=True, slots=True)
class RetrainingDecision:
    """What to do, and the verdict that says why: `watch` where somebody should know, `ok` where nothing is to be done.

    `look`: a person should; `wait`: a training is due, and cooldown or budget hold it back.
    """

    action: Action
    verdict: Verdict


def judge_retraining(
    state: RetrainingState, *, policy: RetrainingPolicy | None = None
) -> RetrainingDecision:
    """What the open alarms ask for. Every rule that took part is among the reasons, whether it spoke for or against."""
    policy = policy or RetrainingPolicy()
    gates = {alarm.gate: alarm for alarm in list_open_alarms(state.alarms)}
    cause, causes = _find_cause(gates, state, policy)
    held = [*_list_limits(state, policy)] if cause == "train" else []
    action: Action = "wait" if held else cause
    excluded = (
        [f"{state.broken_count} batches of a broken feed are left out of every training"]
        if state.broken_count
        else []
    )
    window = [_describe_window(policy)] if action == "train" else []
    figures = {
        "asked": float(action == "train"),
        "new_label_count": float(state.new_label_count),
        "fewest_new_labels": float(policy.fewest_new_labels),
        "open_alarm_count": float(len(gates)),
        "lingering_count": float(state.lingering_count),
        "budget_used": float(_count_recent_requests(state, policy)),
        "budget_count": float(policy.budget_count),
        "broken_batch_count": float(state.broken_count),
    }
    level: Mapping[Action, Literal["ok", "watch"]] = {
        "nothing": "ok",
        "look": "watch",
        "wait": "watch",
        "train": "watch",
    }
    reasons = (_HEADLINES[action], *causes, *held, *window, *excluded)
    return RetrainingDecision(action, Verdict(GATE, level[action], reasons, figures))


def count_lingering_errors(findings: Iterable[GateFinding], *, model_version: int) -> int:
    """How many of the version's newest judged batches in a row had a performance that was not `ok`.

    Of several findings on one batch the last given counts.
    """
    judged = {
        f.batch_id: f
        for f in findings
        if (f.gate, f.model_version) == (PERFORMANCE_GATE, model_version)
    }
    ordered = sorted(judged.values(), key=lambda f: (f.statement_month, f.batch_id), reverse=True)
    levels = [f.level for f in ordered if f.level != "not judged"]
    return len([*takewhile(lambda level: level != "ok", levels)])


def choose_window(policy: RetrainingPolicy, *, newest_month: str) -> TrainingWindow:
    """The months to learn from when `newest_month` is the newest whose outcomes are known."""
    if policy.window == "expanding":
        return TrainingWindow(None, newest_month)
    return TrainingWindow(add_months(newest_month, 1 - policy.window_months), newest_month)


_HEADLINES: Final[Mapping[Action, str]] = {
    "nothing": "no training is asked for",
    "look": "no training is asked for, a look is",
    "wait": "a training is due and has to wait",
    "train": "a training is asked for",
}


def _find_cause(
    gates: Mapping[str, Alarm], state: RetrainingState, policy: RetrainingPolicy
) -> tuple[Action, list[str]]:
    """What the alarms ask for, cooldown and budget aside, with the reasons."""
    labels = f"{state.new_label_count:,} matured outcomes since the champion was trained"
    if broken := [gates[gate] for gate in sorted(FEED_GATES & set(gates))]:
        return "look", [
            f"{_describe_open_alarm(alarm)}: mend the feed before any training" for alarm in broken
        ]
    if PERFORMANCE_GATE in gates:
        return "train", [
            f"{_describe_open_alarm(gates[PERFORMANCE_GATE])}: the model is wrong more often than it may be"
        ]
    lesser = [_describe_open_alarm(gates[DRIFT_GATE])] if DRIFT_GATE in gates else []
    if state.lingering_count >= policy.lingering_count:
        lesser.append(f"performance was not ok in {state.lingering_count} batches in a row")
    if lesser:
        needed = f"{labels}: {policy.fewest_new_labels:,} make a training"
        return "train" if state.new_label_count >= policy.fewest_new_labels else "look", [
            *lesser,
            needed,
        ]
    if gates:
        return "look", [_describe_open_alarm(alarm) for _, alarm in sorted(gates.items())]
    return "nothing", ["no alarm is open", labels]


def _list_limits(state: RetrainingState, policy: RetrainingPolicy) -> list[str]:
    """What speaks against a training now, though it is due."""
    limits = []
    asked = [month for month in state.asked_months if month < state.month]
    if asked and count_months(max(asked), state.month) <= policy.cooldown_months:
        limits.append(
            f"the last one was asked for in {max(asked)}, cooldown {policy.cooldown_months} months"
        )
    if (used := _count_recent_requests(state, policy)) >= policy.budget_count:
        limits.append(
            f"{used} were asked for in {policy.budget_months} months, budget {policy.budget_count}"
        )
    return limits


def _count_recent_requests(state: RetrainingState, policy: RetrainingPolicy) -> int:
    return sum(
        0 < count_months(month, state.month) < policy.budget_months
        for month in set(state.asked_months)
    )


def _describe_open_alarm(alarm: Alarm) -> str:
    return f"{alarm.gate} alarm of version {alarm.model_version} open since {alarm.opened_month}"


def _describe_window(policy: RetrainingPolicy) -> str:
    if policy.window == "expanding":
        return "on all months whose outcomes are known"
    return f"on the newest {policy.window_months} months whose outcomes are known"
