"""`serve` and `listen` as processes beside a full Prefect server: what schedules and events start is done once."""

import asyncio
import json
import logging
import os
import runpy
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings
from tests.fakes.machine_pace import is_within

from credit_default.adapters.tables.monitoring import read_monitoring
from credit_default.adapters.tables.queries import read_scores
from credit_default.errors import ServiceError
from credit_default.flows.deployments.definitions import build_deployments
from credit_default.flows.deployments.runner import _retry_while_unreachable, serve_deployments
from credit_default.flows.events.send import announce_object
from credit_default.flows.runs.context import connect
from credit_default.settings_sections import ScheduleSettings

pytestmark = pytest.mark.xdist_group("prefect")

PROCESS_END = Path(__file__).resolve().parents[2] / "fakes" / "process_end.py"
COMMAND = [sys.executable, "-c", "from credit_default.cli.main import run; run()"]


@pytest.fixture(scope="module")
def trained(champion_settings, tmp_path_factory):
    """A lake with a champion without the session's own server, beside which the full one would cost seconds."""
    lake = shutil.copytree(champion_settings["lake"], tmp_path_factory.mktemp("trained") / "lake")
    return {**champion_settings, "lake": str(lake)}


@dataclass(frozen=True)
class Services:
    """The two processes, what they were started with, and their Prefect server."""

    processes: dict[str, subprocess.Popen[bytes]]
    overrides: dict[str, Any]
    server: str
    logs: Path

    @property
    def wiring(self):
        return connect(self.overrides, [])

    def find_runs(self, flow):
        wanted = {
            "flows": {"name": {"any_": [flow]}},
            "deployments": {"name": {"any_": ["predict", "monitor"]}},
            "flow_runs": {
                "expected_start_time": {
                    "before_": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
                }
            },
            "sort": "EXPECTED_START_TIME_ASC",
        }
        return (
            httpx.post(f"{self.server}/flow_runs/filter", json=wanted, timeout=300)
            .raise_for_status()
            .json()
        )

    def wait_for(self, found, what):
        deadline = time.monotonic() + 600
        while time.monotonic() < deadline:
            if (seen := found()) is not None and seen is not False:
                return seen
            time.sleep(0.25)
        logs = "\n".join(
            path.read_text(errors="replace")[-3000:] for path in sorted(self.logs.glob("*.log"))
        )
        pytest.fail(f"waited for {what}\n{logs}")

    def wait_for_rest(self, flow, count):
        """The states of the flow's runs by their names, once there are that many and all of them have ended."""

        def find():
            runs = [run["state"] for run in self.find_runs(flow)]
            ended = [
                run
                for run in runs
                if run["type"] in {"COMPLETED", "FAILED", "CANCELLED", "CRASHED"}
            ]
            return runs if len(ended) == len(runs) >= count else None

        return self.wait_for(find, f"{count} runs of {flow}")

    def drop(self, name, rows):
        """Written beside the inbox and renamed into it, as docs/architecture.md has it."""
        folder = Path(self.overrides["lake"]) / "incoming"
        rows.write_csv(folder.parent / f".{name}")
        (folder.parent / f".{name}").rename(folder / name)
        return str(folder / name)


def read_scored_batches(services):
    """The batches that runs of `serve` have scored: each is moved to processed/ once."""
    processed = Path(services.overrides["lake"]) / "processed"
    return {path.name.partition("-")[0] for path in processed.glob("*.csv")}


def make_status_error(code):
    request = httpx.Request("POST", "http://127.0.0.1/api")
    return httpx.HTTPStatusError(
        "no", request=request, response=httpx.Response(code, request=request)
    )


def count_names(states):
    names = [state["name"] for state in states]
    return {name: names.count(name) for name in set(names)}


def plant_missed_runs(server):
    """Five scheduled runs of `predict` that were missed."""
    now = time.time()
    start, end = (
        time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))
        for moment in (now - 5 * 86_400, now)
    )
    [daily] = [one for one in build_deployments(ScheduleSettings()) if one.name == "predict"]
    with temporary_settings(updates={PREFECT_API_URL: server}):
        deployment_id = daily.apply()
    span = {"start_time": start, "end_time": end, "min_runs": 100, "max_runs": 100}
    httpx.post(
        f"{server}/deployments/{deployment_id}/schedule", json=span, timeout=300
    ).raise_for_status()


def write_config(trained, path):
    path.write_text(
        f'lake = "{trained["lake"]}"\ncache = "{trained["cache"]}"\njobs = 1\nreport = "drift"\n'
        '[schedule]\nreconcile = ""\npoll_seconds = 1.0\n'
        "[prefect]\nstartup_seconds = 600\n[quality]\n"
        + "".join(f"{name} = {value}\n" for name, value in trained["quality"].items())
    )
    return path


