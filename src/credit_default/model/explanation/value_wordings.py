"""Measures and wordings for values that are no quantity: missing, special, or of a code.

A missing value is worded as such ("not stated"), a special one by what it stands for, and neither
is ever compared with what is usual.
"""

from collections.abc import Iterator, Sequence

from credit_default.data.contract.schema import Column
from credit_default.data.contract.value_meanings import NOT_STATED
from credit_default.model.explanation.wordings import Condition, Wording, describe_column
from credit_default.model.features.declaration import Feature


def list_value_measures(columns: Sequence[Column]) -> Iterator[Feature]:
    """Yield the measures that the wordings of these columns compare."""
    for column in columns:
        if column.optional:
            yield Feature(_name_missing(column), "is_missing", (column.name,))
        for value in column.special:
            yield Feature(_name_value(column, value), "one_hot", (column.name,), {"value": value})
        if column.codes:
            yield Feature(name_code(column), "raw", (column.name,))
        if column.special:
            # Without its special values, which a comparison must not take for numbers.
            yield Feature(
                name_number(column), "clip", (column.name,), {"minimum": -1e30, "maximum": 1e30}
            )


def list_value_wordings(columns: Sequence[Column]) -> tuple[Wording, ...]:
    """Return the wordings for missing and special values of these columns, in their order."""
    return tuple(wording for column in columns for wording in _word_values(column))


def list_code_wordings(subject: str, column: Column, *, measure: str) -> tuple[Wording, ...]:
    """Return one wording for each code of the column.

    Args:
        subject: What the wordings are about.
        column: A column of codes or categories.
        measure: Name of the measure that is the column as it is.
    """
    return tuple(
        _word_exactly(f"{subject}: {meaning}", measure, code)
        for code, meaning in column.codes.items()
    )


def name_code(column: Column) -> str:
    """Return the name of the measure that is the column's code, whatever the features are."""
    return f"{column.name} as it is"


def name_number(column: Column) -> str:
    """Return the name of the measure that is the column's number, without its special values."""
    return f"{column.name} as a number"


def _word_values(column: Column) -> Iterator[Wording]:
    subject = describe_column(column)
    if column.optional:
        yield _word_exactly(f"{subject}: {NOT_STATED}", _name_missing(column), 1)
    for value, meaning in column.special.items():
        yield _word_exactly(f"{subject}: {meaning}", _name_value(column, value), 1)


def _word_exactly(text: str, measure: str, value: float) -> Wording:
    return Wording(
        text, (Condition(measure, "at least", value), Condition(measure, "at most", value))
    )


def _name_missing(column: Column) -> str:
    return f"{column.name} is missing"


def _name_value(column: Column, value: float) -> str:
    return f"{column.name} is {value:g}"
