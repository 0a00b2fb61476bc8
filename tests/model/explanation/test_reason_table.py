import pytest

from credit_default.data.contract.schema_parsing import parse_schema
from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.model.explanation.reason_table import (
    NO_REASONS,
    Concept,
    Condition,
    ReasonTable,
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


DATED = parse_schema(
    {
        "name": "dated",
        "version": "1",
        "columns": [
            {"name": "since", "kind": "date", "description": "First account."},
            {
                "name": "delay",
                "kind": "integer",
                "description": "Days late.",
                "special": {"99": "never late"},
            },
            {"name": "purpose", "kind": "code", "description": "For.", "codes": {"1": "car"}},
            {"name": "amount", "kind": "amount", "description": "Lent."},
        ],
        "outcome": {"description": "x"},
    }
)


def table_of_dated(*features, declared=NO_REASONS):
    parsed = parse_features(
        [{"name": n, "function": f, "columns": c, **more} for n, f, c, more in features]
    )
    return build_reason_table(declared, parsed, schema=DATED)


def test_a_date_is_later_or_earlier_but_what_is_made_of_dates_is_higher_or_lower():
    (raw,) = table_of_dated(("since", "raw", ["since"], {})).concepts
    assert [(w.text.split(": ")[1], w.conditions[0].side) for w in raw.wordings] == [
        ("later than for most accepted clients", "above"),
        ("earlier than for most accepted clients", "below"),
    ]

    (made,) = table_of_dated(("log_since", "log", ["since"], {})).concepts
    assert [w.text.split(": ")[1] for w in made.wordings] == [
        "higher than for most accepted clients",
        "lower than for most accepted clients",
    ]


def test_a_number_with_special_values_is_compared_without_them_and_what_is_made_of_it_as_it_is():
    (raw,) = table_of_dated(("delay", "raw", ["delay"], {})).concepts
    assert [w.text.split(": ")[1] for w in raw.wordings[:1]] == ["never late"]
    assert {w.conditions[0].measure for w in raw.wordings[1:]} == {"delay as a number"}

    (made,) = table_of_dated(("log_delay", "log", ["delay"], {})).concepts
    assert {w.conditions[0].measure for w in made.wordings[1:]} == {"log_delay"}
    (plain,) = table_of_dated(("amount", "raw", ["amount"], {})).concepts
    assert {w.conditions[0].measure for w in plain.wordings} == {"amount"}


def test_a_concept_is_worded_by_its_first_quantity_and_holds_what_says_a_value_too():
    table = table_of_dated(
        ("no_delay", "is_special", ["delay"], {}),
        ("log_delay", "log", ["delay"], {}),
    )

    (concept,) = table.concepts
    assert (concept.name, concept.features) == ("log_delay", ("no_delay", "log_delay"))
    assert concept.subject == "Log delay (Days late)"
    (alone,) = table_of_dated(("no_delay", "is_special", ["delay"], {})).concepts
    assert (alone.name, alone.subject) == ("no_delay", "Delay (Days late)")
    assert [w.text for w in alone.wordings] == ["Delay (Days late): never late"]


def test_two_columns_behind_a_feature_are_described_and_of_more_only_their_number():
    two = table_of(("burden", "ratio", ["amount", "income"], {})).concepts[0]
    four = table_of(
        ("worst", "maximum", ["delay_m1", "delay_m2", "delay_m3", "amount"], {})
    ).concepts[0]

    assert two.subject == "Burden (Amount lent, euro / Net income)"
    assert four.subject == "Worst (Days late / A month earlier / 2 more)"


def test_a_declared_concept_keeps_the_features_that_the_model_has_and_measures_come_once():
    amount = parse_features([{"name": "amount", "function": "raw", "columns": ["amount"]}])
    size = Concept("size", "How much was lent", ("amount", "gone"), ())
    none = Concept("none", "Nothing that is there", ("gone",), ())
    declared = ReasonTable(amount, (none, size))

    table = table_of_dated(("amount", "raw", ["amount"], {}), declared=declared)
    assert table.concepts == (Concept("size", "How much was lent", ("amount",), ()),)
    assert table.measures == amount

    more = table_of_dated(
        ("amount", "log", ["amount"], {}), ("delay", "raw", ["delay"], {}), declared=declared
    )
    assert [concept.name for concept in more.concepts] == ["size", "delay"]
    assert [(m.name, m.function) for m in more.measures] == [
        ("amount", "raw"),
        ("delay", "raw"),
        ("delay is 99", "one_hot"),
        ("delay as a number", "clip"),
    ]


def test_a_feature_that_is_no_input_of_the_model_is_in_no_concept():
    table = table_of_dated(
        ("half", "log", ["amount"], {"kept": False}), ("more", "log", ["half"], {})
    )

    assert [concept.features for concept in table.concepts] == [("more",)]
    assert [measure.name for measure in table.measures] == ["half", "more"]
