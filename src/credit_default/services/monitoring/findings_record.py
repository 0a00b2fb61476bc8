"""Recording what monitoring found: the monitoring table, the ledger, alarms and MLflow."""

import datetime as dt
import json
from dataclasses import replace

import polars as pl

from credit_default.adapters.lake.published_reports import fetch_published
from credit_default.adapters.tables.monitoring import write_monitoring
from credit_default.gates.ledger.batch_events import MonitorAlarmed
from credit_default.gates.monitoring.drift import DriftReport
from credit_default.gates.verdict import Verdict
from credit_default.model.estimator.expected_loss import EXPECTED_LOSS
from credit_default.services.context.audit_log import append_ledger_entry
from credit_default.services.context.data_origin import SIMULATED, describe_origin
from credit_default.services.context.wiring import Wiring
from credit_default.services.monitoring.batch_drift import Drift, MonitoredBatch
from credit_default.services.monitoring.batch_performance import LabelFreeFindings, Performance
from credit_default.services.scoring.run_metadata import build_batch_tags, pick_metrics
from credit_default.views.summaries.run_artifact import write_summary_markdown
from credit_default.views.summaries.summary import Summary


def record_findings(
    wiring: Wiring,
    batch: MonitoredBatch,
    drift: Drift | None,
    performance: Performance,
    *,
    monitored_at: dt.datetime,
    outlook: LabelFreeFindings | None = None,
) -> Summary:
    """The summary of what the monitors found, after it stands in the monitoring table and in MLflow.

    `drift` and `outlook` are None where only the performance was asked for.
    """
    verdicts = (
        *(drift.verdicts if drift else ()),
        *(outlook.verdicts if outlook else ()),
        *([performance.verdict] if performance.evaluation else []),
    )
    paths = (
        _label_reports(drift.report) | {"evidently ui": str(wiring.lake.workspace)} if drift else {}
    )
    for verdict in verdicts:
        write_verdict_row(
            wiring, batch, verdict, report_path=paths.get("report (html)", ""), at=monitored_at
        )
        if not verdict.passed:
            _append_alarm_entry(wiring, batch, verdict, monitored_at)
    summary = Summary(
        "monitor",
        _describe_status(verdicts),
        verdicts=verdicts or (performance.verdict,),
        batch_id=batch.batch_id,
        model_version=batch.model_version,
        counts={"compared": batch.row_count, "outcomes": batch.outcome_count},
        figures=_list_monitoring_figures(drift, performance),
        paths=paths,
        notes=describe_origin(batch.data_origin),
    )
    return _record_monitoring_run(wiring, batch, drift, summary)


def write_verdict_row(
    wiring: Wiring,
    batch: MonitoredBatch,
    verdict: Verdict,
    *,
    at: dt.datetime,
    report_path: str = "",
) -> None:
    """Nothing; the verdict stands in the monitoring table, in place of the gate's last one on this batch and version."""
    row = _build_monitoring_row(batch, verdict, report_path, at)
    write_monitoring(wiring.lake, pl.DataFrame([row], schema_overrides={EXPECTED_LOSS: pl.Float64}))


def _append_alarm_entry(
    wiring: Wiring, batch: MonitoredBatch, verdict: Verdict, at: dt.datetime
) -> None:
    append_ledger_entry(
        wiring,
        MonitorAlarmed(
            gate=verdict.gate,
            figures={name: float(value) for name, value in verdict.figures.items()},
        ),
        key=f"alarmed {verdict.gate} {batch.batch_id} v{batch.model_version} {at.isoformat()}",
        at=at,
        batch_id=batch.batch_id,
        model_version=batch.model_version,
    )


def _describe_status(verdicts: tuple[Verdict, ...]) -> str:
    rang = [verdict.gate for verdict in verdicts if not verdict.passed]
    if rang:
        return f"{' and '.join(rang)} alarm"
    judged = {verdict.level for verdict in verdicts} - {"not judged"}
    return "quiet" if judged == {"ok"} else "watch" if judged else "not judged"


def _record_monitoring_run(
    wiring: Wiring, batch: MonitoredBatch, drift: Drift | None, summary: Summary
) -> Summary:
    tags = build_batch_tags(
        batch.batch_id,
        batch.model_version,
        data_origin=batch.data_origin,
        git_commit=wiring.commit,
    )
    with wiring.tracking.start_run("monitor", name=f"monitor {batch.batch_id}", tags=tags) as run:
        if drift is not None:
            columns = (
                *drift.report.columns,
                drift.report.score,
                *([drift.report.decision] if drift.report.decision else []),
            )
            run.record_metrics({f"drift_{column.column}": column.statistic for column in columns})
            with wiring.lake.scratch() as folder:
                fetch_published(
                    wiring.lake, folder, batch_id=batch.batch_id, model_version=batch.model_version
                )
                run.record_folder(folder, "report")
        for verdict in summary.verdicts:
            run.record_metrics(
                {f"{verdict.gate}_{name}": value for name, value in verdict.figures.items()}
            )
            run.record_tags({f"{verdict.gate}_level": verdict.level})
        run.record_text(
            write_summary_markdown(summary, simulated=batch.data_origin == SIMULATED), "verdict.md"
        )
        return replace(summary, run_id=run.run_id)


def _build_monitoring_row(
    batch: MonitoredBatch, verdict: Verdict, report_path: str, at: dt.datetime
) -> dict[str, object]:
    return {
        "batch_id": batch.batch_id,
        "model_version": batch.model_version,
        "statement_month": batch.months[-1],
        "gate": verdict.gate,
        "level": verdict.level,
        "reasons": list(verdict.reasons),
        "figures": json.dumps(dict(verdict.figures), sort_keys=True),
        "row_count": batch.row_count,
        "expected_loss": batch.scores.expected_loss_amount,
        "data_origin": batch.data_origin,
        "report_path": report_path,
        "monitored_at": at,
    }


def _list_monitoring_figures(drift: Drift | None, performance: Performance) -> dict[str, float]:
    figures = {"score drift (psi)": drift.report.score.statistic} if drift else {}
    if performance.evaluation is not None:
        figures |= {"coverage of outcomes": performance.coverage_share}
        figures |= pick_metrics(performance.evaluation, where="this batch")
    return figures


def _label_reports(report: DriftReport) -> dict[str, str]:
    return {f"report ({kind})": path for kind, path in report.report_paths.items()}
