"""Features by an expression: Polars' SQL, computed row by row on numbers.

Polars reads the text and judges its types, as it does for the rules of a schema. What it reads is
computed here with numpy, by the functions of `expression_functions` and no others: so no expression
can look at another row or at a file, and a missing value is treated alike everywhere.
"""

import io
import json
import re
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, Final

import numpy as np
import polars as pl

from credit_default.errors import InputError, show_examples
from credit_default.model.features.arguments import build_feature_error
from credit_default.model.features.expression_functions import (
    OPERATORS,
    SQL_NAMES,
    Operand,
    choose,
    is_any_of,
)
from credit_default.model.features.row_function import Arguments, Columns, FloatArray

_LONGEST_TEXT: Final = 1_000
_LONGEST_SHOWN: Final = 100
_DEEPEST: Final = 60
_QUERY: Final = re.compile(r"\bSELECT\b", re.IGNORECASE)
_CALL: Final = re.compile(r"([A-Za-z_][A-Za-z_0-9]*)\s*\(")
_WORDS: Final = frozenset(["AND", "BETWEEN", "CASE", "ELSE", "IN", "NOT", "OR", "THEN", "WHEN"])
_MISSING_WORDS: Final = frozenset(["COALESCE", "IFNULL"])
_MISSING_REMEDY: Final = "a column that the function otherwise or is_missing made of it before"
_VALUES: Final = "a Polars SQL expression over columns, row by row, that gives a number"

_Step = Callable[[Mapping[str, FloatArray]], Operand]


def compute_expression(columns: Columns, *, expression: str) -> FloatArray:
    """Return the expression's value for each row, NaN where any of its columns is missing.

    NaN is also what cannot be computed: a division by zero, a root of a negative number, a CASE
    without an ELSE. Nothing that compares such a value holds or fails: it is missing, too.
    """
    names, step = _compile_text(expression)
    given = dict(zip(names, columns, strict=True))
    values = np.broadcast_to(np.asarray(step(given), dtype=np.float64), columns[0].shape)
    is_whole = ~np.isnan(np.stack(columns)).any(axis=0)
    return np.where(is_whole & np.isfinite(values), values, np.nan)


def check_expression(columns: Sequence[str], arguments: Arguments) -> str:
    """Return what is wrong with the expression, or with its columns; "" for nothing."""
    try:
        names, _ = _compile_text(str(arguments["expression"]))
    except InputError as error:
        return error.found
    return "" if names == tuple(columns) else f"columns {show_examples(columns)} of other names"


def list_expression_columns(text: str, *, thing: str) -> tuple[str, ...]:
    """Return the columns of an expression, in the order of their first use.

    Args:
        text: The expression.
        thing: The feature, for the message.

    Raises:
        InputError: an expression that Polars cannot read, that has no column, or that holds
            anything but what can be computed from one row.
    """
    try:
        return _compile_text(text)[0]
    except InputError as error:
        raise build_feature_error(thing, found=error.found, expected=error.expected) from error


@lru_cache(maxsize=512)
def _compile_text(text: str) -> tuple[tuple[str, ...], _Step]:
    if len(text) > _LONGEST_TEXT:
        raise _build_error(f"{len(text)} characters", expected=f"at most {_LONGEST_TEXT}")
    _check_names(text)
    shown = repr(text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…")
    try:
        expression = pl.sql_expr(text)
        names = tuple(dict.fromkeys(expression.meta.root_names()))
        tree = json.loads(expression.meta.serialize(format="json"))
        step = _compile(tree, depth=0)
        if not names:
            raise _build_error(f"{shown}, which has no column")
        _check_type(expression, names)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, RecursionError) as error:
        reason = str(error).partition("\n")[0]
        raise _build_error(f"{shown} ({reason})") from error
    return names, step


def _check_names(text: str) -> None:
    """Check the functions by the names that were written: the tree has others."""
    if _QUERY.search(text):
        raise _build_error("a query (SELECT), which reads other rows")
    called = [name.upper() for name in _CALL.findall(text) if name.upper() not in _WORDS]
    unknown = next((name for name in called if name not in SQL_NAMES), None)
    if unknown in _MISSING_WORDS:
        raise _build_error(f"the function {unknown}", expected=_MISSING_REMEDY)
    if unknown is not None:
        close = get_close_matches(unknown, SQL_NAMES, n=1, cutoff=0.75)
        raise _build_error(
            f"the function {unknown}" + (f" (nearest is {close[0]})" if close else ""),
            expected=f"functions of one row: {', '.join(SQL_NAMES)}",
        )


