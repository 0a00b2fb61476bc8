"""Each function of an expression on numbers, on what is missing and on what is undefined."""

import numpy as np
import pytest

from credit_default.model.features.expression_functions import (
    OPERATORS,
    SQL_NAMES,
    choose,
    is_any_of,
)

NAN, INF = float("nan"), float("inf")


def compute(name, *operands):
    columns = [np.array(operand, dtype=np.float64) for operand in operands]
    return np.asarray(OPERATORS[name](*columns)).tolist()


def test_a_choice_is_made_row_by_row_and_is_missing_where_its_condition_is():
    found = choose(np.array([1.0, 0.0, NAN, -2.0]), np.arange(4.0), np.arange(4.0) * 10)

    np.testing.assert_array_equal(found, [0, 10, NAN, 3])


def test_a_value_is_among_members_or_not_and_a_missing_one_is_neither():
    np.testing.assert_array_equal(is_any_of(np.array([1.0, 2.0, NAN]), (2.0, 5.0)), [0, 1, NAN])


@pytest.mark.parametrize(
    ("name", "left", "right", "expected"),
    [
        ("And", [1, 1, 0, 0, NAN, NAN, 0], [1, 0, 1, NAN, 0, 1, NAN], [1, 0, 0, 0, 0, NAN, 0]),
        ("Or", [1, 1, 0, 0, NAN, NAN, 1], [1, 0, 1, NAN, 0, 1, NAN], [1, 1, 1, NAN, NAN, 1, 1]),
        ("Eq", [1, 2, NAN, 1], [1, 1, 1, NAN], [1, 0, NAN, NAN]),
        ("NotEq", [1, 2, NAN], [1, 1, 1], [0, 1, NAN]),
        ("Lt", [1, 2, 3], [2, 2, 2], [1, 0, 0]),
        ("LtEq", [1, 2, 3], [2, 2, 2], [1, 1, 0]),
        ("Gt", [1, 2, 3], [2, 2, 2], [0, 0, 1]),
        ("GtEq", [1, 2, 3], [2, 2, 2], [0, 1, 1]),
        ("Plus", [1, NAN, 1e308], [2, 1, 1e308], [3, NAN, NAN]),
        ("Minus", [1, 5], [2, NAN], [-1, NAN]),
        ("Multiply", [3, 1e300], [2, 1e300], [6, NAN]),
        ("TrueDivide", [3, 1, 0], [2, 0, 0], [1.5, NAN, NAN]),
        ("Modulus", [7, -7, 7], [3, 3, 0], [1, -1, NAN]),
        ("Log", [8, 0, -1], [2, 2, 2], [3, NAN, NAN]),
        ("Pow.Generic", [2, -8, 0], [3, 0.5, -1], [8, NAN, NAN]),
    ],
)
def test_two_operands_give_a_number_or_nothing(name, left, right, expected):
    np.testing.assert_allclose(compute(name, left, right), expected)


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("Boolean.Not", [0, 1, NAN], [1, 0, NAN]),
        ("Abs", [-2, 3], [2, 3]),
        ("Sign", [-2, 0, 3], [-1, 0, 1]),
        ("Floor", [1.5, -1.5], [1, -2]),
        ("Ceil", [1.5, -1.5], [2, -1]),
        ("Exp", [0, 1_000], [1, NAN]),
        ("Log1p", [0, -1, -2], [0, NAN, NAN]),
        ("Sql.ToFloat", [2], [2]),
        ("Pow.Sqrt", [9, -1], [3, NAN]),
        ("Pow.Cbrt", [-8], [-2]),
    ],
)
def test_one_operand_gives_a_number_or_nothing(name, given, expected):
    np.testing.assert_allclose(compute(name, given), expected)


def test_of_several_operands_the_largest_and_the_smallest_are_found_unless_one_is_missing():
    rows = [1, 5, NAN], [3, 2, 1], [2, 9, 1]

    np.testing.assert_array_equal(compute("MaxHorizontal", *rows), [3, 9, NAN])
    np.testing.assert_array_equal(compute("MinHorizontal", *rows), [1, 2, NAN])


def test_names_of_sql_are_sorted_and_told_once():
    assert list(SQL_NAMES) == sorted(set(SQL_NAMES))
