"""The repository's workflows, read once; the tools that judge them, where `make ci-tools` has put them; scripts of ci/."""

import importlib.util
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / ".venv-ci"
NO_TOOL = "not installed in .venv-ci: make ci-tools"  # ci/check.py takes a skip for this reason as a failure
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


@dataclass(frozen=True)
class Step:
    """One `run:` of a workflow, and what its job and workflow set around it."""

    workflow: str
    job: str
    number: int
    run: str
    environment: dict = field(hash=False)

    def __str__(self):
        return f"{self.workflow}/{self.job}/{self.number}"


def read_workflow(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def list_steps():
    steps = []
    for path in WORKFLOWS:
        for job, body in read_workflow(path)["jobs"].items():
            for number, step in enumerate(body.get("steps", ())):
                if "run" in step:
                    environment = {**body.get("env", {}), **step.get("env", {})}
                    steps.append(Step(path.stem, job, number, step["run"].strip(), environment))
    return steps


def pytest_generate_tests(metafunc):
    if "workflow" in metafunc.fixturenames:
        metafunc.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
    if "step" in metafunc.fixturenames:
        metafunc.parametrize("step", list_steps(), ids=str)
    if "line" in metafunc.fixturenames:  # each that there is, once
        lines = {step.run: step for step in reversed(list_steps())}
        metafunc.parametrize("line", lines.values(), ids=[run.splitlines()[0] for run in lines])


@pytest.fixture(scope="session")
def workflows():
    """Every workflow by its name."""
    return {path.stem: read_workflow(path) for path in WORKFLOWS}


@pytest.fixture(scope="session")
def steps():
    return list_steps()


@pytest.fixture(scope="session")
def tool():
    """The path of a tool that judges workflows, images or locks; the test is skipped where it is not installed."""

    def find(name):
        for path in (TOOLS / "bin" / name, TOOLS / "node_modules" / ".bin" / name):
            if path.exists():
                return path
        pytest.skip(f"{name}: {NO_TOOL}")

    return find


@pytest.fixture(scope="session")
def run_tool(tool):
    """Runs a tool and gives what came of it."""

    def run(name, *arguments, cwd=ROOT):
        return subprocess.run(
            [tool(name), *arguments],
            cwd=cwd,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )

    return run


@pytest.fixture(scope="session")
def load_script():
    """A script of ci/ as a module."""

    def load(name):
        spec = importlib.util.spec_from_file_location(name, ROOT / "ci" / f"{name}.py")
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module  # dataclasses look their module up
        spec.loader.exec_module(module)
        return module

    return load


@pytest.fixture(scope="session")
def find_make_targets():
    """The targets of each `make` in a shell command."""

    def find(command):
        calls = re.findall(r"(?:^|[({;&|]\s*)make((?:[ \t]+[^\s;&|)>]+)+)", command, re.MULTILINE)
        return [
            word for call in calls for word in call.split() if re.fullmatch(r"[a-z][a-z-]*", word)
        ]

    return find


@pytest.fixture(scope="session")
def make_targets():
    """Every target that the Makefile and what it includes define."""
    texts = [(ROOT / name).read_text(encoding="utf-8") for name in ("Makefile", "ci/deploy.mk")]
    return {
        target for text in texts for target in re.findall(r"^([a-z][a-z-]*):", text, re.MULTILINE)
    }
