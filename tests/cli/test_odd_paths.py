"""Every command works in a folder of any name, and a path is followed once, from the folder where the command was started."""

import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from credit_default.adapters.lake.layout import open_lake
from credit_default.adapters.storage.open_storage import open_storage

NAMES = runpy.run_path(str(Path(__file__).parents[1] / "fakes" / "odd_names.py"))
LONGEST_FILE_NAME = 150  # with the digest that `processed/` puts before it

pytestmark = [pytest.mark.xdist_group("prefect"), pytest.mark.usefixtures("drawn_pages")]


@pytest.fixture
def start_in(tmp_path, monkeypatch, simulated_files, mlflow_template):
    """Makes a folder of this name with files of such names in it, and goes there."""

    def start(name):
        folder = tmp_path / name
        lake = folder / "lake"
        lake.mkdir(parents=True)
        shutil.copy(mlflow_template, lake / "mlflow.db")
        batch, data = (f"{name[:LONGEST_FILE_NAME]} {what}.csv" for what in ("batch", "data"))
        pl.read_csv(simulated_files.batch, infer_schema=False).head(200).write_csv(folder / batch)
        shutil.copy(simulated_files.training, folder / data)
        (folder / "small.toml").write_text(
            'cache = "cache"\njobs = 1\nreport = "drift"\n'
            "[recipe]\ntree_count = 5\nmaximum_depth = 4\n"
            "[stability]\nrefit_count = 0\n[proxies]\ntree_count = 5\nrow_count = 200\n"
            "[fairness]\nresample_count = 20\n[economics]\nresample_count = 20\n"
            "[quality]\nhighest_known_share = 1.0\n"
        )
        monkeypatch.chdir(folder)
        return batch, data

    return start


def list_missing(summary, folder):
    """The files and folders that a summary names and that are not there."""
    named = [value for value in summary["paths"].values() if "/" in value]  # others are digests
    return [path for path in named if not (path.startswith(str(folder)) and Path(path).exists())]


def go_the_whole_way(run, server, tmp_path, name, batch, data):
    shared = ("--quiet", "--json", "--config", "small.toml", "--lake", f"../{name}//lake")

    def succeed(*words):
        ended = run(*words, *shared, server=server)
        assert ended.exit_code == 0, (words, ended.stdout, ended.stderr)
        return ended.json

    summaries = {
        "ingest": succeed("ingest", f"./{batch}"),
        "train": succeed("train", "--data", f"./{data}"),
        "predict": succeed("predict", f"../{name}/{batch}", "--out", "./scores.csv"),
        "monitor": succeed("monitor"),
        "verify": succeed("verify"),
        "models show": succeed("models", "show", "1"),
        "history": succeed("monitor", "--history"),
    }

    assert summaries["predict"]["counts"]["scored"] == 200
    assert pl.read_csv(Path("scores.csv")).height == 200
    missing = {act: list_missing(summary, tmp_path / name) for act, summary in summaries.items()}
    assert {act: paths for act, paths in missing.items() if paths} == {}
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert {"champion", "evidently", "mlartifacts", "reports", "snapshots", "tables"} <= {
        path.name for path in Path("lake").iterdir()
    }


def test_the_commands_work_in_a_folder_with_an_odd_name(run, prefect_server, start_in, tmp_path):
    name = NAMES["SHORT_NAMES"][1]

    go_the_whole_way(run, prefect_server, tmp_path, name, *start_in(name))


@pytest.mark.nightly
@pytest.mark.parametrize("name", NAMES["ODD_NAMES"])
def test_the_commands_work_in_a_folder_of_each_odd_name(
    run, prefect_server, start_in, tmp_path, name
):
    go_the_whole_way(run, prefect_server, tmp_path, name, *start_in(name))


