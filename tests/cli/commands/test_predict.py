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
    "months",
    "figures",
    "paths",
    "notes",
}


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


def test_predict_twice_changes_nothing_and_says_so(
    run, config, prefect_server, own_batch, drawn_pages
):
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
    run, config, prefect_server, own_batch, drawn_pages
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
def test_an_unknown_scheme_is_one_line(run, config, command):
    answer = run(command, "S3://bucket/batch.csv", "--config", config)

    assert (answer.exit_code, answer.stdout) == (2, "")
    assert "expected a path or s3://bucket/key" in answer.stderr


@pytest.mark.parametrize("place", ["scores.txt", "no-such-folder/scores.csv"])
def test_place_that_takes_no_scores_is_refused_before_any_work(
    run, config, own_batch, tmp_path, place
):
    answer = run("predict", own_batch(740), "--out", tmp_path / place, "--config", config)

    assert answer.exit_code == 2
    assert "nothing was done yet" in answer.stderr


@pytest.mark.parametrize(
    "arguments", [[], ["a.csv", "--incoming"], ["--incoming", "--out", "x.csv"]]
)
def test_predict_wants_one_file_or_incoming(run, config, arguments, prefect_server):
    assert run("predict", *arguments, "--config", config, server=prefect_server).exit_code == 2


def test_predict_scores_a_folder_whose_numbers_have_other_marks(
    run, config, prefect_server, own_batch, tmp_path
):
    rows = pl.read_csv(own_batch(800), infer_schema=False)
    amounts = pl.col("^.*((bill|payment)_amount|credit_limit).*$").str.replace(
        ".", ",", literal=True
    )
    (tmp_path / "parts").mkdir()
    for number, part in enumerate(rows.with_columns(amounts).iter_slices(100)):
        part.write_csv(tmp_path / "parts" / f"part-{number:05}.csv", separator=";")

    arguments = ("predict", tmp_path / "parts", "--decimal", ",", "--config", config, "--json")
    answer = run(*arguments, server=prefect_server)

    assert answer.exit_code == 0, answer.stderr
    assert answer.json["counts"]["scored"] == rows.height
    assert any("parts of the folder" in note for note in answer.json["notes"])
