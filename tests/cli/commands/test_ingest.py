import polars as pl


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
