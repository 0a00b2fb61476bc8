import csv
import io

import pytest
from tests.fakes.batch_tables import put_rejected

from credit_default.errors import InputError
from credit_default.services.batches.rejected_rows import (
    count_rejected,
    list_rejected,
    render_correction_file,
)

BATCH = "a" * 16
ROWS = (
    {"line": 2, "client_id": "7", "rules": ["age|min"], "age": "12", "credit_limit": "-5000"},
    {
        "line": 3,
        "client_id": "8",
        "rules": ["age|type", "bill_within_limit_m1"],
        "age": '=HYPERLINK("x")',
        "credit_limit": "@SUM(1)",
    },
)


@pytest.fixture
def filled(wiring):
    put_rejected(wiring.lake, BATCH, "2005-10", ROWS)
    return wiring


def test_each_rejected_row_says_which_rules_it_broke_in_words(filled):
    first, second = list_rejected(filled, BATCH).rows

    assert (first.line, first.client_id, first.rules) == (2, "7", ("age is below 18",))
    assert second.rules[0] == "age cannot be read as what it should be"
    assert "bill_amount_m1 lies between -4 and 15 times credit_limit" in second.rules[1]


def test_rules_are_counted_over_all_rows(filled):
    found = {rule.rule: rule.row_count for rule in count_rejected(filled, BATCH)}

    assert found == {"age|min": 1, "age|type": 1, "bill_within_limit_m1": 1}


def test_file_to_correct_has_the_columns_of_the_file_and_runs_no_formula(filled):
    [first, second] = csv.DictReader(io.StringIO(render_correction_file(filled, BATCH).decode()))

    assert list(first) == ["client_id", "statement_month", "age", "credit_limit", "broken_rules"]
    assert (first["client_id"], first["statement_month"]) == ("7", "2005-10")
    assert first["credit_limit"] == "-5000"
    assert (second["age"], second["credit_limit"]) == ('\'=HYPERLINK("x")', "'@SUM(1)")


@pytest.mark.parametrize("text", ["-5+cmd|' /C calc'!A1", "-1\n=2", "+1-1", "--5", "-5 "])
def test_text_that_only_begins_like_a_number_is_escaped(wiring, text):
    row = {"line": 2, "client_id": "7", "rules": ["age|type"], "age": text}
    put_rejected(wiring.lake, BATCH, "2005-10", [row])

    [found] = csv.DictReader(io.StringIO(render_correction_file(wiring, BATCH).decode()))

    assert found["age"].startswith("'")


def test_batch_without_a_name_in_the_lake_is_an_error_in_words(wiring):
    with pytest.raises(InputError, match="no batch of that id"):
        list_rejected(wiring, BATCH)
