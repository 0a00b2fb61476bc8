import runpy
import tomllib
from pathlib import Path

import pytest

FORMS = runpy.run_path(str(Path(__file__).parents[2] / "test_example_portfolios.py"))


@pytest.fixture
def loans(tmp_path):
    return FORMS["write"]("hmeq", FORMS["make_hmeq"](500, 1), tmp_path / "hmeq.csv")


def test_declare_prints_the_draft_alone_and_what_to_decide_beside_it(run, loans):
    answer = run("declare", loans)

    content = tomllib.loads(answer.stdout)
    assert answer.exit_code == 0
    assert content["schema"]["outcome"]["aliases"] == ["BAD"]
    assert len(content["schema"]["columns"]) == 12
    assert "declare" in answer.stderr
    assert "13 columns: 12 inputs, 0 left out" in answer.stderr
    assert "note: key: set the month of the rows in place of 2000-01" in answer.stderr


def test_declare_says_nothing_beside_the_draft_when_it_is_to_be_quiet(run, loans):
    answer = run("declare", loans, "--quiet")

    assert answer.stderr == ""
    assert answer.stdout == run("declare", loans).stdout


def test_declare_with_json_has_the_draft_as_its_last_note(run, loans):
    answer = run("declare", loans, "--json")

    assert answer.json["counts"] == {"read": 500}
    assert answer.json["notes"][-1] == run("declare", loans).stdout


def test_the_draft_is_what_check_takes(run, loans, tmp_path):
    portfolio = tmp_path / "portfolio.toml"
    portfolio.write_text(run("declare", loans, "--quiet").stdout)

    answer = run("check", loans, "--portfolio", portfolio, "--lake", tmp_path / "lake", "--json")

    assert answer.json["status"] == "would be kept"
    assert answer.json["counts"]["rejected"] == 0


def test_options_say_how_the_file_is_read(run, tmp_path):
    path = tmp_path / "loans.txt"
    path.write_text("1,5|0|2\n2,5|1|3\n" * 30)
    (tmp_path / "names.txt").write_text("income bad late")

    answer = run(
        *("declare", path, "--quiet", "--names", tmp_path / "names.txt", "--rows", 40),
        *("--separator", "|", "--decimal", ",", "--outcome", "bad"),
    )

    content = tomllib.loads(answer.stdout)
    assert content["file"] == {
        "separator": "|",
        "decimal": ",",
        "header": ["income", "bad", "late"],
    }
    assert content["schema"]["columns"][0]["kind"] == "amount"
    assert "the first 40 rows" in answer.stdout


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["--outcome", "none"], "no such column"),
        (["--separator", "ab"], "'ab'"),
        (["--decimal", "x"], "'x'"),
        (["--names", "/no/such/file"], "no such"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_no_draft(run, loans, arguments, found):
    answer = run("declare", loans, *arguments, "--quiet")

    assert (answer.exit_code, answer.stdout) == (2, "")
    assert found in answer.stderr
    assert len(answer.stderr.splitlines()) == 1
