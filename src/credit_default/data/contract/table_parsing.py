"""Read tables of plain data, as from TOML or JSON, and tell all of their faults at once, each with its place.

pydantic reads a table's shape: which keys it has and of which type their values are. What the values mean is
checked by what is made of them. An unknown key is refused: a mistyped `minimun` would otherwise be a bound that
is never checked.
"""

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from credit_default.errors import (
    CreditDefaultError,
    InputError,
    join_faults,
    list_faults,
    show_examples,
)

_REMEDY: Final = "Correct the declaration."
_EXPECTED: Final = {  # by pydantic's name of the fault
    "string_type": "a text",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "float_type": "a number",
    "finite_number": "a number",
    "tuple_type": "a list",
    "dict_type": "a table",
    "mapping_type": "a table",
    "model_type": "a table",
    "int_parsing": "whole numbers as keys",
    "float_parsing": "numbers as keys",
}
_WEIGHT_WORDS: Final = frozenset({"weight", "weights", "case_weight", "sample_weight"})
_KEY: Final = "[key]"  # what pydantic calls the key itself, in place of its value

TableType = TypeVar("TableType", bound="Table")


class Table(BaseModel):
    """A table with the keys that its fields name, and no other; no text is taken for a number, nor a bool."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


def build_declaration_error(thing: str, *, found: str, expected: str) -> InputError:
    """Return the error for an invalid declaration.

    Args:
        thing: What was declared.
        found: What is wrong with it.
        expected: What would be valid.
    """
    return InputError(thing, found=found, expected=expected, remedy=_REMEDY)


def suggest_word(word: str, known: Iterable[str]) -> str:
    """Return, in parentheses, the known word that is nearest to one that is not known; empty where none is near."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.65)
    return f" (nearest is {close[0]!r})" if close else ""


def build_unknown_key_error(
    place: str, key: str, *, known: Iterable[str], expected: str
) -> InputError:
    """Return the error for a key that no table has there; one that asks for case weights is told why there are none.

    Args:
        place: The table.
        key: What was found in it.
        known: Keys that it may have.
        expected: What would be valid, in words.
    """
    if key in _WEIGHT_WORDS:
        return InputError(
            place,
            found=f"{key!r}: case weights are not supported",
            expected="rows that count once each, in fits, metrics, intervals, gates and drift",
            remedy="Keep each row with a chance in proportion to its weight, declare no weight, and train on the rows kept.",
        )
    return build_declaration_error(
        place, found=f"unknown {key!r}{suggest_word(key, known)}", expected=expected
    )


@contextmanager
def note_faults(into: list[CreditDefaultError], *, place: str | None = None) -> Iterator[None]:
    """Note the error that ends the block, so that the other faults are found too, and go on behind it.

    Args:
        into: Where it is noted.
        place: What to call the faulty thing, in place of what the error calls it.
    """
    try:
        yield
    except InputError as error:
        into += [
            type(fault)(
                place or fault.thing,
                found=fault.found,
                expected=fault.expected,
                remedy=fault.remedy,
            )
            for fault in list_faults(error)
        ]


def raise_faults(faults: Sequence[CreditDefaultError], *, thing: str) -> None:
    """Raise one error for all faults of `thing`; do nothing where there is none.

    Raises:
        InputError: There are some; where there is one only, it is that.
    """
    if faults:
        raise join_faults(thing, faults)


def read_table(model: type[TableType], item: Any, *, place: str) -> TableType:
    """Return the table that plain data holds.

    Args:
        model: Its keys and their types.
        item: What was read.
        place: What it is called in an error.

    Raises:
        InputError: It is no table, or keys are unknown, missing or of the wrong type; all of them are told.
    """
    try:
        return model.model_validate(item)
    except ValidationError as error:
        faults = list(_list_table_faults(error, model=model, place=place))
    raise_faults(faults, thing=place)
    raise AssertionError


def _list_table_faults(
    error: ValidationError, *, model: type[Table], place: str
) -> Iterator[InputError]:
    # fields by the names that stand in the table
    known = {field.alias or name: field for name, field in model.model_fields.items()}
    details = error.errors()
    missing = [str(detail["loc"][-1]) for detail in details if detail["type"] == "missing"]
    if missing:
        required = [name for name, field in known.items() if field.is_required()]
        found = f"no {show_examples(missing)}"
        yield build_declaration_error(place, found=found, expected="each of " + ", ".join(required))
    for detail in details:
        if detail["type"] == "extra_forbidden":
            key = str(detail["loc"][-1])
            yield build_unknown_key_error(
                place, key, known=known, expected="only " + ", ".join(known)
            )
        elif detail["type"] != "missing":
            yield _describe_value(detail, place=place)


def _describe_value(detail: Mapping[str, Any], *, place: str) -> InputError:
    keys = [key for key in detail["loc"] if key != _KEY]
    found = keys[-1] if _KEY in detail["loc"] else detail["input"]
    cause = detail.get("ctx", {}).get("error")
    return build_declaration_error(
        _name_place(keys[:-1] if _KEY in detail["loc"] else keys, place=place),
        found=show_examples([found]),
        expected=str(cause) if cause else _EXPECTED.get(detail["type"], detail["msg"]),
    )


def _name_place(keys: Sequence[int | str], *, place: str) -> str:
    for key in keys:
        place = f"entry {key + 1} of {place}" if isinstance(key, int) else f"{key!r} of {place}"
    return place
