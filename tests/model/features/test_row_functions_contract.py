"""What each row function promises: columns, directions, what it reads, and what it does with missing values.

Stored models rest on these promises, so that a change to one is a change to their scores.
"""

import pytest

from credit_default.model.features.row_functions import ROW_FUNCTIONS

NUMBERS, VALUES, SPECIAL = "numbers", "values", "special"
ANY = None
# function: fewest and most columns, directions, what it reads, passes missing on, gives missing
PROMISES = {
    "raw": (1, 1, (1,), VALUES, True, False),
    "otherwise": (1, 1, (1,), NUMBERS, False, False),
    "is_missing": (1, 1, (0,), VALUES, False, False),
    "is_special": (1, 1, (0,), SPECIAL, False, False),
    "one_hot": (1, 1, (0,), VALUES, False, False),
    "ordinal": (1, 1, (0,), VALUES, True, True),
    "woe": (1, 1, (0,), VALUES, False, False),
    "target_mean": (1, 1, (0,), VALUES, False, False),
    "expression": (1, ANY, (0,), NUMBERS, True, True),
    "months_between": (2, 2, (1, -1), NUMBERS, True, False),
    "clip": (1, 1, (1,), NUMBERS, True, False),
    "log": (1, 1, (1,), NUMBERS, True, False),
    "ratio": (2, 2, (1, 0), NUMBERS, True, False),
    "difference": (2, 2, (1, -1), NUMBERS, True, False),
    "total": (1, ANY, (1,), NUMBERS, True, False),
    "mean": (1, ANY, (1,), NUMBERS, True, False),
    "minimum": (1, ANY, (1,), NUMBERS, True, False),
    "maximum": (1, ANY, (1,), NUMBERS, True, False),
    "spread": (1, ANY, (0,), NUMBERS, True, False),
    "weighted_mean": (1, ANY, (1,), NUMBERS, True, False),
    "trend": (2, ANY, (0,), NUMBERS, True, False),
    "count_equal": (1, ANY, (0,), NUMBERS, False, False),
    "count_at_least": (1, ANY, (1,), NUMBERS, False, False),
    "count_at_most": (1, ANY, (-1,), NUMBERS, False, False),
    "months_since_at_least": (1, ANY, (-1,), NUMBERS, False, False),
}
BOUNDS = {"minimum": -1e30, "maximum": 1e30}
DEFAULTS = {
    "clip": BOUNDS,
    "ratio": {"otherwise": 0.0, **BOUNDS},
    "weighted_mean": {"decay": None},
    "expression": {"expression": None},
    "ordinal": {"order": None},
}
OF_A_VALUE = {"otherwise", "one_hot", "count_equal", "count_at_least", "count_at_most"}
OF_A_VALUE |= {"months_since_at_least"}
LEARNING = {"woe", "target_mean"}


def test_every_function_has_promises():
    assert list(ROW_FUNCTIONS) == list(PROMISES)


@pytest.mark.parametrize("name", PROMISES)
def test_a_function_keeps_its_promises(name):
    found = ROW_FUNCTIONS[name]

    assert (
        found.fewest_columns,
        found.most_columns,
        found.directions,
        found.reads,
        found.passes_missing,
        found.gives_missing,
    ) == PROMISES[name]
    assert found.learns is (name in LEARNING)


@pytest.mark.parametrize("name", sorted(set(PROMISES) - LEARNING))
def test_an_argument_has_its_default_or_must_be_given(name):
    assert dict(ROW_FUNCTIONS[name].arguments) == (
        {"value": None} if name in OF_A_VALUE else DEFAULTS.get(name, {})
    )
