import dataclasses
import re
import tomllib

import pytest

from credit_default.data.contract.declared_tables import ColumnTable
from credit_default.data.contract.outcome_schema import build_outcome_schema
from credit_default.data.contract.schema import Column
from credit_default.data.contract.schema_parsing import parse_schema
from credit_default.errors import InputError

LOANS = """
name = "loans"
version = "1"

[[columns]]
name = "client_id"
kind = "identifier"
description = "Borrower."
aliases = ["borrower"]

[[columns]]
name = "income"
kind = "amount"
description = "Yearly income, euros."
minimum = 0
maximum = 10000000

[[columns]]
name = "grade"
kind = "code"
description = "Grade at origination."
codes = { 1 = "best", 2 = "middling", 3 = "worst" }
protected = true
drift_method = "chisquare"
drift_threshold = 0.05

[[columns]]
name = "term"
kind = "integer"
description = "Months to run."
minimum = 1

[outcome]
description = "Whether the loan defaulted."
aliases = ["default flag"]

[[rules]]
name = "income_against_term"
expression = "income >= 10 * term"
description = "No long loans without income."
"""


def declare(**changes):
    return tomllib.loads(LOANS) | changes


def declare_column(**words):
    column = {"name": "extra", "kind": "amount", "description": "x"} | words
    return declare(columns=[*tomllib.loads(LOANS)["columns"], column])


def test_parse_schema_reads_what_a_file_declares():
    schema = parse_schema(tomllib.loads(LOANS))

    assert schema.names == ("client_id", "statement_month", "income", "grade", "term")
    assert schema.columns[0].accepted_names == ("client_id", "borrower")
    assert [column.name for column in schema.inputs] == ["income", "grade", "term"]
    assert schema.inputs[0] == Column(
        "income", "amount", "Yearly income, euros.", minimum=0, maximum=10_000_000
    )
    assert schema.inputs[1].codes == {1: "best", 2: "middling", 3: "worst"}
    assert schema.inputs[1].drift_method == "chisquare"
    assert schema.inputs[1].drift_threshold == 0.05
    assert schema.protected == ("grade",)
    assert schema.outcome.name == "defaulted"
    assert schema.outcome.aliases == ("default flag",)
    assert schema.outcome.codes == {0: "no default", 1: "default"}
    assert schema.rules[0].expression == "income >= 10 * term"
    assert schema.unique_key
    assert schema.row_number_for == ()


def test_parse_schema_reads_that_a_key_may_come_twice():
    assert not parse_schema(declare(unique_key=False)).unique_key


def test_parse_schema_gives_the_key_when_it_is_not_declared():
    schema = parse_schema(
        declare(columns=[{"name": "income", "kind": "amount", "description": "x"}], rules=[])
    )

    assert schema.names == ("client_id", "statement_month", "income")


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ([], "the schema: found []; expected a table"),
        (declare(colour=1), "found unknown 'colour'; expected only name, version, columns"),
        ({"name": "loans"}, "found no 'version', 'columns', 'outcome'"),
        (
            declare(version=1),
            "'version' of the schema: found 1; expected a text",
        ),
        (declare(columns="income"), "'columns' of the schema: found 'income'; expected a list"),
        (
            declare(columns=["income"]),
            "column 1 of the schema: found 'income'; expected a table",
        ),
        (declare(columns=[]), "expected one or more inputs"),
        (
            declare(outcome={"aliases": ["bad"]}),
            "the outcome of the schema: found no 'description'",
        ),
        (
            declare(outcome={"description": "x", "name": "bad"}),
            "found outcome 'bad'; expected 'defaulted'",
        ),
        (
            declare(outcome={"description": "x", "codes": {"1": "bad"}}),
            "expected 'defaulted' with the codes 0 and 1",
        ),
        (declare(outcome={"description": "x", "kind": "code"}), "found outcome 'defaulted'"),
        (
            declare(row_number_for=[1]),
            "entry 1 of 'row_number_for' of the schema: found 1; expected a text",
        ),
        (
            declare_column(minimun=0),
            "column 5 'extra' of the schema: found unknown 'minimun' (nearest is 'minimum')",
        ),
        (
            declare_column(minimum="0"),
            "'minimum' of column 5 'extra' of the schema: found '0'; expected a number",
        ),
        (
            declare(weight="sampling_weight"),
            "the schema: found 'weight': case weights are not supported; expected rows that count once",
        ),
        (
            declare_column(weight=True),
            "column 5 'extra' of the schema: found 'weight': case weights are not supported",
        ),
        (declare_column(minimum=True), "found True; expected a number"),
        (declare_column(protected=1), "found 1; expected true or false"),
        (
            declare_column(kind="money"),
            "'kind' of column 5 'extra' of the schema: found 'money'; expected one of identifier, month",
        ),
        (
            declare_column(kind="outcome", codes={"0": "a"}),
            "expected one or more inputs of kind code, integer",
        ),
        (declare_column(kind="month"), "expected one or more inputs of kind code, integer"),
        (
            declare_column(name="Extra"),
            "column 5 'Extra' of the schema: found that name; expected a lower-case name",
        ),
        (declare_column(name="a{1..6}"), "expected a lower-case name"),
        (declare_column(name="line"), "found 'line'; expected other names for inputs"),
        (declare_column(name="defaulted"), "found 'defaulted'; expected other names for inputs"),
        (declare_column(name="income"), "found 'income' for two columns"),
        (declare_column(aliases=["  INCOME "]), "found 'income' for two columns"),
        (declare_column(aliases=["Default Flag"]), "found 'default flag' for two columns"),
        (declare_column(aliases="other"), "found 'other'"),
        (
            declare_column(aliases=["other", 3]),
            "entry 2 of 'aliases' of column 5 'extra' of the schema: found 3; expected a text",
        ),
        (declare_column(kind="code"), "found 0 codes; expected codes for kind code"),
        (
            declare_column(codes={"1": "a"}),
            "found 1 codes; expected codes for kind code, and for no other kind",
        ),
        (
            declare_column(kind="code", codes={"one": "a"}),
            "'codes' of column 5 'extra' of the schema: found 'one'; expected whole numbers as keys",
        ),
        (
            declare_column(kind="code", codes={"1": "a"}, minimum=1),
            "expected bounds for kinds integer and amount",
        ),
        (declare_column(minimum=2, maximum=1), "found minimum 2 > maximum 1"),
        (
            declare_column(drift_method="eyes"),
            "'drift_method' of column 5 'extra' of the schema: found 'eyes'; expected one of psi",
        ),
        (declare_column(drift_threshold=0), "found drift_threshold 0; expected a number above 0"),
        (
            declare(rules=[{"name": "r"}]),
            "rule 1 'r' of the schema: found no 'expression', 'description'",
        ),
    ],
)
def test_parse_schema_refuses(mapping, message):
    with pytest.raises(InputError, match=re.escape(message)):
        parse_schema(mapping)


