"""The servers of the locked versions start as `up` starts them, answer only with credentials, and carry a batch all the way.

MLflow and Prefect keep their records in PostgreSQL where it is installed, and models in a bucket. A resolver and
`pip check` see nothing wrong in a lock whose Prefect server answers its client with 422: this suite does.
"""

import base64
import http.client
import json
import os
import re
import runpy
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from credit_default.adapters.lake.layout import open_lake
from credit_default.adapters.local_stack.credentials import Credentials, read_credentials
from credit_default.adapters.local_stack.processes import Program
from credit_default.flows.monitor import monitor
from credit_default.flows.predict import predict
from credit_default.flows.train import train
from credit_default.services.operations.stack_plan import StackPlan, choose_ports, plan_stack
from credit_default.services.operations.stack_supervisor import open_stack, wait_for_programs
from credit_default.settings_sections import StackSettings
from credit_default.views.summaries.summary import Summary

pytestmark = [
    pytest.mark.xdist_group("prefect"),
    pytest.mark.skipif(
        find_spec("flask_wtf") is None,
        reason="mlflow[auth] is not installed: `make setup` installs it",
    ),
]

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements.lock"
FAKES = ROOT / "tests" / "fakes"
BUCKET = "models"
REFUSED = {401, 403}
# What answers to whoever asks: whether the server is up.
OPEN = {"mlflow": {"/health"}, "prefect": {"/api/health", "/api/ready"}}
# What MLflow itself shows to anybody. Our middleware asks for credentials here too, but only MLflow knows the right ones.
SHOWN = {"/api/3.0/mlflow/server-info", "/ajax-api/3.0/mlflow/server-info", "/static-files/x"}

Route = tuple[str, str]


@dataclass(frozen=True)
class RunningServers:
    """Servers that run, and the credentials that they ask for."""

    plan: StackPlan
    credentials: Credentials
    database: str

    def find(self, name: str) -> Program:
        return next(one for stage in self.plan.stages for one in stage if one.name == name)

    def ask(self, name: str, path: str, body: dict[str, Any] | None = None, /, **query: str) -> Any:
        """What the address answers, as text; a body makes it a POST, for which Prefect wants a token of its own."""
        server = self.find(name)
        headers = {"Content-Type": "application/json", "Authorization": server.authorization}
        if body is not None and name == "prefect":
            token = json.loads(self.ask(name, "/api/csrf-token", client="test"))["token"]
            headers |= {"Prefect-Csrf-Client": "test", "Prefect-Csrf-Token": token}
        data = None if body is None else json.dumps(body).encode()
        url = f"{server.address}{path}?{urllib.parse.urlencode(query)}"
        with urllib.request.urlopen(
            urllib.request.Request(url, data=data, headers=headers), timeout=300
        ) as answer:
            return answer.read().decode()


@dataclass(frozen=True)
class DoneRuns:
    """What three flows came to, their settings, and the names of their runs' states."""

    overrides: dict[str, Any]
    trained: Summary
    scored: Summary
    monitored: Summary
    states: tuple[str | None, ...]


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    """A PostgreSQL server's address; empty, which means SQLite, where PostgreSQL is not installed."""
    postgres = runpy.run_path(str(FAKES / "postgres.py"))
    if postgres["find_obstacle"]():
        yield ""
        return
    with postgres["postgres_server"]() as address:
        yield address


@pytest.fixture(scope="module")
def bucket(s3_server) -> dict[str, str]:
    """The variables by which MLflow's server finds a bucket for models."""
    import boto3

    keys = {"AWS_ACCESS_KEY_ID": "test-key", "AWS_SECRET_ACCESS_KEY": "test-secret"}
    client = boto3.client(
        "s3",
        endpoint_url=s3_server,
        aws_access_key_id="test-key",
        aws_secret_access_key="test-secret",
        region_name="us-east-1",
    )
    client.create_bucket(Bucket=BUCKET)
    client.close()
    return {**keys, "AWS_ENDPOINT_URL": s3_server, "AWS_DEFAULT_REGION": "us-east-1"}


