"""What a value in checked rows means, in words that anybody reads."""

from typing import Any, Final

from credit_default.data.contract.schema import Column

NOT_STATED: Final = "not stated"


def describe_value(column: Column, value: Any) -> str:
    """Return what a value means: of a code, a category or a special value, or that it is missing.

    Args:
        column: The column.
        value: Its value in a checked row; None where it is missing.

    Returns:
        "" for a number that is nothing but a number.
    """
    if value is None:
        return NOT_STATED
    return column.special.get(value) or column.codes.get(value, "")


def is_number(column: Column, value: Any) -> bool:
    """Return whether a value is one of quantity: not missing and not special."""
    return value is not None and value not in column.special
