"""What was done becomes a record: MLflow runs and versions, rows of the monitoring table, the summary a person reads."""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

import polars as pl

from credit_default.adapters.lake_tables import write_monitoring
from credit_default.adapters.registry import ModelVersion
from credit_default.errors import ServiceError
from credit_default.gates.drift import DriftReport
from credit_default.gates.verdict import Verdict
from credit_default.model.evaluation import Evaluation
from credit_default.services.contest import SeatHolder
from credit_default.services.descriptions import describe_file, list_datasets, list_metrics, list_params, tag_batch
from credit_default.services.drawing import draw_challenger
from credit_default.services.ingestion import CheckedFile, tell_broken_rules, tell_unknown_columns
from credit_default.services.monitoring import Drift, MonitoredBatch, Performance
from credit_default.services.origin import SIMULATED
from credit_default.services.prediction import ScoredFile
from credit_default.services.training import FOLD_COUNT, FOLD_SEEDS, Challenger, CrossValidation, TrainingRows
from credit_default.services.wiring import Wiring
from credit_default.views.markdown import write_markdown
from credit_default.views.summary import Summary

SHOWN_METRICS = ("roc_auc", "average_precision", "brier", "log_loss", "accuracy", "f1", "precision", "recall", "ks")


@dataclass(frozen=True, slots=True, eq=False)
class Registered:
    """A challenger on record: its version, its run, and the figures it was recorded with."""

    version: ModelVersion
    run_address: str
    evaluation: Evaluation
    folds: CrossValidation | None


def register_challenger(
    wiring: Wiring,
    training: TrainingRows,
    challenger: Challenger,
    folds: CrossValidation | None,
    *,
    trained_at: dt.datetime,
) -> Registered:
    """The challenger as a registered version: its run holds parameters, metrics, datasets, pictures and the commit."""
    bundle = challenger.bundle
    tags = {"data_origin": training.data_origin, "git_commit": wiring.commit, "trained_at": trained_at.isoformat()}
    metrics = list_metrics(challenger.evaluation)
    with wiring.tracking.start_run("train", name=f"train {bundle.digest[:8]}", tags=tags) as run:
        run.record_params(list_params(wiring, training, challenger))
        datasets = list_datasets(wiring, training, challenger)
        run.record_datasets(datasets)
        if folds is not None:
            run.record_metrics({f"cv_{name}": value for name, value in folds.average().items()})
        for name, figure in draw_challenger(challenger).items():
            run.record_figure(figure, f"figures/{name}.png")
        version = wiring.registry.register(run, bundle, metrics=metrics, dataset=datasets[-1], tags=tags)
        run.record_tags({"model_version": version.number, "digest": bundle.digest})
        return Registered(version, run.address, challenger.evaluation, folds)


def seat_winner(
    wiring: Wiring,
    registered: Registered,
    verdict: Verdict,
    *,
    champion: SeatHolder | None,
    rows: TrainingRows,
    decided_at: dt.datetime,
) -> Summary:
    """The summary of a training, after the version has the champion's seat or the reasons why not.

    `champion` is the one that the challenger was judged against. The exit code is 1 where the gate refused and nobody
    has the seat: then there is no model to go on with.

    Raises:
        ServiceError: somebody else has the seat by now, whom this challenger was never compared with.
    """
    version = registered.version
    if verdict.passed:
        _refuse_moved_seat(wiring, champion)
        wiring.registry.promote(version, verdict, promoted_at=decided_at)
    else:
        wiring.registry.record_verdict(version, verdict)
    status = "promoted" if verdict.passed else "champion kept"
    vacant = not verdict.passed and wiring.registry.find_champion() is None
    figures = _pick_metrics(registered.evaluation, where="test side")
    if registered.folds is not None:
        figures |= _pick_figures(registered.folds.average(), where=f"{FOLD_COUNT} folds × {len(FOLD_SEEDS)} seeds")
    return Summary(
        "train", "refused, and there is no champion yet" if vacant else status, exit_code=int(vacant),
        verdicts=(*rows.verdicts, verdict), model_version=version.number, run_id=version.run_id,
        counts={"accepted": rows.rows.height, "rejected": rows.rejected_count,
                "tested": registered.evaluation.row_count},
        figures=figures, paths={"MLflow run": registered.run_address, "digest": version.digest},
        notes=(*_tell_origin(rows.data_origin), *rows.notes),
    )  # fmt: skip


def _refuse_moved_seat(wiring: Wiring, champion: SeatHolder | None) -> None:
    seated = wiring.registry.find_champion()
    found, judged = seated.number if seated else None, champion.number if champion else None
    if found != judged:
        raise ServiceError(
            "champion", found=f"version {found}, seated while this training ran",
            expected=f"version {judged}, which the challenger was judged against", remedy="Train again.",
        )  # fmt: skip


