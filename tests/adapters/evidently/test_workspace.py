import json
from dataclasses import replace

import pytest

from credit_default.adapters.evidently.workspace import WorkspaceRun, record_workspace_run
from credit_default.adapters.host.plain_links import find_plain_path
from credit_default.errors import ServiceError
from credit_default.gates.monitoring.column_drift import ColumnDrift, DriftReport

pytestmark = pytest.mark.xdist_group("evidently")

REPORT = DriftReport(
    columns=(
        ColumnDrift("credit_limit", "psi", 0.02, 0.1, drifted=False),
        ColumnDrift("age", "ks", 0.4, 0.05, drifted=False),
    ),
    score=ColumnDrift("default_probability", "psi", 0.31, 0.1, drifted=True),
    drifted_share=0.0,
    reference_count=6_000,
    current_count=1_000_000,
    report_paths={},
    decision=ColumnDrift("decision", "psi", 0.12, 0.1, drifted=True, bin_count=2),
)
RUN = WorkspaceRun(
    "ab" * 8, 3, "2005-11", "simulated", REPORT, 0.221, {"drift": "alarm", "feed": "ok"}
)


def record(folder, run=RUN, **options):
    record_workspace_run(
        folder, run, project="credit-default", columns=["credit_limit", "age"], **options
    )


def open_workspace(folder):
    from evidently.ui.workspace import Workspace

    workspace = Workspace(str(folder))
    (project,) = workspace.list_projects()
    return workspace, project


def read_values(snapshot):
    values = {}
    for result in snapshot.metric_results.values():
        params = result.metric_value_location.metric.params
        values[params["type"].rpartition(":")[2], params.get("column")] = result.value
    return values


def test_evidently_reads_back_the_figures_of_the_verdict(tmp_path):
    record(tmp_path)

    workspace, project = open_workspace(tmp_path)
    (run_id,) = workspace.list_runs(project.id)
    snapshot = workspace.get_run(project.id, run_id)
    assert project.name == "credit-default"
    assert read_values(snapshot) == {
        ("ValueDrift", "default_probability"): 0.31,
        ("ValueDrift", "decision"): 0.12,
        ("ValueDrift", "credit_limit"): 0.02,
        ("ValueDrift", "age"): 0.4,
        ("RowCount", None): 1_000_000,
        ("MeanValue", "default_probability"): 0.221,
    }
    assert snapshot.timestamp.strftime("%Y-%m-%d") == "2005-11-01"
    assert snapshot.tags == ["simulated", "drift: alarm", "feed: ok"]
    assert snapshot.metadata == {"batch_id": "ab" * 8, "model_version": "3", "origin": "simulated"}


def test_project_has_its_panels_once(tmp_path):
    for number in range(3):
        record(tmp_path, replace(RUN, batch_id=f"{number:016x}"))

    workspace, project = open_workspace(tmp_path)
    dashboard = workspace.get_dashboard(project.id)
    assert [panel.title for panel in dashboard.panels] == [
        "Drift of the score and of the decision (PSI)",
        "Expected default share",
        "Rows scored",
        "Drift of the inputs that weigh most",
    ]
    drawn = {
        value.metric_labels.get("column") for panel in dashboard.panels for value in panel.values
    }
    assert {"default_probability", "decision", "credit_limit", "age"} <= drawn


def test_batch_that_is_monitored_again_replaces_its_run(tmp_path):
    record(tmp_path)
    record(tmp_path, replace(RUN, expected_default_share=0.3))

    workspace, project = open_workspace(tmp_path)
    (run_id,) = workspace.list_runs(project.id)
    assert (
        read_values(workspace.get_run(project.id, run_id))["MeanValue", "default_probability"]
        == 0.3
    )


def test_the_newest_runs_are_kept(tmp_path):
    for number in range(6):
        record(tmp_path, replace(RUN, batch_id=f"{number:016x}"), most_runs=4)

    workspace, project = open_workspace(tmp_path)
    kept = {
        workspace.get_run(project.id, run).metadata["batch_id"]
        for run in workspace.list_runs(project.id)
    }
    assert kept == {f"{number:016x}" for number in (2, 3, 4, 5)}


def test_report_without_a_decision_has_no_line_of_it(tmp_path):
    record(tmp_path, replace(RUN, report=replace(REPORT, decision=None)))

    (path,) = tmp_path.glob("*/snapshots/*.json")
    assert '"decision"' not in json.dumps(json.loads(path.read_bytes())["metric_results"])


def test_a_workspace_that_is_not_a_folder_is_reported(tmp_path):
    (tmp_path / "taken").write_text("a file")

    with pytest.raises(ServiceError, match="folder"):
        record(tmp_path / "taken")


@pytest.mark.parametrize("name", ["My Lake", "[x]*", "what?", "a::b", "ä #1 (100%)"])
def test_the_workspace_is_in_the_folder_of_exactly_that_name(name, tmp_path):
    (tmp_path / "whatever").mkdir()  # which a pattern would find too

    record(tmp_path / name / "evidently")

    _, project = open_workspace(find_plain_path(tmp_path / name / "evidently"))
    assert project.name == "credit-default"
    (snapshot,) = (tmp_path / name / "evidently").glob("*/snapshots/*.json")
    assert snapshot.stat().st_size
    assert {path.name for path in tmp_path.iterdir()} == {name, "whatever"}
    assert list((tmp_path / "whatever").iterdir()) == []
