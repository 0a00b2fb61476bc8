"""Turn verdicts, batch after batch, into alarms that open once and close once.

A verdict is about one batch. An alarm is a state of one gate and one model version: it opens when
enough of the newest judged batches raised it, and closes when enough batches in a row are quiet or
when another version becomes champion. Alarms are computed anew from all findings in the order of
their statement months, so batches may arrive late, be delivered again or be monitored twice.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final

from credit_default.data.months import count_months
from credit_default.gates.monitoring.monitoring_gates import MONITORING_GATES
from credit_default.gates.verdict import Level

# Stored with an alarm, and hashed with its ledger entry, as the reason why it closed: the strings
# are in the tables of older lakes and never change.
CLOSED_AS_QUIET: Final = "quiet again"
CLOSED_AS_SUPERSEDED: Final = "another version is champion"
CLOSED_AS_WITHDRAWN: Final = "looked at again, it does not ring"


@dataclass(frozen=True, slots=True)
class AlarmPolicy:
    """How many batches open and close an alarm. Batches that were not judged are ignored."""

    ringing_count: int = 2  # of the last `window_count` judged batches, for an alarm to open
    window_count: int = 3
    # Gates whose first alarm level opens an alarm: chance plays no part in what they judge.
    at_once: tuple[str, ...] = tuple(gate.name for gate in MONITORING_GATES if gate.opens_at_once)
    quiet_count: int = 2  # in a row, for an alarm to close
    cooldown_months: int = 1  # after the month that closed it, in which its gate opens no other


@dataclass(frozen=True, slots=True)
class GateFinding:
    """What one gate found about one batch, as one model version scored it."""

    gate: str
    model_version: int
    batch_id: str
    statement_month: str  # YYYY-MM
    level: Level


@dataclass(frozen=True, slots=True)
class Alarm:
    """A gate's alarm about one model version.

    The months (YYYY-MM) are those of the batches that opened and closed it. The times (ISO 8601,
    UTC) are when it was recorded as open and as closed. What is not known yet is an empty string.
    """

    gate: str
    model_version: int
    opened_month: str
    opened_batch_id: str
    closed_month: str = ""
    closed_because: str = ""
    opened_at: str = ""
    closed_at: str = ""

    @property
    def alarm_id(self) -> str:
        """Return the alarm's id: the gate, the version and the month that opened it."""
        return f"{self.gate} v{self.model_version} {self.opened_month}"

    @property
    def is_open(self) -> bool:
        """Return whether the alarm has not closed yet."""
        return not self.closed_because


@dataclass(frozen=True, slots=True)
class AlarmChanges:
    """All alarms on record, oldest first, and those that opened or closed just now.

    People are notified of the alarms in `opened` and `closed`; each alarm is in either of them only
    once.
    """

    alarms: tuple[Alarm, ...]
    opened: tuple[Alarm, ...]
    closed: tuple[Alarm, ...]


def compute_alarms(
    findings: Iterable[GateFinding], *, champion_version: int, policy: AlarmPolicy | None = None
) -> tuple[Alarm, ...]:
    """Compute every alarm that these findings give rise to.

    Args:
        findings: What the gates found, in any order. Of several findings on one batch the last
            given counts.
        champion_version: The version in production. An open alarm about another version is closed.
        policy: How many batches open and close an alarm; the defaults when not given.

    Returns:
        Alarms by gate, version and month. At most one alarm of a gate and version is open.
    """
    policy = policy or AlarmPolicy()
    last = {(f.gate, f.model_version, f.batch_id): f for f in findings}
    ordered = sorted(
        last.values(), key=lambda f: (f.gate, f.model_version, f.statement_month, f.batch_id)
    )
    alarms: list[Alarm] = []
    for (_, version), found in groupby(ordered, key=lambda f: (f.gate, f.model_version)):
        computed = _compute_gate_alarms([f for f in found if f.level != "not judged"], policy)
        if computed and computed[-1].is_open and version != champion_version:
            computed[-1] = replace(computed[-1], closed_because=CLOSED_AS_SUPERSEDED)
        alarms += computed
    return tuple(alarms)


