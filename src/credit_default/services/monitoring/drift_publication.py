"""Publish the report about a monitored batch: pages and profile in the lake, a run in Evidently's workspace.

The verdicts are of all rows; Evidently draws its pages from a sample. A publication becomes visible as a whole, so a reader
never sees half of a report.
"""

from collections.abc import Sequence
from pathlib import Path

from credit_default.adapters.evidently.drift_report import (
    RenderedReport,
    ReportTitle,
    publish_verdicts,
    render_drift_report,
)
from credit_default.adapters.evidently.workspace import WorkspaceRun, record_workspace_run
from credit_default.adapters.lake.published_reports import (
    map_published_uris,
    open_publication,
    write_profile,
)
from credit_default.adapters.mlflow.registry import MODEL_NAME
from credit_default.gates.monitoring.column_drift import DriftReport
from credit_default.gates.monitoring.drift_measurement import describe_drift
from credit_default.gates.verdict import Verdict
from credit_default.model.profile.json_record import describe_profile
from credit_default.services.context.data_origin import SIMULATED
from credit_default.services.context.wiring import Wiring
from credit_default.services.monitoring.batch_profile import ProfiledBatch, describe_reference
from credit_default.services.monitoring.monitored_batch import MonitoredBatch


def publish_drift_report(
    wiring: Wiring,
    batch: MonitoredBatch,
    profiled: ProfiledBatch,
    measured: DriftReport,
    *,
    verdicts: tuple[Verdict, ...],
    explained_columns: Sequence[str],
    full: bool,
) -> dict[str, str]:
    """Publish the pages, their JSON and the profile, and record a run in the workspace.

    Returns:
        The URI of each published file, by the kind of report.
    """
    lake, batch_id = wiring.lake, batch.batch_id
    with open_publication(lake, batch_id=batch_id, model_version=batch.model_version) as pages:
        rendered = _render_pages(wiring, batch, profiled, folder=pages.folder, full=full)
        note = f"{_describe_sample(batch, profiled)} The reference: {describe_reference(batch.bundle)}."
        publish_verdicts(rendered.paths, verdicts, note=note)
        counted = describe_profile(profiled.plan, profiled.current)
        write_profile(pages.folder, counted | describe_drift(measured))
        paths = map_published_uris(pages, rendered.paths)
    run = WorkspaceRun(
        batch_id,
        batch.model_version,
        batch.months[-1],
        batch.data_origin,
        measured,
        profiled.current.expected_default_share,
        {verdict.gate: verdict.level for verdict in verdicts},
        rendered.widgets,
    )
    record_workspace_run(lake.workspace, run, project=MODEL_NAME, columns=explained_columns)
    return paths


def _render_pages(
    wiring: Wiring, batch: MonitoredBatch, profiled: ProfiledBatch, *, folder: Path, full: bool
) -> RenderedReport:
    is_simulated = batch.data_origin == SIMULATED
    return render_drift_report(
        reference=batch.bundle.reference,
        current=profiled.sample,
        schema=wiring.schema,
        policy=wiring.settings.drift,
        folder=folder,
        title=ReportTitle(batch.batch_id, batch.model_version, simulated=is_simulated),
        full=full,
    )


def _describe_sample(batch: MonitoredBatch, profiled: ProfiledBatch) -> str:
    sample_count = profiled.sample.height
    if sample_count == batch.row_count:
        return f"Verdicts, figures and charts are of all {batch.row_count:,} rows."
    return (
        f"Verdicts are of all {batch.row_count:,} rows; the charts and figures below are of a "
        f"sample of {sample_count:,} rows, every n-th by score."
    )
