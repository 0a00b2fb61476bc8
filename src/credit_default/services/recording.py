"""What was done with a batch becomes a record: MLflow runs, rows of the monitoring table, the summary a person reads."""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from credit_default.adapters.lake.published_reports import fetch_published
from credit_default.adapters.mlflow.run_search import find_run_id
from credit_default.adapters.mlflow.tracking import DatasetRecord
from credit_default.adapters.tables.monitoring import write_monitoring
from credit_default.errors import ServiceError
from credit_default.failpoints import reach
from credit_default.gates.monitoring.drift import DriftReport
from credit_default.gates.verdict import Verdict
from credit_default.model.estimator.decision import ACCEPT, DECLINE
from credit_default.model.estimator.expected_loss import EXPECTED_LOSS
from credit_default.services.champion.fallback import GATE, OWED, judge_outage
from credit_default.services.context.audit_log import enter
from credit_default.services.context.data_origin import SIMULATED, tell_origin
from credit_default.services.context.wiring import Wiring
from credit_default.services.descriptions import describe_file, pick_metrics, tag_batch
from credit_default.services.intake.file_check import CheckedFile
from credit_default.services.intake.ingest import tell_broken_rules, tell_unknown_columns
from credit_default.services.monitoring import Drift, MonitoredBatch
from credit_default.services.performance import Outlook, Performance
from credit_default.services.prediction import ScoredFile
from credit_default.services.reasoning import tell_reasons
from credit_default.views.summaries.run_artifact import write_markdown
from credit_default.views.summaries.summary import Summary

_BAND = "band "
RECORDING_TIME = dt.timedelta(seconds=30)  # which another runner may take from its scores to their run


def record_scores(
    wiring: Wiring, checked: CheckedFile, scored: ScoredFile, verdict: Verdict, *, recorded_at: dt.datetime
) -> Summary:
    """The summary of a scored batch, after its figures stand in MLflow; one that stands there already adds no run.

    Where MLflow is away that is owed, and the summary says so: `reconcile` makes up for it.
    """
    counts = {"read": checked.validated.row_count, "scored": scored.scored_count, "quarantined": scored.rejected_count}
    counts |= {"in the batch already": scored.known_count} if checked.corrects else {}
    figures = {"declined share": scored.declined_share, "expected default share": scored.expected_default_share}
    figures |= tell_losses(scored.expected_losses)
    run_id, outage = None, _judge_pin(scored, recorded_at)
    if outage is None:
        try:
            run_id = _record_scored_run(wiring, checked, scored, counts | figures, recorded_at=recorded_at)
        except ServiceError as error:
            if not wiring.tracking.is_away(error):
                raise
            outage = Verdict(GATE, "watch", (f"MLflow went away: {error.found}", OWED))
    return Summary(
        "predict", "already scored, nothing done" if scored.was_there else "scored",
        verdicts=(verdict, *([outage] if outage else [])),
        batch_id=scored.batch_id, model_version=scored.model_version, run_id=run_id, counts=counts, figures=figures,
        paths={"scores": wiring.lake.table_uri("scores")}, notes=_note_scores(checked, scored),
    )  # fmt: skip


def _judge_pin(scored: ScoredFile, now: dt.datetime) -> Verdict | None:
    """What to say of a batch that the pinned champion scored, as MLflow is away; None where the registry named it."""
    if scored.pinned_at is None:
        return None
    outage = judge_outage(scored.model_version, scored.pinned_at, now=now)
    return outage if scored.was_there else replace(outage, reasons=(*outage.reasons, OWED))


def _record_scored_run(
    wiring: Wiring, checked: CheckedFile, scored: ScoredFile, figures: Mapping[str, float], *, recorded_at: dt.datetime
) -> str | None:
    """The run that says what became of the batch; None where there is one already, or another runner is at it."""
    if scored.was_there and not _is_unrecorded(wiring, scored, recorded_at):
        return None
    tags = tag_batch(wiring, scored.batch_id, scored.model_version, checked.data_origin)
    run_id = record_scored(wiring, describe_file(wiring, checked), figures, tags=tags)
    reach("predict.run-ended")
    return run_id


def record_scored(
    wiring: Wiring,
    dataset: DatasetRecord,
    figures: Mapping[str, float],
    *,
    tags: Mapping[str, object],
    scored_at: dt.datetime | None = None,
) -> str:
    """The run of a scored batch in MLflow, with rows and figures; `scored_at` where that was not a moment ago."""
    batch_id = tags["batch_id"]
    with wiring.tracking.start_run("predict", name=f"predict {batch_id}", tags=tags, started_at=scored_at) as run:
        reach("predict.run-begun")
        run.record_datasets([dataset])
        told = {name: value for name, value in figures.items() if _BAND not in name}  # a band has any name
        run.record_metrics({name.replace(" ", "_"): value for name, value in told.items()})
        reach("predict.run-written")
        return run.run_id


def tell_losses(losses: Mapping[str, float]) -> dict[str, float]:
    """What is expected to be lost, in all, by decision and by band; nothing where the portfolio declares no loss."""
    if not losses:
        return {}
    by_decision = {"accepted": losses.get(ACCEPT, 0.0), "declined": losses.get(DECLINE, 0.0)}
    bands = {name: amount for name, amount in losses.items() if name.startswith(_BAND)}
    told = {"": sum(by_decision.values())} | by_decision | bands
    return {f"expected loss {name}".rstrip(): amount for name, amount in told.items()}


