import shutil
from pathlib import Path

import pytest
from tests.fakes.quick_training import write_as_toml

pytestmark = pytest.mark.xdist_group("prefect")


def test_explain_says_whether_a_retraining_is_requested(run, config):
    answer = run("monitor", "--explain", "--config", config, "--json")

    assert answer.exit_code == 0
    assert [verdict["gate"] for verdict in answer.json["verdicts"]] == ["retraining"]
    assert "training is" in answer.json["status"]


@pytest.mark.parametrize(
    "beside",
    [["--history", "--explain"], ["--explain", "--retrain"], ["0123456789abcdef", "--explain"]],
)
def test_monitor_takes_one_of_its_options(run, config, beside):
    answer = run("monitor", *beside, "--config", config)

    assert answer.exit_code == 2
    assert "credit-default monitor --help" in answer.stderr


@pytest.mark.nightly
def test_wrong_model_is_retrained_at_once_with_retrain(
    run, prefect_server, lake_with_champion, simulated_files, small_settings, tmp_path
):
    lake, config, strict = tmp_path / "lake", tmp_path / "own.toml", tmp_path / "strict.toml"
    shutil.copytree(lake_with_champion, lake)
    config.write_text(
        f'lake = "{lake}"\ncache = "{small_settings["cache"]}"\njobs = 1\nreport = "drift"\n'
        f"[recipe]\ntree_count = 10\nmaximum_depth = 6\n{write_as_toml()}"
    )
    strict.write_text("[performance]\nlowest_roc_auc = 0.99\n")
    scored = run(
        "predict", simulated_files.batch, "--config", config, "--json", server=prefect_server
    )
    run("outcomes", simulated_files.outcomes, "--config", config, "--json")

    answer = run(
        "monitor",
        scored.json["batch_id"],
        "--retrain",
        "--config",
        config,
        "--config",
        strict,
        "--json",
        server=prefect_server,
    )

    verdicts = {verdict["gate"]: verdict for verdict in answer.json["verdicts"]}
    assert (answer.exit_code, verdicts["performance"]["level"]) == (1, "alarm")
    assert verdicts["retraining"]["reasons"][0] == "a retraining is requested"
    assert any(note.startswith("trained version") for note in answer.json["notes"])


def test_history_lists_findings(run, config, prefect_server, own_batch):
    run("predict", own_batch(720), "--config", config, "--json", server=prefect_server)

    answer = run("monitor", "--history", "--config", config)

    assert answer.exit_code == 0
    assert "drift" in answer.stdout


def test_history_is_a_page_in_the_lake(run, config, prefect_server, own_batch):
    run("predict", own_batch(730), "--config", config, "--json", server=prefect_server)

    answer = run("monitor", "--history", "--config", config, "--json")

    page = Path(answer.json["paths"]["history (html)"]).read_text(encoding="utf-8")
    assert "Monitoring history" in page
    assert "<script" not in page
