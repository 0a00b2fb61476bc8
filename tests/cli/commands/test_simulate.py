import polars as pl


def test_simulate_writes_consecutive_months_of_the_same_clients(run, tmp_path):
    answer = run(
        "simulate",
        "--out",
        tmp_path,
        "--clients",
        500,
        "--months",
        2,
        "--month",
        "2007-12",
        "--json",
    )

    december, january = (
        pl.read_parquet(tmp_path / f"statements-{m}.parquet") for m in ("2007-12", "2008-01")
    )
    assert answer.json["counts"]["statements"] == 1000
    assert december["client_id"].is_in(january["client_id"].implode()).mean() > 0.9


def test_simulated_outcomes_can_be_taken_in_as_they_are(run, tmp_path):
    run("simulate", "--out", tmp_path, "--clients", 100, "--json")

    answer = run(
        "outcomes", tmp_path / "outcomes-2005-09.parquet", "--lake", tmp_path / "lake", "--json"
    )

    assert (answer.exit_code, answer.json["counts"]["new"]) == (0, 100)


def test_simulate_refuses_an_unknown_scenario(run, tmp_path):
    answer = run("simulate", "--out", tmp_path / "x", "--scenario", "flood")

    assert answer.exit_code == 2
    assert "flood" in answer.stderr
    assert not (tmp_path / "x").exists()


def test_months_in_the_future_are_written_with_a_note_that_they_cannot_be_taken_in(run, tmp_path):
    words = ("simulate", "--out", tmp_path, "--clients", 100, "--month", "2199-01", "--json")

    answer = run(*words)
    refused = [
        run("ingest", tmp_path / "statements-2199-01.parquet", "--lake", tmp_path / "lake"),
        run("outcomes", tmp_path / "outcomes-2199-01.parquet", "--lake", tmp_path / "lake"),
    ]

    assert "lie in the future: other commands refuse them until then" in answer.json["notes"][0]
    assert [ended.exit_code for ended in refused] == [2, 2]
    assert all("100 rows of months in the future: 2199-01" in ended.stderr for ended in refused)
