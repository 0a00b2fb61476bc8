"""The open alarms as people read them: what each is about, in figures of the batch that opened it, and what to do."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from credit_default.adapters.lake.layout import Lake
from credit_default.adapters.tables.queries import collect_rows, scan_table
from credit_default.gates.monitoring.alarms import Alarm, list_open_alarms
from credit_default.gates.monitoring.monitoring_gates import (
    ALARM_ADVICE,
    ALARM_EFFECTS,
    AlarmEffect,
    find_monitoring_gate,
)
from credit_default.services.batches.figure_words import say_reason
from credit_default.services.monitoring.alarms import read_known_alarms


@dataclass(frozen=True, slots=True)
class OpenAlarm:
    """An open alarm: the gate and its question, the version, the batch that opened it, the reasons, and what to do."""

    title: str
    question: str
    model_version: int
    month: str  # YYYY-MM, that opened it
    batch_id: str
    reasons: tuple[str, ...]
    effect: str  # what follows by itself
    advice: str  # what a person should do


def list_alarms_now(lake: Lake) -> tuple[OpenAlarm, ...]:
    """Return the open alarms, the oldest first."""
    alarms = list_open_alarms(read_known_alarms(lake))
    reasons = _read_reasons(lake, alarms) if alarms else {}
    return tuple(_describe(alarm, reasons) for alarm in alarms)


def _describe(alarm: Alarm, reasons: Mapping[tuple[str, int, str], tuple[str, ...]]) -> OpenAlarm:
    gate = find_monitoring_gate(alarm.gate)
    effect: AlarmEffect = gate.alarm_effect if gate else "review"
    return OpenAlarm(
        gate.title if gate else alarm.gate,
        gate.question if gate else "",
        alarm.model_version,
        alarm.opened_month,
        alarm.opened_batch_id,
        reasons.get((alarm.gate, alarm.model_version, alarm.opened_batch_id), ()),
        ALARM_EFFECTS[effect],
        ALARM_ADVICE[effect],
    )


def _read_reasons(
    lake: Lake, alarms: tuple[Alarm, ...]
) -> Mapping[tuple[str, int, str], tuple[str, ...]]:
    months = [alarm.opened_month for alarm in alarms]
    batches = [alarm.opened_batch_id for alarm in alarms]
    rows = collect_rows(
        lake,
        scan_table(lake, "monitoring")
        .filter(pl.col("statement_month").is_in(months) & pl.col("batch_id").is_in(batches))
        .select("gate", "model_version", "batch_id", "reasons"),
    )
    return {
        (gate, version, batch): tuple(map(say_reason, reasons))
        for gate, version, batch, reasons in rows.iter_rows()
    }
