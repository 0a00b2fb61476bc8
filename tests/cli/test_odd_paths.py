"""Every command works in a folder of any name, and a path is followed once, from the folder where the command was started."""

import runpy
import shutil
from pathlib import Path

import polars as pl
import pytest

NAMES = runpy.run_path(str(Path(__file__).parents[1] / "fakes" / "odd_names.py"))
LONGEST_FILE_NAME = 150  # with the digest that `processed/` puts before it

pytestmark = pytest.mark.xdist_group("prefect")


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
    named = [path.partition(" (Delta")[0] for path in summary["paths"].values()]
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
