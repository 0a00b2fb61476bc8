"""Terraform for the tests of infra/, where it and its provider are at hand, and the table of what was proved.

Terraform works in a copy of infra/, one run at a time in each process. The whole system is rendered once, by the tests of infra/stack with
a mocked provider; what needs rendered policies or settings reads them from there.
"""

import ast
import shutil
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

HERE = Path(__file__).parent
INFRA = HERE.parents[1] / "infra"
sys.path.append(str(HERE))  # the modules beside this one are shared by its tests alone


@pytest.fixture(scope="session")
def terraform(tmp_path_factory):
    """Terraform in a folder below infra/, ready to work there."""
    from terraform_runs import Terraform, find_plugins, require_terraform

    require_terraform()
    copy = tmp_path_factory.mktemp("terraform") / "infra"
    shutil.copytree(INFRA, copy, ignore=shutil.ignore_patterns(".terraform", "*.tfstate*"))
    shutil.copytree(HERE / "live", copy / "live")
    plugins, cache = find_plugins(), tmp_path_factory.mktemp("providers")
    ready = {}

    def ready_in(folder):
        if folder not in ready:
            ready[folder] = Terraform(copy / folder, plugins, cache).init()
        return ready[folder]

    return ready_in


@dataclass(frozen=True)
class Rendered:
    """The whole system as the tests of infra/stack leave it: every resource's values by address, and the outputs."""

    resources: dict
    outputs: dict

    def read_policy(self, address):
        return self.resources[address]["policy"]


@pytest.fixture(scope="session")
def rendered(terraform):
    """The end of the run `stands`: `-verbose` prints its state."""
    messages = terraform("stack").run_tests("-verbose", "-filter=tests/standing.tftest.hcl")
    state = next(message["test_state"] for message in messages if message["type"] == "test_state")
    outputs = {name: told["value"] for name, told in state["outputs"].items()}
    return Rendered(dict(_list_resources(state["root_module"])), outputs)


def _list_resources(module):
    yield from (
        (resource["address"], resource["values"]) for resource in module.get("resources", ())
    )
    for child in module.get("child_modules", ()):
        yield from _list_resources(child)


@dataclass
class Part:
    """One row of the table: a test module, what it proves, and how it went."""

    proves: str
    passed: int = 0
    failed: int = 0
    seconds: float = 0.0
    notes: Counter = field(default_factory=Counter)  # figures, and reasons of what was skipped
    skipped: int = 0


class Table:
    """Counts the outcomes of the tests of infra/ by module and prints them at the end, with what was skipped and why."""

    def __init__(self):
        self.parts, self.began = {}, time.monotonic()

    def pytest_runtest_logreport(self, report):
        path = HERE / Path(report.nodeid.split("::")[0]).name
        if "tests/infra/" not in report.nodeid:
            return
        if path.name not in self.parts:
            self.parts[path.name] = Part(
                ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))).splitlines()[0]
            )
        part = self.parts[path.name]
        part.seconds += report.duration
        part.failed += report.failed
        part.passed += report.passed and report.when == "call"
        if report.skipped:
            part.skipped += 1
            part.notes["skipped: " + str(report.longrepr[2]).removeprefix("Skipped: ")] += 1
        if report.when == "call":
            part.notes.update(
                str(told) for name, told in report.user_properties if name == "figures"
            )

    def pytest_terminal_summary(self, terminalreporter):
        if not self.parts:
            return
        terminalreporter.section("infra: what was proved")
        for name, part in sorted(self.parts.items()):
            counts = f"{part.passed:4d} passed {part.failed:3d} failed {part.skipped:3d} skipped {part.seconds:6.1f} s"
            terminalreporter.write_line(f"{name[5:-3]:16s}{counts}")
            for note, count in [(part.proves, 1), *part.notes.items()]:
                terminalreporter.write_line(
                    f"    {note}" + (f" ({count} times)" if count > 1 else "")
                )
        terminalreporter.write_line(f"{time.monotonic() - self.began:.0f} s in all")


def pytest_configure(config):
    asked = [(config.invocation_params.dir / name.split("::")[0]).resolve() for name in config.args]
    if not hasattr(config, "workerinput") and all(path.is_relative_to(HERE) for path in asked):
        config.pluginmanager.register(Table())
