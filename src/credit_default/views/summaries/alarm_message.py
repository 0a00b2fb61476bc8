"""Write the message that people get when an alarm opens or closes: the figure, what to do, and where to look.

The same line about an alarm stands in the summary of a run. Who gets the message, and how it is delivered, is decided
elsewhere (`services/monitoring/alarm_messages.py`, `adapters/messaging/apprise_delivery.py`).
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from credit_default.errors import escape_unprintable
from credit_default.gates.monitoring.alarms import Alarm
from credit_default.gates.monitoring.monitoring_gates import (
    ALARM_ADVICE,
    ALARM_EFFECTS,
    AlarmEffect,
    HistoryColumn,
    MonitoringGate,
    find_monitoring_gate,
)
from credit_default.views.summaries.summary import format_figure

_SHOWN_REASONS: Final = 5


@dataclass(frozen=True, slots=True)
class AlarmMessage:
    """The title (of an e-mail, its subject) and the text of a message about an alarm."""

    title: str
    body: str


@dataclass(frozen=True, slots=True)
class AlarmFinding:
    """What the gate found in a batch: its level, its reasons, and its figures by name."""

    batch_id: str
    statement_month: str  # YYYY-MM
    level: str
    reasons: tuple[str, ...] = ()
    figures: Mapping[str, float | None] = field(default_factory=dict)


def parse_finding(row: Mapping[str, Any]) -> AlarmFinding:
    """Return the finding in this row of the monitoring table."""
    return AlarmFinding(
        row["batch_id"],
        row["statement_month"],
        row["level"],
        tuple(row["reasons"]),
        json.loads(row["figures"]),
    )


def render_alarm_message(
    alarm: Alarm, finding: AlarmFinding | None = None, *, room_address: str = ""
) -> AlarmMessage:
    """Return the message about an alarm that opened or closed.

    Args:
        alarm: The alarm, open or closed.
        finding: What its gate found in the batch that opened it, where that is known.
        room_address: Where people open the control room; without it the message names commands.
    """
    state = "alarm" if alarm.is_open else "alarm closed"
    title = f"credit-default: {state}: {alarm.gate} of version {alarm.model_version}"
    _, _, about = describe_alarm(alarm).partition(": ")
    paragraphs = [f"{about}.", *_list_paragraphs(alarm, finding, room_address=room_address)]
    return AlarmMessage(title, "\n\n".join(map(_escape_lines, paragraphs)))


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


def list_pictured_figures(
    gate: MonitoringGate | None, finding: AlarmFinding
) -> Iterator[tuple[HistoryColumn, float]]:
    """Yield the figures that a message about this gate shows, those that the finding has."""
    for column in gate.pictured if gate else ():
        value = finding.figures.get(column.figure)
        if value is not None:
            yield column, value


def _list_paragraphs(
    alarm: Alarm, finding: AlarmFinding | None, *, room_address: str
) -> Iterator[str]:
    gate = find_monitoring_gate(alarm.gate)
    if alarm.is_open and finding is not None:
        figures = [f"{c.heading} {_format(c, v)}" for c, v in list_pictured_figures(gate, finding)]
        if figures:
            yield f"Month {finding.statement_month}: {', '.join(figures)}."
        yield from _list_reasons(finding.reasons)
    if alarm.is_open:
        effect: AlarmEffect = gate.alarm_effect if gate else "review"
        yield f"What follows: {ALARM_EFFECTS[effect]}.\nWhat to do: {ALARM_ADVICE[effect]}"
    yield _list_places(alarm, room_address)


def _list_reasons(reasons: Sequence[str]) -> Iterator[str]:
    if not reasons:
        return
    lines = [f"- {reason}" for reason in reasons[:_SHOWN_REASONS]]
    if len(reasons) > _SHOWN_REASONS:
        lines.append(f"- and {len(reasons) - _SHOWN_REASONS} more")
    yield "\n".join(["Why:", *lines])


def _list_places(alarm: Alarm, room_address: str) -> str:
    if not room_address:
        return f"Look at it: credit-default monitor {alarm.opened_batch_id}"
    root = room_address.rstrip("/")
    places = {
        "The batch": f"{root}/batches/{alarm.opened_batch_id}",
        "The model": f"{root}/models/{alarm.model_version}",
        "All alarms": f"{root}/#alarms",
    }
    return "\n".join(f"{name}: {address}" for name, address in places.items())


def _format(column: HistoryColumn, value: float) -> str:
    return f"{value:.1%}" if column.is_share else format_figure(value)


def _escape_lines(text: str) -> str:
    return "\n".join(map(escape_unprintable, text.split("\n")))
