"""The flow `monitor`: compare a scored batch with what its model was trained on, and with its known outcomes."""

from typing import Any, Literal

from prefect.client.schemas.objects import State
from prefect.states import Completed

from credit_default.flows.events.run_events import announce_follow_up, announce_summary
from credit_default.flows.reports.draw_reports import draw_after_verdict
from credit_default.flows.runs.artifacts import publish_summary
from credit_default.flows.runs.context import connect, read_clock
from credit_default.flows.runs.kept_flow import build_flow
from credit_default.flows.runs.run_as_script import run_as_script
from credit_default.flows.runs.tasks import build_retried_task, build_task
from credit_default.gates.monitoring.monitoring_gates import find_run_outcomes
from credit_default.services.context.data_origin import SIMULATED
from credit_default.services.monitoring import (
    batch_drift,
    batch_performance,
    findings_record,
    follow_up,
    monitored_batch,
)
from credit_default.views.summaries.summary import Summary

find_batch = build_retried_task(monitored_batch.find_batch, "find batch")
find_drift = build_task(batch_drift.find_drift, "compare with reference")
judge_without_outcomes = build_task(
    batch_performance.judge_without_outcomes, "estimate from the scores"
)
evaluate_batch = build_task(batch_performance.evaluate_batch, "judge performance")
record_findings = build_retried_task(findings_record.record_findings, "record")
follow_up_batch = build_retried_task(follow_up.follow_up, "alarms and retraining")


@build_flow("monitor")
def monitor(
    batch_id: str | None = None,
    overrides: dict[str, Any] | None = None,
    config: list[str] | None = None,
    report: Literal["full", "drift", "none"] | None = None,
    model_version: int | None = None,
) -> State[Summary]:
    """Judge one scored batch: its drift, its feed, its performance and fairness; then open and close alarms.

    Args:
        batch_id: The batch; by default the one that was scored last.
        overrides: Settings that win over all others, nested like a configuration file.
        config: Paths of configuration files.
        report: What Evidently's report holds: `full` adds data summaries and, once outcomes are known, classification
            quality; `drift` is drift alone; with `none` only performance is judged. By default the setting `report`.
        model_version: The version whose scores are judged; by default the one that scored the batch last.

    Returns:
        A completed run named `Quiet`, `DriftFound`, `FeedBroken`, `PerformanceLow`, `FairnessDrift` or `NotJudged`, with
        its summary.
    """
    wiring = connect(overrides or {}, config or [])
    batch = find_batch(wiring, batch_id, model_version=model_version)
    kind = report or wiring.settings.report
    page = None if wiring.settings.draw_report == "none" or kind == "none" else kind
    drift = None if kind == "none" else find_drift(wiring, batch, report=page)
    label_free_findings = None if kind == "none" else judge_without_outcomes(wiring, batch)
    performed = evaluate_batch(wiring, batch, now=read_clock())
    found = record_findings(
        wiring,
        batch,
        drift,
        performed,
        label_free_findings=label_free_findings,
        monitored_at=read_clock(),
    )
    followed = follow_up_batch(wiring, batch, found, at=read_clock())
    publish_summary(
        followed.summary,
        simulated=batch.data_origin == SIMULATED,
        room=wiring.settings.room.address,
    )
    announce_summary(found)
    announce_follow_up(followed)
    shown = draw_after_verdict(
        wiring, followed.summary, overrides=overrides or {}, config=config or []
    )
    return Completed(name=_name_state(found), message=found.status, data=shown)


def _name_state(summary: Summary) -> str:
    alarmed = [verdict.gate for verdict in summary.verdicts if not verdict.passed]
    if outcomes := find_run_outcomes(alarmed):
        return outcomes[0].run_state
    judged = any(verdict.level != "not judged" for verdict in summary.verdicts)
    return "Quiet" if judged else "NotJudged"


if __name__ == "__main__":
    run_as_script(monitor)
