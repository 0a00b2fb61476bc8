"""The script that plants small faults, on a package of two modules: what it plants, and what it says of the survivors."""

import json
import runpy
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "ci" / "mutants.py"

MODULE = '''
"""Whether a share is high."""

LIMIT = 0.5


class Policy:
    lowest: float = 0.7


def is_high(share: float, count: int) -> bool:
    """Return whether it is: 0.5 counts."""
    if count < 1:
        raise ValueError(f"{count} < 1")
    return share >= LIMIT and count > 10
'''
TESTS = """
from credit_default.gates.limit import is_high

def test_a_high_share_is_high():
    assert is_high(0.6, 11)
    assert not is_high(0.4, 11)
    assert not is_high(0.6, 9)
"""


@pytest.fixture
def checkout(tmp_path) -> Path:
    for name, text in {
        "src/credit_default/__init__.py": "",
        "src/credit_default/gates/__init__.py": "",
        "src/credit_default/gates/limit.py": MODULE,
        "src/credit_default/model/__init__.py": "",
        "tests/gates/test_limit.py": TESTS,
        "ci/equivalent_mutants.toml": "",
        "pytest.ini": "[pytest]\n",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text).lstrip())
    shutil.copy(SCRIPT, tmp_path / "ci")
    return tmp_path


def list_changes(checkout: Path) -> set[tuple[str, str]]:
    mutants = runpy.run_path(str(checkout / "ci" / "mutants.py"))
    path = checkout / "src/credit_default/gates/limit.py"
    return {(m.before, m.after) for m in mutants["list_mutants"](path, module="gates/limit.py")}


def test_each_mutant_changes_one_thing_and_leaves_policies_and_messages_alone(checkout):
    whole = "return share >= LIMIT and count > 10"

    changes = list_changes(checkout)

    assert {
        ("LIMIT = 0.5", "LIMIT = 1.0"),
        (whole, "return share > LIMIT and count > 10"),
        (whole, "return share >= LIMIT or count > 10"),
        (whole, "return count > 10"),
        (whole, "return share >= LIMIT and count >= 10"),
        (whole, "return share >= LIMIT and count > 20"),
    } <= changes
    # of `if count < 1` the comparison and the number; nothing of the class, the docstring or the message
    assert len(changes) == 8


def run(checkout: Path) -> tuple[int, str, list[dict]]:
    out = checkout / "found.json"
    ended = subprocess.run(
        [sys.executable, str(checkout / "ci/mutants.py"), "--count", "99", "--out", str(out)],
        capture_output=True,
        text=True,
        check=False,
        cwd=checkout,
    )
    return ended.returncode, ended.stdout + ended.stderr, json.loads(out.read_text())


COUNTED = "return share >= LIMIT and count > 10"
PLANTED = "return share >= LIMIT and count >= 10"
ENTRY = f"""
[[mutant]]
module = "gates/limit.py"
function = "is_high"
line = "{COUNTED}"
planted = "{PLANTED}"
because = "nobody has ten"
"""


def test_a_survivor_that_the_register_names_is_equivalent_and_any_other_is_a_failure(checkout):
    (checkout / "ci/equivalent_mutants.toml").write_text(ENTRY)

    code, said, found = run(checkout)

    survived = {one["after"] for one in found if one["result"] == "survived"}
    assert PLANTED in survived
    assert "return share >= LIMIT or count > 10" not in survived
    assert "return count > 10" not in survived
    *_, room, whole = said.splitlines()
    at_end = [
        line for line in said.splitlines() if line.startswith("gates/limit.py:") and "->" in line
    ]
    assert len(at_end) == len(survived)
    change = "`are >= LIMIT and count > 10` -> `are >= LIMIT and count >= 10`"
    assert f"gates/limit.py:14  {change}  equivalent because nobody has ten" in at_end
    assert sum(line.endswith("  NOT NAMED") for line in at_end) == len(survived) - 1
    assert room.startswith("gates: 8 mutants, 1 change nothing; of the other 7 ")
    assert whole.startswith("8 mutants, 1 change nothing; of the other 7 ")
    assert code == 1


def read_script(checkout: Path) -> dict:
    return runpy.run_path(str(checkout / "ci" / "mutants.py"))


def test_an_entry_of_the_register_holds_while_its_line_reads_the_same_wherever_that_is(checkout):
    (checkout / "ci/equivalent_mutants.toml").write_text(ENTRY)
    module = checkout / "src/credit_default/gates/limit.py"
    script = read_script(checkout)
    equivalent = script["read_equivalent"]()

    assert script["list_stale"](equivalent) == []
    module.write_text(module.read_text().replace("LIMIT = 0.5", "LIMIT = 0.6  # moved\n\nMORE = 1"))
    assert script["list_stale"](equivalent) == []

    module.write_text(module.read_text().replace("count > 10", "count > 11"))
    assert script["list_stale"](equivalent) == [
        f"gates/limit.py, is_high: `{COUNTED}` -> `{PLANTED}` is planted 0 times; expected once"
    ]
    module.unlink()
    assert len(script["list_stale"](equivalent)) == 1


