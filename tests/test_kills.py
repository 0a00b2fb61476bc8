"""kill -9 of each process that works on a batch, in the middle of it: one result in the end, rows balance, no open run.

The short form kills a command by hand. The long form has servers of their own and `credit-default serve`: it kills the
flow's process, `serve`, the MLflow server and the Prefect server in turn, starts again what a supervisor would start
again, asks for the batch once more, and reconciles.
"""

import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from credit_default.adapters.host.process_marks import find_process_state, parse_mark
from credit_default.adapters.lake.layout import open_lake
from credit_default.adapters.mlflow.tracking import MLFLOW_ENVIRONMENT
from credit_default.adapters.tables.ledger import read_entries
from credit_default.adapters.tables.queries import read_scores
from credit_default.data.simulation.months import simulate
from credit_default.flows.server.ephemeral_server import build_prefect_environment
from credit_default.gates.ledger.chain import judge_chain

pytestmark = pytest.mark.xdist_group("prefect")

PATIENCE = 600  # seconds, on a busy machine
OPEN = "('RUNNING', 'PENDING', 'CANCELLING')"
COMMAND = "from credit_default.cli.main import run; run()"
KILLED = """
import os, signal
from credit_default import failpoints
failpoints.arm_failpoint("predict.run-begun", lambda: os.kill(os.getpid(), signal.SIGKILL))
from credit_default.cli.main import run
run()
"""
SMALL = {
    "JOBS": "1",
    "REPORT": "drift",
    "RECIPE__TREE_COUNT": "10",
    "RECIPE__LEAF_ROW_COUNT": "40",
    "RECIPE__COLUMN_SHARE": "0.2",
    "RECIPE__MAXIMUM_DEPTH": "6",
    "REASONS__MODE": "all",
    "QUALITY__HIGHEST_KNOWN_SHARE": "1.0",
    "QUALITY__LOWEST_USUAL_RATIO": "0",
    "QUALITY__HIGHEST_USUAL_RATIO": "1000",
    "STABILITY__REFIT_COUNT": "0",
    "FAIRNESS__RESAMPLE_COUNT": "50",
    "ECONOMICS__RESAMPLE_COUNT": "50",
    "PROXIES__TREE_COUNT": "5",
    "MLFLOW__WAIT_SECONDS": "2",
    "PREFECT__STARTUP_SECONDS": str(PATIENCE),
    "PREFECT__WAIT_SECONDS": "20",
    "SCHEDULE__TRAIN": "",
    "SCHEDULE__PREDICT": "",
    "SCHEDULE__RECONCILE": "",
    "SCHEDULE__POLL_SECONDS": "1",
    "RECONCILE__SILENCE_SECONDS": "1",
}


def ask(database: Path, question: str, *values: Any) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=30)) as opened:
        return opened.execute(question, values).fetchall()


def wait_until(happened: Callable[[], Any], what: str) -> Any:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if found := happened():
            return found
        time.sleep(0.1)
    raise AssertionError(f"{what} did not happen in {PATIENCE} s")


def judge_lake(
    lake: Path, *, read_count: int, mlflow_database: Path, prefect_database: Path
) -> None:
    """Assert that the last batch of this lake was scored and recorded once, and no run is open."""
    opened = open_lake(lake)
    entries = [entry for entry in read_entries(opened) if entry.event == "scored"]
    assert len({entry.key for entry in entries}) == len(entries)
    scores = read_scores(opened, batch_id=entries[-1].batch_id)
    assert (scores.height, scores.select("client_id", "statement_month").n_unique()) == (
        read_count,
        read_count,
    )
    assert judge_chain(read_entries(opened)).level == "ok"
    runs = ask(
        mlflow_database,
        "select r.status from runs r join tags t on t.run_uuid = r.run_uuid and t.key = 'batch_id' join experiments e"
        " on e.experiment_id = r.experiment_id where e.name = 'credit-default/predict' and t.value = ?",
        entries[-1].batch_id,
    )
    assert sorted(status for (status,) in runs if status == "FINISHED") == ["FINISHED"]
    assert ask(mlflow_database, "select name from runs where status = 'RUNNING'") == []
    assert (
        ask(prefect_database, f"select name, state_type from flow_run where state_type in {OPEN}")
        == []
    )
    assert [
        path for path in lake.rglob(".s*-*") if path.name.startswith((".scratch-", ".staging-"))
    ] == []


# the short form: one command by hand