@pytest.fixture(scope="module")
def servers(database, bucket, simulated_files, tmp_path_factory) -> Iterator[RunningServers]:
    """MLflow and Prefect as `up` starts them, ready; afterwards no process of theirs is left."""
    lake = open_lake(tmp_path_factory.mktemp("stack"))
    settings = StackSettings(
        mlflow_port=0,
        prefect_port=0,
        evidently_port=0,
        database=database,
        artifacts=f"s3://{BUCKET}/mlflow",
    )
    credentials = read_credentials(lake.home / "stack" / "servers.env", environment={})
    plan = plan_stack(
        lake,
        settings,
        ports=choose_ports(settings),
        credentials=credentials,
        environment={**os.environ, **bucket},
        config_files="",
    )
    with open_stack(logs=lake.home / "stack", stop_seconds=120) as stack:
        stack.start([one for stage in plan.stages for one in stage if one.name in OPEN])
        assert wait_for_programs(
            stack.running,
            timeout_seconds=600,
            stop_requested=lambda: False,
            reset_password=plan.reset_password,
        )
        yield RunningServers(plan, credentials, database)
    for one in stack.running:
        with pytest.raises(ProcessLookupError):
            os.killpg(one.process.pid, 0)


@pytest.fixture(scope="module")
def done(servers, small_settings, simulated_files, tmp_path_factory) -> Iterator[DoneRuns]:
    from prefect.settings import PREFECT_API_AUTH_STRING, temporary_settings

    from credit_default.flows.server.ephemeral_server import run_on_server

    overrides = {
        **small_settings,
        "draw_report": "now",
        "lake": str(tmp_path_factory.mktemp("lake")),
        "data": str(simulated_files.training),
        "mlflow": {"tracking_uri": servers.plan.addresses["MLFLOW_TRACKING_URI"]},
    }
    credentials = {PREFECT_API_AUTH_STRING: servers.credentials.prefect_auth_string}
    prefect = servers.plan.addresses["PREFECT_API_URL"]
    with ExitStack() as entered:
        variables = entered.enter_context(pytest.MonkeyPatch.context())
        for name, value in servers.credentials.client_variables.items():
            variables.setenv(name, value)
        entered.enter_context(temporary_settings(updates=credentials))
        entered.enter_context(run_on_server(None, api_url=prefect, timeout_seconds=0))
        trained = train(overrides=overrides, return_state=True)
        scored = predict(batch=str(simulated_files.batch), overrides=overrides, return_state=True)
        monitored = monitor(
            batch_id=scored.result().batch_id, overrides=overrides, return_state=True
        )
        states = (trained, scored, monitored)
        yield DoneRuns(
            overrides, *(state.result() for state in states), tuple(state.name for state in states)
        )


@pytest.fixture(scope="module")
def routes(servers) -> dict[str, list[Route]]:
    """Every route of each server, from the table of its own application."""

    def list_routes(program: Program) -> list[Route]:
        ended = subprocess.run(
            [sys.executable, str(FAKES / "route_tables.py"), program.name],
            env=dict(program.environment),
            capture_output=True,
            text=True,
            check=True,
        )
        return [tuple(route) for route in json.loads(ended.stdout.splitlines()[-1])]

    return {name: list_routes(servers.find(name)) for name in OPEN}


def find_open_routes(address: str, routes: list[Route], **headers: str) -> set[str]:
    """Paths that answer by some method with anything but a refusal, without the right credentials."""
    host = urllib.parse.urlsplit(address).netloc
    connection = http.client.HTTPConnection(host, timeout=300)
    answered = set()
    for method, path in routes:
        if method == "WEBSOCKET":
            continue
        body = None if method in {"GET", "HEAD"} else "{}"
        connection.request(
            method, path, body=body, headers={"Content-Type": "application/json", **headers}
        )
        answer = connection.getresponse()
        answer.read()
        if answer.status not in REFUSED:
            answered.add(path)
    connection.close()
    return answered