def _is_unrecorded(wiring: Wiring, scored: ScoredFile, now: dt.datetime) -> bool:
    """Whether a crash came between these scores and their run: another who has just scored them is given time for it."""
    if not scored.is_ours and now - scored.scored_at < RECORDING_TIME:
        return False
    tags = {"batch_id": scored.batch_id, "model_version": scored.model_version}
    return find_run_id(wiring.tracking, "predict", tags=tags) is None


def record_findings(
    wiring: Wiring,
    batch: MonitoredBatch,
    drift: Drift | None,
    performance: Performance,
    *,
    monitored_at: dt.datetime,
    outlook: Outlook | None = None,
) -> Summary:
    """The summary of what the monitors found, after it stands in the monitoring table and in MLflow.

    `drift` and `outlook` are None where only the performance was asked for.
    """
    verdicts = (
        *(drift.verdicts if drift else ()),
        *(outlook.verdicts if outlook else ()),
        *([performance.verdict] if performance.evaluation else []),
    )
    paths = _name_reports(drift.report) | {"evidently ui": str(wiring.lake.workspace)} if drift else {}
    for verdict in verdicts:
        record_verdict(wiring, batch, verdict, report_path=paths.get("report (html)", ""), at=monitored_at)
        if not verdict.passed:
            _enter_alarm(wiring, batch, verdict, monitored_at)
    summary = Summary(
        "monitor", _name_status(verdicts), verdicts=verdicts or (performance.verdict,),
        batch_id=batch.batch_id, model_version=batch.model_version,
        counts={"compared": batch.row_count, "outcomes": batch.outcome_count},
        figures=_monitoring_figures(drift, performance), paths=paths, notes=tell_origin(batch.data_origin),
    )  # fmt: skip
    return _record_run(wiring, batch, drift, summary)


def record_verdict(
    wiring: Wiring, batch: MonitoredBatch, verdict: Verdict, *, at: dt.datetime, report_path: str = ""
) -> None:
    """Nothing; the verdict stands in the monitoring table, in place of the gate's last one on this batch and version."""
    row = _monitoring_row(batch, verdict, report_path, at)
    write_monitoring(wiring.lake, pl.DataFrame([row], schema_overrides={EXPECTED_LOSS: pl.Float64}))


def _enter_alarm(wiring: Wiring, batch: MonitoredBatch, verdict: Verdict, at: dt.datetime) -> None:
    enter(
        wiring, "alarmed", key=f"alarmed {verdict.gate} {batch.batch_id} v{batch.model_version} {at.isoformat()}", at=at,
        batch_id=batch.batch_id, model_version=batch.model_version,
        details={"gate": verdict.gate, **{name: float(value) for name, value in verdict.figures.items()}},
    )  # fmt: skip


def _name_status(verdicts: tuple[Verdict, ...]) -> str:
    rang = [verdict.gate for verdict in verdicts if not verdict.passed]
    if rang:
        return f"{' and '.join(rang)} alarm"
    judged = {verdict.level for verdict in verdicts} - {"not judged"}
    return "quiet" if judged == {"ok"} else "watch" if judged else "not judged"


def _record_run(wiring: Wiring, batch: MonitoredBatch, drift: Drift | None, summary: Summary) -> Summary:
    tags = tag_batch(wiring, batch.batch_id, batch.model_version, batch.data_origin)
    with wiring.tracking.start_run("monitor", name=f"monitor {batch.batch_id}", tags=tags) as run:
        if drift is not None:
            columns = (
                *drift.report.columns,
                drift.report.score,
                *([drift.report.decision] if drift.report.decision else []),
            )
            run.record_metrics({f"drift_{column.column}": column.statistic for column in columns})
            with wiring.lake.scratch() as folder:
                fetch_published(wiring.lake, folder, batch_id=batch.batch_id, model_version=batch.model_version)
                run.record_folder(folder, "report")
        for verdict in summary.verdicts:
            run.record_metrics({f"{verdict.gate}_{name}": value for name, value in verdict.figures.items()})
            run.record_tags({f"{verdict.gate}_level": verdict.level})
        run.record_text(write_markdown(summary, simulated=batch.data_origin == SIMULATED), "verdict.md")
        return replace(summary, run_id=run.run_id)


def _monitoring_row(batch: MonitoredBatch, verdict: Verdict, report_path: str, at: dt.datetime) -> dict[str, object]:
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


def _monitoring_figures(drift: Drift | None, performance: Performance) -> dict[str, float]:
    figures = {"score drift (psi)": drift.report.score.statistic} if drift else {}
    if performance.evaluation is not None:
        figures |= {"coverage of outcomes": performance.coverage_share}
        figures |= pick_metrics(performance.evaluation, where="this batch")
    return figures


def _name_reports(report: DriftReport) -> dict[str, str]:
    return {f"report ({kind})": path for kind, path in report.report_paths.items()}


def _note_scores(checked: CheckedFile, scored: ScoredFile) -> tuple[str, ...]:
    notes = [*tell_origin(checked.data_origin)]
    if checked.validated.has_outcome:
        notes.append("the file has an outcome column; scoring does not look at it")
    if scored.trained_row_count:
        notes.append(f"the model was trained on {scored.trained_row_count:,} of these rows: their scores are flattered")
    notes += tell_reasons(
        scored.reasons_mode, declined_count=scored.declined_count, reasoned_count=scored.reasoned_count
    )
    return (*notes, *tell_unknown_columns(checked), *tell_broken_rules(checked.validated))
