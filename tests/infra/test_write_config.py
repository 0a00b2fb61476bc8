"""Terraform's outputs become settings that the application loads, and the containers' variables are ones it knows."""

import importlib.util
import io
import json
import os
import subprocess
import sys
import tomllib

import pytest
from hcl_parsing import INFRA

from credit_default.settings import load_settings

SCRIPT = INFRA / "write_config.py"
APPLICATION = {
    "lake": "s3://credit-default-staging-data-123456789012/portfolio",
    "mlflow": {"tracking_uri": "https://mlflow.credit.example.internal"},
    "prefect": {"api_url": "https://prefect.credit.example.internal:4200/api"},
    "listen": {
        "queue_url": "https://sqs.eu-central-1.amazonaws.com/123456789012/credit-default-staging-incoming"
    },
}
OUTPUTS = {
    "application": {"sensitive": False, "type": "object", "value": APPLICATION},
    "deployment": {"value": {"x": 1}},
}


@pytest.fixture(scope="module")
def write_config():
    spec = importlib.util.spec_from_file_location("write_config", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(text, *arguments):
    return subprocess.run(
        [sys.executable, SCRIPT, *arguments],
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )


def test_outputs_become_a_file_that_the_settings_load(tmp_path):
    target = tmp_path / "config" / "aws.toml"

    ended = run(json.dumps(OUTPUTS), str(target))

    assert (ended.returncode, ended.stdout) == (0, f"wrote {target}\n")
    loaded = load_settings(config_files=[str(target)], environment={})
    assert loaded.settings.lake == APPLICATION["lake"]
    assert loaded.settings.mlflow.tracking_uri == APPLICATION["mlflow"]["tracking_uri"]
    assert loaded.settings.prefect.api_url == APPLICATION["prefect"]["api_url"]
    assert loaded.settings.listen.queue_url == APPLICATION["listen"]["queue_url"]
    origins = {item.name for item in loaded.origins if item.origin == f"file {target}"}
    assert origins == {"lake", "mlflow.tracking_uri", "prefect.api_url", "listen.queue_url"}


def test_same_outputs_are_the_same_file(write_config):
    turned = {"application": {"value": dict(reversed(APPLICATION.items()))}}

    assert write_config.render(turned) == write_config.render(OUTPUTS)


def test_a_value_with_quotes_and_line_ends_stays_a_value(write_config):
    text = write_config.render(
        {"application": {"value": {"lake": 'a"b\\c\n[mlflow]\ntracking_uri = "x"'}}}
    )

    assert tomllib.loads(text) == {"lake": 'a"b\\c\n[mlflow]\ntracking_uri = "x"'}


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", "not json", '{"application": {}}', '{"application": {"value": 3}}']
)
def test_what_is_no_output_of_an_environment_is_refused_and_nothing_written(tmp_path, text):
    ended = run(text, str(tmp_path / "aws.toml"))

    assert ended.returncode == 2
    assert "expected the JSON of `terraform output -json`" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert list(tmp_path.iterdir()) == []


def test_without_a_name_it_is_the_projects_config(write_config, monkeypatch, tmp_path):
    monkeypatch.setattr(write_config, "__file__", str(tmp_path / "infra" / "write_config.py"))
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(OUTPUTS)))

    assert write_config.main([]) == 0
    assert (tmp_path / "config" / "aws.toml").exists()


@pytest.mark.terraform
@pytest.mark.short
def test_outputs_of_the_whole_system_are_settings(rendered, tmp_path, write_config):
    target = tmp_path / "aws.toml"
    target.write_text(
        write_config.render({"application": {"value": rendered.outputs["application"]}})
    )

    settings = load_settings(config_files=[str(target)], environment={}).settings
    assert (settings.lake, settings.listen.queue_url) == (
        APPLICATION["lake"],
        APPLICATION["listen"]["queue_url"],
    )


def list_containers(rendered):
    return {
        values["family"].rpartition("-")[2]: json.loads(values["container_definitions"])[0]
        for address, values in rendered.resources.items()
        if ".aws_ecs_task_definition." in address
    }


@pytest.mark.terraform
@pytest.mark.short
def test_the_containers_variables_are_ones_that_the_application_knows(rendered):
    containers = list_containers(rendered)

    for name in ("trainer", "scorer", "monitor", "listener", "room"):
        variables = {pair["name"]: pair["value"] for pair in containers[name]["environment"]}
        settings = load_settings(environment=variables).settings
        assert settings.lake == APPLICATION["lake"]
        assert settings.prefect.api_url == APPLICATION["prefect"]["api_url"]
    assert len(containers) == 8


@pytest.mark.terraform
@pytest.mark.short
def test_the_containers_commands_are_ones_that_the_application_has(rendered):
    import typer.main

    from credit_default.cli.main import app

    known = set(typer.main.get_command(app).commands)
    asked = {
        c["command"][1]
        for c in list_containers(rendered).values()
        if c["command"][0] == "credit-default"
    }
    scheduled = [
        json.loads(values["target"][0]["input"])["containerOverrides"]
        for address, values in rendered.resources.items()
        if ".aws_scheduler_schedule." in address
    ]
    asked |= {override["command"][1] for overrides in scheduled for override in overrides}

    assert asked == {"listen", "monitor", "room"}
    assert asked <= known


def test_importing_the_script_does_nothing():
    ended = subprocess.run(
        [sys.executable, "-c", "import write_config"],
        cwd=INFRA,
        env={**os.environ, "PYTHONPATH": str(INFRA)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
