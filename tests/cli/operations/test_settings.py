def test_settings_show_each_value_and_where_it_came_from(run, tmp_path, monkeypatch):
    config = tmp_path / "c.toml"
    config.write_text("seed = 11\n")
    monkeypatch.setenv("CREDIT_DEFAULT_JOBS", "1")
    monkeypatch.delenv("CREDIT_DEFAULT_DRAW_REPORT")

    answer = run("settings", "--config", config, "--json")

    assert answer.exit_code == 0
    assert set(answer.json["notes"]) == {
        f"seed = 11 (file {config})",
        "jobs = 1 (environment)",
        "promotion.highest_roc_auc = 0.85 (portfolio credit-card)",
    }


def test_settings_show_what_else_the_shell_changes_without_secrets(run, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://me:secret-word@proxy:3128")
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "secret-word")
    monkeypatch.setenv("PREFECT_PROFILE", "mine")

    listed, table = run("settings", "--json"), run("settings")

    (environment,) = listed.json["verdicts"]
    assert {
        "HTTPS_PROXY=http://***@proxy:3128: addresses outside this machine go through it",
        "MLFLOW_TRACKING_TOKEN=***: set aside: not in force",
        "PREFECT_PROFILE=mine: set aside: not in force",
    } <= set(environment["reasons"])
    assert "PREFECT_PROFILE" in table.stdout
    assert "secret-word" not in listed.stdout + table.stdout


def test_mistyped_variable_is_one_line_and_exit_2(run, monkeypatch):
    monkeypatch.setenv("CREDIT_DEFAULT_LAEK", "x")

    answer = run("settings")

    assert (answer.exit_code, answer.stdout) == (2, "")
    assert "CREDIT_DEFAULT_LAKE" in answer.stderr
    assert len(answer.stderr.splitlines()) == 1
