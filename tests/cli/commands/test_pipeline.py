import json
import os
from pathlib import Path

import polars as pl
import pytest

pytestmark = pytest.mark.xdist_group("prefect")

KEYS = {
    "command",
    "status",
    "exit_code",
    "verdicts",
    "batch_id",
    "model_version",
    "run_id",
    "counts",
    "figures",
    "paths",
    "notes",
}


@pytest.fixture
def own_batch(simulated_files, tmp_path):
    rows = pl.read_csv(simulated_files.drifted, infer_schema=False)

    def write(start, name="batch.csv"):
        rows.slice(start, 250).write_csv(tmp_path / name)
        return tmp_path / name

    return write


def test_predict_prints_one_json_object_and_nothing_else(run, config, prefect_server, own_batch):
    answer = run("predict", own_batch(0), "--config", config, "--json", server=prefect_server)

    assert answer.exit_code == 0
    assert set(answer.json) == KEYS
    assert answer.json["counts"] == {"read": 250, "scored": 250, "quarantined": 0}
    assert answer.stderr == ""


def test_predict_ends_with_0_though_drift_rings_and_monitor_with_1(
    run, config, prefect_server, own_batch
):
    scored = run("predict", own_batch(250), "--config", config, "--json", server=prefect_server)
    monitored = run(
        "monitor", scored.json["batch_id"], "--config", config, "--json", server=prefect_server
    )

    levels = {verdict["gate"]: verdict["level"] for verdict in scored.json["verdicts"]}
    assert (scored.exit_code, levels["drift"]) == (0, "alarm")
    assert (monitored.exit_code, monitored.json["exit_code"]) == (1, 1)


def test_predict_twice_is_a_no_op_that_says_so(run, config, prefect_server, own_batch):
    path = own_batch(500)
    first = run("predict", path, "--config", config, "--json", server=prefect_server)
    page = Path(first.json["paths"]["report (html)"])
    written_at = page.stat().st_mtime_ns

    again = run("predict", path, "--config", config, "--json", server=prefect_server)

    assert (again.exit_code, again.json["status"]) == (0, "already scored, nothing done")
    assert again.json["verdicts"] == first.json["verdicts"]
    assert again.json["paths"]["report (html)"] == str(page)
    assert page.stat().st_mtime_ns == written_at


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_predict_hands_the_scores_over_as_a_file(
    run, config, prefect_server, own_batch, tmp_path, ending
):
    out = tmp_path / f"scores.{ending}"

    answer = run(
        "predict", own_batch(600), "--out", out, "--config", config, "--json", server=prefect_server
    )

    scores = pl.read_csv(out) if ending == "csv" else pl.read_parquet(out)
    assert answer.json["paths"]["handed over"] == str(out)
    assert scores.height == 250


def test_predict_shows_the_verdict_and_the_report_to_a_person(
    run, config, prefect_server, own_batch
):
    answer = run("predict", own_batch(700), "--config", config, server=prefect_server)

    assert "drift" in answer.stdout
    assert "report.html" in answer.stdout.replace("\n", "")
    assert "SIMULATED" in answer.stdout


def test_incoming_is_scored_and_put_away_refused_files_with_their_reason(
    run, config, trained, prefect_server, own_batch
):
    lake = Path(trained["lake"])
    (lake / "incoming").mkdir(exist_ok=True)
    own_batch(50, "good.csv").rename(lake / "incoming" / "good.csv")
    (lake / "incoming" / "bad.csv").write_text("nonsense")
    for name in ("good.csv", "bad.csv"):
        os.utime(lake / "incoming" / name, (1_000_000_000, 1_000_000_000))  # long settled

    answer = run("predict", "--incoming", "--config", config, "--json", server=prefect_server)

    assert (answer.exit_code, answer.json["status"]) == (1, "1 scored, 1 refused")
    assert list((lake / "incoming").iterdir()) == []
    assert [p.name.split("-", 1)[1] for p in (lake / "processed").iterdir()] == ["good.csv"]
    reason = next((lake / "refused").glob("*.reason.json"))
    assert "columns" in json.loads(reason.read_text())["thing"]


@pytest.mark.parametrize("command", ["ingest", "predict"])
def test_a_file_whose_name_is_no_utf8_is_one_line(run, config, own_batch, tmp_path, command):
    path = own_batch(740).rename(tmp_path / "march\udcff.csv")

    answer = run(command, path, "--config", config)

    assert (answer.exit_code, answer.stdout) == (2, "")
    assert answer.stderr.startswith(f"credit-default {command}: ")
    assert "found a name that is not UTF-8" in answer.stderr


@pytest.mark.parametrize("command", ["ingest", "predict"])
def test_a_scheme_that_nobody_reads_is_one_line(run, config, command):
    answer = run(command, "S3://bucket/batch.csv", "--config", config)

    assert (answer.exit_code, answer.stdout) == (2, "")
    assert "expected a path or s3://bucket/key" in answer.stderr


