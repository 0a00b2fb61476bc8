"""The servers of the locked versions start, understand their own clients, and carry a batch all the way over HTTP.

A resolver and `pip check` see nothing wrong in a lock whose Prefect server answers its client with 422: this test does.
"""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from credit_default.flows.monitor import monitor
from credit_default.flows.predict import predict
from credit_default.flows.train import train
from credit_default.views.summary import Summary

pytestmark = pytest.mark.xdist_group("prefect")

LOCK = Path(__file__).resolve().parents[1] / "requirements.lock"


@dataclass(frozen=True)
class MlflowServer:
    process: subprocess.Popen[bytes]
    port: int
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@dataclass(frozen=True)
class Lived:
    """What three flows came to, their settings, and the names of their runs' states."""

    overrides: dict[str, Any]
    trained: Summary
    scored: Summary
    monitored: Summary
    states: tuple[str | None, ...]


@contextmanager
def mlflow_server(folder: Path) -> Iterator[MlflowServer]:
    """A server on loopback, just started; afterwards nothing of it is left running or listening."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
        "--backend-store-uri", f"sqlite:///{folder / 'server.db'}", "--artifacts-destination", str(folder / "artifacts"),
    ]  # fmt: skip
    # Its job runner is seven processes more, for what we do not use.
    environment = {**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
    try:
        yield MlflowServer(process, port, folder / "server.log")
    finally:
        end_group(process)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=1).close()


def end_group(process: subprocess.Popen[bytes]) -> None:
    """Nothing; the process and those that it started are gone, asked first and killed after ten seconds."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + 10
        try:
            os.killpg(process.pid, number)
            while time.monotonic() < deadline:
                process.poll()
                os.killpg(process.pid, 0)
                time.sleep(0.05)
        except ProcessLookupError:
            process.wait()
            return
    raise AssertionError(f"processes of group {process.pid} outlive the test")


def wait_for(server: MlflowServer, *, timeout_seconds: float) -> None:
    deadline = time.monotonic() + timeout_seconds
    while time.monotonic() < deadline and server.process.poll() is None:
        try:
            with urllib.request.urlopen(f"{server.url}/health", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"no MLflow server: {server.log.read_text()[-2000:]}")


def ask(url: str, body: dict[str, Any] | None = None, **query: str) -> Any:
    """What the address answers, as text; a body makes it a POST."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(
        f"{url}?{urllib.parse.urlencode(query)}", data=data, headers={"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        return answer.read().decode()


@pytest.fixture(scope="module")
def mlflow_process(tmp_path_factory):
    with mlflow_server(tmp_path_factory.mktemp("mlflow")) as server:
        yield server


@pytest.fixture(scope="module")
def mlflow(mlflow_process, prefect_server, simulated_files):
    """The server, ready; Prefect's came up beside it."""
    wait_for(mlflow_process, timeout_seconds=180)
    return mlflow_process.url


@pytest.fixture(scope="module")
def lived(mlflow, prefect_server, small_settings, simulated_files, tmp_path_factory) -> Lived:
    overrides = {
        **small_settings, "lake": str(tmp_path_factory.mktemp("lake")), "data": str(simulated_files.training),
        "mlflow": {"tracking_uri": mlflow},
    }  # fmt: skip
    trained = train(overrides=overrides, return_state=True)
    scored = predict(batch=str(simulated_files.batch), overrides=overrides, return_state=True)
    monitored = monitor(batch_id=scored.result().batch_id, overrides=overrides, return_state=True)
    states = (trained, scored, monitored)
    return Lived(overrides, *(state.result() for state in states), tuple(state.name for state in states))


def test_installed_versions_are_the_locked_ones():
    locked = dict(re.findall(r"^(\S+)==(\S+)", LOCK.read_text(encoding="utf-8"), re.MULTILINE))

    names = ("mlflow", "prefect", "fastapi", "evidently", "pandas", "scikit-learn", "deltalake")

    assert {name: version(name) for name in names} == {name: locked[name] for name in names}


def test_servers_are_of_the_versions_installed(mlflow, prefect_server):
    assert ask(f"{mlflow}/version") == version("mlflow")
    assert json.loads(ask(f"{prefect_server}/admin/version")) == version("prefect")


def test_life_of_a_model_goes_through_both_servers(lived):
    assert lived.states == ("Promoted", "Scored", "Quiet")
    assert lived.scored.counts == {"read": 1000, "scored": 1000, "quarantined": 0}
    assert not (Path(lived.overrides["lake"]) / "mlflow.db").exists()


def test_training_run_stands_in_mlflow_with_its_figures(lived, mlflow):
    run = json.loads(ask(f"{mlflow}/api/2.0/mlflow/runs/get", run_id=lived.trained.run_id))["run"]

    metrics = {metric["key"]: metric["value"] for metric in run["data"]["metrics"]}
    assert run["info"]["status"] == "FINISHED"
    assert metrics["roc_auc"] == pytest.approx(lived.trained.figures["roc_auc, test side"])
    assert lived.trained.paths["MLflow run"].startswith(f"{mlflow}/#/experiments/")


def test_registered_version_has_the_champions_seat_and_the_verdict(lived, mlflow):
    found = json.loads(
        ask(f"{mlflow}/api/2.0/mlflow/registered-models/alias", name="credit-default", alias="champion")
    )["model_version"]

    tags = {tag["key"]: tag["value"] for tag in found["tags"]}
    assert (int(found["version"]), found["run_id"]) == (lived.trained.model_version, lived.trained.run_id)
    assert tags["verdict"] == "promotion: ok"
    assert tags["digest"] == lived.trained.paths["digest"]


def test_batch_is_scored_by_the_bundle_that_the_server_handed_over(lived):
    kept = Path(lived.overrides["lake"]) / "champion" / "bundles" / lived.trained.paths["digest"]

    assert (kept / "pipeline.skops").exists()
    assert lived.scored.model_version == lived.trained.model_version


def test_report_can_be_opened_from_mlflow(lived, mlflow):
    listed = json.loads(ask(f"{mlflow}/api/2.0/mlflow/artifacts/list", run_id=lived.monitored.run_id, path="report"))

    page = ask(f"{mlflow}/get-artifact", run_uuid=lived.monitored.run_id, path="report/report.html")

    assert {file["path"] for file in listed["files"]} >= {"report/report.html", "report/report.json"}
    assert page == Path(lived.monitored.paths["report (html)"]).read_text(encoding="utf-8")
    assert lived.scored.batch_id in page


def test_flow_runs_stand_in_prefect_with_their_steps_and_summaries(lived, prefect_server):
    def count(what: str, flow: str, **also: Any) -> int:
        return int(ask(f"{prefect_server}/{what}/count", {"flows": {"name": {"any_": [flow]}}, **also}))

    completed = {"flow_runs": {"state": {"type": {"any_": ["COMPLETED"]}}}}
    for flow, step_count in {"train": 7, "predict": 5, "monitor": 4}.items():
        assert count("flow_runs", flow, **completed) >= 1
        assert count("task_runs", flow) >= step_count

    artifacts = json.loads(ask(f"{prefect_server}/artifacts/filter", {}))
    assert any(lived.scored.batch_id in artifact["data"] for artifact in artifacts)


def test_server_leaves_no_process_and_no_socket_behind(tmp_path):
    with mlflow_server(tmp_path) as server:
        group = server.process.pid

    with pytest.raises(ProcessLookupError):
        os.killpg(group, 0)
