import json
import socket
import subprocess

import fastexcel
import numpy as np
import polars as pl
import pytest
from tests.services.validation.test_scored_file import make_scores, write

from credit_default.adapters.host.given_paths import resolve_folder

FILES = ["validation.html", "validation.json", "validation.xlsx"]


@pytest.fixture
def forbid_servers(monkeypatch):
    """Let no program be started but git, which tells the commit, and no address be bound or connected to."""
    start = subprocess.Popen.__init__

    def refuse(*_, **__):
        raise AssertionError("a server or a connection")

    def start_git(self, words, *arguments, **options):
        assert "git" in str(words[0]), words
        start(self, words, *arguments, **options)

    monkeypatch.setattr(socket.socket, "bind", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(subprocess.Popen, "__init__", start_git)


@pytest.fixture
def scores(tmp_path):
    return write(make_scores(2_000), tmp_path / "scores.csv")


def test_a_strangers_file_is_validated_without_a_lake_or_a_server(
    run, scores, tmp_path, forbid_servers, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    reference = write(make_scores(2_000, seed=1), tmp_path / "development.csv")

    answer = run("validate", scores, "--reference", reference, "--segment", "region")

    assert answer.exit_code == 0
    assert "discrimination" in answer.stdout
    assert "scores.csv: " in answer.stdout
    assert max(map(len, answer.stdout.split("note:")[0].splitlines())) <= 120
    assert sorted(path.name for path in tmp_path.iterdir()) == ["development.csv", "scores.csv"]


def test_page_json_and_workbook_are_written_and_are_the_same_the_next_time(run, scores, tmp_path):
    answers = [
        run("validate", scores, "--out", tmp_path / name, "--json") for name in ("one", "two")
    ]

    assert [answer.exit_code for answer in answers] == [0, 0]
    for name in FILES:
        first, second = ((tmp_path / folder / name).read_bytes() for folder in ("one", "two"))
        assert first == second
    content = json.loads((tmp_path / "one" / "validation.json").read_text())
    sheet = fastexcel.read_excel(tmp_path / "one" / "validation.xlsx").load_sheet("all tests")
    assert sheet.to_polars().height == len(content["results"])
    assert answers[0].json["paths"]["page"] == str(
        resolve_folder(tmp_path / "one", thing="--out") / "validation.html"
    )


def test_json_is_one_object_in_the_schema_of_every_command(run, scores):
    answer = run("validate", scores, "--json")

    assert answer.json["command"] == "validate"
    (verdict,) = answer.json["verdicts"]
    assert verdict["gate"] == "validation"
    assert verdict["level"] in {"ok", "watch"}
    assert answer.json["counts"]["validated"] == 2_000
    assert answer.json["figures"]["tests"] >= 40


def test_a_model_at_a_wrong_level_ends_with_exit_code_1(run, tmp_path):
    wrong = make_scores(4_000).with_columns(pl.col("default_probability") * 0.6)

    answer = run("validate", write(wrong, tmp_path / "scores.csv"))

    assert answer.exit_code == 1
    assert "alarm" in answer.stdout
    assert "red" in answer.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("absent.csv",), "absent.csv"),
        (("SCORES", "--score", "nothing"), "no 'nothing' among 'client_id'"),
        (("SCORES", "--outcome", "income"), "0 (paid), 1 (defaulted)"),
        (("SCORES", "--reference", "absent.csv"), "absent.csv"),
        (("SCORES", "--out", "SCORES"), "a file of that name"),
        (("s3://bucket/scores.csv",), "Copy the file to this machine"),
        (("--score", "p"), "Name the file"),
        (("3", "--segment", "region"), "./3"),
    ],
)
def test_bad_usage_ends_with_exit_code_2_and_a_sentence(
    run, scores, tmp_path, monkeypatch, arguments, words
):
    monkeypatch.chdir(tmp_path)
    given = [str(scores) if argument == "SCORES" else argument for argument in arguments]

    answer = run("validate", *given)

    assert answer.exit_code == 2
    assert words in answer.stderr
    assert answer.stderr.count("\n") == 1
    assert answer.stdout == ""


def test_too_few_rows_are_not_judged_and_no_figure_is_given(run, tmp_path):
    answer = run("validate", write(make_scores(150), tmp_path / "few.csv"), "--json")

    (verdict,) = answer.json["verdicts"]
    assert answer.exit_code == 0
    assert verdict["level"] == "not judged"
    assert "200" in verdict["reasons"][1]
    assert verdict["figures"] == {}


def test_hostile_labels_reach_neither_terminal_nor_page_as_code(run, tmp_path):
    frame = make_scores(2_000)
    labels = ["<script>alert(1)</script>", "\x1b[31mred", "=cmd|' /C calc'!A0"]
    hostile = frame.with_columns(
        region=pl.Series(np.array(labels)[np.arange(2_000) % 3].tolist()),
    )
    path = tmp_path / "scores.parquet"
    hostile.write_parquet(path)

    answer = run("validate", path, "--segment", "region", "--out", tmp_path / "out")

    page = (tmp_path / "out" / "validation.html").read_text()
    assert "\x1b" not in answer.stdout
    assert "<script" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.xdist_group("prefect")
def test_the_champion_is_validated_from_the_lake_without_a_server(
    run, config, tmp_path, forbid_servers
):
    answer = run("validate", "--config", config, "--out", tmp_path / "out", "--json")

    content = json.loads((tmp_path / "out" / "validation.json").read_text())
    assert answer.exit_code in {0, 1}
    assert answer.json["status"].startswith("version 1: ")
    assert content["is_simulated"]
    assert content["reference"]["row_count"] > 0
    assert len({result["test_id"] for result in content["results"]}) >= 40


@pytest.mark.xdist_group("prefect")
def test_a_version_that_is_not_there_is_bad_usage(run, config):
    answer = run("validate", 99, "--config", config)

    assert answer.exit_code == 2
    assert "99" in answer.stderr


def test_without_a_champion_the_next_step_is_said(run, tmp_path):
    answer = run("validate", "--lake", tmp_path / "lake")

    assert answer.exit_code == 2
    assert "credit-default train" in answer.stderr
