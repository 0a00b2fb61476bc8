"""A portfolio's file with faults in all its parts: each is told, with its place, what was found, and the nearest known word."""

import pickle
import re
import tomllib

import pytest

from credit_default.errors import DeclarationError, InputError
from credit_default.portfolio_declaration import parse_portfolio
from credit_default.settings import load_settings

FAULTY = """
colour = "red"
features = [
  { name = "income", function = "rwa", columns = ["monthly_income"] },
  { name = "burden", function = "ratio", columns = ["instalment", "monthly_income"], argumens = {} },
  { name = "grade", function = "raw", columns = ["grad"] },
  { name = "log_income", function = "log", columns = ["income"] },
  "log",
]
[schema]
name = "loans"
version = 1
columns = [
  { name = "monthly_income", kind = "amont", description = "Income.", minimun = 0 },
  { name = "instalment", kind = "amount", description = "x", minimum = 5, maximum = 2, drift_threshold = 0 },
  { name = "grade", kind = "category", description = "Grade.", values = ["A", "A"] },
  { name = "Grade two", kind = "code", description = "Grade.", protected = "yes" },
  { kind = "code", description = "Grade." },
]
outcome = { description = "x", bad = ["x"], good = ["x"] }
rules = [
  { name = "r", expression = "instalmnt > 0", description = "d" },
  { name = "s", expression = "grade <", description = "d" },
]
[schema.key]
clent = "no"
[file]
decimal = ";"
[recipe]
tree_count = 0
famly = "forest"
[promotion]
highest_roc_auc = "high"
"""

EVERY_FAULT = [
    "setting recipe.famly (portfolio {file}): found a key that nothing reads; expected recipe.family",
    "recipe's tree_count: found 0; expected a value in its range",
    "setting promotion.highest_roc_auc (portfolio {file}): found 'high'",
    "portfolio {file}: found unknown 'colour'",
    "'version' of the schema: found 1; expected a text",
    "column 1 'monthly_income' of the schema: found unknown 'minimun' (nearest is 'minimum')",
    "'kind' of column 1 'monthly_income' of the schema: found 'amont'; expected one of",
    "column 2 'instalment' of the schema: found minimum 5 > maximum 2",
    "column 2 'instalment' of the schema: found drift_threshold 0",
    "'values' of column 3 'grade' of the schema: found ['A', 'A']",
    "'protected' of column 4 'Grade two' of the schema: found 'yes'; expected true or false",
    "column 5 of the schema: found no 'name'",
    "the outcome of the schema: found 'x' in two of bad, good, ignore",
    "rule 'r' of the schema: found 'instalmnt' (nearest is 'instalment')",
    "rule 's' of the schema: found 'grade <'",
    "the key of the schema: found unknown 'clent' (nearest is 'client')",
    "feature 'income': found function 'rwa' (nearest is 'raw')",
    "feature 'burden': found key 'argumens' (nearest is 'arguments')",
    "feature 'grade': found column 'grad' (nearest is 'grade')",
    "feature list: found 'log'; expected a table",
    "decimal of the table [file]: found ';'",
]


@pytest.fixture
def refused(tmp_path):
    (tmp_path / "loans.toml").write_text(FAULTY)
    with pytest.raises(InputError) as caught:
        load_settings({"portfolio": str(tmp_path / "loans.toml")}, environment={})
    return caught.value


def test_every_fault_of_a_file_is_told_at_once_and_no_other(refused, tmp_path):
    told = " ".join(str(refused).split())

    expected = [text.replace("{file}", str(tmp_path / "loans.toml")) for text in EVERY_FAULT]
    assert [text for text in expected if text not in told] == []
    assert len(refused.faults) == len(expected)
    assert told.startswith(f"portfolio {tmp_path / 'loans.toml'}: found {len(expected)} faults.")


