"""The wheel in an environment and a folder of its own, without a network: what works in a checkout works outside one.

The environment holds our package from the wheel, and finds the libraries of the one that runs this test by a path; nothing
that is installed beside them by a path, as a checkout is, can be imported there.
"""

import json
import os
import runpy
import shutil
import subprocess
import sys
import sysconfig
import time
import venv
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SHORT_SETTINGS = runpy.run_path(str(ROOT / "ci" / "odd_shell.py"))["SHORT_SETTINGS"]
PICTURED = runpy.run_path(str(ROOT / "docs" / "draw_pictures.py"))
SECONDS = 90  # of CPU, as the machine may be busy, for the demo after the install
WHERE = "import credit_default, importlib.metadata as m; print(credit_default.__file__); print(m.version('credit-default'))"

COMMIT = "from credit_default.flows.runs.context import read_commit; print(read_commit())"


@dataclass(frozen=True)
class Installed:
    """An environment with the wheel, and an empty folder to run it in."""

    environment: Path
    folder: Path

    def run(self, program, *arguments, timeout=600, **variables):
        kept = {"LANG", "PATH", "TMPDIR"}
        home = self.folder.parent / "home"
        home.mkdir(exist_ok=True)
        shell = {name: value for name, value in os.environ.items() if name in kept}
        nowhere = "http://127.0.0.1:9"  # a proxy that is not there
        shell |= {"HOME": str(home), "http_proxy": nowhere, "https_proxy": nowhere, "COLUMNS": "80"}
        return subprocess.run(
            [self.environment / "bin" / program, *arguments],
            cwd=self.folder,
            env=shell | variables,
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout,
        )


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    root = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", root]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    environment, folder = root / "environment", root / "empty"
    folder.mkdir()
    venv.create(environment, with_pip=False, symlinks=True)
    python = environment / "bin" / "python"
    tool = [Path(sys.prefix) / "bin" / "uv", "pip", "install", "--quiet", "--offline", "--no-deps"]
    wheel = next(root.glob("*.whl"))
    subprocess.run([*tool, "--no-cache", "--python", python, wheel], check=True)
    (site,) = environment.glob("lib/python*/site-packages")
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return Installed(environment, folder)


def test_package_comes_from_the_wheel_and_finds_its_data_outside_a_checkout(installed):
    where = installed.run("python", "-I", "-c", WHERE).stdout.split()
    made = installed.run("credit-default", "simulate", "--clients", "50", "--out", "rows")
    checked = installed.run("credit-default", "check", "rows/statements-2005-09.parquet", "--json")

    assert Path(where[0]).is_relative_to(installed.environment)
    assert made.returncode == 0, made.stderr
    assert json.loads(checked.stdout)["counts"]["accepted"] == 50
    shutil.rmtree(installed.folder)
    installed.folder.mkdir()


def test_commit_of_a_repository_around_the_environment_is_not_taken_for_ours(installed):
    git = ["git", "-C", installed.folder.parent, "-c", "user.name=x", "-c", "user.email=x@y"]
    subprocess.run([*git, "init", "--quiet"], check=True)
    subprocess.run([*git, "commit", "--quiet", "--allow-empty", "--message", "x"], check=True)

    asked = installed.run("python", "-c", COMMIT)

    assert asked.stdout.strip() == "unknown", asked.stderr


@pytest.mark.nightly
def test_demo_runs_in_an_empty_folder_without_a_network_and_opens_its_page(installed):
    opened = installed.folder.parent / "opened"
    browser = installed.folder.parent / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > "{opened}"\n', encoding="utf-8")
    browser.chmod(0o755)
    before = os.times()
    began = time.monotonic()

    ended = installed.run(
        "credit-default", "demo", "--open", BROWSER=f"{browser} %s", **SHORT_SETTINGS
    )

    after = os.times()
    spent = after.children_user + after.children_system
    spent -= before.children_user + before.children_system
    print(f"demo: {spent:.0f} s of CPU, {time.monotonic() - began:.0f} s")  # noqa: T201
    assert ended.returncode == 0, ended.stderr
    page = installed.folder / "demo-lake" / "reports" / "history.html"
    assert ended.stdout.splitlines()[-1] == f"Open {page.as_uri()}"
    assert opened.read_text(encoding="utf-8").strip() == page.as_uri()
    assert page.stat().st_size > 10_000
    assert spent <= SECONDS
    assert not list((installed.folder.parent / "home").iterdir())
    assert {path.name for path in installed.folder.iterdir()} <= {".cache", "demo-lake"}
    # the picture at the head of the README shows what this printed
    shown = [line.rstrip() for line in (ended.stderr + ended.stdout).splitlines()]
    assert [line for line in PICTURED["list_printed_lines"]() if line not in shown] == []