@pytest.mark.nightly
@pytest.mark.parametrize("prefix", ["My Portfolio/ä #1 (100%)/a=b", "it's [x]* {} what?"])
def test_the_commands_work_in_a_bucket_below_a_prefix_of_any_name(
    run, prefect_server, start_in, tmp_path, s3_uri, prefix
):
    batch, data = start_in("home")
    open_storage(s3_uri).write_object("in %20box/batch #1?.csv", Path(batch))
    own = open_lake(f"{s3_uri}/{prefix}", home=Path(".credit-default")).home
    shutil.copytree("lake", own)  # an empty MLflow database: making one takes seconds
    shared = ("--quiet", "--json", "--config", "small.toml", "--lake", f"{s3_uri}/{prefix}")

    ended = [
        run(*words, *shared, server=prefect_server)
        for words in (
            ("ingest", f"{s3_uri}/in %20box/batch #1?.csv"),
            ("train", "--data", f"./{data}"),
            ("predict", f"{s3_uri}/in %20box/batch #1?.csv", "--out", "scores.csv"),
            ("monitor",),
            ("verify",),
            ("models", "show", "1"),
        )
    ]

    assert [one.exit_code for one in ended] == [0] * 6, [one.stdout for one in ended]
    assert pl.read_csv("scores.csv").height == 200
    keys = [stored.key for stored in open_storage(s3_uri).list_objects("")]
    assert {key.startswith((f"{prefix}/", "in %20box/")) for key in keys} == {True}


@pytest.mark.parametrize("prefix", ["a%20b", "tab\tname", "back\\slash", "ä" * 61])
def test_a_prefix_in_which_no_table_can_be_is_refused_before_any_work(run, tmp_path, prefix):
    ended = run("verify", "--lake", f"s3://some-bucket/{prefix}")

    assert ended.exit_code == 2
    assert "found the prefix" in ended.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["plain", NAMES["SHORT_NAMES"][0]])
def test_a_lake_by_a_link_and_by_its_own_path_is_one_lake(run, name, tmp_path, simulated_files):
    (tmp_path / name / "lake").mkdir(parents=True)
    (tmp_path / "link").symlink_to(f"{name}/lake")
    file = simulated_files.batch

    first = run("ingest", file, "--lake", tmp_path / "link", "--json")
    again = run("ingest", file, "--lake", f"{tmp_path}/{name}/../{name}//lake/", "--json")

    assert (first.exit_code, again.exit_code) == (0, 0)
    assert first.json["paths"] == again.json["paths"]
    assert first.json["paths"]["snapshot"].startswith(f"{tmp_path}/{name}/lake/snapshots/")
    assert again.json["status"].startswith("already")


@pytest.mark.parametrize(
    "words",
    [
        ("ingest", "batch.csv"),
        ("predict", "batch.csv"),
        ("verify",),
        pytest.param(("models", "show", "1"), marks=pytest.mark.nightly),
        pytest.param(("train", "--data", "x.csv"), marks=pytest.mark.nightly),
        pytest.param(("doctor",), marks=pytest.mark.nightly),
    ],
)
def test_without_a_working_folder_a_command_says_so_on_one_line(words, tmp_path):
    gone = tmp_path / "gone"
    gone.mkdir()
    program = "import os; os.rmdir(os.getcwd()); from credit_default.cli.main import app; app()"

    ended = subprocess.run(
        [sys.executable, "-c", program, *words],
        cwd=gone,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ended.returncode, ended.stdout) == (2, "")
    (line,) = ended.stderr.splitlines()
    assert "a working folder that no longer exists" in line


@pytest.mark.parametrize("words", [("verify",), ("outcomes",), ("demo",), ("doctor",)])
def test_an_empty_path_is_not_the_working_folder(run, words, tmp_path, monkeypatch):
    (tmp_path / "batch.csv").touch()
    monkeypatch.chdir(tmp_path)

    ended = run(*words, "--lake", "")

    assert (ended.exit_code, ended.stdout) == (2, "")
    assert "found an empty path" in ended.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["batch.csv"]


@pytest.mark.parametrize(
    "words", [("simulate",), ("tune",), ("quarantine", "a" * 16), ("predict", "batch.csv")]
)
def test_an_empty_place_to_write_to_is_not_the_working_folder(run, words, tmp_path, monkeypatch):
    (tmp_path / "batch.csv").touch()
    monkeypatch.chdir(tmp_path)

    ended = run(*words, "--out", "")

    assert (ended.exit_code, ended.stdout) == (2, "")
    assert "--out: found an empty path" in ended.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["batch.csv"]


def test_a_file_and_a_lake_whose_names_are_no_text_are_refused(run, tmp_path):
    name = os.fsdecode(b"caf\xe9")

    for words in (("verify", "--lake", f"{tmp_path}/{name}"), ("ingest", f"{name}.csv")):
        ended = run(*words)
        assert ended.exit_code == 2
        assert "a name that is not UTF-8 text" in ended.stderr
    assert list(tmp_path.iterdir()) == []
