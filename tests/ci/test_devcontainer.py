import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONTAINER = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text(encoding="utf-8"))


@pytest.fixture
def clone(tmp_path):
    """A clone of HEAD that borrows the packages of the environment that runs this test."""
    if not (Path(sys.prefix) / ".installed").exists():
        pytest.skip("the environment that runs this was not made by make: `make setup`")
    folder = tmp_path / "credit-default"
    cloned = subprocess.run(
        ["git", "clone", "--quiet", ROOT, folder], capture_output=True, check=False
    )
    if cloned.returncode:
        pytest.skip("no git checkout to clone: run the tests in a `git clone`")
    for name in ("requirements.lock", "pyproject.toml"):
        os.utime(folder / name, (0, 0))  # older than what was installed from them
    (folder / ".venv").symlink_to(sys.prefix)
    return folder


def test_command_after_creation_leaves_a_program_on_the_path_of_the_container(clone):
    created = subprocess.run(
        shlex.split(CONTAINER["postCreateCommand"]),
        cwd=clone,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    first = CONTAINER["remoteEnv"]["PATH"].split(":")[0]
    program = Path(first.replace("${containerWorkspaceFolder}", str(clone)), "credit-default")
    answer = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)

    assert created.returncode == 0, created.stderr
    assert answer.stdout.startswith("credit-default ")


def test_ports_that_the_stack_listens_on_are_forwarded_under_their_names():
    from credit_default.settings_sections import StackSettings

    stack = StackSettings()
    ports = {
        stack.mlflow_port: "MLflow",
        stack.prefect_port: "Prefect",
        stack.evidently_port: "Evidently",
    }

    assert ports.keys() <= set(CONTAINER["forwardPorts"])
    named = {int(port): body["label"] for port, body in CONTAINER["portsAttributes"].items()}
    assert named.items() >= ports.items()


def test_python_of_the_container_is_one_that_the_package_supports():
    version = CONTAINER["image"].rpartition(":")[2].partition("-")[0]

    assert version in {"3.11", "3.12", "3.13"}
