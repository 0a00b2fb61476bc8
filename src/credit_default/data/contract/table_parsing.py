"""Check tables of plain data, as read from TOML or JSON, key by key before a value is made of them.

An unknown key is refused: a mistyped `minimun` would otherwise be a bound that is never checked.
The meaning of the keys is documented where the value is made, for example at `parse_schema`.
"""

import difflib
from collections.abc import Mapping
from typing import Any

from credit_default.errors import InputError, show_examples

KeyTypes = type | tuple[type, ...]


def build_declaration_error(thing: str, *, found: str, expected: str) -> InputError:
    """Return the error for an invalid declaration.

    Args:
        thing: What was declared.
        found: What is wrong with it.
        expected: What would be valid.
    """
    return InputError(thing, found=found, expected=expected, remedy="Correct the declaration.")


def check_table(
    item: Any, *, key_types: Mapping[str, KeyTypes], required: tuple[str, ...], thing: str
) -> None:
    """Check that `item` is a table with known and all required keys, and values of their type.

    A bool is not accepted for a number, nor a text for a list.

    Args:
        item: What was read.
        key_types: The accepted types by key.
        required: Keys that must be present.
        thing: What is checked, for the message.

    Raises:
        InputError: `item` is not a table, or a key is unknown, missing or of the wrong type.
    """
    if not isinstance(item, Mapping):
        raise build_declaration_error(thing, found=f"{item!r}", expected="a table")
    unknown = sorted(str(key) for key in set(item) - set(key_types))
    if unknown:
        close = difflib.get_close_matches(unknown[0], list(key_types), n=1, cutoff=0.75)
        raise build_declaration_error(
            thing,
            found=f"unknown {show_examples(unknown)}"
            + (f" (nearest is {close[0]!r})" if close else ""),
            expected="only " + ", ".join(key_types),
        )
    missing = [key for key in required if key not in item]
    if missing:
        raise build_declaration_error(
            thing, found=f"no {show_examples(missing)}", expected="each of " + ", ".join(required)
        )
    for key, value in item.items():
        _check_type(value, key_types[key], thing=f"{key!r} of {thing}")


def _check_type(value: Any, types: KeyTypes, *, thing: str) -> None:
    wrong_bool = isinstance(value, bool) and types is not bool
    wrong_text = isinstance(value, str) and types is not str
    if wrong_bool or wrong_text or not isinstance(value, types):
        expected = f"a value of type {_format_types(types)}"
        raise build_declaration_error(thing, found=f"{value!r}", expected=expected)


def parse_texts(items: Any, *, thing: str) -> tuple[str, ...]:
    """Return a list of texts as a tuple.

    Args:
        items: What was read.
        thing: What is checked, for the message.

    Raises:
        InputError: it is a single text, or holds anything but texts.
    """
    if isinstance(items, str) or not all(isinstance(item, str) for item in items):
        raise build_declaration_error(thing, found=f"{items!r}", expected="a list of texts")
    return tuple(items)


def _format_types(types: KeyTypes) -> str:
    named = types if isinstance(types, tuple) else (types,)
    return " or ".join(kind.__name__ for kind in named)
