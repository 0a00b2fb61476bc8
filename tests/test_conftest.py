"""What the tests rest on: tests that share something dear run in one worker, with one thread a library; a dead worker is told."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SUITE = """
import os, time
from pathlib import Path
import pytest

def note(name):
    time.sleep(0.05)  # long enough for the other worker to be given one
    with Path("workers.txt").open("a") as told:
        told.write(f"{name} {os.environ['PYTEST_XDIST_WORKER']} {os.environ['OMP_NUM_THREADS']}\\n")

@pytest.fixture(scope="module")
def dear():
    return 1

@pytest.mark.parametrize("number", range(6))
def test_sharing_a_fixture(dear, number):
    note("shares")

@pytest.mark.xdist_group("prefect")
@pytest.mark.parametrize("number", range(6))
def test_of_a_group(number):
    note("group")

@pytest.mark.parametrize("number", range(6))
def test_alone(number):
    note("alone")
"""


DEADLY = """
import os, signal
import pytest

@pytest.mark.parametrize("number", range(6))
def test_before(number):
    pass

def test_that_ends_its_worker():
    os.kill(os.getpid(), signal.SIGKILL)

@pytest.mark.xdist_group("after")
@pytest.mark.parametrize("number", range(6))
def test_after(number):
    pass
"""


def run_suite(folder, text):
    """Run these tests as the project's own are run."""
    (folder / "tests").mkdir()
    (folder / "tests" / "test_workers.py").write_text(text, encoding="utf-8")
    shutil.copy(ROOT / "tests" / "conftest.py", folder / "tests")
    shutil.copy(ROOT / "pyproject.toml", folder)
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("OMP_", "PYTEST_"))
    }
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q"],
        cwd=folder,
        env={**inherited, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


def test_tests_that_share_a_fixture_or_a_group_run_in_one_worker_with_one_thread(tmp_path):
    ended = run_suite(tmp_path, SUITE)

    assert ended.returncode == 0, ended.stdout
    told = [line.split() for line in (tmp_path / "workers.txt").read_text().splitlines()]
    workers = {name: {worker for kind, worker, _ in told if kind == name} for name, _, _ in told}
    assert (len(workers["shares"]), len(workers["group"])) == (1, 1)
    assert len({*workers["shares"], *workers["group"], *workers["alone"]}) == 2
    assert {threads for _, _, threads in told} == {"1"}


def test_a_worker_that_dies_ends_the_run_which_names_its_test(tmp_path):
    ended = run_suite(tmp_path, DEADLY)

    assert ended.returncode == 1, ended.stdout
    assert "test_that_ends_its_worker" in ended.stdout
    assert "crashed while running" in ended.stdout
