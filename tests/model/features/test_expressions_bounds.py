"""Expressions at the limits of their length and depth, and what is missing in them."""

import math

import numpy as np
import pytest

from credit_default.errors import InputError
from credit_default.model.features.expressions import (
    check_expression,
    compute_expression,
    list_expression_columns,
)

NAN = math.nan


def compute(text, **columns):
    arrays = [np.array([value], dtype=np.float64) for value in columns.values()]
    return float(compute_expression(arrays, expression=text)[0])


def find_fault(text):
    with pytest.raises(InputError) as caught:
        list_expression_columns(text, thing="feature 'f'")
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "a", "b", "expected"),
    [
        ("a > 0 OR b > 0", 1.0, NAN, NAN),
        ("a > 0 OR b > 0", NAN, NAN, NAN),
        ("a > 0 AND b > 0", -1.0, NAN, NAN),
        ("CASE WHEN a > 0 THEN a ELSE b END", 1.0, NAN, NAN),
        ("CASE WHEN a > 0 THEN a ELSE b END", 1.0, 5.0, 1.0),
        # What cannot be computed is unknown: it decides nothing, unless the other side does.
        ("a / b > 1 AND a > 0", 1.0, 0.0, NAN),
        ("a > 0 AND a / b > 1", 1.0, 0.0, NAN),
        ("a / b > 1 AND a > 0", -1.0, 0.0, 0.0),
        ("a / b > 1 OR a > 0", 1.0, 0.0, 1.0),
        ("a / b > 1 OR a > 0", -1.0, 0.0, NAN),
        ("a > 0 OR a / b > 1", -1.0, 0.0, NAN),
        ("a / b = a / b", 1.0, 0.0, NAN),
        ("a = b", 1.0, 1.0, 1.0),
        ("a / b IN (1, 2)", 1.0, 0.0, NAN),
        ("a / b IN (1, 2)", 2.0, 1.0, 1.0),
        ("a / b IN (1, 2)", 3.0, 1.0, 0.0),
    ],
)
def test_a_missing_column_makes_the_row_missing_and_an_undefined_part_only_what_hangs_on_it(
    text, a, b, expected
):
    assert compute(text, a=a, b=b) == pytest.approx(expected, nan_ok=True)


def test_sixty_steps_within_each_other_are_read_and_one_more_is_too_deep():
    assert compute("a" + " + a" * 60, a=1.0) == 61.0

    assert "an expression too deep; expected several features" in find_fault("a" + " + a" * 61)


def test_a_thousand_characters_are_read_and_one_more_is_too_long():
    text = "a" + " " * 995 + "+ b"
    assert len(text) == 999
    assert list_expression_columns(text + " ", thing="f") == ("a", "b")

    assert "found 1001 characters; expected at most 1000" in find_fault(text + "  ")


def test_a_text_of_a_hundred_characters_is_shown_whole_and_a_longer_one_shortened():
    whole, longer = ("1 +" + " " * count + "1" for count in (96, 97))
    assert len(whole) == 100

    assert f"found {whole!r}, which has no column;" in find_fault(whole)
    assert f"found {longer[:100] + '…'!r}, which has no column;" in find_fault(longer)


def test_columns_are_those_of_the_text_in_their_order():
    assert check_expression(["b", "a"], {"expression": "b - a"}) == ""
    assert (
        check_expression(["a", "b"], {"expression": "b - a"}) == "columns 'a', 'b' of other names"
    )
    assert check_expression(["b"], {"expression": "b - a"}) == "columns 'b' of other names"
    assert compute("b - a", b=5.0, a=2.0) == 3.0


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("squrt(a)", "the function SQURT (nearest is SQRT); expected functions of one row: ABS,"),
        ("quantile(a)", "the function QUANTILE; expected functions of one row"),
        ("coalesce(a, 1)", "the function COALESCE; expected a column that the function otherwise"),
        ("(SELECT a)", "a query (SELECT), which reads other rows"),
        ("a IN ('x')", "IN with anything but numbers"),
        ("a = 'x'", "the value 'x'"),
    ],
)
def test_what_cannot_be_used_is_named_with_what_can(text, told):
    assert f"found {told}" in find_fault(text)


def test_numbers_with_decimals_are_read_as_written():
    assert compute("a * 0.125", a=8.0) == 1.0
    assert compute("a + 1.10", a=0.0) == 1.1
    assert compute("a * 1000", a=2.0) == 2_000.0


@pytest.mark.parametrize(
    ("text", "most"),
    [
        ("CASE WHEN a > 0 THEN {} ELSE 0 END", 59),
        ("CASE WHEN {} > 0 THEN 1 ELSE 0 END", 58),
        ("{} IN (1, 2)", 59),
        ("NOT ({} > 0)", 57),
        ("ABS({})", 59),
        ("GREATEST(1, {})", 59),
    ],
)
def test_each_kind_of_step_counts_once(text, most):
    assert list_expression_columns(text.format("a" + " + a" * most), thing="f") == ("a",)

    assert "an expression too deep" in find_fault(text.format("a" + " + a" * (most + 1)))


def test_null_is_a_missing_value():
    assert np.isnan(compute("CASE WHEN a > 0 THEN NULL ELSE a END", a=1.0))
    assert compute("CASE WHEN a > 0 THEN NULL ELSE a END", a=-1.0) == -1.0


def test_a_column_that_the_expression_does_not_have_is_refused():
    with pytest.raises(ValueError, match="longer"):
        compute("a + 1", a=1.0, b=2.0)


def test_of_a_fault_three_hundred_letters_are_told():
    text = " + ".join(["a"] * 20) + " + FOO_" + "x" * 500 + "(a)"

    found = find_fault(text).split("found ")[1].split("; expected")[0]

    assert found == ("the function FOO_" + "X" * 500)[:300]
