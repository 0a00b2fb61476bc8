import pytest

from credit_default.data.contract.schema_parsing import parse_schema
from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.model.explanation.reason_table import (
    NO_REASONS,
    Condition,
    build_reason_table,
    map_features_to_concepts,
)
from credit_default.model.features.declaration import parse_features

LOANS = parse_schema(
    {
        "name": "loans",
        "version": "1",
        "columns": [
            {"name": "amount", "kind": "amount", "description": "Amount lent, euro; at the start."},
            {"name": "income", "kind": "amount", "description": "Net income (stated)."},
            {"name": "delay_m1", "kind": "integer", "description": "Days late."},
            {"name": "delay_m2", "kind": "integer", "description": "A month earlier."},
            {"name": "delay_m3", "kind": "integer", "description": "Two months earlier."},
            {"name": "age", "kind": "integer", "description": "In years.", "protected": True},
            {
                "name": "purpose",
                "kind": "code",
                "description": "What for.",
                "codes": {"1": "car", "2": "home"},
            },
        ],
        "outcome": {"description": "x"},
    }
)


def table_of(*features):
    declared = parse_features(
        [{"name": n, "function": f, "columns": c, **more} for n, f, c, more in features]
    )
    return build_reason_table(NO_REASONS, declared, schema=LOANS)


def test_a_raw_number_is_worded_higher_or_lower_with_its_description():
    (concept,) = table_of(("amount", "raw", ["amount"], {})).concepts

    assert concept.subject == "Amount (Amount lent, euro)"
    assert [(w.text, w.conditions) for w in concept.wordings] == [
        (
            "Amount (Amount lent, euro): higher than for most accepted clients",
            (Condition("amount", "above"),),
        ),
        (
            "Amount (Amount lent, euro): lower than for most accepted clients",
            (Condition("amount", "below"),),
        ),
    ]


def test_a_raw_code_is_worded_by_its_meaning():
    (concept,) = table_of(("purpose", "raw", ["purpose"], {})).concepts

    assert [wording.text for wording in concept.wordings] == [
        "Purpose (What for): car",
        "Purpose (What for): home",
    ]
    assert concept.wordings[1].conditions == (
        Condition("purpose", "at least", 2),
        Condition("purpose", "at most", 2),
    )


def test_features_of_the_same_columns_say_the_same():
    delays = ["delay_m1", "delay_m2", "delay_m3"]

    table = table_of(
        ("worst_delay", "maximum", delays, {}),
        ("mean_delay", "mean", delays, {}),
        ("burden", "ratio", ["amount", "income"], {}),
    )

    assert [(concept.name, concept.features) for concept in table.concepts] == [
        ("worst_delay", ("worst_delay", "mean_delay")),
        ("burden", ("burden",)),
    ]
    assert table.concepts[0].subject == "Worst delay (Days late / A month earlier / 1 more)"
    assert table.concepts[1].subject == "Burden (Amount lent, euro / Net income)"


def test_features_that_go_back_to_a_protected_attribute_are_in_no_concept():
    table = table_of(
        ("age", "raw", ["age"], {}),
        ("income_by_age", "ratio", ["income", "age"], {"kept": False}),
        ("log_income_by_age", "log", ["income_by_age"], {}),
        ("income", "raw", ["income"], {}),
    )

    assert [concept.features for concept in table.concepts] == [("income",)]
    assert map_features_to_concepts(table, ["age", "income"], other="else") == {
        "age": "else",
        "income": "income",
    }


@pytest.mark.parametrize("schema", [CREDIT_CARD, LOANS])
def test_a_model_without_features_in_the_open_has_an_empty_table(schema):
    features = parse_features([{"name": "age", "function": "raw", "columns": ["age"]}])

    assert build_reason_table(NO_REASONS, features, schema=schema).concepts == ()


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        ("woe", {"values": [1, 2], "learned": [0.4, -0.2, 0.0, 0.0]}),
        ("target_mean", {"values": [1, 2], "learned": [0.4, 0.2, 0.3, 0.3]}),
        ("ordinal", {"order": [2, 1]}),
    ],
)
def test_a_number_that_stands_for_a_value_is_worded_by_the_value_alone(function, arguments):
    table = table_of(("purpose_risk", function, ["purpose"], {"arguments": arguments}))

    (concept,) = table.concepts
    assert [w.text for w in concept.wordings] == [
        "Purpose (What for): car",
        "Purpose (What for): home",
    ]
    assert {c.measure for w in concept.wordings for c in w.conditions} == {"purpose as it is"}


def test_an_expression_is_worded_higher_or_lower_with_its_columns():
    arguments = {"expression": "amount / income"}
    table = table_of(("burden", "expression", ["amount", "income"], {"arguments": arguments}))

    (concept,) = table.concepts
    assert [w.text for w in concept.wordings] == [
        "Burden (Amount lent, euro / Net income): higher than for most accepted clients",
        "Burden (Amount lent, euro / Net income): lower than for most accepted clients",
    ]
