import pytest
from tests.fakes.named_values import SCHEMA

from credit_default.errors import InputError
from credit_default.model.features.category_values import find_value, list_labels, require_values

COLUMNS = {column.name: column for column in SCHEMA.inputs}


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("home", "RENT", 1),
        ("home", "rents", 1),
        ("home", "other", 0),
        ("home", 2, 2),
        ("purpose", "debts", 7),
        ("purpose", "7", 7),
        ("purpose", 7, 7),
        ("score", "no bureau file", -9),
        ("score", "-9", -9),
        ("score", 700, 700),
    ],
)
def test_a_value_is_found_by_its_text_its_meaning_or_its_number(column, value, expected):
    assert find_value(COLUMNS[column], value, is_exact=True, thing="feature 'f'") == expected


@pytest.mark.parametrize(
    ("column", "value", "found"),
    [
        ("home", "rent", r"value 'rent' \(nearest is 'RENT'\); expected a value of column 'home'"),
        ("home", "OWNS", r"nearest is 'owns'"),
        ("home", "owns", "'owns', which means 2.0, 3.0 in column 'home'; expected one value"),
        ("home", 4, "value 4"),
        ("purpose", "cars", "nearest is 'car'"),
        ("purpose", 3, "value 3; expected a value of column 'purpose': '1', '2', '7', 'car'"),
        ("score", "no file", "nearest is 'no bureau file'"),
        ("income", "much", "expected a value of column 'income': numbers only"),
    ],
)
def test_a_value_that_the_column_does_not_declare_is_refused_with_the_nearest(column, value, found):
    with pytest.raises(InputError, match=f"feature 'f': found .*{found}"):
        find_value(COLUMNS[column], value, is_exact=True, thing="feature 'f'")


def test_the_texts_of_a_category_are_those_of_the_file_and_others_come_last():
    assert list_labels(COLUMNS["home"]) == {1: "RENT", 2: "OWN", 3: "WITH PARENTS", 0: "other"}
    assert [*list_labels(COLUMNS["home"])] == [1, 2, 3, 0]
    assert list_labels(COLUMNS["purpose"]) == {1: "car", 2: "home", 7: "debts"}
    assert list_labels(COLUMNS["score"]) == {-9: "no bureau file"}


@pytest.mark.parametrize("column", [COLUMNS["income"], None])
def test_a_column_of_numbers_alone_or_a_computed_feature_declares_no_values(column):
    with pytest.raises(InputError, match="feature 'f': found column 'income', which declares no"):
        require_values(column, "income", thing="feature 'f'")


def test_a_number_that_is_not_declared_is_taken_where_numbers_need_not_be():
    assert find_value(COLUMNS["home"], 9, is_exact=False, thing="feature 'f'") == 9
    with pytest.raises(InputError, match="value 9"):
        find_value(COLUMNS["home"], 9, is_exact=True, thing="feature 'f'")
