"""Update the alarms of a lake: compute them from all findings, record each change once, and send messages about it.

An alarm is opened and closed by one commit each, so of two processes only one records the change. The ledger has each
change before its message is sent; a message that could not be delivered is sent again at the next update.
"""

import datetime as dt
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from credit_default.adapters.lake.layout import Lake
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
    AlarmChanges,
    GateFinding,
    compute_alarms,
    list_open_alarms,
    update_alarms,
)
from credit_default.services.context.audit_log import append_ledger_entry
from credit_default.services.context.wiring import Wiring
from credit_default.services.monitoring.alarm_messages import send_alarm_message
from credit_default.views.summaries.alarm_message import describe_alarm

_LOG = logging.getLogger(__name__)

# How the delivery of a message is stored with its alarm. Tables of older lakes hold these strings, so they stay.
_SENT: Final = "told"
_NO_RECIPIENT: Final = "nobody to tell"
_CLOSED_UNSEEN: Final = "over before anybody looked"
_FAILED: Final = "failed: "


@dataclass(frozen=True, slots=True)
class AlarmUpdate:
    """All alarms on record, those that this update opened or closed, with notes for the summary."""

    alarms: tuple[Alarm, ...]
    opened: tuple[Alarm, ...] = ()
    closed: tuple[Alarm, ...] = ()
    notes: tuple[str, ...] = ()


def read_gate_findings(lake: Lake) -> tuple[GateFinding, ...]:
    """Return the newest finding of every gate on every batch, the requests for a training left out."""
    columns = ("gate", "model_version", "batch_id", "statement_month", "level")
    rows = read_monitoring(lake, columns)
    return tuple(GateFinding(*row) for row in rows.iter_rows() if row[0] != retraining.GATE)


def read_known_alarms(lake: Lake) -> tuple[Alarm, ...]:
    """Return the alarms on record, oldest first."""
    return tuple(recorded.alarm for recorded in read_alarms(lake))


def update_lake_alarms(wiring: Wiring, *, champion_version: int, at: dt.datetime) -> AlarmUpdate:
    """Record which alarms the findings open and close, and send the messages that are due.

    A message that could not be delivered becomes a note, is stored with its alarm, and is sent again
    at the next update.

    Args:
        wiring: The lake, and the policies on alarms and messages.
        champion_version: The champion's version; alarms about any other version are closed.
        at: The time to put on record.
    """
    lake = wiring.lake
    computed = compute_alarms(
        read_gate_findings(lake), champion_version=champion_version, policy=wiring.settings.alarms
    )
    known = {recorded.alarm.alarm_id: recorded for recorded in read_alarms(lake)}
    alarms_on_record = [recorded.alarm for recorded in known.values()]
    changes = update_alarms(alarms_on_record, computed, at=format_utc_time(at))
    opened, closed = _record_changes(lake, changes, known)
    hit_failpoint("alarms.recorded")
    failures = [
        note for recorded in read_alarms(lake) for note in _send_due_message(wiring, recorded)
    ]
    notes = (*map(describe_alarm, (*opened, *closed)), *failures)
    return AlarmUpdate(changes.alarms, opened, closed, notes)


def describe_open_alarms(alarms: Sequence[Alarm]) -> tuple[str, ...]:
    """Return one line for each open alarm."""
    return tuple(describe_alarm(alarm) for alarm in list_open_alarms(alarms))


def _record_changes(
    lake: Lake, changes: AlarmChanges, known: dict[str, RecordedAlarm]
) -> tuple[tuple[Alarm, ...], tuple[Alarm, ...]]:
    """Commit what has changed; return the alarms that this process opened, and those that it closed."""
    opened = tuple(
        alarm
        for alarm in changes.opened
        if open_alarm(lake, alarm, before=known.get(alarm.alarm_id))
    )
    closed = tuple(
        alarm
        for alarm in changes.closed
        if close_alarm(lake, alarm, before=known.get(alarm.alarm_id))
    )
    _log_changes("opened", opened)
    _log_changes("closed", closed)
    changed = {alarm.alarm_id for alarm in (*changes.opened, *changes.closed)}
    for alarm in changes.alarms:
        if alarm.alarm_id not in known and alarm.alarm_id not in changed:
            # It opened and closed between two updates: no message is sent about it.
            unseen = RecordedAlarm(alarm, _CLOSED_UNSEEN, _CLOSED_UNSEEN)
            close_alarm(lake, alarm, before=unseen)
    return opened, closed


def _log_changes(change: str, alarms: Sequence[Alarm]) -> None:
    for alarm in alarms:
        _LOG.info(
            "%s alarm gate=%s model_version=%s month=%s",
            change,
            alarm.gate,
            alarm.model_version,
            alarm.closed_month or alarm.opened_month,
        )


def _send_due_message(wiring: Wiring, recorded: RecordedAlarm) -> list[str]:
    """Send the message that is due about this alarm, if any, after its change is in the ledger.

    Returns:
        A note for each address that did not accept it.
    """
    if not _is_message_due(recorded):
        return []
    alarm = recorded.alarm
    _append_change_entry(wiring, alarm)
    hit_failpoint("alarms.entered")
    failures = send_alarm_message(wiring, alarm)
    hit_failpoint("alarms.sent")
    _log_failures(alarm, failures)
    delivery = _describe_delivery(failures, has_recipient=bool(wiring.settings.notify.addresses))
    record_delivery(wiring.lake, _mark_delivery(recorded, delivery))
    return [f"{alarm.alarm_id}: {failure}" for failure in failures]


def _is_message_due(recorded: RecordedAlarm) -> bool:
    """Return whether a message was not sent yet, or failed. Of a closed alarm only its end is reported."""
    delivery = recorded.opening_delivery if recorded.alarm.is_open else recorded.closing_delivery
    return not delivery or delivery.startswith(_FAILED)


def _append_change_entry(wiring: Wiring, alarm: Alarm) -> None:
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


def _describe_delivery(failures: Sequence[str], *, has_recipient: bool) -> str:
    """Return what is stored with the alarm about its message."""
    if failures:
        return _FAILED + "; ".join(failures)
    return _SENT if has_recipient else _NO_RECIPIENT


def _mark_delivery(recorded: RecordedAlarm, delivery: str) -> RecordedAlarm:
    if recorded.alarm.is_open:
        return replace(recorded, opening_delivery=delivery)
    return replace(recorded, closing_delivery=delivery)


def _log_failures(alarm: Alarm, failures: Sequence[str]) -> None:
    if failures:
        _LOG.warning(
            "could not deliver alarm message gate=%s model_version=%s failed_address_count=%d",
            alarm.gate,
            alarm.model_version,
            len(failures),
        )
