"""What a feature's arguments may be, by a function of two to three columns that takes one of each kind."""

import math

import pytest

from credit_default.errors import InputError
from credit_default.model.features.arguments import describe_arguments, fill_arguments
from credit_default.model.features.row_function import RowFunction

MIXED = RowFunction(
    lambda columns, **_: columns[0],
    "a mixture",
    fewest_columns=2,
    most_columns=3,
    arguments={"rate": 0.5, "label": "x", "order": None},
    kinds={"label": "text", "order": "numbers"},
    check=lambda columns, given: "the label bad" if given["label"] == "bad" else "",
)
OPEN = RowFunction(lambda columns: columns[0], "any", fewest_columns=2, most_columns=None)


def fill(given, *, columns=("a", "b"), row_function=MIXED):
    return fill_arguments("f", given, columns=columns, row_function=row_function)


def find_fault(given, **more):
    with pytest.raises(InputError) as caught:
        fill(given, **more)
    return str(caught.value)


def test_what_is_not_given_has_its_default_and_what_is_given_its_kind():
    assert fill({"order": [1, 2.5]}) == {"rate": 0.5, "label": "x", "order": (1.0, 2.5)}
    found = fill({"order": (), "rate": 3, "label": "y"})
    assert found == {"rate": 3.0, "label": "y", "order": ()}
    assert type(found["rate"]) is float


@pytest.mark.parametrize("count", [2, 3])
def test_as_many_columns_as_it_takes_are_accepted(count):
    assert fill({"order": []}, columns="abc"[:count])
    assert fill({}, columns="abcdefgh"[: count + 5], row_function=OPEN) == {}


@pytest.mark.parametrize(
    ("count", "row_function", "told"),
    [
        (1, MIXED, "found 1 columns; expected 2 to 3."),
        (4, MIXED, "found 4 columns; expected 2 to 3."),
        (1, OPEN, "found 1 columns; expected 2 or more."),
    ],
)
def test_a_column_too_few_or_too_many_is_refused(count, row_function, told):
    message = find_fault({"order": []}, columns="abcd"[:count], row_function=row_function)

    assert message.startswith("feature 'f': ")
    assert told in message


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "found no argument 'order'; expected arguments ['label', 'order', 'rate']"),
        ({"order": [], "other": 1}, "found unknown argument 'other'; expected arguments ["),
        ({"other": 1}, "found unknown argument 'other';"),
        ({"order": [], "label": "bad"}, "found the label bad; expected a mixture."),
        ({"order": [], "rate": "1"}, "found rate = '1'; expected a number."),
        ({"order": [], "rate": True}, "found rate = True; expected a number."),
        ({"order": [], "rate": math.nan}, "found rate = nan; expected a number."),
        ({"order": [], "rate": 10**400}, "expected a number."),
        ({"order": [], "label": 1}, "found label = 1; expected a text."),
        ({"order": 1}, "found order = 1; expected a list of numbers."),
        ({"order": "12"}, "found order = '12'; expected a list of numbers."),
        ({"order": [1, "2"]}, "found order = [1, '2']; expected a list of numbers."),
        ({"order": [1, True]}, "found order = [1, True]; expected a list of numbers."),
        ({"order": [1, math.inf]}, "found order = [1, inf]; expected a list of numbers."),
    ],
)
def test_an_argument_that_is_unknown_missing_or_of_another_kind_is_refused(given, told):
    assert told in find_fault(given)


def test_texts_and_lists_have_a_longest_length():
    assert fill({"order": [0] * 100_000, "label": "x" * 2_000})["label"] == "x" * 2_000
    assert "expected a list of numbers" in find_fault({"order": [0] * 100_001})
    message = find_fault({"order": [], "label": "x" * 2_001})
    assert "expected a text" in message
    assert len(message) < 400


def test_infinite_numbers_are_numbers_outside_of_lists():
    assert fill({"order": [], "rate": math.inf})["rate"] == math.inf


def test_arguments_are_described_as_plain_values_in_the_order_of_their_names():
    found = describe_arguments({"b": (1, 2), "a": 3, "c": "text"})

    assert list(found.items()) == [("a", 3.0), ("b", [1.0, 2.0]), ("c", "text")]
    assert [type(value) for value in (found["a"], found["b"][0])] == [float, float]
