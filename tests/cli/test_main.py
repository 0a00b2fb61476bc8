import importlib
import os
import subprocess
import sys

import pytest

from credit_default.flows.runs.run_as_script import run_as_script

HEAVY = {
    "mlflow",
    "prefect",
    "evidently",
    "sklearn",
    "polars",
    "pandas",
    "numpy",
    "pydantic",
    "matplotlib",
}


def test_help_names_every_command(run):
    answer = run("--help")

    commands = (
        "demo",
        "ingest",
        "train",
        "predict",
        "outcomes",
        "monitor",
        "models",
        "simulate",
        "settings",
        "doctor",
    )
    assert answer.exit_code == 0
    assert all(command in answer.stdout for command in commands)


def test_help_imports_nothing_heavy():
    code = (
        "import sys; sys.argv = ['credit-default', '--help']\n"
        "from credit_default.cli.main import run\n"
        "try: run()\n"
        "except SystemExit: pass\n"
        "print('LOADED', *sorted(sys.modules))"
    )

    output = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout

    loaded = set(output.rsplit("LOADED", 1)[1].split())
    assert not HEAVY & loaded


def test_version_is_printed(run):
    assert run("--version").stdout.startswith("credit-default ")


def test_every_command_has_help(run):
    for command in (
        "demo",
        "ingest",
        "train",
        "predict",
        "outcomes",
        "monitor",
        "models",
        "simulate",
        "settings",
    ):
        answer = run(command, "--help")

        assert (command, answer.exit_code) == (command, 0)


def test_unknown_option_is_bad_usage(run):
    assert run("train", "--nonsense").exit_code == 2


@pytest.mark.nightly
def test_flow_module_runs_as_a_script():
    command = [sys.executable, "-m", "credit_default.flows.train", "--help"]

    answer = subprocess.run(command, capture_output=True, text=True, check=False)

    assert answer.returncode == 0, answer.stderr
    assert "--config" in answer.stdout


@pytest.mark.parametrize(("name", "option"), [("predict", "--batch"), ("monitor", "--report")])
def test_every_flow_offers_its_parameters_as_options(name, option, capsys):
    flow = getattr(importlib.import_module(f"credit_default.flows.{name}"), name)

    with pytest.raises(SystemExit) as ended:
        run_as_script(flow, ["--help"])

    assert ended.value.code == 0
    assert option in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("credit-default --lake L models s", {"show"}),
        ("credit-default --lake L predict --inc", {"--incoming"}),
        ("credit-default --lo", {"--log-level", "--log-format"}),
        ("credit-default train --lo", {"--log-level", "--log-format"}),
    ],
)
def test_shell_completion_knows_commands_after_options_and_options_in_both_places(words, expected):
    code = (
        "import sys; sys.argv = ['credit-default']\n"
        "from credit_default.cli.main import app\n"
        "app(prog_name='credit-default')"
    )
    completion = {
        "_CREDIT_DEFAULT_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1),
    }

    answer = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **completion},
    )

    assert set(answer.stdout.split()) == expected
