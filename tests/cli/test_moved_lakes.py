"""A lake that was moved or copied is used in its new place only: the old one is watched."""

import hashlib
import json
import runpy
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import boto3
import polars as pl
import pytest

from credit_default.adapters.lake.layout import open_lake

pytestmark = pytest.mark.xdist_group("prefect")

watch_folder = runpy.run_path(str(Path(__file__).parents[1] / "fakes" / "watched_folder.py"))[
    "watch_folder"
]
MOVED = "this lake was moved or copied from"


def digest_files(folder):
    return {
        path.relative_to(folder).as_posix(): (
            hashlib.sha256(path.read_bytes()).hexdigest(),
            path.stat().st_mtime_ns,
        )
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def batch(simulated_files, tmp_path):
    rows = pl.read_csv(simulated_files.batch, infer_schema=False)
    rows.head(250).write_csv(tmp_path / "batch.csv")
    return tmp_path / "batch.csv"


@pytest.fixture
def use(run, config, prefect_server):
    """Run one command on a lake, and give its summary."""

    def call(lake, *arguments):
        answer = run(
            *arguments, "--lake", lake, "--config", config, "--json", server=prefect_server
        )
        assert answer.exit_code in {0, 1}, answer.stdout
        return answer.json

    return call


def live(use, lake, batch, data):
    """Every command that reads or writes models or results; the texts of all their summaries."""
    scored = use(lake, "predict", batch)
    client = pl.read_csv(batch, infer_schema=False)["client_id"][0]
    trained = use(lake, "train", "--data", data)
    version = trained["model_version"]
    told = [
        scored,
        trained,
        use(lake, "monitor", scored["batch_id"]),
        use(lake, "models", "show", version),
        use(lake, "models", "promote", version, "--reason", "to see it promoted"),
        use(lake, "models", "rollback", "--reason", "to see it rolled back"),
        use(lake, "explain", scored["batch_id"], client),
        use(lake, "verify", scored["batch_id"]),
        use(lake, "reconcile"),
        use(lake, "doctor"),
    ]
    assert [one["status"] for one in told if one["command"] in {"verify", "doctor"}] == [
        "proved",
        "all well",
    ]
    assert Path(trained["paths"]["model card"]).is_relative_to(lake)
    assert Path(trained["paths"]["model card"]).exists()
    return told


def find_notes(told):
    return [note for one in told for note in one["notes"] if note.startswith(MOVED)]


@pytest.fixture
def original(trained, tmp_path, use):
    """A lake of its own, in its place."""
    lake = shutil.copytree(trained["lake"], tmp_path / "original")
    use(lake, "models", "show", 1)
    return lake


def test_a_moved_lake_leaves_nothing_in_its_old_place(
    use, original, tmp_path, batch, simulated_files
):
    moved = original.rename(tmp_path / "moved")
    original.mkdir()
    (original / "kept.txt").write_text("of somebody else")

    with watch_folder(original) as watched:
        told = live(use, moved, batch, simulated_files.training)

        assert watched.list_events() == ()
    assert [path.name for path in original.iterdir()] == ["kept.txt"]
    (note,) = find_notes(told)
    assert f"'{original}'" in note
    assert told[0]["notes"][0] == note  # said by the first command, and by no later one


def test_a_copied_lake_does_not_touch_its_original(use, original, tmp_path, batch, simulated_files):
    copy = shutil.copytree(original, tmp_path / "copy")
    before = digest_files(original)

    with watch_folder(original) as watched:
        told = live(use, copy, batch, simulated_files.training)

        assert watched.list_events() == ()
    assert digest_files(original) == before
    assert len(find_notes(told)) == 1
    assert find_notes([use(original, "models", "show")]) == []


def test_what_is_kept_outside_is_named_by_doctor_and_verify(use, original):
    with closing(sqlite3.connect(original / "mlflow.db")) as database:
        database.execute(
            "UPDATE experiments SET artifact_location = 's3://models/train' WHERE name = 'credit-default/train'"
        )
        database.commit()

    diagnosed, verified = use(original, "doctor"), use(original, "verify")

    (mlflow,) = [one for one in diagnosed["verdicts"] if one["gate"] == "mlflow"]
    assert (diagnosed["exit_code"], mlflow["level"]) == (0, "watch")
    assert "'s3://models/train'" in mlflow["reasons"][1]
    assert (verified["exit_code"], verified["status"]) == (0, "proved")
    assert "'s3://models/train'" in verified["notes"][0]
