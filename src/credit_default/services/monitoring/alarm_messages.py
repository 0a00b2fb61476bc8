"""Send the message about an alarm: its text, a picture of what its gate watched, and links into the control room."""

from collections.abc import Sequence

import polars as pl

from credit_default.adapters.messaging.apprise_delivery import Attachment, Message, send_message
from credit_default.adapters.tables.monitoring import read_monitoring
from credit_default.gates.monitoring.alarms import Alarm
from credit_default.services.context.data_origin import SIMULATED
from credit_default.services.context.wiring import Wiring
from credit_default.views.summaries.alarm_message import (
    AlarmFinding,
    parse_finding,
    render_alarm_message,
)


def send_alarm_message(wiring: Wiring, alarm: Alarm) -> tuple[str, ...]:
    """Send the message to every address of the settings; return a line for each that did not accept it.

    Args:
        wiring: The lake with the findings, and the settings.
        alarm: The alarm that opened or closed.
    """
    notify = wiring.settings.notify
    if not notify.addresses:
        return ()
    rows = read_monitoring(wiring.lake).filter(gate=alarm.gate, model_version=alarm.model_version)
    findings = [parse_finding(row) for row in rows.iter_rows(named=True)]
    opened = [one for one in findings if one.batch_id == alarm.opened_batch_id]
    text = render_alarm_message(
        alarm, opened[-1] if opened else None, room_address=wiring.settings.room.address
    )
    attachments = _draw(alarm, findings, rows) if alarm.is_open and findings else ()
    message = Message(text.title, text.body, attachments)
    return send_message(message, notify.addresses, timeout_seconds=notify.timeout_seconds)


def _draw(
    alarm: Alarm, findings: Sequence[AlarmFinding], rows: pl.DataFrame
) -> tuple[Attachment, ...]:
    from credit_default.views.figures.canvas import render_png  # matplotlib takes a second to load
    from credit_default.views.history.alarm_figure import draw_alarm_figure

    origin = " · simulated clients" if SIMULATED in rows["data_origin"].to_list() else ""
    subtitle = f"version {alarm.model_version}{origin}"
    png = render_png(draw_alarm_figure(alarm, findings, subtitle=subtitle))
    return (Attachment(f"{alarm.gate}-{alarm.opened_month}.png", "image/png", png),)