def record_scores(wiring: Wiring, checked: CheckedFile, scored: ScoredFile, verdict: Verdict) -> Summary:
    """The summary of a scored batch, after its figures stand in MLflow; a batch that was there already adds no run."""
    counts = {"read": checked.validated.row_count, "scored": scored.scored_count, "quarantined": scored.rejected_count}
    figures = {"declined share": scored.declined_share, "expected default share": scored.expected_default_share}
    run_id = None
    if not scored.was_there:
        tags = tag_batch(wiring, scored.batch_id, scored.model_version, checked.data_origin)
        with wiring.tracking.start_run("predict", name=f"predict {scored.batch_id}", tags=tags) as run:
            run.record_datasets([describe_file(wiring, checked)])
            run.record_metrics({name.replace(" ", "_"): value for name, value in (counts | figures).items()})
            run_id = run.run_id
    return Summary(
        "predict", "already scored, nothing done" if scored.was_there else "scored", verdicts=(verdict,),
        batch_id=scored.batch_id, model_version=scored.model_version, run_id=run_id, counts=counts, figures=figures,
        paths={"scores": wiring.lake.table_uri("scores")}, notes=_note_scores(checked, scored),
    )  # fmt: skip


def record_findings(
    wiring: Wiring,
    batch: MonitoredBatch,
    drift: Drift | None,
    performance: Performance,
    *,
    monitored_at: dt.datetime,
) -> Summary:
    """The summary of what the monitors found, after it stands in the monitoring table and in MLflow.

    `drift` is None where only the performance was asked for.
    """
    verdicts = (*([drift.verdict] if drift else []), *([performance.verdict] if performance.evaluation else []))
    paths = _name_reports(drift.report) if drift else {}
    for verdict in verdicts:
        row = _monitoring_row(batch, verdict, paths.get("report (html)", ""), monitored_at)
        write_monitoring(wiring.lake, pl.DataFrame([row]))
    summary = Summary(
        "monitor", _name_status(verdicts), verdicts=verdicts or (performance.verdict,),
        batch_id=batch.batch_id, model_version=batch.model_version,
        counts={"compared": batch.current.height, "outcomes": batch.outcome_count},
        figures=_monitoring_figures(drift, performance), paths=paths, notes=_tell_origin(batch.data_origin),
    )  # fmt: skip
    return _record_run(wiring, batch, drift, summary)


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
            columns = (*drift.report.columns, drift.report.score)
            run.record_metrics({f"drift_{column.column}": column.statistic for column in columns})
            run.record_folder(wiring.lake.report_folder(batch.batch_id, batch.model_version), "report")
        for verdict in summary.verdicts:
            run.record_metrics({f"{verdict.gate}_{name}": value for name, value in verdict.figures.items()})
            run.record_tags({f"{verdict.gate}_level": verdict.level})
        run.record_text(write_markdown(summary, simulated=batch.data_origin == SIMULATED), "verdict.md")
        return replace(summary, run_id=run.run_id)


def _pick_figures(values: Mapping[str, float], *, where: str) -> dict[str, float]:
    return {f"{name}, {where}": values[name] for name in SHOWN_METRICS if name in values}


def _pick_metrics(evaluation: Evaluation, *, where: str) -> dict[str, float]:
    """The metrics that people ask for, each followed by the ends of its interval."""
    picked: dict[str, float] = {}
    for name in SHOWN_METRICS:
        if metric := evaluation.metrics.get(name):
            label = f"{name}, {where}"
            picked |= {label: metric.value, f"{label}, low": metric.low, f"{label}, high": metric.high}
    return picked


def _monitoring_row(batch: MonitoredBatch, verdict: Verdict, report_path: str, at: dt.datetime) -> dict[str, object]:
    return {
        "batch_id": batch.batch_id,
        "model_version": batch.model_version,
        "statement_month": batch.months[-1],
        "gate": verdict.gate,
        "level": verdict.level,
        "reasons": list(verdict.reasons),
        "figures": json.dumps(dict(verdict.figures), sort_keys=True),
        "row_count": batch.current.height,
        "data_origin": batch.data_origin,
        "report_path": report_path,
        "monitored_at": at,
    }


def _monitoring_figures(drift: Drift | None, performance: Performance) -> dict[str, float]:
    figures = {"score drift (psi)": drift.report.score.statistic} if drift else {}
    if performance.evaluation is not None:
        figures |= {"coverage of outcomes": performance.coverage_share}
        figures |= _pick_metrics(performance.evaluation, where="this batch")
    return figures


def _name_reports(report: DriftReport) -> dict[str, str]:
    return {f"report ({kind})": path for kind, path in report.report_paths.items()}


def _note_scores(checked: CheckedFile, scored: ScoredFile) -> tuple[str, ...]:
    notes = [*_tell_origin(checked.data_origin)]
    if checked.validated.has_outcome:
        notes.append("the file has an outcome column; scoring does not look at it")
    if scored.trained_row_count:
        notes.append(f"the model was trained on {scored.trained_row_count:,} of these rows: their scores are flattered")
    return (*notes, *tell_unknown_columns(checked), *tell_broken_rules(checked.validated))


def _tell_origin(data_origin: str) -> tuple[str, ...]:
    return ("SIMULATED data: no real client stands behind these figures",) if data_origin == SIMULATED else ()
