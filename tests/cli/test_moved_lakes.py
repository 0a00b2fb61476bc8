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
def quick(trained, tmp_path):
    """The settings of the trained lake as a file, with all that makes a training quick."""
    lines = [
        f"{name} = {json.dumps(value)}\n"
        for name, value in trained.items()
        if name not in {"lake", "data"} and not isinstance(value, dict)
    ]
    for name, table in trained.items():
        if isinstance(table, dict):
            lines += [f"[{name}]\n", *(f"{key} = {value}\n" for key, value in table.items())]
    (tmp_path / "quick.toml").write_text("".join(lines))
    return tmp_path / "quick.toml"


@pytest.fixture
def use(run, quick, prefect_server):
    """Run one command on a lake, and give its summary."""

    def call(lake, *arguments):
        answer = run(*arguments, "--lake", lake, "--config", quick, "--json", server=prefect_server)
        assert answer.exit_code in {0, 1}, answer.stdout
        return answer.json

    return call


def live_shortly(use, lake, batch, data):
    """Score, train and verify; the summaries."""
    scored = use(lake, "predict", batch)
    trained = use(lake, "train", "--data", data)
    card = use(lake, "models", "show", trained["model_version"])
    verified = use(lake, "verify", scored["batch_id"])
    assert verified["status"] == "proved"
    for summary in (trained, card):
        assert Path(summary["paths"]["model card"]).is_relative_to(lake)
        assert Path(summary["paths"]["model card"]).exists()
    return [scored, trained, card, verified]


def live_fully(use, lake, batch, data):
    """Do the same, and all else that reads or writes models or results."""
    told = live_shortly(use, lake, batch, data)
    batch_id, version = told[0]["batch_id"], told[1]["model_version"]
    client = pl.read_csv(batch, infer_schema=False)["client_id"][0]
    return [
        *told,
        use(lake, "monitor", batch_id),
        use(lake, "models", "promote", version, "--reason", "to see it promoted"),
        use(lake, "models", "rollback", "--reason", "to see it rolled back"),
        use(lake, "explain", batch_id, client),
        use(lake, "reconcile"),
        use(lake, "doctor"),
    ]


LIVES = [
    pytest.param(live_shortly, id="in short"),
    pytest.param(live_fully, id="in full", marks=pytest.mark.nightly),
]


def find_notes(told):
    return [note for one in told for note in one["notes"] if note.startswith(MOVED)]


@pytest.fixture
def original(trained, tmp_path, use):
    """A lake of its own, in its place."""
    lake = shutil.copytree(trained["lake"], tmp_path / "original")
    use(lake, "models", "show", 1)
    return lake


@pytest.mark.parametrize("live", LIVES)
def test_a_moved_lake_touches_nothing_in_its_old_place(
    use, original, tmp_path, batch, simulated_files, live
):
    moved = original.rename(tmp_path / "moved")
    original.mkdir()
    (original / "kept.txt").write_text("of somebody else")

    with watch_folder(original) as watched:
        told = live(use, moved, batch, simulated_files.training)

        assert watched.list_events() == ()
    assert [path.name for path in original.iterdir()] == ["kept.txt"]
    (note,) = find_notes(told)
    assert str(original) in note
    assert told[0]["notes"][0] == note  # said by the first command, and by no later one


@pytest.mark.parametrize("live", LIVES)
def test_a_copied_lake_does_not_touch_its_original(
    use, original, tmp_path, batch, simulated_files, live
):
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
    assert "s3://models/train" in mlflow["reasons"][1]
    assert (verified["exit_code"], verified["status"]) == (0, "proved")
    assert "s3://models/train" in verified["notes"][0]


