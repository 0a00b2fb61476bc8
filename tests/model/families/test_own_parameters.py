import math

import pytest

from credit_default.errors import InputError
from credit_default.model.families.own_parameters import check_parameters


def test_plain_values_are_returned_as_a_table_of_their_own():
    given = {"depth": 3, "names": ("a", "b"), "nested": {"on": True, "none": None}}

    found = check_parameters(given)

    assert found == {"depth": 3, "names": ["a", "b"], "nested": {"on": True, "none": None}}
    assert found["nested"] is not given["nested"]


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({"good": 1, "no name": 2}, "the name 'no name'"),
        ({"seed": 1}, "the name 'seed'"),
        ({"self": 1}, "the name 'self'"),
        ({"x": math.nan}, "Out of range float values are not JSON compliant"),
        ({"x": math.inf}, "Out of range float values are not JSON compliant"),
        ({"x": {1, 2}}, "Object of type set is not JSON serializable"),
    ],
)
def test_a_name_or_a_value_that_cannot_be_stored_as_text_is_refused(parameters, found):
    with pytest.raises(InputError) as caught:
        check_parameters(parameters)

    assert f"recipe's parameters: found {found}" in str(caught.value)


def test_a_table_that_holds_itself_is_refused():
    endless: dict = {}
    endless["x"] = endless

    with pytest.raises(InputError, match="recipe's parameters"):
        check_parameters(endless)


def test_of_a_long_name_a_hundred_letters_are_shown():
    with pytest.raises(InputError) as caught:
        check_parameters({"a b" + "c" * 200: 1})

    shown = str(caught.value).split("found ")[1].split(";")[0]
    assert shown.startswith("the name 'a bccc")
    assert len(shown) == 100
