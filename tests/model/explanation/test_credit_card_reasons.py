from collections import Counter

from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.model.explanation.credit_card_reasons import CREDIT_CARD_REASONS
from credit_default.model.explanation.reason_table import build_reason_table
from credit_default.model.features.credit_card import CREDIT_CARD_FEATURES
from credit_default.model.features.declaration import list_feature_names, list_input_names


def test_every_feature_of_the_credit_cards_but_protected_ones_has_one_concept():
    counts = Counter(name for concept in CREDIT_CARD_REASONS.concepts for name in concept.features)

    assert set(counts) == set(list_feature_names(CREDIT_CARD_FEATURES)) - {"sex", "marriage", "age"}
    assert set(counts.values()) == {1}


def test_concepts_have_distinct_names_and_wordings():
    concepts = CREDIT_CARD_REASONS.concepts
    words = Counter(
        words for concept in concepts for words in {wording.text for wording in concept.wordings}
    )

    assert len({concept.name for concept in concepts}) == len(concepts)
    assert set(words.values()) == {1}
    assert all(len(text) <= 100 and text[0].isupper() and not text.endswith(".") for text in words)


def test_conditions_compare_measures_of_unprotected_inputs():
    measured = set(list_feature_names(CREDIT_CARD_REASONS.measures))
    conditions = [
        c
        for concept in CREDIT_CARD_REASONS.concepts
        for w in concept.wordings
        for c in w.conditions
    ]

    assert {condition.measure for condition in conditions} <= measured
    assert not set(list_input_names(CREDIT_CARD_REASONS.measures)) & set(CREDIT_CARD.protected)


def test_an_undeclared_feature_gets_a_derived_concept():
    from credit_default.model.features.build_features import parse_features

    features = parse_features(
        [
            {"name": "credit_limit", "function": "raw", "columns": ["credit_limit"]},
            {
                "name": "worst_bill",
                "function": "maximum",
                "columns": ["bill_amount_m1", "bill_amount_m2"],
            },
        ]
    )

    table = build_reason_table(CREDIT_CARD_REASONS, features, schema=CREDIT_CARD)

    assert [concept.name for concept in table.concepts] == ["credit limit", "worst_bill"]
    assert table.concepts[0].features == ("credit_limit",)
    assert "worst_bill" in list_feature_names(table.measures)
