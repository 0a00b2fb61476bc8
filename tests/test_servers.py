"""The servers of the locked versions start as `up` starts them, let nobody in without the words, and carry a batch all the way.

MLflow and Prefect keep their records in PostgreSQL where it can be had, and models in a bucket. A resolver and `pip check`
see nothing wrong in a lock whose Prefect server answers its client with 422: this suite does.
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
from credit_default.sections import StackSettings
from credit_default.services.operations.stack_plan import StackPlan, choose_ports, plan_stack
from credit_default.services.operations.stack_supervisor import open_stack, wait_for_programs
from credit_default.views.summaries.summary import Summary

pytestmark = [
    pytest.mark.xdist_group("prefect"),
    pytest.mark.skipif(find_spec("flask_wtf") is None, reason="mlflow[auth] is not installed"),
]

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements.lock"
FAKES = ROOT / "tests" / "fakes"
BUCKET = "models"
REFUSED = {401, 403}
# What answers to whoever asks: whether the server is up.
OPEN = {"mlflow": {"/health"}, "prefect": {"/api/health", "/api/ready"}}
# What MLflow itself shows to whoever asks; our door before it wants words for these too, and cannot tell wrong ones.
SHOWN = {"/api/3.0/mlflow/server-info", "/ajax-api/3.0/mlflow/server-info", "/static-files/x"}

Route = tuple[str, str]


@dataclass(frozen=True)
class Standing:
    """Servers that run, and the words that they ask for."""

    plan: StackPlan
    credentials: Credentials
    database: str

    def find(self, name: str) -> Program:
        return next(server for server in self.plan.stages[0] if server.name == name)

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
            urllib.request.Request(url, data=data, headers=headers), timeout=20
        ) as answer:
            return answer.read().decode()


@dataclass(frozen=True)
class Lived:
    """What three flows came to, their settings, and the names of their runs' states."""

    overrides: dict[str, Any]
    trained: Summary
    scored: Summary
    monitored: Summary
    states: tuple[str | None, ...]


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    """A PostgreSQL server's address; empty, which is SQLite, where none can be had."""
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
def standing(database, bucket, simulated_files, tmp_path_factory) -> Iterator[Standing]:
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
    with open_stack(logs=lake.home / "stack", stop_seconds=10) as stack:
        stack.start([server for server in plan.stages[0] if server.name in OPEN])
        assert wait_for_programs(
            stack.running,
            timeout_seconds=180,
            stop_requested=lambda: False,
            reset_password=plan.reset_password,
        )
        yield Standing(plan, credentials, database)
    for one in stack.running:
        with pytest.raises(ProcessLookupError):
            os.killpg(one.process.pid, 0)


@pytest.fixture(scope="module")
def lived(standing, small_settings, simulated_files, tmp_path_factory) -> Iterator[Lived]:
    from prefect.settings import PREFECT_API_AUTH_STRING, temporary_settings

    from credit_default.flows.server.ephemeral_server import run_on_server

    overrides = {
        **small_settings,
        "lake": str(tmp_path_factory.mktemp("lake")),
        "data": str(simulated_files.training),
        "mlflow": {"tracking_uri": standing.plan.addresses["MLFLOW_TRACKING_URI"]},
    }
    words = {PREFECT_API_AUTH_STRING: standing.credentials.prefect_auth_string}
    prefect = standing.plan.addresses["PREFECT_API_URL"]
    with ExitStack() as entered:
        variables = entered.enter_context(pytest.MonkeyPatch.context())
        for name, value in standing.credentials.client_variables.items():
            variables.setenv(name, value)
        entered.enter_context(temporary_settings(updates=words))
        entered.enter_context(run_on_server(None, api_url=prefect, timeout_seconds=0))
        trained = train(overrides=overrides, return_state=True)
        scored = predict(batch=str(simulated_files.batch), overrides=overrides, return_state=True)
        monitored = monitor(
            batch_id=scored.result().batch_id, overrides=overrides, return_state=True
        )
        states = (trained, scored, monitored)
        yield Lived(
            overrides, *(state.result() for state in states), tuple(state.name for state in states)
        )


