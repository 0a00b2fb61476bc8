"""The values that a column declares, found by the texts that stand for them in files and on pages."""

import difflib
from typing import Any

from credit_default.data.contract.schema import Column
from credit_default.errors import show_examples
from credit_default.model.features.arguments import build_feature_error


def list_labels(column: Column) -> dict[float, str]:
    """Return a short text for each declared value: of a category as in the file, else its meaning.

    Values of a category and codes come first, then special values, each in the order of declaration.
    """
    return {
        **_list_keys(column),
        **({} if column.kind == "category" else _list_meanings(column)),
        **{float(value): meaning for value, meaning in column.special.items()},
    }


def require_values(column: Column | None, name: str, *, thing: str) -> Column:
    """Return the column, which declares values that can be named.

    Args:
        column: The input behind a name; None where the name is a computed feature.
        name: What the declaration calls it.
        thing: The feature that needs it.

    Raises:
        InputError: there is no such column, or it has no values.
    """
    if column is not None and list_labels(column):
        return column
    found = f"column {column.name if column else name!r}, which declares no values"
    raise build_feature_error(
        thing, found=found, expected="a category, a code, or a column with special values"
    )


def find_value(column: Column, value: Any, *, is_exact: bool, thing: str) -> Any:
    """Return the number that stands for a value in checked rows.

    Args:
        column: The column.
        value: A text of a category, a code or a special value, or else its meaning; or the number.
        is_exact: Whether a number, too, must be one that the column declares, if it declares all.
        thing: The feature, for the message.

    Raises:
        InputError: a text or number that the column does not declare, or a meaning of two values.
    """
    keys, meanings = _list_keys(column), _list_meanings(column)
    if not isinstance(value, str):
        is_unknown = is_exact and bool(column.codes) and value not in keys
        if is_unknown:
            raise _build_unknown_error(column, value, thing=thing)
        return value
    named = [number for number, text in keys.items() if text == value]
    named = named or [number for number, text in meanings.items() if text == value]
    if len(named) > 1:
        raise build_feature_error(
            thing,
            found=f"{value!r}, which means {show_examples(named)} in column {column.name!r}",
            expected="one value: name it by its number",
        )
    if not named:
        raise _build_unknown_error(column, value, thing=thing)
    return named[0]


def _build_unknown_error(column: Column, value: Any, *, thing: str) -> Exception:
    keys, meanings = _list_keys(column), _list_meanings(column)
    names = [*dict.fromkeys([*keys.values(), *meanings.values()])]
    close = difflib.get_close_matches(str(value), names, n=1, cutoff=0.5)
    folded = [name for name in names if name.casefold() == str(value).casefold()]
    nearest = (folded or close)[:1]
    return build_feature_error(
        thing,
        found=f"value {value!r}" + (f" (nearest is {nearest[0]!r})" if nearest else ""),
        expected=f"a value of column {column.name!r}: {show_examples(names) or 'numbers only'}",
    )


def _list_keys(column: Column) -> dict[float, str]:
    """Return what a file holds for each declared value."""
    if column.kind == "category":
        texts = dict(enumerate(column.values, 1))
        keys = {float(code): texts.get(code, "other") for code in column.codes}
        # "other" comes last: it is no value of its own.
        keys |= {0.0: keys.pop(0.0)} if 0.0 in keys else {}
    else:
        keys = {float(code): str(code) for code in column.codes}
    return keys | {float(value): f"{value:g}" for value in column.special}


def _list_meanings(column: Column) -> dict[float, str]:
    return {
        float(number): meaning
        for found in (column.codes, column.special)
        for number, meaning in found.items()
    }
