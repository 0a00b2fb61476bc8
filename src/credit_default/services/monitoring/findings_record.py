"""Record what monitoring found: in the monitoring table, the ledger and an MLflow run."""

import datetime as dt
import json
import logging
from dataclasses import replace

import polars as pl

from credit_default.adapters.lake.layout import Lake
from credit_default.adapters.lake.published_reports import fetch_published
from credit_default.adapters.mlflow.run import Run
from credit_default.adapters.tables.monitoring import write_monitoring
from credit_default.gates.ledger.batch_events import MonitorAlarmed
from credit_default.gates.monitoring.column_drift import DriftReport
from credit_default.gates.verdict import Verdict
from credit_default.model.estimator.expected_loss import EXPECTED_LOSS
from credit_default.services.context.audit_log import append_ledger_entry
from credit_default.services.context.data_origin import SIMULATED, describe_origin
from credit_default.services.context.wiring import Wiring
from credit_default.services.monitoring.batch_drift import Drift
from credit_default.services.monitoring.batch_performance import LabelFreeFindings, Performance
from credit_default.services.monitoring.batch_profile import describe_reference
from credit_default.services.monitoring.drift_publication import REPORT_FOLDER
from credit_default.services.monitoring.monitored_batch import MonitoredBatch
from credit_default.services.monitoring.report_order import record_order
from credit_default.services.scoring.run_metadata import build_batch_tags, pick_metrics
from credit_default.views.summaries.run_artifact import render_summary_markdown
from credit_default.views.summaries.summary import Summary

_LOG = logging.getLogger(__name__)


def record_findings(
    wiring: Wiring,
    batch: MonitoredBatch,
    drift: Drift | None,
    performance: Performance,
    *,
    monitored_at: dt.datetime,
    label_free_findings: LabelFreeFindings | None = None,
) -> Summary:
    """Record the findings on a batch and return their summary.

    Each verdict goes into the monitoring table, each alarm also into the ledger, and everything into
    a run in MLflow.

    Args:
        wiring: Where the findings are recorded.
        batch: The batch that was monitored.
        drift: What the comparison with the reference found; None where it was not asked for.
        performance: How well the scores predicted the outcomes; recorded only where some are known.
        monitored_at: The time of the findings.
        label_free_findings: The findings from the scores alone; None where they were not asked for.
    """
    verdicts = (
        *(drift.verdicts if drift else ()),
        *(label_free_findings.verdicts if label_free_findings else ()),
        *([performance.verdict] if performance.evaluation else []),
    )
    paths = _list_report_paths(wiring.lake, drift)
    if drift is not None and drift.order is not None:
        record_order(wiring.lake, drift.order)  # before the verdicts, so that no page is lost
    for verdict in verdicts:
        report_path = paths.get("report (html)", "")
        write_verdict_row(wiring.lake, batch, verdict, report_path=report_path, at=monitored_at)
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
        notes=(*describe_origin(batch.data_origin), *_describe_comparison(batch, drift)),
    )
    recorded = _record_monitoring_run(wiring, batch, drift, summary)
    if drift is not None and drift.order is not None:
        record_order(wiring.lake, replace(drift.order, run_id=recorded.run_id or ""))
    _LOG.info(
        "recorded findings batch_id=%s model_version=%s verdict_count=%d alarm_count=%d run_id=%s",
        batch.batch_id,
        batch.model_version,
        len(verdicts),
        sum(not verdict.passed for verdict in verdicts),
        recorded.run_id,
    )
    return recorded


def write_verdict_row(
    lake: Lake, batch: MonitoredBatch, verdict: Verdict, *, at: dt.datetime, report_path: str = ""
) -> None:
    """Write the verdict into the monitoring table, replacing the gate's last one on this batch and version."""
    row = _build_monitoring_row(batch, verdict, report_path, at)
    write_monitoring(lake, pl.DataFrame([row], schema_overrides={EXPECTED_LOSS: pl.Float64}))


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
    alarming = [verdict.gate for verdict in verdicts if not verdict.passed]
    if alarming:
        return f"{' and '.join(alarming)} alarm"
    levels = {verdict.level for verdict in verdicts} - {"not judged"}
    if not levels:
        return "not judged"
    return "quiet" if levels == {"ok"} else "watch"


def _record_monitoring_run(
    wiring: Wiring, batch: MonitoredBatch, drift: Drift | None, summary: Summary
) -> Summary:
    """Record the findings as a run in MLflow, and return the summary with the run's id."""
    tags = build_batch_tags(
        batch.batch_id,
        batch.model_version,
        data_origin=batch.data_origin,
        git_commit=wiring.commit,
    )
    with wiring.tracking.start_run("monitor", name=f"monitor {batch.batch_id}", tags=tags) as run:
        if drift is not None:
            _record_drift_report(wiring.lake, run, batch, drift.report)
        for verdict in summary.verdicts:
            run.record_metrics(
                {f"{verdict.gate}_{name}": value for name, value in verdict.figures.items()}
            )
            run.record_tags({f"{verdict.gate}_level": verdict.level})
        run.record_text(
            render_summary_markdown(
                summary,
                simulated=batch.data_origin == SIMULATED,
                room=wiring.settings.room.address,
            ),
            "verdict.md",
        )
        return replace(summary, run_id=run.run_id)


def _record_drift_report(lake: Lake, run: Run, batch: MonitoredBatch, report: DriftReport) -> None:
    """Add the drift of each column and the published profile to the run; its pages follow when they are drawn."""
    decision = [report.decision] if report.decision else []
    columns = (*report.columns, report.score, *decision)
    run.record_metrics({f"drift_{column.column}": column.statistic for column in columns})
    with lake.scratch() as folder:
        fetch_published(lake, folder, batch_id=batch.batch_id, model_version=batch.model_version)
        run.record_folder(folder, REPORT_FOLDER)


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
    """Return the figures of the summary: metrics only of a performance that was judged.

    Metrics of too few outcomes, of the first ones to arrive or of one class say nothing of the model.
    """
    figures = {"score drift (psi)": drift.report.score.statistic} if drift else {}
    if performance.evaluation is not None:
        figures |= {"coverage of outcomes": performance.coverage_share}
        if performance.verdict.level != "not judged":
            figures |= pick_metrics(performance.evaluation, where="this batch")
    return figures


def _describe_comparison(batch: MonitoredBatch, drift: Drift | None) -> tuple[str, ...]:
    return (f"compared with {describe_reference(batch.bundle)}",) if drift else ()


def _list_report_paths(lake: Lake, drift: Drift | None) -> dict[str, str]:
    if drift is None or drift.order is None:
        return {}
    reports = {f"report ({kind})": path for kind, path in drift.report.report_paths.items()}
    return reports | {"evidently ui": str(lake.workspace)}
