import pytest


@pytest.mark.xdist_group("prefect")
def test_doctor_finds_all_well_and_verifies_the_champion(run, config, prefect_server):
    answer = run("doctor", "--config", config, "--json", server=prefect_server)

    levels = {verdict["gate"]: verdict["level"] for verdict in answer.json["verdicts"]}
    assert answer.exit_code == 0
    assert {name for name, level in levels.items() if level == "ok"} >= set(levels) - {
        "deployments"
    }
    assert set(levels) == {
        "lake",
        "mlflow",
        "prefect",
        "deployments",
        "evidently",
        "queue",
        "champion",
        "libraries",
        "kernel",
        "proxies",
        "environment",
    }


@pytest.mark.xdist_group("prefect")
def test_doctor_names_a_server_that_does_not_answer(run, config):
    answer = run("doctor", "--config", config, "--json", server="http://127.0.0.1:9/api")

    failed = [verdict for verdict in answer.json["verdicts"] if verdict["level"] == "alarm"]
    assert answer.exit_code == 3
    assert [verdict["gate"] for verdict in failed] == ["prefect", "deployments"]
    assert "prefect server start" in failed[0]["reasons"][0]
