import os
import shutil

import pytest

from credit_default.adapters.lake.layout import open_lake
from credit_default.services.context.moved_lake import follow_moved_lake

pytestmark = pytest.mark.xdist_group("prefect")

NOBODY = "http://127.0.0.1:9"


@pytest.fixture
def lake(untouched, tmp_path, monkeypatch):
    """A lake with a champion; a server that does not answer is waited for a moment only."""
    for name in (
        "PREFECT_HOME",
        "MPLCONFIGDIR",
    ):  # put back after the test, whatever a command sets
        monkeypatch.setenv(name, os.environ.get(name, ""))
    for name in ("PREFECT__WAIT_SECONDS", "MLFLOW__WAIT_SECONDS", "MLFLOW__TRAINING_WAIT_SECONDS"):
        monkeypatch.setenv(f"CREDIT_DEFAULT_{name}", "0.2")
    monkeypatch.setenv("CREDIT_DEFAULT_RECONCILE__SILENCE_SECONDS", "0.001")
    ignored = shutil.ignore_patterns("prefect")
    lake = shutil.copytree(untouched["lake"], tmp_path / "lake", ignore=ignored)
    follow_moved_lake(open_lake(lake))  # the first command would say that the lake was copied
    return lake


@pytest.mark.nightly
def test_batch_is_scored_with_both_servers_away_and_recorded_when_they_are_back(
    run, config, lake, simulated_files, prefect_server, monkeypatch
):
    place = ("--config", config, "--lake", lake, "--json")
    monkeypatch.setenv("CREDIT_DEFAULT_MLFLOW__TRACKING_URI", NOBODY)
    scored = run("predict", simulated_files.drifted, *place, server=f"{NOBODY}/api")
    monkeypatch.delenv("CREDIT_DEFAULT_MLFLOW__TRACKING_URI")

    mended, again = (run("reconcile", *place, server=prefect_server) for _ in range(2))

    assert (scored.exit_code, scored.json["status"], scored.json["run_id"]) == (0, "scored", None)
    assert (
        scored.json["notes"][0]
        == "Prefect at http://127.0.0.1:9/api does not answer: this ran on an ephemeral server"
    )
    assert "once MLflow answers" in scored.json["notes"][-1]
    assert {verdict["gate"]: verdict["level"] for verdict in scored.json["verdicts"]} == {
        "quality": "ok",
        "mlflow": "watch",
    }
    assert (mended.exit_code, mended.json["status"]) == (0, "reconciled")
    assert mended.json["figures"]["records added"] == 1
    assert f"recorded batch {scored.json['batch_id']}, version 1" in mended.json["notes"]
    assert (again.json["status"], again.json["notes"], again.json["figures"]) == (
        "nothing to do",
        [],
        {},
    )


def test_training_waits_a_while_for_mlflow_and_then_fails_before_it_fits(
    run, config, lake, simulated_files, prefect_server, monkeypatch
):
    monkeypatch.setenv("CREDIT_DEFAULT_MLFLOW__TRACKING_URI", NOBODY)
    before = sorted((lake / "snapshots").rglob("*"))

    answer = run(
        "train",
        "--data",
        simulated_files.training,
        "--config",
        config,
        "--lake",
        lake,
        "-q",
        server=prefect_server,
    )

    assert (answer.exit_code, answer.stdout) == (3, "")
    assert answer.stderr.startswith("credit-default train: MLflow (http://127.0.0.1:9): found ")
    assert "in 0.2 s" in answer.stderr
    assert sorted((lake / "snapshots").rglob("*")) == before


def test_reconcile_with_mlflow_away_does_its_other_parts_and_ends_with_3(
    run, config, lake, prefect_server, monkeypatch
):
    monkeypatch.setenv("CREDIT_DEFAULT_MLFLOW__TRACKING_URI", NOBODY)

    answer = run("reconcile", "--config", config, "--lake", lake, "--json", server=prefect_server)

    assert (answer.exit_code, answer.json["status"]) == (3, "nothing to do; mlflow unavailable")


def test_rollback_with_its_server_away_says_that_the_event_is_owed(run, config, lake, monkeypatch):
    monkeypatch.setenv("CREDIT_DEFAULT_PREFECT__API_URL", f"{NOBODY}/api")
    (lake / "champion" / "told-move").unlink()

    answer = run(
        "models", "promote", "1", "--reason", "a test", "--config", config, "--lake", lake, "--json"
    )

    assert answer.exit_code == 0
    assert answer.json["notes"] == [
        f"Prefect at {NOBODY}/api did not accept the event: `credit-default reconcile` sends it later"
    ]
