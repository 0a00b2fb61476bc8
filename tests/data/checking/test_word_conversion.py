import polars as pl
import pytest

from credit_default.data.checking.validation import check_rows
from credit_default.data.contract.schema_parsing import parse_schema
from credit_default.errors import InputError

WORDS = {"description": "x"}


def declare(**column):
    return parse_schema(
        {
            "name": "words",
            "version": "1",
            "key": {"client": "row-number", "month": "2005-09"},
            "columns": [{"name": "given", **WORDS, **column}],
            "outcome": {"bad": ["2", "Charged Off"], "good": ["1"], **WORDS},
        }
    )


def check(texts, *, outcomes=None, **column):
    rows = pl.DataFrame(
        {
            "client_id": [str(place) for place in range(len(texts))],
            "statement_month": "2005-09",
            "given": pl.Series(texts, dtype=pl.String),
            "defaulted": outcomes or ["1"] * len(texts),
        }
    )
    return check_rows(lambda: iter([rows]), schema=declare(**column), outcome="required")


def test_a_category_is_the_place_of_its_text_from_one():
    checked = check([" OWN", "RENT"], kind="category", values=["RENT", "OWN"])

    assert checked.accepted_rows()["given"].to_list() == [2, 1]
    assert declare(kind="category", values={"A": "first"}).inputs[0].codes == {1: "first"}


def test_an_unseen_category_is_rejected_by_a_rule_of_its_own_or_is_other():
    rejected = check(["BOAT"], kind="category", values=["RENT"])
    other = check(["BOAT"], kind="category", values=["RENT"], unseen="other")

    assert rejected.rule_counts == {"given|unseen": 1}
    assert other.accepted_rows()["given"].to_list() == [0]


@pytest.mark.parametrize(
    ("text", "column", "value"),
    [
        ("36 months", {"kind": "integer", "parse": "leading-number"}, 36),
        ("10+ years", {"kind": "integer", "parse": "leading-number"}, 10),
        ("< 1 year", {"kind": "integer", "readings": {"< 1 year": 0}}, 0),
        (" 13.56%", {"kind": "percent"}, 13.56),
        ("Aug-1998", {"kind": "date", "date_format": "%b-%Y"}, 10_439),
        ("1970-01-03", {"kind": "date"}, 2),
        ("NA", {"kind": "amount", "optional": True, "missing": ["NA"]}, None),
        ("", {"kind": "category", "values": ["A"], "optional": True}, None),
        ("-9", {"kind": "amount", "minimum": 0, "special": {"-9": "no bureau file"}}, -9.0),
    ],
)
def test_a_declared_text_is_read(text, column, value):
    assert check([text], **column).accepted_rows()["given"].to_list() == [value]


@pytest.mark.parametrize(
    ("text", "column", "rule"),
    [
        ("1 000", {"kind": "integer", "parse": "leading-number"}, "given|type"),
        ("x%", {"kind": "percent"}, "given|percent"),
        ("1998", {"kind": "date", "date_format": "%b-%Y"}, "given|date"),
        ("NA", {"kind": "amount", "missing": ["NA"]}, "given|nullability"),
        ("-8", {"kind": "amount", "minimum": 0, "special": {"-9": "none"}}, "given|min"),
    ],
)
def test_another_text_breaks_a_rule_of_its_own(text, column, rule):
    assert check([text], **column).rule_counts == {rule: 1}


def test_the_declared_words_for_an_outcome_are_its_two_values():
    checked = check(["1", "1"], outcomes=["Charged Off", "1"], kind="amount")

    assert checked.accepted_rows()["defaulted"].to_list() == [1, 0]


def test_an_unknown_word_is_refused_with_the_nearest_known_one():
    with pytest.raises(InputError, match="unknown 'optionel' \\(nearest is 'optional'\\)"):
        declare(kind="amount", optionel=True)
