"""Alarms of a lake: worked out from all findings, put on record once, told to people, and told again when that failed."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from credit_default.adapters.messaging.alert_messages import Message, send_message
from credit_default.adapters.tables.alarms import RecordedAlarm, close_alarm, open_alarm, read_alarms, record_told
from credit_default.adapters.tables.ledger import tell_time
from credit_default.adapters.tables.monitoring import read_monitoring
from credit_default.failpoints import reach
from credit_default.gates.monitoring import retraining
from credit_default.gates.monitoring.alarms import Alarm, Finding, follow_alarms, list_open, tell_alarm, update_alarms
from credit_default.services.context.audit_log import enter
from credit_default.services.context.wiring import Wiring
from credit_default.settings import Settings

_TOLD, _NOBODY, _UNSEEN, _FAILED = "told", "nobody to tell", "over before anybody looked", "failed: "


@dataclass(frozen=True, slots=True)
class AlarmUpdate:
    """All alarms on record, those that this look opened or closed, and what people should know of it, in words."""

    alarms: tuple[Alarm, ...]
    opened: tuple[Alarm, ...] = ()
    closed: tuple[Alarm, ...] = ()
    notes: tuple[str, ...] = ()


def list_findings(wiring: Wiring) -> tuple[Finding, ...]:
    """What every gate said of every batch, the newest look at each."""
    rows = read_monitoring(wiring.lake).select("gate", "model_version", "batch_id", "statement_month", "level")
    return tuple(Finding(*row) for row in rows.iter_rows() if row[0] != retraining.GATE)


def read_known_alarms(wiring: Wiring) -> tuple[Alarm, ...]:
    """The alarms on record, oldest first."""
    return tuple(recorded.alarm for recorded in read_alarms(wiring.lake))


def update_lake_alarms(wiring: Wiring, *, champion_version: int, at: dt.datetime) -> AlarmUpdate:
    """What the findings by now make of the alarms, after it is on record and people were told.

    A message that did not arrive is a note here, stands with the alarm, and is tried again at the next look.
    """
    followed = follow_alarms(list_findings(wiring), champion_version=champion_version, policy=wiring.settings.alarms)
    known = {recorded.alarm.alarm_id: recorded for recorded in read_alarms(wiring.lake)}
    changes = update_alarms([recorded.alarm for recorded in known.values()], followed, at=tell_time(at))
    opened = tuple(
        alarm for alarm in changes.opened if open_alarm(wiring.lake, alarm, before=known.get(alarm.alarm_id))
    )
    closed = tuple(
        alarm for alarm in changes.closed if close_alarm(wiring.lake, alarm, before=known.get(alarm.alarm_id))
    )
    told = {alarm.alarm_id for alarm in (*changes.opened, *changes.closed)}
    for alarm in changes.alarms:
        if alarm.alarm_id not in known and alarm.alarm_id not in told:
            _keep_unseen(wiring, alarm)
    reach("alarms.recorded")
    notes = [note for recorded in read_alarms(wiring.lake) for note in _speak(wiring, recorded)]
    return AlarmUpdate(changes.alarms, opened, closed, (*map(tell_alarm, (*opened, *closed)), *notes))


def _keep_unseen(wiring: Wiring, alarm: Alarm) -> None:
    close_alarm(wiring.lake, alarm, before=RecordedAlarm(alarm, _UNSEEN, _UNSEEN))


def _speak(wiring: Wiring, recorded: RecordedAlarm) -> list[str]:
    """What did not arrive of the messages that are due about this alarm; the ledger has each first."""
    due = _find_due(recorded)
    if due is None:
        return []
    alarm = recorded.alarm
    event, moment = ("alarm opened", alarm.opened_at) if alarm.is_open else ("alarm closed", alarm.closed_at)
    enter(
        wiring, event, key=f"{event} {alarm.alarm_id} {moment}", at=dt.datetime.fromisoformat(moment),
        batch_id=alarm.opened_batch_id, model_version=alarm.model_version,
        details={"gate": alarm.gate, "month": alarm.closed_month or alarm.opened_month, "because": alarm.closed_because},
    )  # fmt: skip
    reach("alarms.entered")
    failures = _send(wiring.settings, tell_alarm(alarm, _recall_reasons(wiring, alarm) if alarm.is_open else ()))
    told = (_FAILED + "; ".join(failures)) if failures else _TOLD if wiring.settings.notify.addresses else _NOBODY
    reach("alarms.sent")
    record_told(wiring.lake, due(told))
    return [f"{alarm.alarm_id}: {failure}" for failure in failures]


def _recall_reasons(wiring: Wiring, alarm: Alarm) -> tuple[str, ...]:
    """Why the gate rang about the batch that opened the alarm."""
    rows = read_monitoring(wiring.lake).filter(
        gate=alarm.gate, batch_id=alarm.opened_batch_id, model_version=alarm.model_version
    )
    return tuple(rows["reasons"][-1]) if len(rows) else ()


def _find_due(recorded: RecordedAlarm) -> Callable[[str], RecordedAlarm] | None:
    """How the row looks once the message that is due was sent; None where none is. Of a closed alarm only the end is told."""

    def is_due(told: str) -> bool:
        return not told or told.startswith(_FAILED)

    if recorded.alarm.is_open:
        return (lambda told: replace(recorded, opening_told=told)) if is_due(recorded.opening_told) else None
    return (lambda told: replace(recorded, closing_told=told)) if is_due(recorded.closing_told) else None


def _send(settings: Settings, line: str) -> tuple[str, ...]:
    addresses = settings.notify.addresses
    if not addresses:
        return ()
    title, _, body = line.partition(": ")
    message = Message(f"credit-default: {title}", body)
    return send_message(message, addresses, timeout_seconds=settings.notify.timeout_seconds)


def tell_open(alarms: Sequence[Alarm]) -> tuple[str, ...]:
    """One line an open alarm."""
    return tuple(tell_alarm(alarm) for alarm in list_open(alarms))