def test_command_killed_in_the_middle_of_a_batch_leaves_one_result_and_no_open_run(
    lake_with_champion, small_settings, simulated_files, tmp_path
):
    ignored = shutil.ignore_patterns("prefect", "mlartifacts", "tables")
    lake = shutil.copytree(lake_with_champion, tmp_path / "lake", ignore=ignored)
    shutil.copytree(lake_with_champion / "tables" / "ledger", lake / "tables" / "ledger")
    rows = pl.read_csv(simulated_files.batch, infer_schema=False).slice(611, 300)
    rows.write_csv(tmp_path / "batch.csv")
    environment = {
        **os.environ,
        "CREDIT_DEFAULT_LAKE": str(lake),
        "CREDIT_DEFAULT_CACHE": small_settings["cache"],
    }
    environment |= {f"CREDIT_DEFAULT_{name}": value for name, value in SMALL.items()}

    def run(code: str, *line: str) -> subprocess.CompletedProcess[str]:
        given = [sys.executable, "-c", code, *line, "-q"]
        return subprocess.run(
            given, env=environment, capture_output=True, text=True, check=False, timeout=PATIENCE
        )

    killed = run(KILLED, "predict", str(tmp_path / "batch.csv"))
    places = {
        "mlflow_database": lake / "mlflow.db",
        "prefect_database": lake / "prefect" / "prefect.db",
    }
    open_runs = ask(places["mlflow_database"], "select name from runs where status = 'RUNNING'")
    again = run(COMMAND, "predict", str(tmp_path / "batch.csv"))
    mended = run(COMMAND, "reconcile")

    assert (killed.returncode, len(open_runs), again.returncode, mended.returncode) == (
        -9,
        1,
        0,
        0,
    ), mended.stderr
    assert "closed MLflow run" in mended.stdout
    assert "closed flow run" in mended.stdout
    judge_lake(lake, read_count=300, **places)


# the long form: servers, and who serves


