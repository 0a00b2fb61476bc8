import pytest

from credit_default.data.contract.column import COLUMN_NAME
from credit_default.data.drafting.names import (
    build_names,
    describe_name,
    list_aliases,
    split_words,
)


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("LOAN", "loan"),
        ("Monthly Income", "monthly_income"),
        ("RevolvingUtilization", "revolving_utilization"),
        ("NumTrades60Ever", "num_trades_60_ever"),
        ("Höhe (€)", "hohe"),
        ("30-59 days", "column_30_59_days"),
        ("", "column_1"),
        ("line", "line_2"),
        ("defaulted?", "defaulted_2"),
    ],
)
def test_a_name_is_made_of_the_words_in_the_files_name(raw, name):
    assert build_names([raw], in_file=[raw]) == (name,)


def test_names_are_valid_and_each_once_whatever_the_file_calls_its_columns():
    raw = ["a b", "a-b", "A_B", "%", "x" * 200, "1", "äöü", "日本"]

    names = build_names(raw, in_file=raw)

    assert len(set(names)) == len(raw)
    assert all(COLUMN_NAME.fullmatch(name) for name in names)


def test_no_name_is_that_of_another_column_of_the_file():
    names = build_names(["Loan Amount", "loan_amount"], in_file=["Loan Amount", "loan_amount"])

    assert names == ("loan_amount_2", "loan_amount")


def test_the_files_name_is_an_alias_only_where_it_is_not_found_without_one():
    assert list_aliases("loan", "LOAN") == ()
    assert list_aliases("monthly_income", "MonthlyIncome") == ("MonthlyIncome",)


def test_words_are_split_at_marks_and_humps_and_read_by_people():
    assert split_words("NumberOfTime30-59DaysPastDue") == (
        *("number", "of", "time", "30", "59", "days", "past", "due"),
    )
    assert split_words("bill_amt1") == ("bill", "amt1")
    assert describe_name("MonthlyIncome") == "Monthly income"
    assert describe_name("") == "Unnamed column"
