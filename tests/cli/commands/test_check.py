from pathlib import Path

import polars as pl
from tests.test_example_portfolios import make_gmsc, make_hmeq, write

EXAMPLES = Path(__file__).resolve().parents[3] / "examples" / "portfolios"


def test_check_counts_rows_outcomes_and_what_is_missing_and_keeps_nothing(run, tmp_path):
    rows = make_hmeq(500, 1)
    path = write("hmeq", rows, tmp_path / "hmeq.csv")

    answer = run(
        "check", path, "--portfolio", EXAMPLES / "hmeq.toml", "--lake", tmp_path / "lake", "--json"
    )

    missing = int((rows["DEBTINC"] == "").sum())
    assert answer.exit_code == 0
    assert answer.json["status"] == "would be kept"
    assert answer.json["counts"] == {
        "read": 500,
        "accepted": 500,
        "rejected": 0,
        "defaulted": rows["BAD"].sum(),
        "paid": 500 - rows["BAD"].sum(),
    }
    assert f"debtinc: {missing / 500:.1%} not stated" in answer.json["notes"]
    assert not [path for path in (tmp_path / "lake").rglob("*") if path.is_file()]


def test_check_names_special_values_by_their_meaning(run, tmp_path):
    rows = make_gmsc(2_000, 1)
    path = write("gmsc", rows, tmp_path / "gmsc.csv")

    answer = run(
        "check", path, "--portfolio", EXAMPLES / "gmsc.toml", "--lake", tmp_path / "lake", "--json"
    )

    count = int((rows["NumberOfTimes90DaysLate"] == 98).sum())
    assert count
    assert f"late_90: {count / 2_000:.1%} 98 (a code of the bureau)" in answer.json["notes"]


def test_check_ends_with_1_where_the_quality_gate_would_refuse(run, tmp_path):
    spoiled = make_hmeq(500, 1).with_columns(
        JOB=pl.when(pl.int_range(pl.len()) < 40).then(pl.lit("Pilot")).otherwise("JOB")
    )
    path = write("hmeq", spoiled, tmp_path / "hmeq.csv")

    answer = run(
        "check", path, "--portfolio", EXAMPLES / "hmeq.toml", "--lake", tmp_path / "lake", "--json"
    )

    assert answer.exit_code == 1
    assert answer.json["status"] == "would be refused"
    assert any("job|unseen (40)" in note for note in answer.json["notes"])
    assert not [path for path in (tmp_path / "lake").rglob("*") if path.is_file()]


def test_check_of_a_file_without_outcomes_counts_none(run, simulated_files, tmp_path):
    answer = run("check", simulated_files.batch, "--lake", tmp_path / "lake", "--json")

    assert answer.exit_code == 0
    assert answer.json["counts"] == {"read": 1000, "accepted": 1000, "rejected": 0}
