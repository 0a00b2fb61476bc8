"""The table of alarms: one row each, opened by one commit and closed by another, with the delivery of its messages.

Whether an alarm was opened or closed before is decided on the version of the table that the commit follows: of two runs at
once, one opens or closes it.
"""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from credit_default.adapters.delta.commits import create_rows, replace_rows
from credit_default.adapters.delta.table import query_rows
from credit_default.adapters.lake.layout import Lake
from credit_default.adapters.tables.schemas import ALARMS, locate_table
from credit_default.errors import InputError
from credit_default.gates.monitoring.alarms import Alarm

_ID = re.compile(r"[a-z][a-z_ -]{0,40} v\d+ \d{4}-\d{2}")


@dataclass(frozen=True, slots=True)
class RecordedAlarm:
    """An alarm on record, and whether the messages about its opening and closing were delivered.

    A delivery is empty until a message was due.
    """

    alarm: Alarm
    opening_delivery: str = ""
    closing_delivery: str = ""


def read_alarms(lake: Lake) -> tuple[RecordedAlarm, ...]:
    """Return every alarm on record, by the month that opened it, gate and version."""
    rows = query_rows(
        locate_table(lake, "alarms"),
        lambda table: table.sort("statement_month", "gate", "model_version"),
    )
    return tuple(_from_row(row) for row in rows.iter_rows(named=True))


def open_alarm(lake: Lake, alarm: Alarm, *, before: RecordedAlarm | None) -> bool:
    """Record the alarm as open; return False where another run had done so.

    `before` is the alarm's earlier, closed row; None where there is none.
    """
    since = before.alarm.closed_at if before else "ever"
    return _commit_alarm(
        lake, RecordedAlarm(alarm), key=f"alarm opened {alarm.alarm_id} after {since}"
    )


def close_alarm(lake: Lake, alarm: Alarm, *, before: RecordedAlarm | None) -> bool:
    """Record the alarm as closed; return False where another run had done so.

    `before` is the alarm's open row; None where there is none.
    """
    recorded = replace(before, alarm=alarm) if before else RecordedAlarm(alarm)
    return _commit_alarm(
        lake, recorded, key=f"alarm closed {alarm.alarm_id} since {alarm.opened_at}"
    )


def record_delivery(lake: Lake, recorded: RecordedAlarm) -> None:
    """Write the delivery of the alarm's messages to its row."""
    replace_rows(
        locate_table(lake, "alarms"),
        lambda: [_to_frame(recorded)],
        predicate=_build_predicate(recorded.alarm),
    )


def _commit_alarm(lake: Lake, recorded: RecordedAlarm, *, key: str) -> bool:
    written = create_rows(
        locate_table(lake, "alarms"),
        lambda: [_to_frame(recorded)],
        key=key,
        predicate=_build_predicate(recorded.alarm),
    )
    return not written.already_existed


def _build_predicate(alarm: Alarm) -> str:
    if not _ID.fullmatch(alarm.alarm_id):
        raise InputError(
            "alarm",
            found=repr(alarm.alarm_id[:80]),
            expected="a gate, a version and a month",
            remedy="Use the gate's own name.",
        )
    return f"alarm_id = '{alarm.alarm_id}' AND statement_month = '{alarm.opened_month}'"


def _to_frame(recorded: RecordedAlarm) -> pl.DataFrame:
    alarm = recorded.alarm
    row = {
        "alarm_id": alarm.alarm_id,
        "gate": alarm.gate,
        "model_version": alarm.model_version,
        "statement_month": alarm.opened_month,
        "batch_id": alarm.opened_batch_id,
        "opened_at": _parse_time(alarm.opened_at),
        "closed_month": alarm.closed_month or None,
        "closed_because": alarm.closed_because or None,
        "closed_at": _parse_time(alarm.closed_at),
        "opening_told": recorded.opening_delivery,
        "closing_told": recorded.closing_delivery,
    }
    times = {"opened_at": pl.Datetime("us", "UTC"), "closed_at": pl.Datetime("us", "UTC")}
    texts = {"closed_month": pl.String, "closed_because": pl.String}
    return pl.DataFrame([row], schema_overrides={**times, **texts}).select(ALARMS.names)


def _from_row(row: Mapping[str, Any]) -> RecordedAlarm:
    alarm = Alarm(
        row["gate"],
        row["model_version"],
        row["statement_month"],
        row["batch_id"],
        closed_month=row["closed_month"] or "",
        closed_because=row["closed_because"] or "",
        opened_at=_format_time(row["opened_at"]),
        closed_at=_format_time(row["closed_at"]),
    )
    return RecordedAlarm(alarm, row["opening_told"], row["closing_told"])


def _parse_time(text: str) -> dt.datetime | None:
    return dt.datetime.fromisoformat(text).astimezone(dt.UTC) if text else None


def _format_time(at: dt.datetime | None) -> str:
    return "" if at is None else at.astimezone(dt.UTC).isoformat(timespec="microseconds")
