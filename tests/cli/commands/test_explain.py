import pytest


@pytest.fixture(scope="module")
def scored(trained, prefect_server, simulated_files):
    """Ids of a batch that was scored in the trained lake, and of one declined and one accepted client of it."""
    import polars as pl

    from credit_default.adapters.lake.layout import open_lake
    from credit_default.adapters.tables.queries import read_scores
    from credit_default.flows.predict import predict

    summary = predict(str(simulated_files.batch), overrides=trained, return_state=True).result()
    scores = read_scores(open_lake(trained["lake"]), batch_id=summary.batch_id).sort(
        "default_probability"
    )
    declined = scores.filter(pl.col("decision") == "decline")["client_id"][0]
    return summary.batch_id, declined, scores["client_id"][0]


def test_a_declined_client_is_explained_for_people(run, scored, config):
    batch, declined, _ = scored

    answer = run("explain", batch, declined, "--config", config)

    assert answer.exit_code == 0
    for title in (
        "Inputs",
        "Reasons",
        "From the average accepted client",
        "What would have changed the decision",
    ):
        assert title in answer.stdout
    assert "(not used by the model)" in answer.stdout
    assert "decline, band" in answer.stdout


def test_json_is_one_object_whose_contributions_add_up(run, scored, config):
    batch, declined, _ = scored

    answer = run("explain", batch, declined, "--json", "--config", config).json

    figures = answer["figures"]
    added = sum(value for name, value in figures.items() if name.startswith("contribution of "))
    assert figures["average of accepted"] + added == pytest.approx(
        figures["default probability"], abs=1e-6
    )
    assert figures["default probability"] >= figures["threshold"]
    assert answer["notes"][0].startswith("reason 1: ")
    assert (answer["command"], answer["batch_id"]) == ("explain", batch)


def test_an_accepted_client_is_shown_the_largest_contributions(run, scored, config):
    batch, _, accepted = scored

    answer = run("explain", batch, accepted, "--config", config)

    assert answer.exit_code == 0
    assert "Largest contributions" in answer.stdout
    assert "Reasons" not in answer.stdout


@pytest.mark.parametrize(
    ("batch", "client", "told"),
    [
        ("0" * 16, "c1", "found no scores"),
        (None, "nobody", "no score in batch"),
        ("../x", "c1", "batch_id"),
    ],
)
def test_what_is_not_there_is_bad_usage(run, scored, config, batch, client, told):
    answer = run("explain", batch or scored[0], client, "--config", config)

    assert answer.exit_code == 2
    assert told in answer.stderr


@pytest.mark.parametrize("mode", [pytest.param("none", marks=pytest.mark.nightly), "all"])
def test_predict_takes_the_mode_of_reasons(
    run, trained, prefect_server, simulated_files, config, tmp_path, mode
):
    import polars as pl

    batch = tmp_path / "part.csv"
    rows = pl.read_csv(simulated_files.batch)
    (rows.head(220) if mode == "all" else rows.tail(230)).write_csv(batch)
    out = tmp_path / "scores.parquet"

    answer = run(
        "predict",
        batch,
        "--reasons",
        mode,
        "--out",
        out,
        "--json",
        "--config",
        config,
        server=prefect_server,
    ).json

    declined = pl.read_parquet(out).filter(pl.col("decision") == "decline")
    assert set(declined["reasons"].list.len() > 0) == {mode == "all"}
    assert any("as `--reasons none` asks" in note for note in answer["notes"]) is (mode == "none")


def test_an_unknown_mode_of_reasons_is_bad_usage(run):
    answer = run("predict", "x.csv", "--reasons", "some")

    assert answer.exit_code == 2
