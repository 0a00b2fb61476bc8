import pytest

pytestmark = pytest.mark.xdist_group("prefect")


@pytest.mark.parametrize("beside", [["--data", "a.csv"], ["--month", "2005-09"]])
def test_refresh_takes_no_file_of_its_own(run, config, beside):
    answer = run("train", "--refresh", *beside, "--config", config)

    assert answer.exit_code == 2
    assert "ingest" in answer.stderr


@pytest.mark.nightly
def test_train_with_what_is_known_keeps_the_champion_on_a_tie(
    run, config, prefect_server, simulated_files
):
    run("outcomes", simulated_files.outcomes, "--config", config, "--json")
    run("predict", simulated_files.batch, "--config", config, "--json", server=prefect_server)

    answer = run("train", "--refresh", "--config", config, "--json", server=prefect_server)

    assert (answer.exit_code, answer.json["status"]) == (0, "champion kept")
    assert answer.json["verdicts"][-1]["reasons"][0].startswith("champion stays: a tie")
