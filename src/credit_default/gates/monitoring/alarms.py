"""From verdicts, batch after batch, to alarms that open once and close once: what people are told.

A verdict looks at one batch. An alarm is a state of a gate and a model version: it opens when enough of the last judged
batches rang, and closes when enough in a row were quiet or another version has taken the seat. It is worked out anew from
all findings in the order of their months, so batches may come late, come again or be looked at twice.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final

from credit_default.data.months import count_months
from credit_default.gates.verdict import Level

CLOSED_AS_QUIET: Final = "quiet again"
CLOSED_AS_SUPERSEDED: Final = "another version is champion"
CLOSED_AS_WITHDRAWN: Final = "looked at again, it does not ring"


@dataclass(frozen=True, slots=True)
class AlarmPolicy:
    """How many batches it takes. Batches that were not judged count for nothing."""

    ringing_count: int = 2  # of the last `window_count` judged batches, for an alarm to open
    window_count: int = 3
    at_once: tuple[str, ...] = (
        "feed",
        "performance",
    )  # gates that open with their first: no chance is left in them
    quiet_count: int = 2  # in a row, for an alarm to close
    cooldown_months: int = 1  # after the month that closed it, in which its gate opens no other


@dataclass(frozen=True, slots=True)
class GateFinding:
    """What one gate said of one batch, as a version scored it."""

    gate: str
    model_version: int
    batch_id: str
    statement_month: str  # YYYY-MM
    level: Level


@dataclass(frozen=True, slots=True)
class Alarm:
    """A gate's alarm about one version. The months are of the batches that opened and closed it; "" while it is open.

    The times (ISO 8601, UTC) are when it was found to be open and to be over; "" until it is on record.
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
        """Gate, version and the month that opened it: the same alarm under every name."""
        return f"{self.gate} v{self.model_version} {self.opened_month}"

    @property
    def is_open(self) -> bool:
        """True until it closes."""
        return not self.closed_because


@dataclass(frozen=True, slots=True)
class AlarmChanges:
    """All alarms on record by now, oldest first, and those that opened or closed just now: each is told once."""

    alarms: tuple[Alarm, ...]
    opened: tuple[Alarm, ...]
    closed: tuple[Alarm, ...]


def compute_alarms(
    findings: Iterable[GateFinding], *, champion_version: int, policy: AlarmPolicy | None = None
) -> tuple[Alarm, ...]:
    """Every alarm that these findings make, by gate, version and month; no two of one gate are open.

    Of several findings on one batch the last given counts. An alarm about a version that is not the champion is over.
    """
    policy = policy or AlarmPolicy()
    last = {(f.gate, f.model_version, f.batch_id): f for f in findings}
    ordered = sorted(
        last.values(), key=lambda f: (f.gate, f.model_version, f.statement_month, f.batch_id)
    )
    alarms: list[Alarm] = []
    for (_, version), found in groupby(ordered, key=lambda f: (f.gate, f.model_version)):
        followed = _compute_gate_alarms([f for f in found if f.level != "not judged"], policy)
        if followed and followed[-1].is_open and version != champion_version:
            followed[-1] = replace(followed[-1], closed_because=CLOSED_AS_SUPERSEDED)
        alarms += followed
    return tuple(alarms)


