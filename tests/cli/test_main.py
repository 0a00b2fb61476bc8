import subprocess
import sys

HEAVY = {"mlflow", "prefect", "evidently", "sklearn", "polars", "pandas", "numpy", "pydantic", "matplotlib"}


def test_help_names_every_command(run):
    answer = run("--help")

    commands = ("demo", "ingest", "train", "predict", "outcomes", "monitor", "models", "simulate", "settings", "doctor")
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

    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    loaded = set(output.rsplit("LOADED", 1)[1].split())
    assert not HEAVY & loaded


def test_version_is_told(run):
    assert run("--version").stdout.startswith("credit-default ")


def test_every_command_has_help(run):
    for command in ("demo", "ingest", "train", "predict", "outcomes", "monitor", "models", "simulate", "settings"):
        answer = run(command, "--help")

        assert (command, answer.exit_code) == (command, 0)


def test_unknown_option_is_bad_usage(run):
    assert run("train", "--nonsense").exit_code == 2


def test_flow_module_runs_as_a_script():
    for name in ("train", "predict", "monitor"):
        answer = subprocess.run(
            [sys.executable, "-m", f"credit_default.flows.{name}", "--help"],
            capture_output=True,
            text=True,
            check=False,
        )

        assert answer.returncode == 0, answer.stderr
        assert "--config" in answer.stdout