@dataclass
class Stack:
    """An MLflow server, a Prefect server and `serve`, each on its own and at the same place whenever it is started."""

    root: Path
    ports: dict[str, int]
    environment: dict[str, str]
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def lake(self) -> Path:
        return self.root / "lake"

    @property
    def prefect_database(self) -> Path:
        return self.root / "prefect" / "prefect.db"

    def start(self, name: str) -> None:
        python = sys.executable
        line = {
            "mlflow": [
                python,
                "-m",
                "mlflow",
                "server",
                "--host",
                "127.0.0.1",
                "--port",
                str(self.ports["mlflow"]),
                "--workers",
                "1",
                "--backend-store-uri",
                f"sqlite:///{self.root / 'server.db'}",
                "--artifacts-destination",
                str(self.root / "artifacts"),
            ],
            "prefect": [
                python,
                "-m",
                "credit_default.flows.server.ephemeral_server_process",
                str(self.ports["prefect"]),
            ],
            "serve": [python, "-c", COMMAND, "serve"],
        }[name]
        with (self.root / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                line,
                env=self.environment,
                cwd=self.root,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.wait_for(name)

    def wait_for(self, name: str) -> None:
        if name == "serve":
            wait_until(lambda: b"serving" in self.read_log("serve"), "serve")
            return
        path = {"mlflow": "health", "prefect": "api/health"}[name]

        def answers() -> bool:
            try:
                with urllib.request.urlopen(
                    f"http://127.0.0.1:{self.ports[name]}/{path}", timeout=30
                ):
                    return True
            except OSError:
                return False

        wait_until(answers, name)

    def read_log(self, name: str) -> bytes:
        return (self.root / f"{name}.log").read_bytes()

    def kill(self, name: str) -> None:
        """Kill the process as a power cut would; of MLflow's, the workers that it started too."""
        process = self.processes[name]
        if name == "mlflow":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
        process.wait()
        process.stdin.close()

    def run(self, *line: str) -> subprocess.CompletedProcess[str]:
        given = [sys.executable, "-c", COMMAND, *line]
        return subprocess.run(
            given,
            env=self.environment,
            cwd=self.root,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )

    def ask_for(self, batch: Path) -> str:
        """The id of a run of the deployment `predict`, asked for as an event would."""
        from prefect.client.orchestration import get_client
        from prefect.settings import PREFECT_API_URL, temporary_settings

        with (
            temporary_settings({PREFECT_API_URL: self.environment["PREFECT_API_URL"]}),
            get_client(sync_client=True) as client,
        ):
            deployment = client.read_deployment_by_name("predict-incoming/predict")
            run = client.create_flow_run_from_deployment(
                deployment.id, parameters={"batch": str(batch)}
            )
            return str(run.id)

    def read_state(self, run_id: str) -> str:
        question = "select state_type from flow_run where replace(id, '-', '') = ?"
        return str(ask(self.prefect_database, question, run_id.replace("-", ""))[0][0])

    def find_flow_process(self) -> int:
        """The process that scores, by the mark that its run carries."""
        question = (
            "select r.tags from task_run t join flow_run r on r.id = t.flow_run_id"
            " where t.name like 'score%' and t.state_type = 'RUNNING'"
        )
        ((tags,),) = ask(self.prefect_database, question)
        return int(tags.split("process:")[1].split("/")[1])

    def is_scoring(self) -> bool:
        question = (
            "select count(*) from task_run where name like 'score%' and state_type = 'RUNNING'"
        )
        return ask(self.prefect_database, question) > [(0,)]

    def is_quiet(self) -> bool:
        """Whether, for some seconds, no process of an open run lives, and none is about to begin: what an event asks for too."""
        for _ in range(8):
            opened = ask(self.prefect_database, "select state_type, tags from flow_run")
            due = [tags for state, tags in opened if state in {"SCHEDULED", "PENDING"}]
            marks = [
                re.search(r"process:([^\"]+)", tags)
                for state, tags in opened
                if state in {"RUNNING", "CANCELLING"}
            ]
            if due or any(
                mark and find_process_state(parse_mark(mark[1])) == "alive" for mark in marks
            ):
                return False
            time.sleep(1)
        return True


def find_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def stack(tmp_path_factory, simulated_files):
    root = tmp_path_factory.mktemp("stack")
    ports = {"mlflow": find_port(), "prefect": find_port()}
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PREFECT_", "MLFLOW_"))
    }
    environment = {
        **kept,
        **MLFLOW_ENVIRONMENT,
        **build_prefect_environment(root / "prefect"),
        **{f"CREDIT_DEFAULT_{name}": value for name, value in SMALL.items()},
        "CREDIT_DEFAULT_LAKE": str(root / "lake"),
        "CREDIT_DEFAULT_CACHE": str(root / "cache"),
        "MLFLOW_TRACKING_URI": f"http://127.0.0.1:{ports['mlflow']}",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "PREFECT_API_URL": f"http://127.0.0.1:{ports['prefect']}/api",
    }
    started = Stack(root, ports, environment)
    try:
        for name in ("mlflow", "prefect"):
            started.start(name)
        trained = started.run("train", "--data", str(simulated_files.training), "-q")
        assert trained.returncode == 0, trained.stderr
        started.start("serve")
        yield started
    finally:
        for process in started.processes.values():
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            process.stdin.close()


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("number", "victim"), list(enumerate(["flow", "serve", "mlflow", "prefect"]))
)
def test_kill_of_each_in_turn_leaves_one_result_and_no_open_run(stack, number, victim):
    (month,) = simulate(
        client_count=60_000, month_count=1, seed=100 + number, first_month="2005-10"
    )
    (stack.lake / "incoming").mkdir(exist_ok=True)
    batch = stack.lake / "incoming" / f"{victim}.csv"
    month.statements.write_csv(batch)
    os.utime(batch, (time.time() - 60, time.time() - 60))

    asked = stack.ask_for(batch)
    wait_until(stack.is_scoring, "scoring")
    if victim == "flow":
        os.kill(stack.find_flow_process(), signal.SIGKILL)
    else:
        stack.kill(victim)
        if victim == "mlflow":  # it stays away until the batch is through
            wait_until(stack.is_quiet, "the end of the first run")
        stack.start(victim)
    wait_until(lambda: stack.read_state(asked) not in {"SCHEDULED", "PENDING"}, "the first run")
    wait_until(stack.is_quiet, "the end of the first run")
    again = stack.ask_for(batch) if batch.exists() else None
    if again is not None:
        wait_until(
            lambda: stack.read_state(again) in {"COMPLETED", "FAILED", "CRASHED"}, "the second run"
        )
        wait_until(stack.is_quiet, "the end of what the second run began")
    mended = stack.run("reconcile", "--json")
    wait_until(stack.is_quiet, "the end of what reconcile's events began")
    nothing = stack.run("reconcile", "--json")

    print(f"{victim}: {json.loads(mended.stdout)['notes']}")  # noqa: T201 - for people who ask with -s
    assert (mended.returncode, nothing.returncode) == (0, 0), mended.stdout + mended.stderr
    assert '"status": "nothing to do"' in nothing.stdout
    assert not batch.exists()
    judge_lake(
        stack.lake,
        read_count=60_000,
        mlflow_database=stack.root / "server.db",
        prefect_database=stack.prefect_database,
    )