@pytest.fixture(scope="module")
def routes(standing) -> dict[str, list[Route]]:
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

    return {name: list_routes(standing.find(name)) for name in OPEN}


def find_open_routes(address: str, routes: list[Route], **headers: str) -> set[str]:
    """Paths that answer without words, by whatever method, with anything but a refusal."""
    host = urllib.parse.urlsplit(address).netloc
    connection = http.client.HTTPConnection(host, timeout=20)
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


def test_servers_are_of_the_versions_installed(standing):
    assert standing.ask("mlflow", "/version") == version("mlflow")
    assert json.loads(standing.ask("prefect", "/api/admin/version")) == version("prefect")


@pytest.mark.parametrize("name", ["mlflow", "prefect"])
def test_no_route_but_the_listed_few_answers_without_words(standing, routes, name):
    assert len(routes[name]) > 200
    assert find_open_routes(standing.find(name).address, routes[name]) == OPEN[name]


@pytest.mark.nightly
@pytest.mark.parametrize("name", ["mlflow", "prefect"])
def test_no_route_answers_to_the_wrong_words(standing, routes, name):
    wrong = base64.b64encode(b"admin:another-password").decode()
    some = routes[name][::20]  # MLflow takes a third of a second to look at each

    found = find_open_routes(standing.find(name).address, some, Authorization=f"Basic {wrong}")

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


def test_sockets_of_prefect_are_closed_to_who_does_not_say_the_words(standing, routes):
    from websockets.exceptions import ConnectionClosed, InvalidStatus
    from websockets.sync.client import connect
    from websockets.typing import Subprotocol

    server = standing.find("prefect")
    paths = {path for method, path in routes["prefect"] if method == "WEBSOCKET"}

    assert paths >= {"/api/events/in", "/api/events/out", "/api/logs/out"}
    for path in paths:
        url = f"{server.address.replace('http', 'ws', 1)}{path}"
        with pytest.raises(InvalidStatus):
            connect(url)
        with connect(url, subprotocols=[Subprotocol("prefect")]) as socket:
            socket.send(json.dumps({"type": "auth", "token": "admin:another-password"}))
            with pytest.raises(ConnectionClosed):
                socket.recv(timeout=10)


@pytest.mark.parametrize(
    ("name", "path"), [("mlflow", "/"), ("prefect", "/api/admin/version"), ("prefect", "/")]
)
def test_request_under_another_hosts_name_is_refused_whatever_its_words(standing, name, path):
    server = standing.find(name)
    headers = {"Authorization": server.authorization, "Host": "somewhere.example"}

    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(
            urllib.request.Request(f"{server.address}{path}", headers=headers), timeout=20
        )

    with refusal.value:
        assert refusal.value.code in {400, 403}


def test_change_that_does_not_carry_prefects_token_is_refused(standing):
    server = standing.find("prefect")
    headers = {"Authorization": server.authorization, "Content-Type": "application/json"}
    request = urllib.request.Request(
        f"{server.address}/api/flows/filter", data=b"{}", headers=headers
    )

    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(request, timeout=20)

    with refusal.value:
        assert (refusal.value.code, b"CSRF" in refusal.value.read()) == (403, True)


def test_life_of_a_model_goes_through_both_servers(lived):
    assert lived.states == ("Promoted", "Scored", "Quiet")
    assert lived.scored.counts == {"read": 1000, "scored": 1000, "quarantined": 0}
    assert not (Path(lived.overrides["lake"]) / "mlflow.db").exists()


