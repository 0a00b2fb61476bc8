import pytest

FIVE_SEEDS = (7, 1, 2, 3, 4)  # fixed beforehand


def test_long_demo_needs_simulated_clients(run, config):
    answer = run("demo", "--months", "12", "--data", "public", "--config", config)

    assert answer.exit_code == 2
    assert "whose later months can be made" in answer.stderr


def test_long_demo_too_short_to_know_an_outcome_after_the_change_is_refused(run):
    assert run("demo", "--months", "8").exit_code == 2


@pytest.mark.nightly
def test_a_recession_is_noticed_and_recovered_from_with_four_of_five_seeds(
    run, prefect_server, tmp_path
):
    mended = []
    for seed in FIVE_SEEDS:
        lake = str(tmp_path / str(seed))
        answer = run(
            "demo",
            "--months",
            "18",
            "--scenario",
            "recession",
            "--seed",
            str(seed),
            "--lake",
            lake,
            "--json",
            server=prefect_server,
        )
        print(seed, answer.json["status"], *answer.json["verdicts"][0]["reasons"], sep="; ")  # noqa: T201 - what happened
        mended.append(answer.json["status"] == "recovered")

    assert sum(mended) >= 4
