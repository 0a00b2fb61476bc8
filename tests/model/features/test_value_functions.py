"""The functions on missing values, special values and categories, by the columns that they are given."""

import numpy as np
import pytest

from credit_default.model.features.value_functions import VALUE_FUNCTIONS

NAN = float("nan")
COLUMN = np.array([3.0, NAN, 1.0, 7.0])


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("is_missing", {}, [0, 1, 0, 0]),
        ("is_special", {}, [1, 0, 1, 1]),
        ("one_hot", {"value": 1.0}, [0, 0, 1, 0]),
        ("otherwise", {"value": -2.0}, [3, -2, 1, 7]),
        ("ordinal", {"order": (7.0, 3.0)}, [2, NAN, NAN, 1]),
    ],
)
def test_a_function_gives_what_its_meaning_says(name, arguments, expected):
    found = VALUE_FUNCTIONS[name].compute([COLUMN], **arguments)

    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("order", "fault"),
    [
        ((2.0,), ""),
        ((2.0, 1.0), ""),
        ((), "the order ()"),
        ((2.0, 1.0, 2.0), "the order (2.0, 1.0, 2.0)"),
    ],
)
def test_an_order_has_each_value_once_and_at_least_one(order, fault):
    assert VALUE_FUNCTIONS["ordinal"].check(["x"], {"order": order}) == fault


def test_of_a_long_order_two_hundred_letters_are_told():
    told = VALUE_FUNCTIONS["ordinal"].check(["x"], {"order": (1.0,) * 100})

    assert told == ("the order " + repr((1.0,) * 100))[:200]
    assert len(told) == 200
