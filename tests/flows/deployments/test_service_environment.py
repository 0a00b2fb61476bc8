import os

import pytest

from credit_default.flows.deployments.service_environment import prepare_service
from credit_default.settings import load_settings
from credit_default.settings_files import list_config_files


@pytest.fixture
def environment(monkeypatch):
    """The process's environment, put back at the end."""
    monkeypatch.setattr(os, "environ", dict(os.environ))
    return os.environ


@pytest.fixture
def prepare(environment, tmp_path):
    def run(config_files=("one.toml",), **sections):
        flags = {"lake": str(tmp_path / "lake"), "prefect": {"api_url": "http://127.0.0.1:1/api"}}
        prepare_service(load_settings({**flags, **sections}).settings, config_files=config_files)
        return environment

    return run


def test_runs_get_the_lake_the_server_and_the_files_of_the_process(prepare, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    variables = prepare()

    assert variables["CREDIT_DEFAULT_LAKE"] == str(tmp_path / "lake")
    assert variables["PREFECT_API_URL"] == "http://127.0.0.1:1/api"
    assert variables["CREDIT_DEFAULT_CONFIG"] == str(tmp_path / "one.toml")


@pytest.mark.parametrize(("log_format", "formatter"), [("text", None), ("json", "json")])
def test_prefects_own_lines_are_shown_and_are_json_where_ours_are(prepare, log_format, formatter):
    variables = prepare(logging={"format": log_format})

    assert variables["PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL"] == "INFO"
    assert variables.get("PREFECT_LOGGING_HANDLERS_CONSOLE_FORMATTER") == formatter


def test_runs_find_lake_and_files_from_any_folder_whatever_their_names_are(
    prepare, tmp_path, monkeypatch
):
    (tmp_path / "10:30").mkdir()
    monkeypatch.chdir(tmp_path / "10:30")
    names = ("../a:b.toml", "~/c.toml")
    monkeypatch.setenv("HOME", str(tmp_path))

    variables = prepare(names, lake="../My Lake")

    assert variables["CREDIT_DEFAULT_LAKE"] == str(tmp_path / "My Lake")
    assert list_config_files(variables) == (f"{tmp_path}/a:b.toml", f"{tmp_path}/c.toml")
