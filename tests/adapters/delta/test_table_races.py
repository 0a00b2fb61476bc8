"""Runners in processes of their own at the tables of one lake; the acts are in `tests/fakes/table_runners.py`."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from deltalake import DeltaTable

from credit_default.adapters.lake.layout import open_lake
from credit_default.adapters.tables.ledger import read_entries
from credit_default.adapters.tables.queries import read_scores, scan_table
from credit_default.gates.ledger.chain import judge_chain

SCRIPT = Path(__file__).parents[2] / "fakes" / "table_runners.py"
BATCH_ID = "ab" * 8
ROW_COUNT = 200

RUNNERS = [8, pytest.param(32, marks=pytest.mark.nightly)]


def race(uri, count, act):
    ended = subprocess.run(
        [sys.executable, SCRIPT, str(uri), str(count), act],
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    assert ended.returncode == 0, ended.stderr
    return [json.loads(line) for line in ended.stdout.splitlines()]


def open_version(lake, name):
    return DeltaTable(lake.table_uri(name), storage_options=dict(lake.storage_options)).version()


def check_one_result(lake, found, count):
    (winner,) = [runner for runner in found if not runner["already_existed"]]
    scores = read_scores(lake, batch_id=BATCH_ID)
    assert len(found) == count
    assert winner["row_count"] == ROW_COUNT
    assert scores["client_id"].n_unique() == scores.height == ROW_COUNT
    assert scores["default_probability"].unique().to_list() == [winner["number"] / 1000]
    assert open_version(lake, "scores") == 1


@pytest.mark.parametrize("count", [32])
def test_of_runners_that_race_on_one_batch_one_commits_and_the_others_find_it_there(
    tmp_path, count
):
    found = race(tmp_path, count, "score_one_batch")

    check_one_result(open_lake(tmp_path), found, count)


@pytest.mark.parametrize("count", [4, pytest.param(8, marks=pytest.mark.nightly)])
def test_in_a_bucket_one_commits_too(s3_uri, tmp_path, count):
    found = race(s3_uri, count, "score_one_batch")

    check_one_result(open_lake(s3_uri, home=tmp_path), found, count)


@pytest.mark.parametrize("count", RUNNERS)
def test_runners_with_batches_of_their_own_all_commit(tmp_path, count):
    found = race(tmp_path, count, "score_own_batch")

    lake = open_lake(tmp_path)
    counts = scan_table(lake, "scores").group_by("batch_id").agg(pl.len()).collect()
    assert [runner["already_existed"] for runner in found] == [False] * count
    assert counts["len"].to_list() == [ROW_COUNT] * count
    assert open_version(lake, "scores") == count


@pytest.mark.parametrize("count", RUNNERS)
def test_runners_that_make_entries_at_once_leave_one_unbroken_chain(tmp_path, count):
    found = race(tmp_path, count, "append_decisions")

    entries = read_entries(open_lake(tmp_path))
    assert judge_chain(entries).level == "ok"
    assert len(entries) == 2 * count + 1
    assert len({runner["sequences"][-1] for runner in found}) == 1
    own = {f"own {number}.{entry}" for number in range(1, count + 1) for entry in range(2)}
    assert {entry.key for entry in entries} == own | {"everybody's"}


@pytest.fixture(params=["folder", "bucket"])
def uri(request, tmp_path):
    return request.getfixturevalue("s3_uri") if request.param == "bucket" else str(tmp_path)


def test_a_runner_that_was_stopped_before_its_commit_changes_nothing_when_it_wakes_up_after_anothers(
    uri,
):
    command = [sys.executable, SCRIPT, uri, "1", "score_after_a_pause"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as sleeper:
        try:
            _, status = os.waitpid(sleeper.pid, os.WUNTRACED)
            stopped_before = os.WIFSTOPPED(status) and not open_version(open_lake(uri), "scores")
            (other, *_) = race(uri, 2, "score_one_batch")
            version = open_version(open_lake(uri), "scores")
            sleeper.send_signal(signal.SIGCONT)
            output, _ = sleeper.communicate(timeout=600)
        finally:
            sleeper.kill()

    assert stopped_before
    assert json.loads(output)["already_existed"]
    assert open_version(open_lake(uri), "scores") == version == 1
    assert read_scores(open_lake(uri), batch_id=BATCH_ID).height == ROW_COUNT
    assert other["number"] in {1, 2}
