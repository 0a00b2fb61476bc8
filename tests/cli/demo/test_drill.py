import pytest


@pytest.mark.nightly
def test_drill_shows_each_fault_and_its_verdict(run, config):
    answer = run(
        "drill", "--fault", "missing column", "--clients", "600", "--config", config, "--json"
    )

    assert answer.json["verdicts"][0]["gate"] == "drill"
    assert answer.json["figures"] == {}
    assert answer.json["counts"] == {"planted": 3, "clean months": 24}
    assert (
        answer.json["notes"][0] == "missing column 1: expected of file; alarm, batch 1; file alarm"
    )


def test_unknown_fault_is_wrong_usage(run, config):
    answer = run("drill", "--fault", "gremlins", "--config", config)

    assert answer.exit_code == 2
    assert "gremlins" in answer.stderr