def test_installed_versions_are_the_locked_ones():
    locked = dict(re.findall(r"^(\S+)==(\S+)", LOCK.read_text(encoding="utf-8"), re.MULTILINE))

    names = ("mlflow", "prefect", "fastapi", "evidently", "pandas", "scikit-learn", "deltalake")

    assert {name: version(name) for name in names} == {name: locked[name] for name in names}


def test_servers_are_of_the_versions_installed(servers):
    assert servers.ask("mlflow", "/version") == version("mlflow")
    assert json.loads(servers.ask("prefect", "/api/admin/version")) == version("prefect")


@pytest.mark.parametrize("name", ["mlflow", "prefect"])
def test_no_route_but_the_listed_few_answers_without_credentials(servers, routes, name):
    assert len(routes[name]) > 200
    assert find_open_routes(servers.find(name).address, routes[name]) == OPEN[name]


@pytest.mark.nightly
@pytest.mark.parametrize("name", ["mlflow", "prefect"])
def test_no_route_answers_to_the_wrong_credentials(servers, routes, name):
    wrong = base64.b64encode(b"admin:another-password").decode()
    some = routes[name][::20]  # MLflow takes a third of a second to look at each

    found = find_open_routes(servers.find(name).address, some, Authorization=f"Basic {wrong}")

    assert len(some) > 10
    assert found <= OPEN[name] | SHOWN


def test_sweep_finds_a_server_that_asks_for_nothing(routes, prefect_server):
    harmless = [
        route for route in routes["prefect"] if route[0] == "GET" and route[1].startswith("/api/")
    ]

    assert (
        len(find_open_routes(prefect_server.removesuffix("/api"), harmless))
        > len(OPEN["prefect"]) + 20
    )


def test_sockets_of_prefect_are_closed_without_the_credentials(servers, routes):
    from websockets.exceptions import ConnectionClosed, InvalidStatus
    from websockets.sync.client import connect
    from websockets.typing import Subprotocol

    server = servers.find("prefect")
    paths = {path for method, path in routes["prefect"] if method == "WEBSOCKET"}

    assert paths >= {"/api/events/in", "/api/events/out", "/api/logs/out"}
    for path in paths:
        url = f"{server.address.replace('http', 'ws', 1)}{path}"
        with pytest.raises(InvalidStatus):
            connect(url)
        with connect(url, subprotocols=[Subprotocol("prefect")]) as socket:
            socket.send(json.dumps({"type": "auth", "token": "admin:another-password"}))
            with pytest.raises(ConnectionClosed):
                socket.recv(timeout=300)


@pytest.mark.parametrize(
    ("name", "path"), [("mlflow", "/"), ("prefect", "/api/admin/version"), ("prefect", "/")]
)
def test_request_under_another_hosts_name_is_refused_whatever_its_credentials(servers, name, path):
    server = servers.find(name)
    headers = {"Authorization": server.authorization, "Host": "somewhere.example"}

    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(
            urllib.request.Request(f"{server.address}{path}", headers=headers), timeout=300
        )

    with refusal.value:
        assert refusal.value.code in {400, 403}


def test_change_without_prefects_token_is_refused(servers):
    server = servers.find("prefect")
    headers = {"Authorization": server.authorization, "Content-Type": "application/json"}
    request = urllib.request.Request(
        f"{server.address}/api/flows/filter", data=b"{}", headers=headers
    )

    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(request, timeout=300)

    with refusal.value:
        assert (refusal.value.code, b"CSRF" in refusal.value.read()) == (403, True)


def test_training_scoring_and_monitoring_go_through_both_servers(done):
    assert done.states == ("Promoted", "Scored", "Quiet")
    assert done.scored.counts == {"read": 1000, "scored": 1000, "quarantined": 0}
    assert not (Path(done.overrides["lake"]) / "mlflow.db").exists()


