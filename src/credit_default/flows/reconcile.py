"""The flow `reconcile`: clean up after kills and outages. It is idempotent and may run at any time."""

import datetime as dt
from typing import Any

from prefect.client.schemas.objects import State
from prefect.states import Completed

from credit_default.flows.events.champion_events import (
    announce_champion_changes,
    announce_recorded_batches,
)
from credit_default.flows.reports.draw_reports import REPORT_NOT_DRAWN, draw_owed_reports
from credit_default.flows.runs.artifacts import publish_summary
from credit_default.flows.runs.context import connect, read_clock
from credit_default.flows.runs.kept_flow import build_flow
from credit_default.flows.runs.orphaned_runs import close_flow_runs
from credit_default.flows.runs.run_as_script import run_as_script
from credit_default.flows.runs.tasks import build_task
from credit_default.services.assessment import owed_cards
from credit_default.services.context.wiring import Wiring
from credit_default.services.operations import reconcile as repairs
from credit_default.views.summaries.summary import Summary

close_flows = build_task(close_flow_runs, "close flow runs")
remove_stale_files = build_task(repairs.remove_stale_files, "remove leftover files")
repair_records = build_task(repairs.repair_records, "repair records")
draw_owed_cards = build_task(owed_cards.draw_owed_cards, "draw owed cards")


@build_flow("reconcile")
def reconcile(
    overrides: dict[str, Any] | None = None, config: list[str] | None = None
) -> State[Summary]:
    """Close orphaned runs, add missing records, remove leftover files, announce what was not, draw owed cards and reports.

    Returns:
        A completed run named `Reconciled`, `NothingToDo` or, where a service did not answer, `PartlyReconciled`.
    """
    wiring = connect(overrides or {}, config or [])
    silence = dt.timedelta(seconds=wiring.settings.reconcile.silence_seconds)
    closed = close_flows(now=read_clock(), silence=silence)
    removed = remove_stale_files(wiring, now=read_clock())
    repaired = repair_records(wiring, now=read_clock())
    announced = announce_champion_changes(wiring)
    announce_recorded_batches(repaired.recorded)
    cards = draw_owed_cards(wiring, now=read_clock())
    reports = (
        _draw_reports(wiring) if repaired.verdict is None else repairs.describe_drawing((), ())
    )
    summary = repairs.summarise_repairs(closed, removed, repaired, announced, cards, reports)
    publish_summary(summary, simulated=False)
    return Completed(name=_name_state(summary), message=summary.status, data=summary)


def _draw_reports(wiring: Wiring) -> repairs.Repairs:
    """Draw what is owed; this needs MLflow, which keeps the models."""
    found = draw_owed_reports(wiring)
    if found is None:
        return repairs.describe_drawing((), (REPORT_NOT_DRAWN,))
    return repairs.describe_drawing(found.drawn, found.failed)


def _name_state(summary: Summary) -> str:
    if summary.verdicts:
        return "PartlyReconciled"
    return "Reconciled" if summary.notes else "NothingToDo"


if __name__ == "__main__":
    run_as_script(reconcile)
