import importlib.util
from pathlib import Path

import pytest

from credit_default.adapters.tables.queries import TABLES
from credit_default.data.contract.schema_parsing import parse_schema
from credit_default.data.credit_card.outcomes import OBSERVED_OUTCOMES
from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.views.exports.data_dictionary import (
    TableColumn,
    TableDescription,
    render_dictionary,
)

DOCS = Path(__file__).resolve().parents[3] / "docs"


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location(
        "write_data_dictionary", DOCS / "write_data_dictionary.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def small():
    return parse_schema(
        {
            "name": "loans",
            "version": "3",
            "outcome": {"description": "Whether it went unpaid."},
            "rules": [
                {
                    "name": "paid_twice",
                    "expression": "paid <= 2 * sum",
                    "description": "Not a | twice.",
                }
            ],
            "columns": [
                {
                    "name": "sum",
                    "kind": "amount",
                    "description": "Lent.",
                    "minimum": 0,
                    "maximum": 12_500_000,
                },
                {
                    "name": "paid",
                    "kind": "amount",
                    "description": "Paid.",
                    "maximum": 0.5,
                    "drift_method": "ks",
                },
                {
                    "name": "late_m1",
                    "kind": "code",
                    "description": "Late.",
                    "codes": {"0": "no", "1": "yes"},
                },
                {
                    "name": "late_m2",
                    "kind": "code",
                    "description": "Late.",
                    "codes": {"0": "no", "1": "yes"},
                },
                {
                    "name": "region",
                    "kind": "code",
                    "description": "Where.",
                    "codes": {"7": "north"},
                    "aliases": ["Reg"],
                    "protected": True,
                    "drift_threshold": 0.25,
                },
            ],
        }
    )


@pytest.fixture(scope="module")
def lines(small):
    table = TableDescription("kept", "One row a loan.", (TableColumn("sum", "number", "Lent."),))
    return render_dictionary(small, outcomes=OBSERVED_OUTCOMES, tables=[table]).splitlines()


def test_page_in_the_repository_is_what_the_declarations_say_now(script):
    assert script.PAGE.read_text(encoding="utf-8") == script.build_page(), "run `make docs`"


def test_page_names_every_column_alias_code_and_rule_of_the_credit_card_schema(script):
    page = script.build_page()

    for column in (*CREDIT_CARD.columns, CREDIT_CARD.outcome):
        assert all(f"`{name}`" in page for name in column.accepted_names)
        assert all(meaning in page for meaning in column.codes.values())
    assert all(f"| `{rule.name}` |" in page for rule in CREDIT_CARD.rules)


@pytest.mark.parametrize("name", TABLES)
def test_columns_of_a_table_are_in_their_order(script, name):
    described = script.describe_table(name)

    assert [column.name for column in described.columns] == TABLES[name].names
    assert all(column.description for column in described.columns)


def test_line_of_a_column_has_aliases_kind_range_protection_and_drift(lines):
    assert "| `region` | `Reg` | code | 7 | yes | psi, 0.25 | Where. |" in lines


@pytest.mark.parametrize(
    ("column", "expected"),
    [("sum", "0 to 12,500,000"), ("paid", "– to 0.5"), ("client_id", "–"), ("late_m2", "0, 1")],
)
def test_range_is_written_as_a_person_would(lines, column, expected):
    line = next(line for line in lines if line.startswith(f"| `{column}` |"))

    assert line.split(" | ")[3] == expected


def test_neighbours_with_the_same_codes_share_their_lines(lines):
    assert "| `late_m1` to `late_m2` | `1` | yes |" in lines
    assert "| `region` | `7` | north |" in lines


def test_bar_in_a_description_does_not_end_the_cell(lines):
    assert "| `paid_twice` | `paid <= 2 * sum` | Not a \\| twice. |" in lines


def test_key_and_outcome_have_no_drift(lines):
    for name in ("client_id", "statement_month", "defaulted"):
        line = next(line for line in lines if line.startswith(f"| `{name}` |"))
        assert line.split(" | ")[5] == "–"


def test_table_lists_its_columns_under_its_name(lines):
    at = lines.index("## Table `kept`")

    assert lines[at + 2 :] == [
        "One row a loan.",
        "",
        "| column | type | what it says |",
        "| --- | --- | --- |",
        "| `sum` | number | Lent. |",
    ]
