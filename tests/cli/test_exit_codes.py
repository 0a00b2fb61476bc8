"""An error that no code expected ends every command with 70 and one line, whatever the command was doing."""

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from credit_default.failpoints import armed_failpoint

pytestmark = pytest.mark.xdist_group("prefect")

COMMANDS = runpy.run_path(str(Path(__file__).parent / "terminal" / "test_shared_options.py"))[
    "COMMANDS"
]
ARGUMENTS = {  # what commands cannot be called without
    ("check",): ["f.csv"],
    ("declare",): ["f.csv"],
    ("ingest",): ["f.csv"],
    ("make-key",): ["k.pem"],
    ("explain",): ["b", "c"],
    ("quarantine",): ["b"],
    ("forget",): ["c"],
    ("models", "compare"): ["1", "2"],
    ("models", "promote"): ["1", "--reason", "x"],
    ("models", "rollback"): ["--reason", "x"],
    ("models", "review"): [
        *("1", "--opinion", "fit for use", "--next-review", "2999-01-01", "--reason", "x")
    ],
    ("models", "findings", "open"): ["1", "--title", "x", "--owner", "x", "--due", "2999-01-01"],
    ("models", "findings", "close"): ["f", "--reason", "x"],
    ("room-users", "add"): ["n"],
    ("room-users", "remove"): ["n"],
    ("room-users", "password"): ["n"],
    ("room-users", "role"): ["n", "--role", "viewer"],
    ("decisions", "override"): ["b", "c", "--to", "accept", "--reason", "x"],
}
WITHOUT_A_RESULT = {("serve",), ("listen",), ("room",)}
PLANT = """
import sys
from credit_default.failpoints import arm_failpoint

def fail():
    raise ValueError("planted at postgresql://anna:geheim@db/x")

arm_failpoint("command.begun", fail)
from credit_default.cli.main import run
run()
"""


def fail():
    raise ValueError("planted")


@pytest.fixture(autouse=True)
def temporary_folder(tmp_path, monkeypatch):
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_ends_an_unexpected_error_with_70_and_one_line(
    run, path, temporary_folder, monkeypatch
):
    monkeypatch.chdir(temporary_folder.parent)

    with armed_failpoint("command.begun", fail):
        answer = run(*path, *ARGUMENTS.get(path, []))

    assert (answer.exit_code, answer.stdout) == (70, "")
    (line,) = answer.stderr.splitlines()
    assert line.startswith(
        f"credit-default {' '.join(path)}: unexpected error: found ValueError: planted;"
    )
    assert "report" in line


@pytest.mark.parametrize(
    "path", [path for path in COMMANDS if path not in WITHOUT_A_RESULT], ids=" ".join
)
def test_every_command_with_json_prints_one_object_that_holds_70(run, path):
    with armed_failpoint("command.begun", fail):
        answer = run(*path, *ARGUMENTS.get(path, []), "--json")

    assert (answer.exit_code, answer.json["exit_code"], answer.json["status"]) == (70, 70, "failed")
    assert "ValueError: planted" in answer.json["notes"][0]
    assert answer.stderr == ""


def run_program(*arguments, folder):
    return subprocess.run(
        [sys.executable, "-c", PLANT, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TMPDIR": str(folder)},
    )


def test_real_command_line_keeps_the_traceback_in_a_log_file_without_credentials(temporary_folder):
    answer = run_program("settings", folder=temporary_folder)

    (log,) = temporary_folder.iterdir()
    assert (answer.returncode, answer.stdout) == (70, "")
    assert len(answer.stderr.splitlines()) == 1
    assert str(log) in answer.stderr
    assert "in fail" in log.read_text()
    assert "geheim" not in answer.stderr + log.read_text()


def test_traceback_is_printed_where_it_is_asked_for_before_or_after_the_command(temporary_folder):
    for arguments in (["--traceback", "settings"], ["settings", "--json", "--traceback"]):
        answer = run_program(*arguments, folder=temporary_folder)

        assert answer.returncode == 70
        assert "Traceback (most recent call last)" in answer.stderr
        assert "geheim" not in answer.stderr
        assert not list(temporary_folder.iterdir())
    assert json.loads(answer.stdout)["exit_code"] == 70


def test_flow_that_fails_inside_prefect_ends_with_70_and_its_original_error(
    run, config, simulated_files, prefect_server, tmp_path
):
    batch = tmp_path / "batch.csv"  # one that no other test scores
    pl.read_csv(simulated_files.batch, infer_schema=False).slice(3, 77).write_csv(batch)

    with armed_failpoint("predict.scored", fail):
        answer = run("predict", batch, "--config", config, "-q", server=prefect_server)

    assert answer.exit_code == 70
    assert "found ValueError: planted" in answer.stderr
    assert len(answer.stderr.splitlines()) == 1
    # run again, it completes what was cut short: other tests verify this lake
    assert run("predict", batch, "--config", config, "-q", server=prefect_server).exit_code == 0


@pytest.mark.nightly
def test_flow_as_a_script_ends_an_unexpected_error_with_70(temporary_folder):
    plant = PLANT.replace("cli.main import run", "flows.runs.run_as_script import run_as_script")
    plant = plant.replace(
        "\nrun()", "\nfrom credit_default.flows.train import train\nrun_as_script(train)"
    )

    answer = subprocess.run(
        [sys.executable, "-c", plant],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TMPDIR": str(temporary_folder)},
    )

    assert answer.returncode == 70
    assert len(answer.stderr.splitlines()) == 1
    assert answer.stderr.startswith("train: unexpected error: found ValueError")


def test_library_that_cannot_be_imported_ends_with_70_and_is_named(temporary_folder):
    broken = temporary_folder.parent / "broken"
    broken.mkdir()
    (broken / "dataframely.py").write_text("raise ImportError('libstdc++.so.6: not found')")
    path = os.pathsep.join([str(broken), *filter(None, [os.environ.get("PYTHONPATH")])])

    answer = subprocess.run(
        [sys.executable, "-m", "credit_default.cli.main", "ingest", "f.csv"],
        capture_output=True,
        text=True,
        check=False,
        cwd=temporary_folder.parent,
        env={**os.environ, "PYTHONPATH": path, "TMPDIR": str(temporary_folder)},
    )

    assert answer.returncode == 70
    (line,) = answer.stderr.splitlines()
    assert "found ImportError: libstdc++.so.6: not found" in line
