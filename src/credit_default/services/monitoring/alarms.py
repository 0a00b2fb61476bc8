"""Alarms of a lake: worked out from all findings, put on record once, told to people, and told again when that failed."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from credit_default.adapters.messaging.alert_messages import Message, send_message
from credit_default.adapters.tables.alarms import (
    RecordedAlarm,
    close_alarm,
    open_alarm,
    read_alarms,
    record_delivery,
)
from credit_default.adapters.tables.ledger import format_utc_time
from credit_default.adapters.tables.monitoring import read_monitoring
from credit_default.failpoints import hit_failpoint
from credit_default.gates.ledger.version_events import AlarmClosed, AlarmOpened
from credit_default.gates.monitoring import retraining
from credit_default.gates.monitoring.alarms import (
    Alarm,
    GateFinding,
    compute_alarms,
    describe_alarm,
    list_open_alarms,
    update_alarms,
)
from credit_default.services.context.audit_log import append_ledger_entry
from credit_default.services.context.wiring import Wiring
from credit_default.settings import Settings

_SENT, _NO_RECIPIENT, _CLOSED_UNSEEN, _FAILED = (
    "told",
    "nobody to tell",
    "over before anybody looked",
    "failed: ",
)


@dataclass(frozen=True, slots=True)
class AlarmUpdate:
    """All alarms on record, those that this look opened or closed, and what people should know of it, in words."""

    alarms: tuple[Alarm, ...]
    opened: tuple[Alarm, ...] = ()
    closed: tuple[Alarm, ...] = ()
    notes: tuple[str, ...] = ()


def read_gate_findings(wiring: Wiring) -> tuple[GateFinding, ...]:
    """What every gate said of every batch, the newest look at each."""
    rows = read_monitoring(wiring.lake).select(
        "gate", "model_version", "batch_id", "statement_month", "level"
    )
    return tuple(GateFinding(*row) for row in rows.iter_rows() if row[0] != retraining.GATE)


def read_known_alarms(wiring: Wiring) -> tuple[Alarm, ...]:
    """The alarms on record, oldest first."""
    return tuple(recorded.alarm for recorded in read_alarms(wiring.lake))


def update_lake_alarms(wiring: Wiring, *, champion_version: int, at: dt.datetime) -> AlarmUpdate:
    """What the findings by now make of the alarms, after it is on record and people were told.

    A message that did not arrive is a note here, stands with the alarm, and is tried again at the next look.
    """
    followed = compute_alarms(
        read_gate_findings(wiring), champion_version=champion_version, policy=wiring.settings.alarms
    )
    known = {recorded.alarm.alarm_id: recorded for recorded in read_alarms(wiring.lake)}
    changes = update_alarms(
        [recorded.alarm for recorded in known.values()], followed, at=format_utc_time(at)
    )
    opened = tuple(
        alarm
        for alarm in changes.opened
        if open_alarm(wiring.lake, alarm, before=known.get(alarm.alarm_id))
    )
    closed = tuple(
        alarm
        for alarm in changes.closed
        if close_alarm(wiring.lake, alarm, before=known.get(alarm.alarm_id))
    )
    told = {alarm.alarm_id for alarm in (*changes.opened, *changes.closed)}
    for alarm in changes.alarms:
        if alarm.alarm_id not in known and alarm.alarm_id not in told:
            _record_unseen_alarm(wiring, alarm)
    hit_failpoint("alarms.recorded")
    notes = [
        note
        for recorded in read_alarms(wiring.lake)
        for note in _send_due_message(wiring, recorded)
    ]
    return AlarmUpdate(
        changes.alarms, opened, closed, (*map(describe_alarm, (*opened, *closed)), *notes)
    )


def _record_unseen_alarm(wiring: Wiring, alarm: Alarm) -> None:
    close_alarm(wiring.lake, alarm, before=RecordedAlarm(alarm, _CLOSED_UNSEEN, _CLOSED_UNSEEN))


def _send_due_message(wiring: Wiring, recorded: RecordedAlarm) -> list[str]:
    """What did not arrive of the messages that are due about this alarm; the ledger has each first."""
    due = _find_due_record(recorded)
    if due is None:
        return []
    alarm = recorded.alarm
    kind, moment = (
        (AlarmOpened, alarm.opened_at) if alarm.is_open else (AlarmClosed, alarm.closed_at)
    )
    append_ledger_entry(
        wiring,
        kind(
            gate=alarm.gate,
            month=alarm.closed_month or alarm.opened_month,
            because=alarm.closed_because,
        ),
        key=f"{kind.name} {alarm.alarm_id} {moment}",
        at=dt.datetime.fromisoformat(moment),
        batch_id=alarm.opened_batch_id,
        model_version=alarm.model_version,
    )
    hit_failpoint("alarms.entered")
    failures = _send(
        wiring.settings,
        describe_alarm(alarm, _read_opening_reasons(wiring, alarm) if alarm.is_open else ()),
    )
    told = (
        (_FAILED + "; ".join(failures))
        if failures
        else _SENT
        if wiring.settings.notify.addresses
        else _NO_RECIPIENT
    )
    hit_failpoint("alarms.sent")
    record_delivery(wiring.lake, due(told))
    return [f"{alarm.alarm_id}: {failure}" for failure in failures]


def _read_opening_reasons(wiring: Wiring, alarm: Alarm) -> tuple[str, ...]:
    """Why the gate rang about the batch that opened the alarm."""
    rows = read_monitoring(wiring.lake).filter(
        gate=alarm.gate, batch_id=alarm.opened_batch_id, model_version=alarm.model_version
    )
    return tuple(rows["reasons"][-1]) if len(rows) else ()


def _find_due_record(recorded: RecordedAlarm) -> Callable[[str], RecordedAlarm] | None:
    """How the row looks once the message that is due was sent; None where none is. Of a closed alarm only the end is told."""

    def is_due(told: str) -> bool:
        return not told or told.startswith(_FAILED)

    if recorded.alarm.is_open:
        return (
            (lambda told: replace(recorded, opening_delivery=told))
            if is_due(recorded.opening_delivery)
            else None
        )
    return (
        (lambda told: replace(recorded, closing_delivery=told))
        if is_due(recorded.closing_delivery)
        else None
    )


def _send(settings: Settings, line: str) -> tuple[str, ...]:
    addresses = settings.notify.addresses
    if not addresses:
        return ()
    title, _, body = line.partition(": ")
    message = Message(f"credit-default: {title}", body)
    return send_message(message, addresses, timeout_seconds=settings.notify.timeout_seconds)


def describe_open_alarms(alarms: Sequence[Alarm]) -> tuple[str, ...]:
    """One line an open alarm."""
    return tuple(describe_alarm(alarm) for alarm in list_open_alarms(alarms))
