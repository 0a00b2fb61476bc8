"""The lake's history becomes one page that people can open: nothing to fetch, no server, no script."""

import datetime as dt
from collections.abc import Mapping
from typing import Final

import polars as pl

from credit_default.adapters.lake.published_reports import read_profile
from credit_default.adapters.tables.ledger import read_entries
from credit_default.adapters.tables.monitoring import read_monitoring
from credit_default.gates.ledger.event_format import select_events
from credit_default.gates.ledger.version_events import Promoted, RolledBack
from credit_default.gates.monitoring.alarms import Alarm
from credit_default.services.context.data_origin import SIMULATED
from credit_default.services.context.wiring import Wiring
from credit_default.services.monitoring.alarms import read_known_alarms
from credit_default.services.outcomes.vintages import measure_vintages
from credit_default.views.documents.html import write_html
from credit_default.views.history.page import describe_history
from credit_default.views.history.values import (
    ChampionEvent,
    History,
    OpenedAlarm,
    build_history_batches,
)

PAGE: Final = "reports/history.html"


def read_history(wiring: Wiring) -> History:
    """All batches that were monitored, with the profiles published beside their reports, the champions and the alarms."""
    findings = read_monitoring(wiring.lake)
    keys = findings.select("batch_id", "model_version").unique().rows()
    profiles = {
        key: read_profile(wiring.lake, batch_id=key[0], model_version=key[1]) or {} for key in keys
    }
    seats = tuple(
        ChampionEvent(change.entry.model_version, change.entry.at, change.entry.event)
        for change in select_events(read_entries(wiring.lake), Promoted, RolledBack)
    )
    scored = dict(
        findings.group_by("model_version").agg(pl.col("statement_month").max()).iter_rows()
    )
    alarms = tuple(
        OpenedAlarm(alarm.gate, alarm.opened_month, _find_closing_month(alarm, scored))
        for alarm in read_known_alarms(wiring)
    )
    simulated = SIMULATED in findings["data_origin"].to_list()
    return History(build_history_batches(findings, profiles), seats, alarms, simulated)


def write_history_page(wiring: Wiring, *, now: dt.datetime) -> str | None:
    """Where the page stands in the lake now; None where nothing was monitored yet."""
    history = read_history(wiring)
    if not history.batches:
        return None
    reasons = {
        (row["batch_id"], row["gate"]): tuple(row["reasons"])
        for row in read_monitoring(wiring.lake).iter_rows(named=True)
    }
    page = write_html(
        describe_history(history, reasons=reasons, vintages=measure_vintages(wiring.lake, now=now))
    )
    with wiring.lake.scratch() as folder:
        path = folder / "history.html"
        path.write_text(page, encoding="utf-8")
        wiring.lake.storage.write_object(PAGE, path)
    return f"{wiring.lake.uri}/{PAGE}"


def _find_closing_month(alarm: Alarm, scored: Mapping[int, str]) -> str:
    """The month that closed it; where another champion did, the last one that its version scored; "" while it is open."""
    return (
        ""
        if alarm.is_open
        else alarm.closed_month or scored.get(alarm.model_version, alarm.opened_month)
    )