def test_every_entry_of_our_register_is_a_fault_of_the_code_as_it_is_with_a_reason():
    script = read_script(ROOT)

    equivalent = script["read_equivalent"]()

    assert script["list_stale"](equivalent) == []
    assert all(len(reason.split()) > 4 for reason in equivalent.values())


def test_tests_that_fail_without_a_fault_notice_none(checkout):
    with (checkout / "tests/gates/test_limit.py").open("a") as tests:
        tests.write("\ndef test_it_fails():\n    assert False\n")

    ended = subprocess.run(
        [sys.executable, str(checkout / "ci/mutants.py"), "--room", "gates", "--count", "9"],
        capture_output=True,
        text=True,
        check=False,
        cwd=checkout,
    )

    assert ended.returncode == 1
    assert ended.stderr == (
        "the tests of gates/limit.py fail without a fault (noticed): "
        "run `python -m pytest -n0 tests/gates/test_limit.py` first\n"
    )


def test_a_seed_draws_the_same_mutants_each_one_once(checkout):
    script = runpy.run_path(str(checkout / "ci" / "mutants.py"))

    drawn = [
        [mutant.name for mutant in script["draw_mutants"](["gates"], count=count, seed=seed)]
        for count, seed in ((5, 1), (5, 1), (99, 1), (5, 2))
    ]

    assert drawn[0] == drawn[1] == drawn[2][:5]
    assert drawn[0] != drawn[3]
    assert len(set(drawn[2])) == len(drawn[2]) == 8


def test_all_faults_of_one_module_are_planted_and_a_module_that_is_not_there_is_named(checkout):
    command = [sys.executable, str(checkout / "ci/mutants.py"), "--module"]

    whole, missing = (
        subprocess.run([*command, name], capture_output=True, text=True, check=False, cwd=checkout)
        for name in ("gates/limit.py", "gates/limits.py")
    )

    assert whole.stdout.splitlines()[-1].startswith("8 mutants, 0 change nothing; of the other 8")
    assert missing.returncode == 1
    assert "gates/limits.py does not exist: name a module or folder below" in missing.stderr


def test_own_tests_run_first_then_those_of_users_then_those_of_the_chapters_users(checkout):
    for name, text in {
        "src/credit_default/gates/risk/bound.py": "LIMIT = 1\n",
        "src/credit_default/gates/risk/check.py": "from credit_default.gates.risk.bound import LIMIT\n",
        "src/credit_default/gates/risk/report.py": "from credit_default.gates.risk import check\n",
        "src/credit_default/gates/other/far.py": "from credit_default.gates.risk import report\n",
        "tests/gates/risk/test_bound.py": "",
        "tests/gates/risk/test_check.py": "from credit_default.gates.risk import (\n    check,\n    bound,\n)\n",
        "tests/gates/risk/test_report.py": "import credit_default.gates.risk.report\n",
        "tests/gates/other/test_far.py": "from credit_default.gates.other.far import LIMIT\n",
        "tests/gates/test_near.py": "from credit_default.gates.risk.bound import LIMIT\n",
    }.items():
        path = checkout / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    script = runpy.run_path(str(checkout / "ci" / "mutants.py"))

    assert script["find_tests"]("gates/risk/bound.py") == [
        "tests/gates/risk/test_bound.py",
        "tests/gates/risk/test_check.py",
        "tests/gates/test_near.py",
        "tests/gates/risk/test_report.py",
    ]


def test_tests_that_took_too_long_are_named_beside_the_share(checkout, capsys):
    script = runpy.run_path(str(checkout / "ci" / "mutants.py"))
    path = checkout / "src/credit_default/gates/limit.py"
    first, second, *_ = script["list_mutants"](path, module="gates/limit.py")

    script["report"]([(first, "noticed"), (second, "endless")], {}, seconds=1)

    told = capsys.readouterr().out.splitlines()
    assert told[0] == (
        f"tests that took longer than 300 s count as noticed: gates/limit.py:{second.line}"
    )


def test_every_module_in_which_faults_are_planted_has_tests_that_can_notice_them():
    script = read_script(ROOT)

    untested = [
        path.relative_to(script["PACKAGE"]).as_posix()
        for room in ("gates", "model")
        for path in script["_list_modules"](script["PACKAGE"] / room)
        if "def " in path.read_text(encoding="utf-8")
        and not script["find_tests"](path.relative_to(script["PACKAGE"]).as_posix())
    ]

    assert untested == []