def test_records_stand_in_postgresql_and_models_in_the_bucket(lived, standing, bucket):
    import boto3

    listed = boto3.client(
        "s3",
        endpoint_url=bucket["AWS_ENDPOINT_URL"],
        region_name="us-east-1",
        aws_access_key_id="test-key",
        aws_secret_access_key="test-secret",
    ).list_objects_v2(Bucket=BUCKET)
    assert any(item["Key"].endswith("pipeline.skops") for item in listed["Contents"])
    if not standing.database:
        pytest.skip(
            f"no PostgreSQL: {runpy.run_path(str(FAKES / 'postgres.py'))['find_obstacle']()}"
        )
    import psycopg2

    counts = {
        "mlflow": "SELECT count(*) FROM runs",
        "prefect": "SELECT count(*) FROM flow_run",
        "mlflow_users": "SELECT count(*) FROM users",
    }
    for name, question in counts.items():
        connection = psycopg2.connect(f"{standing.database}/{name}")
        with connection.cursor() as cursor:
            cursor.execute(question)
            assert cursor.fetchone()[0] >= 1
        connection.close()


def test_training_run_stands_in_mlflow_with_its_figures(lived, standing):
    run = json.loads(
        standing.ask("mlflow", "/api/2.0/mlflow/runs/get", run_id=lived.trained.run_id)
    )["run"]

    metrics = {metric["key"]: metric["value"] for metric in run["data"]["metrics"]}
    assert run["info"]["status"] == "FINISHED"
    assert metrics["roc_auc"] == pytest.approx(lived.trained.figures["roc_auc, test side"])
    assert lived.trained.paths["MLflow run"].startswith(
        f"{standing.find('mlflow').address}/#/experiments/"
    )


def test_registered_version_has_the_champions_seat_and_the_verdict(lived, standing):
    found = json.loads(
        standing.ask(
            "mlflow",
            "/api/2.0/mlflow/registered-models/alias",
            name="credit-default",
            alias="champion",
        )
    )["model_version"]

    tags = {tag["key"]: tag["value"] for tag in found["tags"]}
    assert (int(found["version"]), found["run_id"]) == (
        lived.trained.model_version,
        lived.trained.run_id,
    )
    assert tags["verdict"] == "promotion: ok"
    assert tags["digest"] == lived.trained.paths["digest"]


def test_batch_is_scored_by_the_bundle_that_the_server_handed_over(lived):
    kept = Path(lived.overrides["lake"]) / "champion" / "bundles" / lived.trained.paths["digest"]

    assert (kept / "pipeline.skops").exists()
    assert lived.scored.model_version == lived.trained.model_version


def test_report_can_be_opened_from_mlflow(lived, standing):
    listed = json.loads(
        standing.ask(
            "mlflow", "/api/2.0/mlflow/artifacts/list", run_id=lived.monitored.run_id, path="report"
        )
    )

    page = standing.ask(
        "mlflow", "/get-artifact", run_uuid=lived.monitored.run_id, path="report/report.html"
    )

    assert {file["path"] for file in listed["files"]} >= {
        "report/report.html",
        "report/report.json",
    }
    assert page == Path(lived.monitored.paths["report (html)"]).read_text(encoding="utf-8")
    assert lived.scored.batch_id in page


def test_flow_runs_stand_in_prefect_with_their_steps_and_summaries(lived, standing):
    def count(what: str, flow: str, **also: Any) -> int:
        return int(
            standing.ask(
                "prefect", f"/api/{what}/count", {"flows": {"name": {"any_": [flow]}}, **also}
            )
        )

    completed = {"flow_runs": {"state": {"type": {"any_": ["COMPLETED"]}}}}
    for flow, step_count in {"train": 7, "predict": 5, "monitor": 4}.items():
        assert count("flow_runs", flow, **completed) >= 1
        assert count("task_runs", flow) >= step_count

    artifacts = json.loads(standing.ask("prefect", "/api/artifacts/filter", {}))
    assert any(lived.scored.batch_id in artifact["data"] for artifact in artifacts)
