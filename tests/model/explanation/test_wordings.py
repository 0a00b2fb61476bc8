import pytest

from credit_default.data.contract.schema import Column
from credit_default.model.explanation.wordings import (
    Condition,
    describe_column,
    format_name,
    read_first_clause,
)


@pytest.mark.parametrize(
    ("description", "clause"),
    [
        ("Amount lent, euro; at the start.", "Amount lent, euro"),
        ("Net income (stated).", "Net income"),
        ("In months. As of the statement.", "In months"),
        ("A share of 1.5 at most.", "A share of 1.5 at most"),
        ("  Age . ", "Age"),
        ("Late; early; never", "Late"),
    ],
)
def test_the_first_clause_ends_at_a_semicolon_a_bracket_or_a_sentence(description, clause):
    assert read_first_clause(Column("x", "integer", description)) == clause


def test_a_column_is_described_by_its_name_its_first_clause_and_its_unit():
    plain = Column("months_late", "integer", "How late; now.")
    unit = Column("amount_m1", "amount", "Lent.", unit="thousand dollars")

    assert describe_column(plain) == "Months late (How late)"
    assert describe_column(unit) == "Amount m1 (Lent, thousand dollars)"
    assert format_name("a_b_C") == "A b c"


def test_a_condition_compares_with_nought_unless_it_says_otherwise():
    assert Condition("a", "at least").value == 0.0