@contextmanager
def start(name, config, server):
    environment = {**os.environ, "CREDIT_DEFAULT_CONFIG": str(config), "PREFECT_API_URL": server}
    with (config.parent / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            [*COMMAND, name], env=environment, stdout=log, stderr=log, cwd=config.parent
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def services(trained, full_prefect_server, tmp_path_factory):
    config = write_config(trained, tmp_path_factory.mktemp("served") / "small.toml")
    plant_missed_runs(full_prefect_server)
    with (
        start("serve", config, full_prefect_server) as serving,
        start("listen", config, full_prefect_server) as listening,
    ):
        processes = {"serve": serving, "listen": listening}
        yield Services(processes, trained, full_prefect_server, config.parent)


@pytest.fixture(scope="module")
def clients(simulated_files):
    return pl.read_csv(simulated_files.batch, infer_schema=False)


def test_of_missed_runs_one_is_run(services):
    states = services.wait_for_rest("predict-incoming", 5)

    assert count_names(states) == {"Skipped": 4, "NothingToScore": 1}
    assert states[-1]["name"] == "NothingToScore"


def test_schedules_have_runs_to_start(services):
    """With SQLAlchemy 2.1 the server's scheduler makes none, and only its log says so."""
    wanted = {
        "deployments": {"name": {"any_": ["train"]}},
        "flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}},
    }

    def find():
        return (
            httpx.post(f"{services.server}/flow_runs/filter", json=wanted, timeout=300)
            .raise_for_status()
            .json()
            or None
        )

    runs = services.wait_for(find, "a training on the calendar")

    assert all(run["auto_scheduled"] for run in runs)


@pytest.mark.parametrize("again_count", [2, pytest.param(5, marks=pytest.mark.nightly)])
def test_dropped_file_is_scored_once_however_often_it_is_announced(services, clients, again_count):
    before = len(services.wait_for_rest("predict-incoming", 5))
    uri = services.drop(f"märz ({again_count}).csv", clients.slice(again_count, 307))
    with temporary_settings(updates={PREFECT_API_URL: services.server}):
        for _ in range(again_count):
            announce_object(uri)

    states = services.wait_for_rest("predict-incoming", before + again_count + 1)[
        before:
    ]  # and once by `listen`

    [name] = [
        p.name
        for p in (Path(services.overrides["lake"]) / "processed").iterdir()
        if f"({again_count})" in p.name
    ]
    batch_id = name.partition("-")[0]
    assert count_names(states) == {"Scored": 1, "NothingToScore": again_count}
    assert read_scores(services.wiring.lake, batch_id=batch_id).height == 307
    services.wait_for(
        lambda: not read_monitoring(services.wiring.lake).filter(batch_id=batch_id).is_empty(),
        "its findings",
    )


def find_scoring_run(services, clients):
    """A run that has scored a file, which is dropped where no other test has dropped one."""
    before = len(services.wait_for_rest("predict-incoming", 5))

    def find():
        runs = services.find_runs("predict-incoming")
        return next((run for run in runs if run["state"]["name"] == "Scored"), None)

    if find() is None:
        services.drop("logged.csv", clients.slice(311, 100))
        services.wait_for_rest("predict-incoming", before + 1)
    return services.wait_for(find, "a run that scored")


def test_lines_of_a_run_are_in_its_log_on_the_server_and_in_the_output_of_serve(services, clients):
    run = find_scoring_run(services, clients)

    def find():
        wanted = {"logs": {"flow_run_id": {"any_": [run["id"]]}}, "limit": 200}
        answer = httpx.post(f"{services.server}/logs/filter", json=wanted, timeout=300)
        lines = answer.raise_for_status().json()
        return [line for line in lines if line["name"].startswith("credit_default.")] or None

    lines = services.wait_for(find, "lines of ours in the run's log")
    lake = services.wiring.lake.uri
    assert any(line["message"].startswith(f"connected lake={lake} ") for line in lines)
    output = (services.logs / "serve.log").read_text(errors="replace")
    assert f" info credit_default.flows.runs.context connected lake={lake} commit=" in output
    emitted = (
        "credit_default.flows.events.run_events emitted event name=credit-default.batch.scored"
    )
    assert output.count(emitted) == len(read_scored_batches(services))


def test_file_that_is_refused_is_a_failed_run_with_the_reasons(services, clients):
    before = len(services.wait_for_rest("predict-incoming", 5))
    minors = pl.when(pl.int_range(pl.len()) < 60).then(pl.lit("-1")).otherwise("age")
    services.drop("bad.csv", clients.head(200).with_columns(age=minors))

    [state] = services.wait_for_rest("predict-incoming", before + 1)[before:]

    refused = [
        p for p in (Path(services.overrides["lake"]) / "refused").iterdir() if "bad.csv" in p.name
    ]
    reason = json.loads(next(p for p in refused if p.name.endswith(".reason.json")).read_text())
    assert (state["type"], len(refused)) == ("FAILED", 2)
    assert "60 of 200 rows rejected" in state["message"]
    assert "60 of 200 rows rejected" in reason["found"]


def test_sigterm_ends_both_at_once_and_is_their_exit_code(services):
    end_process = runpy.run_path(str(PROCESS_END))["end_process"]

    cpu_seconds = {name: end_process(process) for name, process in services.processes.items()}

    assert is_within(max(cpu_seconds.values()), 10)
    codes = {name: process.wait() for name, process in services.processes.items()}
    assert codes == {"serve": 143, "listen": 143}


@pytest.mark.parametrize(
    "failure", [httpx.ConnectError("refused"), httpx.ReadTimeout("slow"), make_status_error(503)]
)
def test_runner_survives_a_server_that_is_away(failure):
    asked = []

    async def poll():
        asked.append(1)
        if len(asked) == 1:
            raise failure

    recovered = []
    patient = _retry_while_unreachable(
        poll,
        log=logging.getLogger("test"),
        on_recovered=lambda: recovered.append(len(asked)),
        first_wait_seconds=0.01,
    )
    for _ in range(3):
        asyncio.run(patient())

    assert (len(asked), recovered) == (3, [2, 3])


def test_runner_that_is_refused_does_not_go_on():
    async def poll():
        raise make_status_error(401)

    with pytest.raises(httpx.HTTPStatusError):
        asyncio.run(_retry_while_unreachable(poll, log=logging.getLogger("test"))())


def test_server_that_does_not_answer_is_waited_for_and_is_then_an_error():
    with (
        temporary_settings(updates={PREFECT_API_URL: "http://127.0.0.1:1/api"}),
        pytest.raises(ServiceError, match="no answer in 0 s"),
    ):
        asyncio.run(serve_deployments(ScheduleSettings(), startup_seconds=0.1))
