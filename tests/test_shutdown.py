"""SIGTERM ends a command at once: exit 143, its flow run Crashed, no MLflow run left open, nothing half-written.

Each case is a real command line in a process of its own, ended while one of its steps is at work; afterwards the same
command is run again and completes.
"""

import runpy
import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.fakes.machine_pace import is_within
from tests.fakes.quick_training import name_as_variables

from credit_default.adapters.lake.layout import open_lake
from credit_default.adapters.tables.ledger import read_entries
from credit_default.gates.ledger.chain import judge_chain

pytestmark = pytest.mark.xdist_group("prefect")

PATIENCE = 600  # seconds for a step to be reached on a busy machine
END_PROCESS = runpy.run_path(str(Path(__file__).parent / "fakes" / "process_end.py"))["end_process"]
# "reached" is printed where the named place is, and there the command stays until it is ended
COMMAND = """
import sys, time
from credit_default import failpoints
if sys.argv[1] != "-":
    failpoints.arm_failpoint(sys.argv[1], lambda: (print("reached", flush=True), time.sleep(3000)))
del sys.argv[1]
from credit_default.cli.main import run
run()
"""


@dataclass(frozen=True)
class Case:
    """A command, and where it is ended: at a failpoint, or while the Prefect task whose name begins so is running."""

    command: str
    failpoint: str = "-"
    task: str = ""
    options: tuple[str, ...] = ()
    settings: dict[str, str] = field(default_factory=dict)


LONG_FIT = {"RECIPE__TREE_COUNT": "20000", "RECIPE__MAXIMUM_DEPTH": "12"}
PREDICT = Case("predict", failpoint="predict.run-begun")
SCORING = Case("predict", failpoint="predict.scored")
TRAIN = Case("train", task="fit", settings=LONG_FIT)
MONITOR = Case("monitor", task="compare", settings={"REPORT": "full", "DRAW_REPORT": "now"})


@pytest.fixture
def lake(untouched, tmp_path) -> Path:
    ignored = shutil.ignore_patterns("prefect", "mlartifacts")
    return shutil.copytree(untouched["lake"], tmp_path / "lake", ignore=ignored)


@pytest.fixture
def start(untouched, lake, simulated_files):
    """Starts a case's command on the lake, on a Prefect server of its own or the one that is named."""

    def start_command(case: Case, *, server: str = "") -> subprocess.Popen[str]:
        import os

        small = {
            "LAKE": str(lake),
            "CACHE": untouched["cache"],
            "JOBS": "1",
            "RECIPE__TREE_COUNT": "10",
            "RECIPE__LEAF_ROW_COUNT": "40",
            "RECIPE__COLUMN_SHARE": "0.2",
            "REPORT": "drift",
            "RECIPE__MAXIMUM_DEPTH": "6",
            "QUALITY__HIGHEST_KNOWN_SHARE": "1.0",
            "PREFECT__API_URL": server,
            "PREFECT__STARTUP_SECONDS": str(PATIENCE),
        } | case.settings
        files = {
            "predict": [str(simulated_files.drifted)],
            "train": ["--data", str(simulated_files.training)],
        }
        line = [
            sys.executable,
            "-c",
            COMMAND,
            case.failpoint,
            case.command,
            *files.get(case.command, []),
            "-q",
        ]
        environment = {
            name: value for name, value in os.environ.items() if name != "PREFECT_API_URL"
        }
        environment |= {f"CREDIT_DEFAULT_{name}": value for name, value in small.items()}
        environment |= name_as_variables()
        return subprocess.Popen(
            line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
        )

    return start_command


def ask(database: Path, question: str, *values: Any) -> list[tuple[Any, ...]]:
    if not database.exists():
        return []
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=60)) as opened:
        try:
            return opened.execute(question, values).fetchall()
        except sqlite3.OperationalError:  # not made yet
            return []


def wait_for_step(process: subprocess.Popen[str], case: Case, database: Path) -> None:
    if case.failpoint != "-":
        assert process.stdout.readline() == "reached\n"
        return
    deadline = time.monotonic() + PATIENCE
    running = "select count(*) from task_run where name like ? and state_type = 'RUNNING'"
    while time.monotonic() < deadline and process.poll() is None:
        if ask(database, running, f"{case.task}%") > [(0,)]:
            time.sleep(1)  # into the middle of it
            return
        time.sleep(0.1)
    process.kill()
    pytest.fail(f"{case.command} never came to {case.task}: {process.communicate()}")


@pytest.mark.parametrize(
    ("case", "named"),
    [
        pytest.param(PREDICT, False, id="predict"),
        pytest.param(TRAIN, True, id="train on a named server"),
        pytest.param(SCORING, True, id="predict on a named server", marks=pytest.mark.nightly),
        pytest.param(TRAIN, False, id="train", marks=pytest.mark.nightly),
        pytest.param(MONITOR, False, id="monitor", marks=pytest.mark.nightly),
        pytest.param(MONITOR, True, id="monitor on a named server", marks=pytest.mark.nightly),
    ],
)
def test_sigterm_ends_a_command_at_once_and_the_next_run_completes(
    case, named, start, lake, prefect_server
):
    import os

    server = prefect_server if named else ""
    database = (
        Path(os.environ["PREFECT_HOME"]) / "prefect.db"
        if named
        else lake / "prefect" / "prefect.db"
    )
    if case.command == "monitor":
        scoring = start(Case("predict"))
        assert (scoring.communicate(timeout=PATIENCE)[1], scoring.returncode) == ("", 0)
    seen = ask(database, "select id from flow_run")

    process = start(case, server=server)
    wait_for_step(process, case, database)
    cpu_seconds = END_PROCESS(process)
    _, complaints = process.communicate()

    assert (process.returncode, complaints) == (143, "")
    assert is_within(cpu_seconds, 10)  # the step itself takes minutes more
    runs = [
        row for row in ask(database, "select id, state_type from flow_run") if row[:1] not in seen
    ]
    assert [state for _, state in runs] == ["CRASHED"]
    assert (
        ask(
            database,
            "select name from task_run where flow_run_id = ? and state_type = 'RUNNING'",
            runs[0][0],
        )
        == []
    )
    assert ask(lake / "mlflow.db", "select name from runs where status = 'RUNNING'") == []
    assert [
        path for path in lake.rglob(".s*-*") if path.name.startswith((".scratch-", ".staging-"))
    ] == []
    assert judge_chain(read_entries(open_lake(lake))).level == "ok"
    again = Case(case.command)
    process = start(again, server=server)
    printed, complaints = process.communicate(timeout=PATIENCE)
    # the batch is a drifted one, which monitor's exit code says
    expected_code = int(case.command == "monitor")
    assert (process.returncode, complaints) == (expected_code, ""), printed
