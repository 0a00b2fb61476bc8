import pytest

pytestmark = pytest.mark.xdist_group("prefect")


def test_outcomes_then_performance(run, config, prefect_server, simulated_files):
    scored = run(
        "predict", simulated_files.batch, "--config", config, "--json", server=prefect_server
    )
    taken = run("outcomes", simulated_files.outcomes, "--config", config, "--json")
    monitored = run(
        "monitor", scored.json["batch_id"], "--config", config, "--json", server=prefect_server
    )

    assert sum(taken.json["counts"].values()) == 1000
    gates = {verdict["gate"] for verdict in monitored.json["verdicts"]}
    assert {"drift", "feed", "volume", "estimate", "fairness", "performance"} <= gates
