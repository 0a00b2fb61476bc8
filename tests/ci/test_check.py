"""The table of `make ci-check`, on small suites of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SUITE = """
import pytest

def test_pins_are_commits():
    assert {pins}

@pytest.mark.parametrize("number", [1, 2])
def test_jobs_end(number):
    pass

def test_docker_answers():
    pytest.skip({reason!r})
"""


# The command as it is, on the one suite in the folder that it runs in.
DRIVE = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv.pop())
import check
check.TESTS, check.ROOT, check.FORMS = ("test_small.py",), Path(), {"ordinary": []}
check.main()
"""


@pytest.fixture
def check(tmp_path):
    def run(*, pins, reason):
        (tmp_path / "test_small.py").write_text(
            SUITE.format(pins=pins, reason=reason), encoding="utf-8"
        )
        command = [sys.executable, "-c", DRIVE, ROOT / "ci"]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    return run


def test_table_counts_what_was_proved_and_says_why_something_was_not(check):
    ended = check(pins=True, reason="no container engine")

    assert ended.returncode == 0, ended.stdout + ended.stderr
    lines = [" ".join(line.split()) for line in ended.stdout.splitlines()]
    assert {"jobs end 2", "pins are commits 1", "no container engine"} <= set(lines)
    assert any(line.startswith("3 proved, 0 failed") for line in lines)


def test_a_claim_that_fails_fails_the_command(check):
    ended = check(pins=False, reason="no container engine")

    assert ended.returncode == 1
    assert "1 failed" in ended.stdout


def test_a_tool_that_is_missing_fails_the_command(check):
    ended = check(pins=True, reason="zizmor: not installed in .venv-ci: make ci-tools")

    assert ended.returncode == 1
    assert "MISSING  zizmor" in ended.stdout
