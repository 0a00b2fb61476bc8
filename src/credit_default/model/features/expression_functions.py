"""What an expression may use, each on the values of one row: NaN in, NaN out.

The names are those under which Polars keeps what it read from SQL. To allow one more, add it here,
and to `SQL_NAMES` as SQL writes it.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from credit_default.model.features.row_function import FloatArray

Operand = FloatArray | float

SQL_NAMES: Final = (
    *("ABS", "CBRT", "CEIL", "CEILING", "EXP", "FLOOR", "GREATEST", "IF", "LEAST", "LN"),
    *("LOG10", "LOG1P", "LOG2", "MOD", "NULLIF", "POW", "POWER", "SIGN", "SQRT"),
)


def choose(condition: Operand, chosen: Operand, other: Operand) -> FloatArray:
    """Return the one or the other value of each row, NaN where the condition is missing."""
    picked = np.where(np.asarray(condition) != 0, chosen, other)
    return np.where(np.isnan(condition), np.nan, picked)


def is_any_of(value: Operand, members: Sequence[float]) -> FloatArray:
    """Return 1 where the value is one of the members, 0 where it is not, NaN where it is missing."""
    found = np.isin(value, members).astype(np.float64)
    return np.where(np.isnan(value), np.nan, found)


def _compute(function: Callable[..., Any]) -> Callable[..., FloatArray]:
    """Return the function with NaN in place of what is infinite or undefined."""

    def compute(*operands: Operand) -> FloatArray:
        with np.errstate(all="ignore"):
            result = np.asarray(function(*operands), dtype=np.float64)
        return np.where(np.isfinite(result), result, np.nan)

    return compute


def _compare(function: Callable[[Any, Any], Any]) -> Callable[[Operand, Operand], FloatArray]:
    def compare(left: Operand, right: Operand) -> FloatArray:
        holds = np.asarray(function(left, right), dtype=np.float64)
        return np.where(np.isnan(left) | np.isnan(right), np.nan, holds)

    return compare


def _both(left: Operand, right: Operand) -> FloatArray:
    fails = (np.asarray(left) == 0) | (np.asarray(right) == 0)
    return np.where(fails, 0.0, np.where(np.isnan(left) | np.isnan(right), np.nan, 1.0))


def _either(left: Operand, right: Operand) -> FloatArray:
    return 1.0 - _both(1.0 - np.asarray(left), 1.0 - np.asarray(right))


def _log(value: Operand, base: Operand) -> Any:
    return np.log(value) / np.log(base)


def _same(value: Operand) -> Operand:
    return value


def _largest(*operands: Operand) -> Any:
    return reduce(np.maximum, operands)


def _smallest(*operands: Operand) -> Any:
    return reduce(np.minimum, operands)


_EQUAL: Final = _compare(np.equal)

OPERATORS: Final[Mapping[str, Callable[..., Any]]] = MappingProxyType(
    {
        "Plus": _compute(np.add),
        "Minus": _compute(np.subtract),
        "Multiply": _compute(np.multiply),
        "Mul": _compute(np.multiply),
        "TrueDivide": _compute(np.divide),
        "Div": _compute(np.divide),
        "Modulus": _compute(np.fmod),
        "Rem": _compute(np.fmod),
        "Eq": _EQUAL,
        "NotEq": _compare(np.not_equal),
        "Lt": _compare(np.less),
        "LtEq": _compare(np.less_equal),
        "Gt": _compare(np.greater),
        "GtEq": _compare(np.greater_equal),
        "And": _both,
        "Or": _either,
        "Boolean.Not": lambda value: _EQUAL(value, 0.0),
        "Abs": _compute(np.abs),
        "Sign": _compute(np.sign),
        "Floor": _compute(np.floor),
        "Ceil": _compute(np.ceil),
        "Exp": _compute(np.exp),
        "Log": _compute(_log),
        "Log1p": _compute(np.log1p),
        "Sql.ToFloat": _same,
        "Pow.Generic": _compute(np.power),
        "Pow.Sqrt": _compute(np.sqrt),
        "Pow.Cbrt": _compute(np.cbrt),
        "MaxHorizontal": _compute(_largest),
        "MinHorizontal": _compute(_smallest),
    }
)
