"""The stack by its real command line. The rest of its life is in `tests/test_three_minutes.py`."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import httpx
import pytest

COMMAND = [sys.executable, "-m", "credit_default.cli.main", "up"]
FREE = ["--mlflow-port", "0", "--prefect-port", "0", "--evidently-port", "0", "--room-port", "0"]
needs_auth = pytest.mark.skipif(
    find_spec("flask_wtf") is None, reason="mlflow[auth] is not installed: `make setup` installs it"
)


@pytest.fixture
def settled(tmp_path, mlflow_template):
    """A lake whose MLflow database is made already, which takes seconds."""
    (lake := tmp_path / "lake").mkdir()
    (lake / "mlflow.db").write_bytes(mlflow_template.read_bytes())
    return lake


def start(lake, *arguments, **variables):
    return subprocess.Popen(
        [*COMMAND, "--lake", str(lake), *FREE, *arguments],
        env={**os.environ, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # who starts the tests in the background may have had Ctrl-C ignored
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509
    )


def list_group_members(session_ids):
    """Processes that live in one of these sessions."""
    alive = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, session = stat.read_text().rpartition(")")[2].split()[:4]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if state != "Z" and int(session) in session_ids:
            alive.append(int(stat.parent.name))
    return alive


def list_children(process_id):
    """The processes that `up` started, each the first of a session."""
    children = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = stat.read_text().rpartition(")")[2].split()[1]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(parent) == process_id:
            children.add(int(stat.parent.name))
    return children


@needs_auth
@pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="processes are looked up in /proc: run it on Linux"
)
def test_stack_is_one_object_asks_for_credentials_and_leaves_no_process_after_ctrl_c(settled):
    with start(settled, "--json") as process:
        told = json.loads(process.stdout.readline())
        sessions = list_children(process.pid)
        words = dict(
            line.split("=", 1)
            for line in (settled / "stack" / "servers.env").read_text().splitlines()
        )
        user = ("admin", words["MLFLOW_TRACKING_PASSWORD"].strip("'"))
        answers = [
            httpx.get(told["paths"]["mlflow"], auth=auth).status_code for auth in (None, user)
        ]
        written = httpx.post(
            f"{told['paths']['evidently']}/api/projects", json={"name": "x"}
        ).status_code
        second = subprocess.run(
            [*COMMAND, "--lake", str(settled), *FREE], capture_output=True, text=True, check=False
        )

        process.send_signal(signal.SIGINT)
        rest, complaints = process.communicate(timeout=300)

    assert (told["command"], told["status"], set(told["paths"])) == (
        "up",
        "ready",
        {"mlflow", "prefect", "evidently", "room", "serve", "listen", "words"},
    )
    assert (answers, written) == ([401, 200], 403)
    assert (second.returncode, "an `up` that is running already" in second.stderr) == (3, True)
    assert (process.returncode, rest, complaints) == (0, "", "")
    assert len(sessions) == 7
    assert list_group_members(sessions) == []


@needs_auth
@pytest.mark.nightly
@pytest.mark.parametrize(
    ("number", "exit_code"), [(signal.SIGTERM, 0), (signal.SIGHUP, 0), (signal.SIGKILL, -9)]
)
def test_no_process_is_left_however_the_stack_was_ended(settled, number, exit_code):
    with start(settled, "--json") as process:
        process.stdout.readline()
        sessions = list_children(process.pid)

        process.send_signal(number)
        process.communicate(timeout=300)

    deadline = time.monotonic() + 300
    while list_group_members(sessions) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert process.returncode == exit_code
    assert list_group_members(sessions) == []


@needs_auth
@pytest.mark.nightly
def test_part_that_cannot_start_ends_the_stack_and_shows_the_end_of_its_log(settled):
    with start(settled, "--json", MLFLOW_TRACKING_PASSWORD="short") as process:
        told, _ = process.communicate(timeout=600)

    note = json.loads(told)["notes"][0]
    assert process.returncode == 3
    assert note.startswith("mlflow at http://127.0.0.1:")
    assert "at least 12 characters" in note
    assert f"Read {settled / 'stack' / 'mlflow.log'}" in note


def test_port_that_is_taken_is_one_line_and_nothing_is_started(run, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        answer = run("up", "--lake", tmp_path, "--mlflow-port", taken.getsockname()[1])

    assert (answer.exit_code, answer.stdout) == (3, "")
    assert "--mlflow-port (0: any free one)" in answer.stderr
    assert len(answer.stderr.splitlines()) == 1
    assert not list(tmp_path.rglob("*.log"))


def test_invalid_database_is_refused_without_showing_it(run, tmp_path):
    answer = run("up", "--lake", tmp_path, "--database", "mysql://keeper:hidden@db", *FREE)

    assert answer.exit_code == 2
    assert "postgresql://" in answer.stderr
    assert "hidden" not in answer.stderr


def test_programs_database_is_never_shown(run, tmp_path, monkeypatch):
    monkeypatch.setenv("CREDIT_DEFAULT_STACK__DATABASE", "postgresql://keeper:hidden@db")

    answer = run("settings", "--lake", tmp_path)

    assert "hidden" not in answer.stdout
    assert "stack.database" in answer.stdout
