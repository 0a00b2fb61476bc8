import tomllib

import pytest


@pytest.fixture
def config(tmp_path, simulated_files):
    path = tmp_path / "small.toml"
    path.write_text(
        f'lake = "{tmp_path / "lake"}"\ncache = "{tmp_path / "cache"}"\njobs = 1\n'
        f'data = "{simulated_files.training}"\n'
        "[recipe]\ntree_count = 2\nmaximum_depth = 1\nleaf_row_count = 500\n"
        "[search]\nmaximum_depth = [3, 5]\nleaf_row_count = [20]\ncolumn_share = [0.3]\nrow_share = [0.5]\n"
    )
    return path


def test_search_ends_with_two_tables_and_a_file_for_training(run, config, tmp_path):
    out = tmp_path / "tuned.toml"

    answer = run("tune", "--config", config, "--trials", 2, "--no-challengers", "--out", out)

    assert answer.exit_code == 0, answer.stderr
    assert "recipe in force" in answer.stdout
    assert "tuned recipe" in answer.stdout
    assert "gains over the recipe in force" in answer.stdout
    assert tomllib.loads(out.read_text())["recipe"]["tree_count"] == 2
    assert out.read_text().startswith(
        "# Found by: credit-default tune --data training.csv --trials 2 --seed 7\n"
    )

    settings = run("settings", "--config", out, "--json")
    assert settings.exit_code == 0

    again = run("tune", "--config", config, "--trials", 2, "--no-challengers", "--out", out)
    assert again.exit_code == 2
    assert "add --replace" in again.stderr

    replaced = run(
        "tune",
        "--config",
        config,
        "--trials",
        2,
        "--no-challengers",
        "--out",
        out,
        "--replace",
        "--json",
    )
    assert replaced.json["command"] == "tune"
    assert replaced.json["figures"]["trials"] == 2
    assert replaced.json["paths"] == {"config": str(out)}
    assert replaced.stderr == ""


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--trials", 0), "--trials"),
        (("--minutes", 0), "--minutes"),
        (("--minutes", "nan"), "--minutes"),
        (("--out", "tuned.json"), "expected .toml"),
        (("--data", "nowhere.csv", "--out", "x.toml"), "nowhere.csv"),
        (("--config", "nowhere.toml"), "nowhere.toml"),
    ],
)
def test_wrong_input_is_bad_usage_and_leaves_nothing(run, tmp_path, monkeypatch, arguments, told):
    monkeypatch.chdir(tmp_path)

    answer = run("tune", *arguments)

    assert answer.exit_code == 2
    assert told in answer.stderr
    assert list(tmp_path.iterdir()) == []


def test_space_that_cannot_be_is_named(run, tmp_path):
    path = tmp_path / "wrong.toml"
    path.write_text("[search]\ncolumn_share = [1.5]\n")

    answer = run("tune", "--config", path, "--out", tmp_path / "x.toml")

    assert answer.exit_code == 2
    assert "column_share" in answer.stderr
