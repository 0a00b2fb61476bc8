"""Write the workspace folder that `evidently ui` shows: one project for each model, one run for each monitored batch.

The figures of a run are those of the verdict, taken on all rows. Its table of columns is the one of the report, drawn from
a sample. A run is dated by its statement month. Monitoring a batch again replaces its run, and only the newest runs of a
project are kept.
"""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import NAMESPACE_URL, UUID, uuid5

from credit_default.adapters.evidently.report_run import suppress_evidently_warnings
from credit_default.adapters.host.atomic_files import disk_errors, write_atomically
from credit_default.adapters.host.plain_links import find_plain_path
from credit_default.gates.monitoring.column_drift import ColumnDrift, DriftReport

MOST_RUNS: Final = 60
_METRIC_TYPE_PREFIX: Final = "evidently:metric_v2:"
_SHARE, _ROWS = "MeanValue", "RowCount"
_SCORE, _DECISION = "default_probability", "decision"


@dataclass(frozen=True, slots=True)
class WorkspaceRun:
    """One batch as `evidently ui` shows it.

    Attributes:
        batch_id: The batch.
        model_version: The version that scored it.
        statement_month: Its month, YYYY-MM, which dates the run.
        data_origin: `real` or `simulated`.
        report: Drift of score, decision and inputs, measured on all rows.
        expected_default_share: The mean default_probability, 0-1.
        levels: The level of each gate's verdict, by gate.
        table: The widgets of the drawn report.
    """

    batch_id: str
    model_version: int
    statement_month: str
    data_origin: str
    report: DriftReport
    expected_default_share: float
    levels: Mapping[str, str]
    table: Sequence[Mapping[str, Any]] = field(default=(), repr=False)


def record_workspace_run(
    folder: Path,
    run: WorkspaceRun,
    *,
    project: str,
    columns: Sequence[str],
    most_runs: int = MOST_RUNS,
) -> None:
    """Write the run into the project, and create the project with its panels where it does not exist yet.

    Args:
        folder: The workspace.
        run: What is recorded. It replaces an earlier run of the same batch and model version.
        project: The name of the project.
        columns: The inputs whose drift is drawn as a line of its own.
        most_runs: How many runs of the project are kept; the oldest are deleted.

    Raises:
        ServiceError: The disk cannot be read or written.
    """
    project_id = uuid5(NAMESPACE_URL, f"credit-default/{project}")
    runs = folder / str(project_id) / "snapshots"
    with disk_errors(folder):
        if not (folder / str(project_id) / "dashboard.json").exists():
            _create_project(folder, project_id, project, columns)
        runs.mkdir(parents=True, exist_ok=True)
    run_id = uuid5(project_id, f"{run.batch_id} v{run.model_version}")
    write_atomically(runs / f"{run_id}.json", _render_snapshot(run))
    _delete_oldest_runs(runs, most_runs)


def _create_project(folder: Path, project_id: UUID, name: str, columns: Sequence[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with suppress_evidently_warnings():
        from evidently.sdk.models import ProjectModel
        from evidently.ui.workspace import Workspace

        # Evidently takes the path as a pattern and as a chain of URLs.
        workspace = Workspace.create(str(find_plain_path(folder)))
        project = workspace.add_project(ProjectModel(id=project_id, name=name))
        for panel in _build_panels(columns):
            project.dashboard.add_panel(panel, tab="Monitoring")


def _build_panels(columns: Sequence[str]) -> list[Any]:
    """Return the dashboard's line plots in their order; `columns` are the inputs drawn in the last one."""
    from evidently.sdk.models import PanelMetric
    from evidently.sdk.panels import line_plot_panel

    def plot_drift(title: str, names: Sequence[str]) -> Any:
        values = [
            PanelMetric(metric="ValueDrift", metric_labels={"column": name}, legend=name)
            for name in names
        ]
        return line_plot_panel(title, values=values, size="full")

    expected_share = PanelMetric(
        metric=_SHARE, metric_labels={"column": _SCORE}, legend="expected default share"
    )
    row_count = PanelMetric(metric=_ROWS, legend="rows")
    return [
        plot_drift("Drift of the score and of the decision (PSI)", (_SCORE, _DECISION)),
        line_plot_panel("Expected default share", values=[expected_share], size="half"),
        line_plot_panel("Rows scored", values=[row_count], size="half"),
        plot_drift("Drift of the inputs that weigh most", columns),
    ]


def _render_snapshot(run: WorkspaceRun) -> bytes:
    with suppress_evidently_warnings():
        from evidently.core.serialization import SnapshotModel
        from evidently.legacy.utils import NumpyEncoder

        results = {
            str(uuid5(NAMESPACE_URL, name)): result for name, result in _list_results(run).items()
        }
        content = {
            "report": {"items": []},
            "name": f"batch {run.batch_id}, model version {run.model_version}",
            "timestamp": dt.datetime.strptime(run.statement_month, "%Y-%m")
            .replace(tzinfo=dt.UTC)
            .isoformat(),
            "metadata": {
                "batch_id": run.batch_id,
                "model_version": str(run.model_version),
                "origin": run.data_origin,
            },
            "tags": [run.data_origin, *(f"{gate}: {level}" for gate, level in run.levels.items())],
            "metric_results": results,
            "top_level_metrics": list(results),
            "widgets": list(run.table),
            "tests_widgets": [],
        }
        return json.dumps(SnapshotModel.parse_obj(content).dict(), cls=NumpyEncoder).encode()


def _list_results(run: WorkspaceRun) -> dict[str, dict[str, Any]]:
    inputs = run.report.columns
    drifts = (run.report.score, *((run.report.decision,) if run.report.decision else ()), *inputs)
    results = {f"drift {column.column}": _describe_drift(column) for column in drifts}
    results["rows"] = _describe_result("rows", _ROWS, run.report.current_count)
    results["share"] = _describe_result("share", _SHARE, run.expected_default_share, column=_SCORE)
    return results


def _describe_drift(column: ColumnDrift) -> dict[str, Any]:
    return _describe_result(
        f"drift {column.column}",
        "ValueDrift",
        column.statistic,
        column=column.column,
        method=column.method,
        threshold=column.threshold,
    )


def _describe_result(name: str, kind: str, value: float, **parameters: Any) -> dict[str, Any]:
    metric = {
        "metric_id": str(uuid5(NAMESPACE_URL, name)),
        "params": {"type": f"{_METRIC_TYPE_PREFIX}{kind}", **parameters},
    }
    return {
        "type": "evidently:metric_result_v2:SingleValue",
        "display_name": name,
        "metric_value_location": {"metric": metric, "param": {}},
        "widget": [],
        "tests": [],
        "value": value,
    }


def _delete_oldest_runs(runs: Path, count: int) -> None:
    with disk_errors(runs):
        written = sorted(runs.glob("*.json"), key=lambda path: (path.stat().st_mtime_ns, path.name))
        for path in written[: max(0, len(written) - count)]:
            path.unlink(missing_ok=True)
