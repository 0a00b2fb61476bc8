import pytest

from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.services.batches.rule_words import describe_rule


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("age|min", "age is below 18"),
        ("age|nullability", "age is empty"),
        ("key|repeated", "the client and month stand in the file more than once"),
        ("something of an older lake", "something of an older lake"),
    ],
)
def test_rule_is_said_in_words(rule, words):
    assert describe_rule(CREDIT_CARD, rule) == words


def test_every_rule_of_the_schema_has_words():
    for rule in CREDIT_CARD.rules:
        assert describe_rule(CREDIT_CARD, rule.name).startswith("it is not so that ")
