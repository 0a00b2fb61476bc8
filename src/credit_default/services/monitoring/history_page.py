"""Write the lake's monitoring history as one HTML page that people can open without a server."""

import datetime as dt
import logging
from collections.abc import Mapping
from typing import Final

import polars as pl

from credit_default.adapters.lake.layout import Lake
from credit_default.adapters.lake.published_reports import read_profile
from credit_default.adapters.tables.monitoring import read_monitoring
from credit_default.gates.monitoring.alarms import Alarm
from credit_default.services.context.data_origin import SIMULATED
from credit_default.services.context.wiring import Wiring
from credit_default.services.monitoring.alarms import read_known_alarms
from credit_default.services.outcomes.vintages import measure_vintages
from credit_default.views.documents.html import render_html
from credit_default.views.history.page import describe_history
from credit_default.views.history.values import (
    History,
    OpenedAlarm,
    build_history_batches,
)

_LOG = logging.getLogger(__name__)

PAGE: Final = "reports/history.html"


def read_history(lake: Lake, *, last: int | None = None) -> History:
    """Return the last so many monitored batches, or all (None), with the profiles published beside their reports, and alarms.

    Alarms that were closed before the first of these batches are left out.
    """
    return _build_history(lake, read_monitoring(lake, last=last))


def _build_history(lake: Lake, findings: pl.DataFrame) -> History:
    keys = findings.select("batch_id", "model_version").unique().rows()
    profiles = {
        (batch_id, version): read_profile(lake, batch_id=batch_id, model_version=version) or {}
        for batch_id, version in keys
    }
    newest = findings.group_by("model_version").agg(pl.col("statement_month").max())
    newest_months = dict(newest.iter_rows())
    alarms = tuple(
        OpenedAlarm(alarm.gate, alarm.opened_month, _find_closing_month(alarm, newest_months))
        for alarm in read_known_alarms(lake)
    )
    batches = build_history_batches(findings, profiles)
    if batches:
        first = batches[0].statement_month
        alarms = tuple(a for a in alarms if not a.closed_month or a.closed_month >= first)
    return History(batches, alarms, SIMULATED in findings["data_origin"].to_list())


def write_history_page(wiring: Wiring, *, now: dt.datetime, last: int | None = None) -> str | None:
    """Write the page on the last so many batches, or all (None), into the lake and return its URI; None where nothing was monitored yet."""
    lake = wiring.lake
    findings = read_monitoring(lake, last=last)
    history = _build_history(lake, findings)
    if not history.batches:
        return None
    reasons = {
        (row["batch_id"], row["gate"]): tuple(row["reasons"])
        for row in findings.iter_rows(named=True)
    }
    page = render_html(
        describe_history(
            history,
            reasons=reasons,
            vintages=measure_vintages(
                lake, now=now, policy=wiring.settings.coverage, months=_list_months(history)
            ),
        )
    )
    with lake.scratch() as folder:
        path = folder / "history.html"
        path.write_text(page, encoding="utf-8")
        lake.storage.write_object(PAGE, path)
    _LOG.info("wrote history page path=%s batch_count=%d", PAGE, len(history.batches))
    return f"{lake.uri}/{PAGE}"


def _list_months(history: History) -> list[str]:
    return sorted({batch.statement_month for batch in history.batches})


def _find_closing_month(alarm: Alarm, newest_months: Mapping[int, str]) -> str:
    """Return the month that closed the alarm; "" while it is open.

    Where a change of the champion closed it, that is the newest month that its version scored.
    """
    if alarm.is_open:
        return ""
    return alarm.closed_month or newest_months.get(alarm.model_version, alarm.opened_month)