class Buckets:
    """A lake in a bucket with a scored batch, the bucket that it was copied to, and the folders of both on this machine."""

    def __init__(self, client, uri, home):
        self._client = client
        self.old, self.new = uri, f"{uri.replace('s3://lake-', 's3://copy-')}"
        self.old_home = open_lake(self.old, home=home).home
        self.new_home = open_lake(self.new, home=home).home

    def fill(self, lake, home):
        """Put what a lake in a folder holds into the old bucket and its home."""
        storage = open_lake(self.old, home=home).storage
        for name in ("mlflow.db", "mlartifacts"):
            self.old_home.mkdir(parents=True, exist_ok=True)
            copy = shutil.copytree if (lake / name).is_dir() else shutil.copy
            copy(lake / name, self.old_home / name)
        for folder in ("snapshots", "tables", "reports", "champion/pinned"):
            for path in sorted((lake / folder).rglob("*")):
                if path.is_file():
                    storage.write_object(path.relative_to(lake).as_posix(), path)
        storage.write_object("champion/champion.json", lake / "champion" / "champion.json")

    def copy(self):
        bucket, copy = (uri.removeprefix("s3://").partition("/")[0] for uri in (self.old, self.new))
        place = {"LocationConstraint": "eu-central-1"}
        self._client.create_bucket(Bucket=copy, CreateBucketConfiguration=place)
        for stored in self._client.list_objects_v2(Bucket=bucket)["Contents"]:
            source = {"Bucket": bucket, "Key": stored["Key"]}
            self._client.copy_object(Bucket=copy, Key=stored["Key"], CopySource=source)

    def list_versions(self):
        bucket = self.old.removeprefix("s3://").partition("/")[0]
        found = self._client.list_object_versions(Bucket=bucket)
        return {(one["Key"], one["VersionId"]) for one in found["Versions"]}, found.get(
            "DeleteMarkers"
        )

    def delete_old(self):
        bucket = self.old.removeprefix("s3://").partition("/")[0]
        found = self._client.list_object_versions(Bucket=bucket)
        for one in (*found["Versions"], *found.get("DeleteMarkers", ())):
            self._client.delete_object(Bucket=bucket, Key=one["Key"], VersionId=one["VersionId"])
        self._client.delete_bucket(Bucket=bucket)
        shutil.rmtree(self.old_home)


@pytest.fixture
def buckets(s3_environment, s3_uri, trained, use, batch, tmp_path, monkeypatch):
    monkeypatch.setenv("CREDIT_DEFAULT_HOME", str(tmp_path / "home"))
    client = boto3.client("s3", endpoint_url=s3_environment)
    buckets = Buckets(client, s3_uri, tmp_path / "home")
    buckets.fill(Path(trained["lake"]), tmp_path / "home")
    use(buckets.old, "predict", batch)
    buckets.copy()
    yield buckets
    client.close()


@pytest.mark.nightly
def test_a_bucket_copied_with_its_home_touches_neither_of_the_old_ones(
    use, buckets, batch, simulated_files, tmp_path
):
    shutil.copytree(buckets.old_home, buckets.new_home)
    before = digest_files(buckets.old_home), buckets.list_versions()

    with watch_folder(buckets.old_home) as watched:
        again = use(buckets.new, "predict", batch)
        trained = use(buckets.new, "train", "--data", simulated_files.training)
        verified = use(buckets.new, "verify", again["batch_id"])

        assert watched.list_events() == ()
    assert (digest_files(buckets.old_home), buckets.list_versions()) == before
    assert again["status"] == "already scored, nothing done"
    assert str(buckets.old_home) in find_notes([again])[0]
    assert Path(trained["paths"]["model card"]).is_relative_to(buckets.new_home)
    assert verified["status"] == "proved"
    buckets.delete_old()
    pl.read_csv(simulated_files.batch, infer_schema=False).tail(250).write_csv(batch)
    scored = use(buckets.new, "predict", batch)
    assert use(buckets.new, "verify", scored["batch_id"])["status"] == "proved"


def test_a_bucket_copied_without_its_home_says_what_is_absent(
    run, quick, prefect_server, buckets, batch, simulated_files, mlflow_template
):
    buckets.new_home.mkdir(parents=True)
    shutil.copy(mlflow_template, buckets.new_home)

    for command in (["predict", batch], ["train", "--data", simulated_files.training]):
        answer = run(*command, "--lake", buckets.new, "--config", quick, server=prefect_server)

        assert answer.exit_code == 2
        assert (
            f"MLflow's records of {buckets.new}: found no model; expected version 1"
            in answer.stderr
        )
        assert (
            f"copy the folder in which the lake's former address kept them to {buckets.new_home}"
            in answer.stderr
        )
