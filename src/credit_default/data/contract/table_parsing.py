"""Tables of plain data, as TOML and JSON give them, checked word by word before a value is made of them.

An unknown word is refused: a mistyped `minimun` would else be a bound that nobody checks. What the words mean is told
where the value is made (`parse_schema` in `data/contract/schema.py`, for one).
"""

from collections.abc import Mapping
from typing import Any

from credit_default.errors import InputError, show_examples

KeyTypes = type | tuple[type, ...]


def build_declaration_error(thing: str, *, found: str, expected: str) -> InputError:
    """The error for a declaration that cannot be meant."""
    return InputError(thing, found=found, expected=expected, remedy="Correct the declaration.")


def check_table(
    item: Any, *, words: Mapping[str, KeyTypes], required: tuple[str, ...], thing: str
) -> None:
    """Nothing; returns when `item` is a table with known words only, all the required ones, each of its type.

    A bool never stands for a number, nor a text for a list, whatever Python thinks.

    Raises:
        InputError: `item` is no table, or a word is unknown, missing or of the wrong type.
    """
    if not isinstance(item, Mapping):
        raise build_declaration_error(thing, found=f"{item!r}", expected="a table")
    unknown = sorted(str(word) for word in set(item) - set(words))
    if unknown:
        raise build_declaration_error(
            thing, found=f"unknown {show_examples(unknown)}", expected="only " + ", ".join(words)
        )
    missing = [word for word in required if word not in item]
    if missing:
        raise build_declaration_error(
            thing, found=f"no {show_examples(missing)}", expected="each of " + ", ".join(required)
        )
    for word, value in item.items():
        types = words[word]
        wrong_bool = isinstance(value, bool) and types is not bool
        wrong_text = isinstance(value, str) and types is not str
        if wrong_bool or wrong_text or not isinstance(value, types):
            raise build_declaration_error(
                f"{word!r} of {thing}",
                found=f"{value!r}",
                expected=f"a value of type {_format_types(types)}",
            )


def parse_texts(items: Any, *, thing: str) -> tuple[str, ...]:
    """The list of texts as a tuple.

    Raises:
        InputError: It is one text, or holds something else than texts.
    """
    if isinstance(items, str) or not all(isinstance(item, str) for item in items):
        raise build_declaration_error(thing, found=f"{items!r}", expected="a list of texts")
    return tuple(items)


def _format_types(types: KeyTypes) -> str:
    named = types if isinstance(types, tuple) else (types,)
    return " or ".join(kind.__name__ for kind in named)