def update_alarms(known: Sequence[Alarm], computed: Sequence[Alarm], *, at: str) -> AlarmChanges:
    """Compare the computed alarms with those on record.

    An alarm on record keeps the id and the time under which people were notified of it, even when a
    late batch shows that it began earlier. An alarm that opened and closed before it was first
    computed is recorded as closed, and no message is sent about it.

    Args:
        known: The alarms on record.
        computed: What `compute_alarms` gives for all findings.
        at: The time (ISO 8601, UTC) to record for what opens or closes now.
    """
    recorded = {alarm.alarm_id: alarm for alarm in known}
    open_by_key = {_build_alarm_key(alarm): alarm for alarm in known if alarm.is_open}
    newest = {_build_alarm_key(alarm): alarm for alarm in computed}
    closed = tuple(
        _close_alarm(alarm, now, at=at)
        for key, alarm in open_by_key.items()
        if (now := newest.get(key)) is None or not now.is_open
    )
    new = [alarm for alarm in computed if _build_alarm_key(alarm) not in open_by_key]
    opened = tuple(replace(alarm, opened_at=at) for alarm in new if alarm.is_open)
    missed = [
        replace(alarm, opened_at=at, closed_at=at)
        for alarm in new
        if not alarm.is_open and alarm.alarm_id not in recorded
    ]
    recorded |= {alarm.alarm_id: alarm for alarm in (*closed, *opened, *missed)}
    ordered = sorted(
        recorded.values(), key=lambda alarm: (alarm.opened_month, alarm.gate, alarm.model_version)
    )
    return AlarmChanges(tuple(ordered), opened, closed)


def list_open_alarms(alarms: Iterable[Alarm]) -> tuple[Alarm, ...]:
    """Return the alarms that are open, in the order given."""
    return tuple(alarm for alarm in alarms if alarm.is_open)


def _build_alarm_key(alarm: Alarm) -> tuple[str, int]:
    return alarm.gate, alarm.model_version


def _close_alarm(alarm: Alarm, now: Alarm | None, *, at: str) -> Alarm:
    """Return the alarm on record as closed; `now` is the computed alarm, None where it is gone."""
    if now is None:
        return replace(alarm, closed_because=CLOSED_AS_WITHDRAWN, closed_at=at)
    return replace(
        alarm, closed_month=now.closed_month, closed_because=now.closed_because, closed_at=at
    )


def _compute_gate_alarms(found: Sequence[GateFinding], policy: AlarmPolicy) -> list[Alarm]:
    """Return the alarms of one gate and version, oldest first; findings are in order of months."""
    alarms: list[Alarm] = []
    first = 0  # position of the first finding that may count for the next change
    for position, finding in enumerate(found):
        latest = alarms[-1] if alarms else None
        counting = found[first : position + 1]
        if latest is not None and latest.is_open:
            newest = found[max(first, position + 1 - policy.quiet_count) : position + 1]
            if not _is_closing_due(newest, policy):
                continue
            alarms[-1] = replace(
                latest, closed_month=finding.statement_month, closed_because=CLOSED_AS_QUIET
            )
        elif _is_in_cooldown(latest, finding, policy) or not _is_alarm_due(counting, policy):
            continue
        else:
            alarms.append(_open_alarm(finding))
        first = position + 1
    return alarms


def _open_alarm(finding: GateFinding) -> Alarm:
    return Alarm(finding.gate, finding.model_version, finding.statement_month, finding.batch_id)


def _is_alarm_due(found: Sequence[GateFinding], policy: AlarmPolicy) -> bool:
    """Return whether an alarm opens at the last of the findings: it and enough others are alarms."""
    if found[-1].level != "alarm":
        return False
    alarm_count = sum(finding.level == "alarm" for finding in found[-policy.window_count :])
    return alarm_count >= (1 if found[-1].gate in policy.at_once else policy.ringing_count)


def _is_closing_due(found: Sequence[GateFinding], policy: AlarmPolicy) -> bool:
    return len(found) >= policy.quiet_count and all(finding.level != "alarm" for finding in found)


def _is_in_cooldown(latest: Alarm | None, finding: GateFinding, policy: AlarmPolicy) -> bool:
    if latest is None or not policy.cooldown_months:
        return False
    return count_months(latest.closed_month, finding.statement_month) <= policy.cooldown_months