@pytest.mark.parametrize(
    ("name", "expression", "message"),
    [
        ("term", "income > 0", "rule 'term' of the schema: found that name"),
        ("a rule", "income > 0", "rule 'a rule' of the schema: found that name"),
        ("r", "income >", "rule 'r' of the schema: found 'income >'"),
        ("r", "wages > 0", "rule 'r' of the schema: found 'wages'; expected inputs of the schema"),
        ("r", "client_id > 0", "found 'client_id'; expected inputs of the schema"),
        ("r", "1 > 0", "found no column"),
        ("income_against_term", "income > 0", "found rules 'income_against_term' twice"),
    ],
)
def test_parse_schema_refuses_a_rule(name, expression, message):
    rule = {"name": name, "expression": expression, "description": "x"}

    with pytest.raises(InputError, match=re.escape(message)):
        parse_schema(declare(rules=[*declare()["rules"], rule]))


def test_words_of_a_portfolio_are_its_own_or_neutral():
    loans = tomllib.loads(LOANS)
    own = parse_schema({**loans, "words": {"used_for": "reviews loans"}})

    assert own.words.used_for == "reviews loans"
    assert parse_schema(loans).words.used_for == "reviews the clients of this portfolio"
    with pytest.raises(InputError, match="the words of"):
        parse_schema({**loans, "words": {"use": "x"}})


def test_a_unit_is_of_a_number_and_ends_the_description():
    column = parse_schema(declare_column(unit="thousand dollars")).columns[-1]

    assert column.unit == "thousand dollars"
    assert column.full_description == "x In thousand dollars."
    assert parse_schema(declare()).columns[-1].full_description == "Months to run."
    with pytest.raises(InputError, match="found unit; expected a unit for kinds integer"):
        parse_schema(declare_column(unit="years", kind="date"))


def test_every_key_of_a_declared_column_is_a_field_of_the_value():
    fields = {field.name for field in dataclasses.fields(Column)}

    assert set(ColumnTable.model_fields) <= fields
    assert fields - set(ColumnTable.model_fields) == {"ignored"}  # the outcome's `ignore`


def test_the_column_that_the_key_names_holds_ids_of_any_text():
    named, plain = parse_schema(declare(key={"client": "loan no"})), parse_schema(declare())

    assert (named.columns[0].ids, named.columns[0].aliases) == ("text", ("borrower", "loan no"))
    assert plain.columns[0].ids == "plain"
    assert parse_schema(declare(key={"client": "row-number"})).columns[0].ids == "plain"


def test_outcome_files_call_keys_and_outcomes_as_the_statements_do():
    schema = build_outcome_schema(
        parse_schema(declare(key={"client": "loan no", "month": "2016-01"}))
    )

    assert schema.columns[0].accepted_names == ("client_id", "borrower", "loan no", "ID")
    assert (schema.columns[0].ids, schema.fixed_month) == ("text", "2016-01")
    assert schema.outcome.aliases == ("default flag",)
    assert not schema.unique_key
