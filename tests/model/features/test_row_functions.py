import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit_default.model.features.row_functions import ROW_FUNCTIONS

LATEST = np.array([3.0, 0.0, -2.0])
BEFORE = np.array([1.0, 0.0, 2.0])
OLDEST = np.array([2.0, 6.0, 0.0])


# Of functions whose arguments are not numbers.
OTHER_ARGUMENTS = {
    "ordinal": {"order": (0.0, 3.0)},
    "woe": {"values": (0.0, 3.0), "learned": (-0.5, 1.5, 0.25, 0.0)},
    "target_mean": {"values": (0.0, 3.0), "learned": (0.1, 0.5, 0.25, 0.2)},
}


def fill(word, count, value):
    """Arguments for the function on so many columns: the number for each that has no default."""
    if word == "expression":
        return {"expression": " - ".join("abc"[:count])}
    arguments = ROW_FUNCTIONS[word].arguments
    numbers = {name: value for name, default in arguments.items() if default is None}
    return OTHER_ARGUMENTS.get(word, numbers)


def build(word, *columns, **arguments):
    function = ROW_FUNCTIONS[word]
    defaults = {name: value for name, value in function.arguments.items() if value is not None}
    return function.compute(list(columns), **{**defaults, **arguments}).tolist()


@pytest.mark.parametrize(
    ("word", "columns", "arguments", "expected"),
    [
        ("raw", [LATEST], {}, [3.0, 0.0, -2.0]),
        ("clip", [LATEST], {"minimum": 0.0}, [3.0, 0.0, 0.0]),
        ("clip", [LATEST], {"maximum": 1.0}, [1.0, 0.0, -2.0]),
        ("ratio", [LATEST, BEFORE], {}, [3.0, 0.0, -1.0]),
        ("ratio", [LATEST, BEFORE], {"otherwise": 9.0, "maximum": 2.0}, [2.0, 2.0, -1.0]),
        ("difference", [LATEST, BEFORE], {}, [2.0, 0.0, -4.0]),
        ("total", [LATEST, BEFORE, OLDEST], {}, [6.0, 6.0, 0.0]),
        ("mean", [LATEST, BEFORE, OLDEST], {}, [2.0, 2.0, 0.0]),
        ("minimum", [LATEST, BEFORE, OLDEST], {}, [1.0, 0.0, -2.0]),
        ("maximum", [LATEST, BEFORE, OLDEST], {}, [3.0, 6.0, 2.0]),
        ("spread", [LATEST, BEFORE], {}, [1.0, 0.0, 2.0]),
        ("weighted_mean", [LATEST, BEFORE, OLDEST], {"decay": 0.5}, [16 / 7, 6 / 7, -4 / 7]),
        ("count_equal", [LATEST, BEFORE, OLDEST], {"value": 0.0}, [0.0, 2.0, 1.0]),
        ("count_at_least", [LATEST, BEFORE, OLDEST], {"value": 2.0}, [2.0, 1.0, 1.0]),
        ("count_at_most", [LATEST, BEFORE, OLDEST], {"value": 0.0}, [0.0, 2.0, 2.0]),
        ("months_since_at_least", [LATEST, BEFORE, OLDEST], {"value": 2.0}, [0.0, 2.0, 1.0]),
        ("months_since_at_least", [LATEST, BEFORE, OLDEST], {"value": 7.0}, [3.0, 3.0, 3.0]),
    ],
)
def test_a_row_function_computes_what_its_meaning_says(word, columns, arguments, expected):
    assert build(word, *columns, **arguments) == pytest.approx(expected)


def test_log_counts_what_is_below_zero_as_zero():
    assert build("log", np.array([np.e - 1, 0.0, -5.0])) == pytest.approx([1.0, 0.0, 0.0])


def test_trend_is_positive_when_the_latest_month_is_highest():
    assert build("trend", np.array([5.0]), np.array([3.0]), np.array([1.0])) == pytest.approx([2.0])


def test_no_row_function_changes_its_columns():
    for word, function in ROW_FUNCTIONS.items():
        columns = [LATEST.copy(), BEFORE.copy()][: function.most_columns or 2]
        build(word, *columns, **fill(word, len(columns), 1.0))

        assert [column.tolist() for column in columns] == [LATEST.tolist(), BEFORE.tolist()][
            : len(columns)
        ], word


@given(
    values=st.lists(
        st.tuples(*[st.floats(-1e7, 1e7, allow_subnormal=False)] * 3), min_size=1, max_size=40
    ),
    cut=st.integers(0, 40),
)
def test_every_row_function_gives_the_same_bits_in_one_piece_and_in_two(values, cut):
    columns = [np.ascontiguousarray(column) for column in np.array(values).T]
    for word, function in ROW_FUNCTIONS.items():
        used = columns[: function.most_columns or 3]
        arguments = fill(word, len(used), 0.7)

        whole = build(word, *used, **arguments)
        pieces = build(word, *[c[:cut] for c in used], **arguments) + build(
            word, *[c[cut:] for c in used], **arguments
        )

        np.testing.assert_array_equal(whole, pieces, err_msg=word)
