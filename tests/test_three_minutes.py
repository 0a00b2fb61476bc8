"""The stack as somebody has it for three minutes: up, a file dropped, scored without a hand on it, seen in three UIs, down.

What the browser saw is kept in `build/ui/`, which CI keeps as an artifact.
"""

import base64
import json
import os
import runpy
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "build" / "ui"
COMMAND = [sys.executable, "-m", "credit_default.cli.main"]
BROWSER = runpy.run_path(str(ROOT / "tests" / "fakes" / "browser.py"))
# floors that so few test rows can show of a first model
FLOORS = "[promotion]\nlowest_roc_auc = 0.5\nlowest_calibration_slope = 0.2\nhighest_calibration_slope = 3\n"
SETTINGS = f'jobs = 1\nreport = "drift"\n[recipe]\ntree_count = 10\nmaximum_depth = 6\n{FLOORS}'

pytestmark = [
    pytest.mark.nightly,
    pytest.mark.skipif(
        find_spec("flask_wtf") is None,
        reason="mlflow[auth] is not installed: `make setup` installs it",
    ),
    pytest.mark.skipif(
        BROWSER["find_browser"]() is None, reason="no Chromium: install chromium or google-chrome"
    ),
]


@dataclass(frozen=True)
class Stack:
    """The command that holds it, where its servers are, and the words that they ask for."""

    process: subprocess.Popen[str]
    addresses: dict[str, str]
    words: dict[str, str]
    lake: Path

    def run(self, *arguments: object) -> dict[str, Any]:
        """What a command came to that works with the stack."""
        ended = subprocess.run(
            [*COMMAND, *map(str, arguments), "--lake", str(self.lake), "--json"],
            env={**os.environ, **self.words, "CREDIT_DEFAULT_DRAW_REPORT": "now"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return json.loads(ended.stdout)

    def header(self, name: str) -> str:
        mlflow = (
            f"{self.words['MLFLOW_TRACKING_USERNAME']}:{self.words['MLFLOW_TRACKING_PASSWORD']}"
        )
        words = {"mlflow": mlflow, "prefect": self.words["PREFECT_API_AUTH_STRING"]}
        return f"Basic {base64.b64encode(words[name].encode()).decode()}"


@pytest.fixture
def months(tmp_path) -> list[Path]:
    """Two months of simulated clients: one to train on, one to score."""
    out = tmp_path / "simulated"
    subprocess.run(
        [
            *COMMAND,
            "simulate",
            "--clients",
            "3000",
            "--months",
            "2",
            "--with-outcomes",
            "--out",
            str(out),
            "-q",
        ],
        check=True,
        capture_output=True,
    )
    return sorted(out.glob("statements-*.parquet"))


@pytest.fixture
def stack(tmp_path):
    (config := tmp_path / "small.toml").write_text(SETTINGS)
    lake = tmp_path / "lake"
    ports = [
        "--mlflow-port",
        "0",
        "--prefect-port",
        "0",
        "--evidently-port",
        "0",
        "--room-port",
        "0",
    ]
    with subprocess.Popen(
        [*COMMAND, "up", "--lake", str(lake), "--config", str(config), *ports, "--json"],
        env={**os.environ, "CREDIT_DEFAULT_DRAW_REPORT": "now"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        addresses = json.loads(process.stdout.readline())["paths"]
        lines = (lake / "stack" / "servers.env").read_text().splitlines()
        words = {name: value.strip("'") for name, value in (line.split("=", 1) for line in lines)}
        try:
            yield Stack(process, addresses, {**words, "CREDIT_DEFAULT_CONFIG": str(config)}, lake)
        finally:
            process.kill()


def wait_for(path: Path, *, seconds: float) -> None:
    """Wait until something is there."""
    began = time.monotonic()
    while not list(path.parent.glob(path.name)):
        assert time.monotonic() - began < seconds, f"no {path} in {seconds:.0f} s"
        time.sleep(0.1)


def list_sessions(process_id: int) -> set[int]:
    told = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(process_id)], capture_output=True, text=True, check=False
    )
    return {int(word) for word in told.stdout.split()}


def count_processes(sessions: set[int]) -> int:
    wanted = ",".join(map(str, sorted(sessions)))
    told = subprocess.run(
        ["ps", "-o", "stat=", "--sid", wanted], capture_output=True, text=True, check=False
    )
    return sum(not state.startswith("Z") for state in told.stdout.split())


def test_dropped_file_is_scored_seen_in_three_uis_and_the_stack_is_gone(stack, months):
    sessions = list_sessions(stack.process.pid)
    trained = stack.run("train", "--data", months[0])
    inbox = stack.lake / "incoming"
    wait_for(inbox, seconds=300)
    shutil.copy(months[1], inbox.parent / ".dropped")

    (inbox.parent / ".dropped").rename(inbox / months[1].name)

    wait_for(stack.lake / "processed" / f"*-{months[1].name}", seconds=600)
    batch_id = next((stack.lake / "processed").iterdir()).name.split("-")[0]
    wait_for(stack.lake / "reports" / batch_id / "v1" / "report.html", seconds=600)
    with BROWSER["open_page"]() as page:
        see_version(page, stack, trained)
        see_runs(page, stack)
        see_report(page, stack, batch_id)

    stack.process.send_signal(signal.SIGTERM)
    _, complaints = stack.process.communicate(timeout=300)

    assert (stack.process.returncode, complaints) == (0, "")
    assert len(sessions) == 6
    assert count_processes(sessions) == 0


def see_version(page: Any, stack: Stack, trained: dict[str, Any]) -> None:
    page.authorise(stack.header("mlflow"))
    page.visit(
        f"{stack.addresses['mlflow']}/#/models/credit-default/versions/1",
        "champion",
        trained["paths"]["digest"][:16],
    )
    page.draw(PICTURES / "mlflow-version.png")


def see_runs(page: Any, stack: Stack) -> None:
    page.authorise(stack.header("prefect"))
    page.visit(
        f"{stack.addresses['prefect']}/runs", "predict", "Scored", "monitor", "Quiet", seconds=600
    )
    page.draw(PICTURES / "prefect-runs.png")


def see_report(page: Any, stack: Stack, batch_id: str) -> None:
    page.authorise("")
    project = next(path.name for path in (stack.lake / "evidently").iterdir() if path.is_dir())
    page.visit(f"{stack.addresses['evidently']}/projects/{project}", "Rows scored", seconds=90)
    page.draw(PICTURES / "evidently-project.png")
    page.visit(f"{stack.addresses['evidently']}/projects/{project}/reports", batch_id)
    page.draw(PICTURES / "evidently-reports.png")