def test_the_list_of_faults_fits_a_terminal_of_80_columns(refused, tmp_path):
    lines = str(refused).replace(str(tmp_path), "").splitlines()

    assert max(map(len, lines)) <= 80
    assert [line for line in lines if re.match(r" {0,2}\d+\. ", line)]
    assert refused.exit_code == 2


def test_the_list_survives_a_process_boundary(refused):
    copy = pickle.loads(pickle.dumps(refused))

    assert (type(copy), str(copy)) == (DeclarationError, str(refused))


def test_a_file_with_one_fault_is_one_plain_line():
    content = tomllib.loads(FAULTY)
    content["schema"] |= {
        "version": "1",
        "columns": [{"name": "instalment", "kind": "amount", "description": "x", "minimun": 1}],
        "outcome": {"description": "x"},
        "rules": [],
        "key": {},
    }
    content["features"] = [{"name": "i", "function": "raw", "columns": ["instalment"]}]
    parts = {key: content[key] for key in ("schema", "features")}

    with pytest.raises(InputError) as caught:
        parse_portfolio(parts, thing="portfolio")

    assert str(caught.value).startswith(
        "column 1 'instalment' of the schema: found unknown 'minimun' (nearest is 'minimum');"
    )
    assert "\n" not in str(caught.value)


def test_what_refers_to_a_faulty_column_or_feature_is_not_faulty_itself():
    content = {
        "schema": {
            "name": "loans",
            "version": "1",
            "columns": [{"name": "income", "kind": "amont", "description": "x"}],
            "outcome": {"description": "x"},
            "rules": [{"name": "r", "expression": "income > 0", "description": "x"}],
        },
        "features": [
            {"name": "a", "function": "lgo", "columns": ["income"]},
            {"name": "b", "function": "log", "columns": ["a"]},
        ],
    }

    with pytest.raises(DeclarationError) as caught:
        parse_portfolio(content, thing="portfolio")

    assert [fault.thing for fault in caught.value.faults] == [
        "'kind' of column 1 'income' of the schema",
        "feature 'a'",
    ]


@pytest.mark.parametrize("text", ["\x1b[31m", "\u202e", "a\nb"])
def test_no_text_of_a_declaration_moves_the_cursor(text):
    columns = [{"name": text, "kind": text, "description": "x"}] * 2
    content = {"schema": {"name": "x", "version": "1", "columns": columns, "outcome": {}}}

    with pytest.raises(DeclarationError) as caught:
        parse_portfolio(content, thing="portfolio")

    assert text not in str(caught.value)


def test_of_very_many_faults_the_first_and_their_number_are_shown():
    columns = [{"name": f"c{i}", "kind": "x", "description": "x"} for i in range(60)]
    schema = {"name": "x", "version": "1", "columns": columns, "outcome": {"description": "x"}}

    with pytest.raises(DeclarationError) as caught:
        parse_portfolio({"schema": schema, "features": []}, thing="portfolio")

    assert "(61 in all)" in str(caught.value)
    assert str(caught.value).count("found 'x'") == 25


@pytest.mark.parametrize("part", ["schema", "features", "file", "recipe"])
@pytest.mark.parametrize("value", [1, "x", [], [1], {}, {"a": {"b": [None]}}, None, True])
def test_no_form_of_a_part_is_more_than_an_error_for_people(part, value):
    content = {**tomllib.loads(FAULTY), part: value}

    with pytest.raises(InputError):
        parse_portfolio(content, thing="portfolio")


def test_who_asks_for_case_weights_is_told_that_there_are_none_and_what_to_do():
    content = tomllib.loads(FAULTY) | {"weight": "sampling_weight"}

    with pytest.raises(DeclarationError) as caught:
        parse_portfolio(content, thing="portfolio")

    [fault] = [fault for fault in caught.value.faults if "weight" in fault.found]
    assert (fault.thing, fault.found) == ("portfolio", "'weight': case weights are not supported")
    assert "a chance in proportion to its weight" in fault.remedy
