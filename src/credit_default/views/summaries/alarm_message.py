"""Write the message that people get when an alarm opens or closes: its title and its text.

The same line about an alarm stands in the summary of a run. Who gets the message, and how it is delivered, is decided
elsewhere (`services/monitoring/alarms.py`, `adapters/messaging/apprise_delivery.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from credit_default.gates.monitoring.alarms import Alarm


@dataclass(frozen=True, slots=True)
class AlarmMessage:
    """The title (of an e-mail, its subject) and the text of a message about an alarm."""

    title: str
    body: str


def render_alarm_message(alarm: Alarm, reasons: Sequence[str] = ()) -> AlarmMessage:
    """Return the message about an alarm that opened or closed.

    Args:
        alarm: The alarm, open or closed.
        reasons: Why the gate opened it; not used for a closed alarm.
    """
    title, _, body = describe_alarm(alarm, reasons).partition(": ")
    return AlarmMessage(f"credit-default: {title}", body)


def describe_alarm(alarm: Alarm, reasons: Sequence[str] = ()) -> str:
    """Return one line about the alarm.

    An open alarm is described by its gate, version, first month and `reasons`; a closed one by why
    it closed.
    """
    about = f"{alarm.gate} of version {alarm.model_version}"
    if not alarm.is_open:
        since = f", month {alarm.closed_month}" if alarm.closed_month else ""
        ended = f"{alarm.closed_because}{since}"
        return f"alarm closed: {about}, open since month {alarm.opened_month}: {ended}"
    why = "; ".join(reasons)
    return f"alarm: {about}, since month {alarm.opened_month}" + (f": {why}" if why else "")
