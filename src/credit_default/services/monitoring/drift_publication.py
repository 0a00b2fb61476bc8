"""Publish what is known of a monitored batch: its profile at once, the report's pages and the workspace's run when drawn.

The verdicts are of all rows; Evidently draws its pages from a sample. Drawing imports Evidently, which takes longer than
all else that a monitor does: it follows the verdicts, from the order that `report_order` keeps.
"""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Final

import polars as pl

from credit_default.adapters.evidently.drift_report import (
    SAMPLE_ROWS,
    RenderedReport,
    ReportTitle,
    list_report_files,
    publish_verdicts,
    render_drift_report,
)
from credit_default.adapters.evidently.workspace import WorkspaceRun, record_workspace_run
from credit_default.adapters.lake.published_reports import (
    PROFILE_NAME,
    fetch_published,
    locate_report,
    open_publication,
    write_profile,
)
from credit_default.adapters.mlflow.model_versions import MODEL_NAME
from credit_default.gates.monitoring.column_drift import DriftReport
from credit_default.gates.monitoring.drift_measurement import describe_drift
from credit_default.model.profile.json_record import (
    describe_profile,
    describe_reference_counts,
)
from credit_default.services.context.data_origin import SIMULATED
from credit_default.services.context.wiring import Wiring
from credit_default.services.monitoring.batch_profile import (
    ProfiledBatch,
    choose_rows,
    describe_reference,
)
from credit_default.services.monitoring.monitored_batch import MonitoredBatch, find_batch
from credit_default.services.monitoring.report_order import ReportKind, ReportOrder

REPORT_FOLDER: Final = "report"  # of the files that an MLflow run shows


def publish_profile(
    wiring: Wiring, batch: MonitoredBatch, profiled: ProfiledBatch, measured: DriftReport
) -> None:
    """Write the batch's profile, the reference's counts and the drift into its reports folder; pages about earlier verdicts are removed from there."""
    lake, batch_id = wiring.lake, batch.batch_id
    with open_publication(lake, batch_id=batch_id, model_version=batch.model_version) as published:
        counted = describe_profile(profiled.plan, profiled.current)
        counted |= describe_reference_counts(profiled.reference)
        write_profile(published.folder, counted | describe_drift(measured))


def locate_pages(
    wiring: Wiring, batch: MonitoredBatch, profiled: ProfiledBatch, *, kind: ReportKind
) -> dict[str, str]:
    """Return the uris that the report's files will have in the lake, by their names in a summary."""
    folder = locate_report(wiring.lake, batch_id=batch.batch_id, model_version=batch.model_version)
    files = list_report_files(batch.bundle.reference, profiled.sample, full=kind == "full")
    return {name: f"{folder}/{file}" for name, file in files.items()}


def draw_report(wiring: Wiring, order: ReportOrder) -> None:
    """Draw the ordered report: its pages in the lake, its run in Evidently's workspace, and a copy in its MLflow run.

    Drawing it again replaces all three by the same.

    Raises:
        InputError: The batch or its scores are not in the lake any more.
        ServiceError: A disk, MLflow or Evidently did not do its part.
    """
    lake, batch_id, version = wiring.lake, order.batch_id, order.model_version
    batch = find_batch(wiring, batch_id, model_version=version)
    sample = _collect(choose_rows(batch.frames(), batch.scores.choose(SAMPLE_ROWS)))
    with open_publication(
        lake, batch_id=batch_id, model_version=version, keep=(PROFILE_NAME,)
    ) as pages:
        rendered = _render_pages(wiring, batch, sample, order, folder=pages.folder)
        note = (
            f"{_describe_sample(batch, sample)} The reference: {describe_reference(batch.bundle)}."
        )
        publish_verdicts(rendered.paths, order.verdicts, note=note)
    run = WorkspaceRun(
        batch_id,
        version,
        batch.months[-1],
        batch.data_origin,
        order.report,
        order.expected_default_share,
        {verdict.gate: verdict.level for verdict in order.verdicts},
        rendered.widgets,
    )
    record_workspace_run(lake.workspace, run, project=MODEL_NAME, columns=order.explained_columns)
    if order.run_id:
        _copy_to_run(wiring, order)


def _copy_to_run(wiring: Wiring, order: ReportOrder) -> None:
    with wiring.lake.scratch() as folder:
        fetch_published(
            wiring.lake, folder, batch_id=order.batch_id, model_version=order.model_version
        )
        wiring.tracking.find_run(order.run_id).record_folder(folder, REPORT_FOLDER)


def _collect(frames: Iterable[pl.DataFrame]) -> pl.DataFrame:
    return pl.concat(list(frames))


def _render_pages(
    wiring: Wiring, batch: MonitoredBatch, sample: pl.DataFrame, order: ReportOrder, *, folder: Path
) -> RenderedReport:
    is_simulated = batch.data_origin == SIMULATED
    measured, policy = order.report, wiring.settings.drift
    # the thresholds by which the verdict was reached, whatever is set now
    policy = replace(policy, score_threshold=measured.score.threshold)
    if measured.decision:
        policy = replace(policy, decision_threshold=measured.decision.threshold)
    return render_drift_report(
        reference=batch.bundle.reference,
        current=sample,
        schema=wiring.schema,
        policy=policy,
        folder=folder,
        title=ReportTitle(batch.batch_id, batch.model_version, simulated=is_simulated),
        full=order.kind == "full",
    )


def _describe_sample(batch: MonitoredBatch, sample: pl.DataFrame) -> str:
    if sample.height == batch.row_count:
        return f"Verdicts, figures and charts are of all {batch.row_count:,} rows."
    return (
        f"Verdicts are of all {batch.row_count:,} rows; the charts and figures below are of a "
        f"sample of {sample.height:,} rows, every n-th by score."
    )
