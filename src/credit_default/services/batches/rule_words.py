"""Say in words what a rule asks for that a rejected row broke."""

from collections.abc import Mapping
from typing import Final

from credit_default.data.contract.column import Column
from credit_default.data.contract.schema import Schema

# The rules of one column, `<column>|<word>`.
_OF_A_COLUMN: Final[Mapping[str, str]] = {
    "type": "{name} cannot be read as what it should be",
    "nullability": "{name} is empty",
    "format": "{name} is written in another way than it should be",
    "min": "{name} is below {minimum}",
    "max": "{name} is above {maximum}",
    "code": "{name} is none of the permitted values",
}
_OTHERS: Final[Mapping[str, str]] = {
    "key|repeated": "the client and month stand in the file more than once",
}


def describe_rule(schema: Schema, rule: str) -> str:
    """Return what is wrong with a row that broke the rule; the rule's own name where nothing more is known of it."""
    if rule in _OTHERS:
        return _OTHERS[rule]
    for one in schema.rules:
        if one.name == rule:
            return f"it is not so that {one.description.rstrip('.')}"
    name, _, word = rule.partition("|")
    column = next((column for column in schema.columns if column.name == name), None)
    if column is None or word not in _OF_A_COLUMN:
        return rule
    return _OF_A_COLUMN[word].format(
        name=name, minimum=_write_bound(column, "minimum"), maximum=_write_bound(column, "maximum")
    )


def _write_bound(column: Column, end: str) -> str:
    bound = getattr(column, end)
    return "what is permitted" if bound is None else f"{bound:,.10g}"
