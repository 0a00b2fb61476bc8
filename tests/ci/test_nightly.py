"""The parts of `make nightly`: every long test is in one of them, and each says how it ended."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# what the issue on proof asks for by name
PROMISED = ("crashes", "files", "races", "mutations", "histories", "year", "pythons", "newest")
PASSED = '<testsuites><testsuite tests="3" failures="0" errors="0" skipped="1"/></testsuites>'


@pytest.fixture
def nightly(load_script, tmp_path, monkeypatch):
    loaded = load_script("nightly")
    monkeypatch.setattr(loaded, "REPORTS", tmp_path)
    return loaded


def test_every_long_test_is_in_exactly_one_part(nightly):
    marked = [
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "tests").rglob("test_*.py")
        if re.search(r"\bmark\.nightly\b", path.read_text(encoding="utf-8"))
        and path != Path(__file__)
    ]

    assert len(marked) > 40
    assert {
        file: nightly.find_parts(file) for file in marked if len(nightly.find_parts(file)) != 1
    } == {}


def test_parts_are_those_that_were_promised_and_no_path_of_theirs_has_gone(nightly):
    assert set(PROMISED) <= set(nightly.PARTS)
    written_elsewhere = {"tests/protocol", "tests/verifier"}
    gone = {
        path for part in nightly.PARTS.values() for path in part.paths if not (ROOT / path).exists()
    }
    assert gone <= written_elsewhere


def test_workflow_runs_every_part_apart(nightly, workflows):
    job = workflows["nightly"]["jobs"]["suites"]

    assert job["strategy"]["matrix"]["part"] == list(nightly.PARTS)
    assert job["strategy"]["fail-fast"] is False
    (step,) = [step for step in job["steps"] if step.get("run") == "make nightly"]
    assert step["env"] == {"PART": "${{ matrix.part }}"}
    assert max(part.minutes for part in nightly.PARTS.values()) < job["timeout-minutes"] <= 90


def test_the_line_of_a_part_says_its_time_its_result_and_its_tests(nightly, tmp_path):
    (tmp_path / "nightly-races.xml").write_text(PASSED, encoding="utf-8")

    said = nightly.describe(nightly.Run("races", {"tests": 0}, seconds=421.4))

    assert said == "races        7 min 01 s  passed (3 tests, 1 skipped)"


def test_the_line_of_a_part_names_what_failed_and_that_it_was_late(nightly):
    run = nightly.Run("pythons", {"tests": 0, "ci/test_pythons.py": 1}, seconds=1_201)

    said = nightly.describe(run)

    assert said == "pythons     20 min 01 s  FAILED: ci/test_pythons.py, more than its 20 min"


def test_the_line_of_a_part_that_found_something_says_where_it_is_written(nightly, tmp_path):
    (tmp_path / "newest.txt").write_text("pandas: BROKE", encoding="utf-8")

    said = nightly.describe(nightly.Run("newest", {"ci/test_newest.py": 0}, seconds=60))

    assert said == "newest       1 min 00 s  passed; findings in build/reports/newest.txt"


def test_a_part_without_a_test_has_failed_unless_it_has_commands(nightly):
    codes = {"tests": nightly.NOTHING_COLLECTED}

    assert nightly.Run("year", codes).failed == ["tests"]
    assert nightly.Run("mutations", codes).failed == []


def test_lines_of_other_parts_stay_and_the_own_one_is_replaced(nightly, tmp_path):
    for line in ("races  1 min", "year  2 min", "races  3 min"):
        nightly.write_line(line)

    assert (tmp_path / "nightly.txt").read_text() == "year  2 min\nraces  3 min\n"


def test_an_unknown_part_is_refused_by_name(nightly, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["nightly.py", "dreams"])

    with pytest.raises(SystemExit) as ended:
        nightly.main()

    assert ended.value.code == 2
    assert "no part is named dreams; there are ordinary, crashes" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("file", "paths", "within"),
    [
        ("tests/test_kills.py", ["tests/test_kills.py"], True),
        ("tests/flows/deployments/test_runner.py", ["tests/flows"], True),
        ("tests/flowshop/test_a.py", ["tests/flows"], False),
    ],
)
def test_files_are_found_by_their_folders(nightly, file, paths, within):
    assert nightly.is_within(file, paths) is within
