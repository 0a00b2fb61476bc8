"""Wordings of reasons, the conditions under which they are true, and how columns are named in them."""

import re
from dataclasses import dataclass
from typing import Final, Literal

from credit_default.data.contract.schema import Column

ComparisonSide = Literal["at least", "at most", "above", "below"]

_CLAUSE_END: Final = re.compile(r"[;(]|\. ")  # where a description's first clause ends


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition on the client's own inputs, without which a wording is not used.

    Attributes:
        measure: Name of the measure that is compared.
        side: "at least" and "at most" compare it with `value`; "above" and "below" with the median
            of the accepted clients, which itself is on neither side.
        value: The value to compare with.
    """

    measure: str
    side: ComparisonSide
    value: float = 0.0


@dataclass(frozen=True, slots=True)
class Wording:
    """A sentence that may be given as a reason where every condition holds."""

    text: str
    conditions: tuple[Condition, ...]


def describe_column(column: Column) -> str:
    """Return the column's name with the first clause of its description, and its unit."""
    unit = f", {column.unit}" if column.unit else ""
    return f"{format_name(column.name)} ({read_first_clause(column)}{unit})"


def read_first_clause(column: Column) -> str:
    """Return the first clause of the column's description, without its full stop."""
    return _CLAUSE_END.split(column.description.strip(), maxsplit=1)[0].rstrip(" .")


def format_name(name: str) -> str:
    """Return a name as words."""
    return name.replace("_", " ").capitalize()