def _check_type(expression: pl.Expr, names: Sequence[str]) -> None:
    # Polars judges types when it computes: a text compared with a number, a number as a condition.
    row = pl.DataFrame({name: [1.0] for name in names})
    kind = row.select(expression.alias("value")).schema["value"]
    if not (kind.is_numeric() or kind in (pl.Boolean, pl.Null)):
        raise _build_error(f"values of the type {kind}")


def _compile(node: Any, *, depth: int) -> _Step:
    """Return what computes the node from the columns."""
    if depth > _DEEPEST:
        raise _build_error("an expression too deep", expected="several features, one after another")
    kind, content = _open_node(node)
    if kind == "Column":
        return lambda columns: columns[content]
    if kind == "Literal":
        value = _read_number(content)
        return lambda _columns: value
    if kind == "BinaryExpr":
        return _apply(content["op"], [content["left"], content["right"]], depth)
    if kind == "Ternary":
        parts = [content["predicate"], content["truthy"], content["falsy"]]
        steps = [_compile(part, depth=depth + 1) for part in parts]
        return lambda columns: choose(*(step(columns) for step in steps))
    if kind == "Cast" and content["dtype"] == {"Literal": "Boolean"}:  # how Polars reads NOT
        return _compile(content["expr"], depth=depth + 1)
    if kind == "Function":
        return _compile_function(content, depth=depth)
    name = next(iter(content)) if kind == "Agg" else ""
    raise _build_error(f"{_REFUSED.get(kind, kind)} {name}".strip())


def _open_node(node: Any) -> tuple[str, Any]:
    """Return the kind of a node, and what is in it; None for a node that is a word alone."""
    return next(iter(node.items())) if isinstance(node, dict) else (str(node), None)


_REFUSED: Final[Mapping[str, str]] = {
    "Agg": "an aggregate, which sees other rows:",
    "Over": "a window, which sees other rows",
    "Len": "the number of rows",
    "Cast": "a change of type",
    "Alias": "a name (AS)",
    "Selector": "a choice of columns by a pattern",
    "Explode": "a list",
    "IntDiv": "a whole division (//): write FLOOR(x / y)",
}


def _compile_function(content: Mapping[str, Any], *, depth: int) -> _Step:
    function, inputs = content["function"], content["input"]
    name = _flatten(function)
    if name.startswith("Sql.IsIn"):
        step, members = _compile(inputs[0], depth=depth + 1), _read_members(inputs[1])
        return lambda columns: is_any_of(step(columns), members)
    return _apply(name, inputs, depth)


def _apply(name: str, inputs: Sequence[Any], depth: int) -> _Step:
    if name not in OPERATORS:
        is_validity = name.endswith("Validity") or name.startswith("Boolean.Is")
        raise _build_error(
            "IS NULL, or what compares missing values" if is_validity else _REFUSED.get(name, name),
            expected=_MISSING_REMEDY if is_validity else _VALUES,
        )
    operator, steps = OPERATORS[name], [_compile(part, depth=depth + 1) for part in inputs]
    return lambda columns: operator(*(step(columns) for step in steps))


def _flatten(function: Any) -> str:
    """Return the name of Polars' function, as in "Sql.Binary.Div"."""
    parts = []
    while isinstance(function, dict) and len(function) == 1:
        part, function = next(iter(function.items()))
        parts.append(part)
    name = ".".join([*parts, function] if isinstance(function, str) else parts)
    return name.removeprefix("Sql.Binary.")


def _read_number(literal: Any) -> float:
    value = literal.get("Dyn", literal.get("Scalar"))
    kind, number = _open_node(value)
    if kind == "Null":
        return float("nan")
    if kind == "Decimal":
        digits, _, scale = number
        return float(digits / 10**scale)
    if isinstance(number, int | float) and np.isfinite(float(number)):
        return float(number)
    raise _build_error(f"the value {number!r}" if kind == "String" else "a value that is no number")


def _read_members(node: Any) -> tuple[float, ...]:
    """Return the numbers after IN, which Polars keeps as a list in a form of its own."""
    if not isinstance(node, dict) or "Literal" not in node:
        raise _build_error("IN with anything but numbers")
    text = io.StringIO(json.dumps(node))
    members = pl.select(pl.Expr.deserialize(text, format="json")).to_series().explode()
    if not (members.dtype.is_numeric() or members.dtype.is_decimal()) or members.null_count():
        raise _build_error("IN with anything but numbers")
    return tuple(members.cast(pl.Float64).to_list())


def _build_error(found: str, *, expected: str = _VALUES) -> InputError:
    return build_feature_error("expression", found=found[:300], expected=expected)
