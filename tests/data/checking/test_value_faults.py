import polars as pl
import pytest

from credit_default.data.checking.row_rules import build_row_rules
from credit_default.data.checking.validation import check_rows
from credit_default.data.checking.value_faults import FAULTS, FORMS, describe_value_fault
from credit_default.data.checking.word_conversion import WORD_FAULTS
from credit_default.data.credit_card.outcomes import OBSERVED_OUTCOMES
from credit_default.errors import InputError

ROWS = 20
SOUND = {
    "client_id": [f"c{number}" for number in range(ROWS)],
    "statement_month": ["2005-11"] * ROWS,
    "observed_at": ["2006-01-01"] * ROWS,
    "defaulted": ["0"] * ROWS,
}
# A value with each fault; how values come by it is in tests/adapters/files/test_statement_files_value_forms.py.
EXAMPLES = {
    "client_id": {
        "rounded": "4.50012E+15",
        "hidden": "#####",
        "guarded": '="00123"',
        "missing_word": "nan",
        "separator": "1,234",
        "blank": "A 1",
    },
    "statement_month": {
        "instant": "2005-10-31T16:00:00Z",
        "calendar": "2005-13",
        "named_month": "Nov-05",
        "day_order": "30.11.2005",
        "short_year": "11/05",
        "decimal_month": "2005.11",
        "serial_date": "38686",
        "format": "soon",
    },
    "observed_at": {
        "epoch": "1136104200",
        "half_day": "01/02/2006 08:30 PM",
        "zone_name": "2006-01-01 08:30:00 CET",
        "day_order": "01.02.2006",
        "serial_date": "38718",
    },
    "defaulted": {"type": "ja", "code": "2"},
}
COLUMNS = {c.name: c for c in (*OBSERVED_OUTCOMES.columns, OBSERVED_OUTCOMES.outcome)}


def check(column, *values):
    rows = pl.DataFrame(SOUND | {column: [*values, *SOUND[column][len(values) :]]})
    return check_rows(lambda: iter([rows]), schema=OBSERVED_OUTCOMES, outcome="required")


@pytest.mark.parametrize(
    ("column", "fault"), [(c, fault) for c, faults in EXAMPLES.items() for fault in faults]
)
def test_a_file_full_of_a_fault_is_refused_with_its_cause_and_cure(column, fault):
    kind = COLUMNS[column].kind
    text, value = FAULTS[kind][fault], EXAMPLES[column][fault]

    with pytest.raises(InputError) as caught:
        check(column, *[value] * ROWS)

    told = str(caught.value)
    assert f"{column} holds {value!r} where it should hold {FORMS[kind]}" in told
    assert text.cause in told
    assert text.next_step.removesuffix(".") in told
    assert "swapped" not in told


@pytest.mark.parametrize(
    ("column", "fault"), [(c, fault) for c, faults in EXAMPLES.items() for fault in faults]
)
def test_a_row_with_a_fault_is_rejected_under_its_name(column, fault):
    checked = check(column, EXAMPLES[column][fault])

    assert checked.rule_counts == {f"{column}|{fault}": 1}
    told = describe_value_fault(COLUMNS[column], f"{column}|{fault}")
    assert FORMS[COLUMNS[column].kind] in told


def test_every_fault_has_an_example_here():
    kinds = {COLUMNS[name].kind: set(faults) for name, faults in EXAMPLES.items()}

    # those of declared words have theirs in test_word_conversion.py
    others = {kind: set(faults) for kind, faults in FAULTS.items() if kind not in WORD_FAULTS}
    assert kinds == others


def test_the_fault_of_most_rows_is_the_one_that_is_told():
    with pytest.raises(InputError, match="names of months depend on the language"):
        check("statement_month", *["Nov-05"] * 12, *["30.11.2005"] * 8)


def test_a_rule_without_a_text_of_its_own_is_told_by_its_name_alone():
    assert describe_value_fault(COLUMNS["client_id"], "client_id|nullability") == ""
    assert describe_value_fault(COLUMNS["client_id"], "statement_month|instant") == ""


def test_every_fault_is_among_the_rules_of_its_column():
    rules = build_row_rules(OBSERVED_OUTCOMES, with_outcome=True, outcome_required=True)

    for name, faults in EXAMPLES.items():
        assert {f"{name}|{fault}" for fault in faults} <= set(rules.column_rules[name])
    assert len(rules.names) == len(set(rules.names))
