"""The arguments of a feature's function: what kind each is, and whether a declaration's fit.

Arguments are numbers but for a few texts and lists of numbers. They travel as plain JSON values.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from credit_default.errors import InputError, show_examples
from credit_default.model.features.row_function import Argument, ArgumentKind, RowFunction

_LONGEST_LIST: Final = 100_000
_LONGEST_TEXT: Final = 2_000
_EXPECTED: Final[Mapping[ArgumentKind, str]] = {
    "number": "a number",
    "text": "a text",
    "numbers": "a list of numbers",
}


def fill_arguments(
    name: str, given: Mapping[str, Any], *, columns: Sequence[str], row_function: RowFunction
) -> dict[str, Argument]:
    """Return a function's arguments: those given, and the defaults of the others.

    Args:
        name: The feature's name.
        given: The arguments of its declaration.
        columns: The columns of its declaration.
        row_function: The function.

    Raises:
        InputError: a wrong number of columns, an argument that is unknown, missing or of another
            kind, or what the function itself refuses.
    """
    thing = f"feature {name!r}"
    _check_column_count(thing, len(columns), row_function=row_function)
    _check_names(thing, given, row_function=row_function)
    filled = {
        key: _read_argument(value, row_function.kinds.get(key, "number"), key=key, thing=thing)
        for key, value in {**row_function.arguments, **given}.items()
    }
    found = "" if row_function.check is None else row_function.check(columns, filled)
    if found:
        raise build_feature_error(thing, found=found, expected=row_function.meaning)
    return filled


def describe_arguments(arguments: Mapping[str, Argument]) -> dict[str, Any]:
    """Return the arguments as plain JSON values, by name."""
    return {name: _describe_argument(value) for name, value in sorted(arguments.items())}


def build_feature_error(thing: str, *, found: str, expected: str) -> InputError:
    """Return the error for a feature list that cannot be used.

    Args:
        thing: The feature or the list.
        found: What is wrong with it.
        expected: What would be valid.
    """
    return InputError(thing, found=found, expected=expected, remedy="Correct the feature list.")


def _describe_argument(value: Argument) -> Any:
    if isinstance(value, tuple):
        return [float(number) for number in value]
    return value if isinstance(value, str) else float(value)


def _check_column_count(thing: str, count: int, *, row_function: RowFunction) -> None:
    most = row_function.most_columns
    if count < row_function.fewest_columns or (most is not None and count > most):
        expected = (
            f"{row_function.fewest_columns} or more"
            if most is None
            else f"{row_function.fewest_columns} to {most}"
        )
        raise build_feature_error(thing, found=f"{count} columns", expected=expected)


def _check_names(thing: str, given: Mapping[str, Any], *, row_function: RowFunction) -> None:
    unknown = sorted(set(given) - set(row_function.arguments))
    missing = sorted(
        key
        for key, default in row_function.arguments.items()
        if default is None and key not in given
    )
    if unknown or missing:
        found = (
            f"unknown argument {show_examples(unknown)}"
            if unknown
            else f"no argument {show_examples(missing)}"
        )
        raise build_feature_error(
            thing, found=found, expected=f"arguments {sorted(row_function.arguments)}"
        )


def _read_argument(value: Any, kind: ArgumentKind, *, key: str, thing: str) -> Argument:
    if kind == "number" and _is_number(value):
        return float(value)
    if kind == "text" and isinstance(value, str) and len(value) <= _LONGEST_TEXT:
        return value
    if kind == "numbers" and isinstance(value, list | tuple) and len(value) <= _LONGEST_LIST:
        numbers = [float(number) for number in value if _is_number(number)]
        if len(numbers) == len(value) and all(map(math.isfinite, numbers)):
            return tuple(numbers)
    raise build_feature_error(thing, found=f"{key} = {value!r}"[:200], expected=_EXPECTED[kind])


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return not math.isnan(value)
    except OverflowError:  # a whole number beyond the range of floats
        return False
