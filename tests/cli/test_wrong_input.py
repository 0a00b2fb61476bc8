"""Wrong input of every kind ends with 2, one readable line, no traceback, and nothing written."""

import gzip
import zipfile

import polars as pl
import pytest


def as_text(rows, **options):
    return rows.write_csv(**options).encode()


def truncated(path):
    content = as_text(path)
    return content[: len(content) - 40]


def swap_columns(rows):
    names = rows.columns
    return rows.rename(dict(zip(names[2:], names[3:] + names[2:3], strict=True)))


FAULTS = {
    "empty": lambda rows: b"",
    "header only": lambda rows: as_text(rows.head(0)),
    "semicolons and decimal commas": lambda rows: as_text(rows, separator=";").replace(
        b";0;", b";0,5;"
    ),
    "colons": lambda rows: as_text(rows).replace(b",", b":"),
    "utf-16": lambda rows: as_text(rows).decode().encode("utf-16"),
    "bytes of latin-1": lambda rows: as_text(rows).replace(b"SIM-", "é".encode("latin-1")),
    "binary": lambda rows: bytes(range(256)) * 50,
    "html": lambda rows: b"<html><body><table></table></body></html>",
    "pdf": lambda rows: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
    "truncated": truncated,
    "ragged": lambda rows: as_text(rows).replace(b"\n", b",1\n", 5).replace(b",1\n", b"\n", 1),
    "missing column": lambda rows: as_text(rows.drop("age")),
    "duplicated column": lambda rows: as_text(rows).replace(b"age", b"sex", 1),
    "two names of one column": lambda rows: as_text(
        rows.with_columns(PAY_0=pl.col("repayment_status_m1"))
    ),
    "shifted columns": lambda rows: as_text(swap_columns(rows)),
    "gzip": lambda rows: gzip.compress(as_text(rows)),
    "prose": lambda rows: b"Dear risk team,\nplease find attached the statements.\n",
}


@pytest.fixture(scope="module")
def rows(simulated_files):
    return pl.read_csv(simulated_files.batch, infer_schema=False).head(100)


def expect_one_line_and_nothing_written(answer, lake, name):
    assert answer.exit_code == 2, answer.stderr
    assert answer.stdout == ""
    told = [line for line in answer.stderr.splitlines() if line.strip()]
    assert len(told) == 1
    assert told[0].startswith("credit-default ingest: ")
    assert name in told[0] or "column" in told[0] or "the file" in told[0]
    assert "found " in told[0]
    assert "Traceback" not in answer.stderr
    assert not any(lake.rglob("*")) if lake.exists() else True


@pytest.mark.parametrize("fault", FAULTS)
def test_wrong_csv_is_one_clear_line(run, rows, tmp_path, fault):
    path = tmp_path / "statements.csv"
    path.write_bytes(FAULTS[fault](rows))

    answer = run("ingest", path, "--lake", tmp_path / "lake", "--quiet")

    expect_one_line_and_nothing_written(answer, tmp_path / "lake", "statements.csv")


@pytest.mark.parametrize("ending", ["parquet", "xlsx", "xls"])
def test_damaged_binary_table_is_one_clear_line(run, rows, tmp_path, ending):
    path = tmp_path / f"statements.{ending}"
    rows.write_parquet(path) if ending == "parquet" else rows.write_excel(path)
    path.write_bytes(path.read_bytes()[:-200])

    answer = run("ingest", path, "--lake", tmp_path / "lake", "--quiet")

    expect_one_line_and_nothing_written(answer, tmp_path / "lake", path.name)


def test_folder_missing_file_and_zip_are_one_clear_line(run, rows, tmp_path):
    (tmp_path / "folder.csv").mkdir()
    with zipfile.ZipFile(tmp_path / "zipped.csv", "w") as archive:
        archive.writestr("statements.csv", as_text(rows))

    for name in ("folder.csv", "missing.csv", "zipped.csv"):
        answer = run("ingest", tmp_path / name, "--lake", tmp_path / "lake", "--quiet")

        expect_one_line_and_nothing_written(answer, tmp_path / "lake", name)


def test_month_neither_given_nor_there_is_one_clear_line(run, rows, tmp_path):
    rows.drop("statement_month").write_csv(tmp_path / "a.csv")

    answer = run("ingest", tmp_path / "a.csv", "--lake", tmp_path / "lake", "--quiet")

    expect_one_line_and_nothing_written(answer, tmp_path / "lake", "a.csv")
    assert "--month" in answer.stderr


def test_too_many_bad_rows_are_refused_with_1_and_only_the_refusal_is_kept(run, rows, tmp_path):
    bad = rows.with_columns(
        age=pl.when(pl.int_range(pl.len()) < 30).then(pl.lit("old")).otherwise("age")
    )
    bad.write_csv(tmp_path / "bad.csv")

    answer = run("ingest", tmp_path / "bad.csv", "--lake", tmp_path / "lake", "--quiet")

    assert answer.exit_code == 1
    assert "age|type" in answer.stderr
    assert {path.name for path in (tmp_path / "lake").iterdir()} == {"tables"}
    assert {path.name for path in (tmp_path / "lake" / "tables").iterdir()} == {"ledger"}


def test_errors_under_json_are_one_object_too(run, tmp_path):
    answer = run("ingest", tmp_path / "missing.csv", "--lake", tmp_path / "lake", "--json")

    assert (answer.exit_code, answer.json["status"], answer.json["exit_code"]) == (2, "failed", 2)
    assert "missing.csv" in answer.json["notes"][0]


@pytest.mark.parametrize(
    "act", [["predict", "{batch}"], ["train", "--data", "{batch}"], ["monitor"], ["demo"]]
)
def test_lake_that_is_a_file_is_refused_with_a_reason(run, simulated_files, tmp_path, act):
    (tmp_path / "lake").write_text("no folder")

    answer = run(
        *(part.format(batch=simulated_files.batch) for part in act), "--lake", tmp_path / "lake"
    )

    assert answer.exit_code == 2
    assert "lake" in answer.stderr
    assert (tmp_path / "lake").read_text() == "no folder"
