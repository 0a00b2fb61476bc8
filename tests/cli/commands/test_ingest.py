import polars as pl
import pytest
import xlsxwriter


def test_ingest_keeps_a_snapshot_named_by_content(run, simulated_files, tmp_path):
    first = run("ingest", simulated_files.batch, "--lake", tmp_path, "--json")
    second = run("ingest", simulated_files.batch, "--lake", tmp_path, "--json")

    assert first.exit_code == second.exit_code == 0
    assert first.json["batch_id"] == second.json["batch_id"]
    assert len(list((tmp_path / "snapshots").iterdir())) == 1
    assert first.json["counts"] == {"read": 1000, "accepted": 1000, "quarantined": 0}


def test_ingest_names_columns_that_are_not_read(run, simulated_files, tmp_path):
    rows = pl.read_csv(simulated_files.batch, infer_schema=False).with_columns(note=pl.lit("x"))
    rows.write_csv(tmp_path / "more.csv")

    answer = run("ingest", tmp_path / "more.csv", "--lake", tmp_path / "lake", "--json")

    assert any("'note'" in note for note in answer.json["notes"])


AMOUNT = r"(bill|payment)_amount|credit_limit"


def write_german(rows, path):
    """The rows as a German spreadsheet exports them."""
    amounts = pl.col(f"^.*({AMOUNT}).*$")
    written = rows.with_columns(amounts.str.replace(r"(\.\d+)?$", "").str.replace("$", ",00"))
    written.write_csv(path, separator=";")
    return path


def test_ingest_names_the_option_that_reads_the_numbers_and_takes_it(
    run, simulated_files, tmp_path
):
    rows = pl.read_csv(simulated_files.batch, infer_schema=False)
    file = write_german(rows, tmp_path / "german.csv")

    refused = run("ingest", file, "--lake", tmp_path / "lake")
    answer = run("ingest", file, "--decimal", ",", "--lake", tmp_path / "lake", "--json")

    assert refused.exit_code == 2
    assert '--decimal ","' in refused.stderr
    assert answer.json["counts"] == {"read": 1000, "accepted": 1000, "quarantined": 0}


def test_ingest_reads_the_sheet_that_is_named(run, simulated_files, tmp_path):
    rows = pl.read_csv(simulated_files.batch, infer_schema=False)
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        for name, part in (("October", rows.head(40)), ("November", rows.tail(60))):
            sheet = book.add_worksheet(name)
            for place, cells in enumerate([part.columns, *part.rows()]):
                sheet.write_row(place, 0, cells)

    refused = run("ingest", tmp_path / "a.xlsx", "--lake", tmp_path / "lake")
    answer = run(
        "ingest", tmp_path / "a.xlsx", "--sheet", "November", "--lake", tmp_path / "lake", "--json"
    )

    assert refused.exit_code == 2
    assert "'October', 'November'" in refused.stderr
    assert answer.json["counts"]["read"] == 60
    assert "sheet 'November' was read; not read: 'October'" in answer.json["notes"]


@pytest.mark.parametrize("option", [("--decimal", ";"), ("--thousands", "_")])
def test_ingest_refuses_a_mark_that_it_does_not_know(run, simulated_files, tmp_path, option):
    answer = run("ingest", simulated_files.batch, *option, "--lake", tmp_path)

    assert answer.exit_code == 2
    assert f"{option[0]}: found '{option[1]}'" in answer.stderr


def test_ingest_keeps_a_folder_of_parts_as_one_batch(run, simulated_files, tmp_path):
    rows = pl.read_csv(simulated_files.batch, infer_schema=False)
    (tmp_path / "parts").mkdir()
    for number, part in enumerate(rows.iter_slices(400)):
        part.write_parquet(tmp_path / "parts" / f"part-{number:05}.parquet")

    answer = run("ingest", f"{tmp_path / 'parts'}/", "--lake", tmp_path / "lake", "--json")

    assert answer.json["counts"] == {"read": 1000, "accepted": 1000, "quarantined": 0}
    assert "3 parts of the folder were read as one batch" in answer.json["notes"]
