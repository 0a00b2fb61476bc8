"""Row functions of the lender's own, from an installed package's entry point.

The package declares, in the group `credit_default.features`, a function that takes a list of whole
columns (float64) and keyword arguments, and returns one column. Each row must depend on itself
alone: what the function returns for the first rows alone is compared with what it returns for all.
"""

import inspect
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from credit_default.errors import InputError
from credit_default.installed import Source, load_installed
from credit_default.model.features.row_functions import Columns, FloatArray, RowFunction

GROUP: Final = "credit_default.features"
_COMPARED_ROWS: Final = 64


def load_row_function(name: str, *, pinned: Source | None) -> tuple[RowFunction, Source]:
    """Return the function that `package:entry` names, and where it comes from.

    Its arguments are the keyword-only parameters, numbers all of them. A monotone recipe leaves its
    features out, since nothing says in which direction they move.

    Args:
        name: The package and its entry point.
        pinned: The version and the code that a model was fitted with; None for a declaration.

    Raises:
        SetupError: The package is not installed, has no such entry point, or is not as pinned.
        InputError: What the entry point names is no function of columns.
    """
    function, source = load_installed(name, group=GROUP, pinned=pinned)
    row_function = RowFunction(
        _guard(name, function),
        f"of the package {source.package}",
        most_columns=None,
        arguments=_list_arguments(name, function),
        directions=(0,),
    )
    return row_function, source


def _list_arguments(name: str, function: Any) -> dict[str, float | None]:
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError) as error:
        raise _build_error(name, found=f"a {type(function).__name__}") from error
    kinds = [parameter.kind.name for parameter in parameters]
    takes_columns = kinds[:1] in (["POSITIONAL_ONLY"], ["POSITIONAL_OR_KEYWORD"])
    if not takes_columns or set(kinds[1:]) - {"KEYWORD_ONLY"}:
        raise _build_error(name, found=f"the parameters {[p.name for p in parameters]}")
    return {p.name: None if p.default is p.empty else float(p.default) for p in parameters[1:]}


def _guard(name: str, function: Callable[..., Any]) -> Callable[..., FloatArray]:
    """Return the function with its results checked: one number for each row, by that row alone."""

    def compute(columns: Columns, **arguments: float) -> FloatArray:
        whole = _call(name, function, columns, arguments)
        count = min(_COMPARED_ROWS, (len(whole) + 1) // 2)
        head = [column[:count][::-1] for column in columns]
        alone = _call(name, function, head, arguments)[::-1]
        if not np.array_equal(whole[:count], alone, equal_nan=True):
            raise _build_error(name, found="values that change with the rows beside them")
        return whole

    return compute


def _call(
    name: str, function: Callable[..., Any], columns: Columns, arguments: dict[str, float]
) -> FloatArray:
    kept = [
        np.array(column, dtype=np.float64) for column in columns
    ]  # what it may change is its own
    try:
        values = np.asarray(function(kept, **arguments), dtype=np.float64)
    except Exception as error:
        raise _build_error(name, found=f"{type(error).__name__}: {error}"[:200]) from error
    if values.shape != columns[0].shape:
        raise _build_error(name, found=f"an array of shape {values.shape}")
    return values


def _build_error(name: str, *, found: str) -> InputError:
    return InputError(
        f"function {name!r}",
        found=found,
        expected="f(columns, *, arguments), which returns one number for each row, by that row alone",
        remedy="Mend the function in its package, then install the package and train again.",
    )
