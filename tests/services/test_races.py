"""Several runners on one batch: there is one result, whichever is first, and a runner that was stopped meanwhile changes nothing."""

import json
import os
import shutil
import subprocess
import sys

import pytest

pytestmark = pytest.mark.xdist_group("mlflow")

COMMAND = "from credit_default.cli.main import run; run()"


@pytest.fixture
def root(two_versions, tmp_path):
    return shutil.copytree(two_versions, tmp_path / "lake")


@pytest.fixture
def look(crash_driver, root):
    return lambda: crash_driver.run(root, [["look", "", 0]])["told"][0]


def count_entries(state, event):
    return sum(count for entry, count in state["entries"].items() if entry.startswith(f"{event} "))


@pytest.mark.parametrize("count", [8, pytest.param(32, marks=pytest.mark.nightly)])
def test_runners_at_one_batch_at_once_come_to_one_result(
    crash_driver, crash_files, root, look, count
):
    job = {"root": str(root), "acts": [["score", str(crash_files.batch), 0]]}

    ended = crash_driver.ask(do="run", jobs=[job] * count)

    assert [(one["exit"], one["error"]) for one in ended] == [(0, "")] * count
    told = sorted(one["told"][0] for one in ended)
    assert told == ["scored"] + ["was there"] * (count - 1)
    state = look()
    assert [rows for _, _, rows, _ in state["parts"]["scores"]] == [57]
    assert state["parts"]["quarantine"][0][0] == 3
    assert state["versions"]["scores"] == 1  # the table was made, and committed to once
    assert (state["ledger"], count_entries(state, "scored")) == ("ok", 1)


def test_runners_at_one_outcomes_file_at_once_come_to_one_result(
    crash_driver, crash_files, root, look
):
    job = {"root": str(root), "acts": [["outcomes", str(crash_files.outcomes), 0]]}

    ended = crash_driver.ask(do="run", jobs=[job] * 6)

    assert [(one["exit"], one["error"]) for one in ended] == [(0, "")] * 6
    state = look()
    parts = state["parts"]
    assert [parts[name][0][0] for name in ("outcomes", "outcome history", "quarantine")] == [
        58,
        58,
        2,
    ]
    assert (state["versions"]["outcomes"], state["versions"]["outcome_history"]) == (1, 1)
    assert (state["ledger"], count_entries(state, "outcomes taken in")) == ("ok", 1)


@pytest.mark.parametrize(
    ("act", "file", "failpoint", "nth"),
    [
        ("predict", "batch", "ingest.recorded", 1),
        ("predict", "batch", "table.opened", 3),  # the scores, before they are read
        ("predict", "batch", "table.streamed", 2),  # the scores, written and not yet committed
        ("outcomes", "outcomes", "table.streamed", 2),  # the history, likewise
        ("outcomes", "outcomes", "outcomes.kept", 1),
    ],
)
def test_a_stopped_runner_that_wakes_up_after_another_has_committed_changes_nothing(
    crash_driver, crash_files, root, look, act, file, failpoint, nth
):
    acts = [[act, str(getattr(crash_files, file)), 0]]
    job = {"root": str(root), "acts": acts, "failpoint": failpoint, "nth": nth, "how": "stop"}
    sleeper = crash_driver.ask(do="start", job=job)["pid"]
    other = crash_driver.run(root, acts)
    before = look()

    woken = crash_driver.ask(do="wake", pid=sleeper)

    assert (other["exit"], woken["exit"], woken["error"]) == (0, 0, "")
    assert woken["told"] == ["already scored, nothing done" if act == "predict" else "taken in"]
    after = look()
    assert after == before


@pytest.mark.nightly
def test_two_command_lines_at_one_batch_come_to_one_result(crash_files, root, look, tmp_path):
    """Each starts and ends a Prefect server of its own: a minute and a half, on a busy machine."""
    config = tmp_path / "small.toml"
    config.write_text(f'lake = "{root}"\ncache = "{tmp_path}/cache"\njobs = 1\nreport = "drift"\n')
    line = [
        sys.executable,
        "-c",
        COMMAND,
        "predict",
        str(crash_files.batch),
        "--config",
        str(config),
        "--json",
    ]
    given = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    runners = [
        subprocess.Popen(
            line, env=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path
        )
        for _ in range(2)
    ]

    answers = [runner.communicate(timeout=900) for runner in runners]

    assert [runner.returncode for runner in runners] == [0, 0], answers
    told = [json.loads(stdout) for stdout, _ in answers]
    assert sorted(one["status"] for one in told) == ["already scored, nothing done", "scored"]
    assert [one["counts"]["scored"] for one in told] == [57, 57]
    state = look()
    assert [rows for _, _, rows, _ in state["parts"]["scores"]] == [57]
    assert (state["versions"]["scores"], count_entries(state, "scored")) == (1, 1)
