"""The row functions whose values training learns from the outcomes: one number for each category.

A table of them is part of the feature's arguments, so that it travels, is digested and is checked
as those are. `learn_features` makes it, and sees to it that no training row meets its own outcome.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from credit_default.errors import InputError
from credit_default.model.features.row_function import (
    REQUIRED_ARGUMENT,
    Arguments,
    Columns,
    FloatArray,
    RowFunction,
)
from credit_default.model.features.value_places import find_places

# What a declaration does not give: the schema has the one, training makes the other.
FILLED_ARGUMENTS: Final = frozenset({"values", "learned"})
# Behind the values' own numbers: that of a missing value, and that of any other one.
EXTRA_COUNT: Final = 2
_DEFAULT_STRENGTH: Final = 20.0  # rows
_LARGEST_WOE: Final = 100.0
# A rate is kept this far from 0 and 1: one of no row at all can be either.
_SMALLEST_RATE: Final = 1e-9


def compute_woe(rates: FloatArray, *, rate: float) -> FloatArray:
    """Return the weight of evidence of default rates: their log odds less those of all rows.

    Args:
        rates: The rate of each value.
        rate: The rate of all rows.
    """
    from scipy.special import logit  # late: every command's settings import this module

    bounds = _SMALLEST_RATE, 1 - _SMALLEST_RATE
    woe: FloatArray = logit(np.clip(rates, *bounds)) - logit(np.clip(rate, *bounds))
    return woe


def compute_rates(rates: FloatArray, *, rate: float) -> FloatArray:
    """Return the default rates as they are; the arguments are those of `compute_woe`."""
    del rate
    return rates


LEARNED_QUANTITIES: Final[Mapping[str, Callable[..., FloatArray]]] = MappingProxyType(
    {"woe": compute_woe, "target_mean": compute_rates}
)


def place_values(column: FloatArray, values: Sequence[float]) -> NDArray[np.int64]:
    """Return each row's place in a learned table: of its value, of a missing one, of any other."""
    places = find_places(column, values)
    places[places < 0] = len(values) + 1
    places[np.isnan(column)] = len(values)
    return places


def _look_up(
    columns: Columns, *, strength: float, values: Sequence[float], learned: Sequence[float]
) -> FloatArray:
    del strength
    if not learned:
        raise InputError(
            "a feature that learns from outcomes",
            found="no learned values",
            expected="the values that training gave it",
            remedy="Train a model, and take the features of its bundle.",
        )
    return np.asarray(learned)[place_values(columns[0], values)]


def _check_table(lowest: float, highest: float) -> Callable[[Sequence[str], Arguments], str]:
    def check(_columns: Sequence[str], arguments: Arguments) -> str:
        values, learned = arguments["values"], arguments["learned"]
        if not 0 < arguments["strength"] < np.inf:
            return f"strength = {arguments['strength']:g}"
        if not values or len(set(values)) < len(values):
            return f"{len(values)} values, of which {len(set(values))} are different"
        if learned and len(learned) != len(values) + EXTRA_COUNT:
            return f"{len(learned)} learned numbers for {len(values)} values"
        if any(not lowest <= number <= highest for number in learned):
            return f"learned numbers outside {lowest:g} to {highest:g}"
        return ""

    return check


def _declare(meaning: str, lowest: float, highest: float) -> RowFunction:
    arguments: dict[str, Any] = {
        "strength": _DEFAULT_STRENGTH,
        "values": REQUIRED_ARGUMENT,
        "learned": (),
    }
    return RowFunction(
        _look_up,
        meaning,
        arguments=arguments,
        kinds={"values": "numbers", "learned": "numbers"},
        check=_check_table(lowest, highest),
        directions=(0,),
        reads="values",
        passes_missing=False,
        learns=True,
    )


LEARNED_FUNCTIONS: Final[Mapping[str, RowFunction]] = MappingProxyType(
    {
        "woe": _declare(
            "the weight of evidence of the column's value: its log odds of default less those of "
            "all rows, learned in training",
            -_LARGEST_WOE,
            _LARGEST_WOE,
        ),
        "target_mean": _declare(
            "the default rate of the column's value, learned in training", 0.0, 1.0
        ),
    }
)
