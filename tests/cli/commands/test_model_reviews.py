import pytest


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("inventory", "--as-of", "yesterday"), "a date, YYYY-MM-DD"),
        (("findings", "close", "abc", "--reason", "x", "--by", "Ada"), "none of that id"),
        (
            (
                *("review", "1", "--opinion", "fit for use", "--next-review", "2999-01-01"),
                *("--reason", "x", "--by", "Ada"),
            ),
            "version",
        ),
    ],
)
def test_what_is_not_there_is_said_in_one_line(run, tmp_path, words, message):
    answer = run("models", *words, "--lake", tmp_path / "lake")

    assert answer.exit_code == 2
    assert message in answer.stderr
    assert len(answer.stderr.strip().splitlines()) == 1


def test_a_lake_without_entries_has_an_empty_inventory(run, tmp_path):
    answer = run("models", "inventory", "--lake", tmp_path / "lake", "--json")

    assert answer.exit_code == 0
    assert answer.json["counts"] == {"versions": 0, "open findings": 0, "overdue": 0}
