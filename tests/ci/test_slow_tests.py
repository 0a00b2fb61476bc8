"""What `make test` says of the cost of its tests, on reports as pytest writes them."""

import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CASE = """<testcase classname="{}" name="{}"><properties><property name="cpu_seconds" value="{}"/></properties></testcase>"""


@pytest.fixture(scope="module")
def script():
    return runpy.run_path(str(ROOT / "ci" / "slow_tests.py"))


@pytest.fixture
def tell(script, tmp_path):
    def tell(*cases, stretch=1.0):
        for number, case in enumerate(cases):
            text = f"<testsuites><testsuite>{CASE.format(*case)}</testsuite></testsuites>"
            (tmp_path / f"{number}.xml").write_text(text, encoding="utf-8")
        return script["render_costs"](script["read_costs"](tmp_path), stretch=stretch).splitlines()

    return tell


def test_costs_are_told_by_folder_and_what_is_above_the_budget_by_name(tell):
    told = tell(
        ("tests.model.estimator.test_a", "test_dear[one]@prefect", "12.50"),
        ("tests.model.test_b", "test_cheap[x@y]", "7.50"),
        ("tests.test_c", "test_cheap", "4.00"),
    )

    assert told == [
        "3 tests took 24 CPU seconds: tests/model 20, tests 4",
        "warning: 1 took more than the 10 s that a test may cost here",
        "   12.5  tests/model/estimator/test_a.py::test_dear[one]",
    ]


def test_budget_is_wider_on_a_slower_machine(tell):
    assert len(tell(("tests.test_c", "test_dear", "12.50"), stretch=2.0)) == 1


def test_twenty_are_named_and_the_others_counted(tell):
    told = tell(*[("tests.test_c", f"test_{number}", str(11 + number)) for number in range(23)])

    assert len(told) == 2 + 20 + 1
    assert told[2].endswith("::test_22")
    assert told[-1].strip() == "and 3 more"


def test_nothing_is_said_of_reports_without_costs(script, tmp_path):
    (tmp_path / "one.xml").write_text("<testsuites/>", encoding="utf-8")

    assert script["render_costs"](script["read_costs"](tmp_path), stretch=1.0) == ""


def test_pytest_notes_what_a_test_and_its_children_cost(script, tmp_path):
    suite = "import subprocess, sys\ndef test_busy():\n    subprocess.run([sys.executable, '-c', 'sum(range(10**7))'])\n"
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_busy.py").write_text(suite, encoding="utf-8")
    shutil.copy(ROOT / "tests" / "conftest.py", tmp_path / "tests")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)

    subprocess.run(
        [sys.executable, "-m", "pytest", "-n0", "-q", "--junitxml=report.xml"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        check=True,
    )

    (cost,) = script["read_costs"](tmp_path)
    assert cost.name == "tests/test_busy.py::test_busy"
    assert cost.cpu_seconds > 0.05
    assert script["calibrate"]() > 0