@pytest.mark.parametrize("place", ["scores.txt", "no-such-folder/scores.csv"])
def test_place_that_takes_no_scores_is_refused_before_any_work(
    run, config, own_batch, tmp_path, place
):
    answer = run("predict", own_batch(740), "--out", tmp_path / place, "--config", config)

    assert answer.exit_code == 2
    assert "nothing was scored" in answer.stderr


@pytest.mark.parametrize("beside", [["--data", "a.csv"], ["--month", "2005-09"]])
def test_refresh_takes_no_file_of_its_own(run, config, beside):
    answer = run("train", "--refresh", *beside, "--config", config)

    assert answer.exit_code == 2
    assert "ingest" in answer.stderr


@pytest.mark.parametrize(
    "arguments", [[], ["a.csv", "--incoming"], ["--incoming", "--out", "x.csv"]]
)
def test_predict_wants_one_file_or_incoming(run, config, arguments, prefect_server):
    assert run("predict", *arguments, "--config", config, server=prefect_server).exit_code == 2


def test_outcomes_then_performance(run, config, prefect_server, simulated_files):
    scored = run(
        "predict", simulated_files.batch, "--config", config, "--json", server=prefect_server
    )
    taken = run("outcomes", simulated_files.outcomes, "--config", config, "--json")
    monitored = run(
        "monitor", scored.json["batch_id"], "--config", config, "--json", server=prefect_server
    )

    assert sum(taken.json["counts"].values()) == 1000
    gates = {verdict["gate"] for verdict in monitored.json["verdicts"]}
    assert {"drift", "feed", "volume", "estimate", "fairness", "performance"} <= gates


def test_it_is_explained_whether_a_training_is_asked_for(run, config):
    answer = run("monitor", "--explain", "--config", config, "--json")

    assert answer.exit_code == 0
    assert [verdict["gate"] for verdict in answer.json["verdicts"]] == ["retraining"]
    assert "training is" in answer.json["status"]


@pytest.mark.parametrize(
    "beside",
    [["--history", "--explain"], ["--explain", "--retrain"], ["0123456789abcdef", "--explain"]],
)
def test_monitor_takes_one_of_its_options(run, config, beside):
    answer = run("monitor", *beside, "--config", config)

    assert answer.exit_code == 2
    assert "credit-default monitor --help" in answer.stderr


def test_model_that_is_wrong_is_trained_anew_at_once_where_that_is_asked_for(
    run, prefect_server, simulated_files, small_settings, tmp_path
):
    from credit_default.flows.train import train

    lake, config, strict = tmp_path / "lake", tmp_path / "own.toml", tmp_path / "strict.toml"
    train(
        overrides={**small_settings, "lake": str(lake), "data": str(simulated_files.training)},
        return_state=True,
    )
    config.write_text(
        f'lake = "{lake}"\ncache = "{small_settings["cache"]}"\njobs = 1\nreport = "drift"\n'
        "[recipe]\ntree_count = 10\nmaximum_depth = 6\n[stability]\nrefit_count = 0\n"
    )
    strict.write_text("[performance]\nlowest_roc_auc = 0.99\n")
    scored = run(
        "predict", simulated_files.batch, "--config", config, "--json", server=prefect_server
    )
    run("outcomes", simulated_files.outcomes, "--config", config, "--json")

    answer = run(
        "monitor",
        scored.json["batch_id"],
        "--retrain",
        "--config",
        config,
        "--config",
        strict,
        "--json",
        server=prefect_server,
    )

    verdicts = {verdict["gate"]: verdict for verdict in answer.json["verdicts"]}
    assert (answer.exit_code, verdicts["performance"]["level"]) == (1, "alarm")
    assert verdicts["retraining"]["reasons"][0] == "a retraining is requested"
    assert any(note.startswith("trained version") for note in answer.json["notes"])


def test_history_lists_findings(run, config, prefect_server, own_batch):
    run("predict", own_batch(720), "--config", config, "--json", server=prefect_server)

    answer = run("monitor", "--history", "--config", config)

    assert answer.exit_code == 0
    assert "drift" in answer.stdout


def test_train_with_what_is_known_keeps_the_champion_on_a_tie(
    run, config, prefect_server, simulated_files
):
    run("outcomes", simulated_files.outcomes, "--config", config, "--json")
    run("predict", simulated_files.batch, "--config", config, "--json", server=prefect_server)

    answer = run("train", "--refresh", "--config", config, "--json", server=prefect_server)

    assert (answer.exit_code, answer.json["status"]) == (0, "champion kept")
    assert "on the newest rows" in answer.json["verdicts"][-1]["reasons"][0]


def test_history_stands_as_a_page_in_the_lake(run, config, prefect_server, own_batch):
    run("predict", own_batch(730), "--config", config, "--json", server=prefect_server)

    answer = run("monitor", "--history", "--config", config, "--json")

    page = Path(answer.json["paths"]["history (html)"]).read_text(encoding="utf-8")
    assert "Monitoring history" in page
    assert "<script" not in page