def test_records_are_in_postgresql_and_models_in_the_bucket(done, servers, bucket):
    import boto3

    listed = boto3.client(
        "s3",
        endpoint_url=bucket["AWS_ENDPOINT_URL"],
        region_name="us-east-1",
        aws_access_key_id="test-key",
        aws_secret_access_key="test-secret",
    ).list_objects_v2(Bucket=BUCKET)
    assert any(item["Key"].endswith("pipeline.skops") for item in listed["Contents"])
    if not servers.database:
        obstacle = runpy.run_path(str(FAKES / "postgres.py"))["find_obstacle"]()
        pytest.skip(obstacle)
    import psycopg2

    counts = {
        "mlflow": "SELECT count(*) FROM runs",
        "prefect": "SELECT count(*) FROM flow_run",
        "mlflow_users": "SELECT count(*) FROM users",
    }
    for name, question in counts.items():
        connection = psycopg2.connect(f"{servers.database}/{name}")
        with connection.cursor() as cursor:
            cursor.execute(question)
            assert cursor.fetchone()[0] >= 1
        connection.close()


def test_training_run_is_in_mlflow_with_its_figures(done, servers):
    run = json.loads(servers.ask("mlflow", "/api/2.0/mlflow/runs/get", run_id=done.trained.run_id))[
        "run"
    ]

    metrics = {metric["key"]: metric["value"] for metric in run["data"]["metrics"]}
    assert run["info"]["status"] == "FINISHED"
    assert metrics["roc_auc"] == pytest.approx(done.trained.figures["roc_auc, test side"])
    assert done.trained.paths["MLflow run"].startswith(
        f"{servers.find('mlflow').address}/#/experiments/"
    )


def test_registered_version_has_the_champion_alias_and_the_verdict(done, servers):
    found = json.loads(
        servers.ask(
            "mlflow",
            "/api/2.0/mlflow/registered-models/alias",
            name="credit-default",
            alias="champion",
        )
    )["model_version"]

    tags = {tag["key"]: tag["value"] for tag in found["tags"]}
    assert (int(found["version"]), found["run_id"]) == (
        done.trained.model_version,
        done.trained.run_id,
    )
    assert tags["verdict"] == "promotion: ok"
    assert tags["digest"] == done.trained.paths["digest"]


def test_batch_is_scored_by_the_bundle_that_was_downloaded_from_the_server(done):
    kept = Path(done.overrides["lake"]) / "champion" / "bundles" / done.trained.paths["digest"]

    assert (kept / "pipeline.skops").exists()
    assert done.scored.model_version == done.trained.model_version


def test_report_can_be_opened_from_mlflow(done, servers):
    listed = json.loads(
        servers.ask(
            "mlflow", "/api/2.0/mlflow/artifacts/list", run_id=done.monitored.run_id, path="report"
        )
    )

    page = servers.ask(
        "mlflow", "/get-artifact", run_uuid=done.monitored.run_id, path="report/report.html"
    )

    assert {file["path"] for file in listed["files"]} >= {
        "report/report.html",
        "report/report.json",
    }
    assert page == Path(done.monitored.paths["report (html)"]).read_text(encoding="utf-8")
    assert done.scored.batch_id in page


def test_flow_runs_are_in_prefect_with_their_steps_and_summaries(done, servers):
    def count(what: str, flow: str, **also: Any) -> int:
        return int(
            servers.ask(
                "prefect", f"/api/{what}/count", {"flows": {"name": {"any_": [flow]}}, **also}
            )
        )

    completed = {"flow_runs": {"state": {"type": {"any_": ["COMPLETED"]}}}}
    for flow, step_count in {"train": 7, "predict": 5, "monitor": 4}.items():
        assert count("flow_runs", flow, **completed) >= 1
        assert count("task_runs", flow) >= step_count

    artifacts = json.loads(servers.ask("prefect", "/api/artifacts/filter", {}))
    assert any(done.scored.batch_id in artifact["data"] for artifact in artifacts)