def update_alarms(known: Sequence[Alarm], followed: Sequence[Alarm], *, at: str) -> AlarmChanges:
    """What the alarms that were followed change of those on record.

    An alarm on record keeps the name and the time that it was told under, even when a batch that came late shows that it
    began earlier. One that opened and closed before anybody looked is put on record as over, and told to nobody.
    """
    recorded = {alarm.alarm_id: alarm for alarm in known}
    speaking = {_build_alarm_key(alarm): alarm for alarm in known if alarm.is_open}
    newest = {_build_alarm_key(alarm): alarm for alarm in followed}
    closed = tuple(
        _close_alarm(alarm, now, at=at)
        for subject, alarm in speaking.items()
        if (now := newest.get(subject)) is None or not now.is_open
    )
    unheard = [alarm for alarm in followed if _build_alarm_key(alarm) not in speaking]
    opened = tuple(replace(alarm, opened_at=at) for alarm in unheard if alarm.is_open)
    missed = [
        replace(alarm, opened_at=at, closed_at=at)
        for alarm in unheard
        if not alarm.is_open and alarm.alarm_id not in recorded
    ]
    recorded |= {alarm.alarm_id: alarm for alarm in (*closed, *opened, *missed)}
    ordered = sorted(
        recorded.values(), key=lambda alarm: (alarm.opened_month, alarm.gate, alarm.model_version)
    )
    return AlarmChanges(tuple(ordered), opened, closed)


def list_open_alarms(alarms: Iterable[Alarm]) -> tuple[Alarm, ...]:
    """Those that are open."""
    return tuple(alarm for alarm in alarms if alarm.is_open)


def describe_alarm(alarm: Alarm, reasons: Sequence[str] = ()) -> str:
    """The alarm in a line: what it is about, since when, and why it rang; or that it is over, and why."""
    about = f"{alarm.gate} of version {alarm.model_version}"
    if not alarm.is_open:
        since = f", month {alarm.closed_month}" if alarm.closed_month else ""
        return f"alarm over: {about}, open since month {alarm.opened_month}: {alarm.closed_because}{since}"
    why = "; ".join(reasons)
    return f"alarm: {about}, since month {alarm.opened_month}" + (f": {why}" if why else "")


def _build_alarm_key(alarm: Alarm) -> tuple[str, int]:
    return alarm.gate, alarm.model_version


def _close_alarm(alarm: Alarm, now: Alarm | None, *, at: str) -> Alarm:
    """The alarm on record, over; `now` is what the findings say of it, None where they no longer say anything."""
    if now is None:
        return replace(alarm, closed_because=CLOSED_AS_WITHDRAWN, closed_at=at)
    return replace(
        alarm, closed_month=now.closed_month, closed_because=now.closed_because, closed_at=at
    )


def _compute_gate_alarms(found: Sequence[GateFinding], policy: AlarmPolicy) -> list[Alarm]:
    """The alarms of one gate and version, oldest first; its judged findings come in the order of their months."""
    alarms: list[Alarm] = []
    since = 0  # the first finding that may count for the next alarm
    for number, finding in enumerate(found):
        current = alarms[-1] if alarms else None
        if current is not None and current.is_open:
            if _is_closing_due(
                found[max(since, number + 1 - policy.quiet_count) : number + 1], policy
            ):
                alarms[-1] = replace(
                    current, closed_month=finding.statement_month, closed_because=CLOSED_AS_QUIET
                )
                since = number + 1
        elif not _is_in_cooldown(current, finding, policy) and _is_alarm_due(
            found[since : number + 1], policy
        ):
            alarms.append(
                Alarm(
                    finding.gate, finding.model_version, finding.statement_month, finding.batch_id
                )
            )
            since = number + 1
    return alarms


def _is_alarm_due(found: Sequence[GateFinding], policy: AlarmPolicy) -> bool:
    """Whether an alarm opens at the last of these: it rang itself, and enough of the last ones did."""
    if found[-1].level != "alarm":
        return False
    rings = sum(finding.level == "alarm" for finding in found[-policy.window_count :])
    return rings >= (1 if found[-1].gate in policy.at_once else policy.ringing_count)


def _is_closing_due(found: Sequence[GateFinding], policy: AlarmPolicy) -> bool:
    return len(found) >= policy.quiet_count and all(finding.level != "alarm" for finding in found)


def _is_in_cooldown(before: Alarm | None, finding: GateFinding, policy: AlarmPolicy) -> bool:
    if before is None or not policy.cooldown_months:
        return False
    return count_months(before.closed_month, finding.statement_month) <= policy.cooldown_months
