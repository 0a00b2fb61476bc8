"""Draft the declaration of each column: its reading, bounds, special values and whether it is protected."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from credit_default.data.checking.number_marks import NumberMarks
from credit_default.data.contract.column import Column
from credit_default.data.drafting.cells import Cells
from credit_default.data.drafting.evidence import (
    describe_days,
    describe_numbers,
    describe_texts,
    format_share,
)
from credit_default.data.drafting.keys import score_id
from credit_default.data.drafting.names import build_names, split_words
from credit_default.data.drafting.readings import MOST_TEXTS, Reading, find_reading
from credit_default.data.drafting.special_values import find_special_values

_PROTECTED: Final = frozenset(
    (
        *("sex", "gender", "race", "ethnicity", "ethnic", "marital", "marriage", "married"),
        *("religion", "nationality", "citizenship", "foreign", "disability", "disabled"),
        *("birth", "birthdate", "birthday", "dob", "pregnant"),
    )
)
_OF_PERSONS: Final = frozenset(
    ("age", "client", "customer", "applicant", "borrower", "person", "in", "years", "at", "current")
)
_HIGHEST_AGE: Final = 120


@dataclass(frozen=True, slots=True)
class DraftColumn:
    """A column as it is declared, its name in the file, and what was seen in it."""

    column: Column
    raw_name: str
    evidence: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A column of the file that is not declared, and why."""

    raw_name: str
    reason: str


@dataclass(frozen=True, slots=True)
class DraftColumns:
    """The columns that are declared and those that are left out, each in the file's order."""

    declared: tuple[DraftColumn, ...]
    left_out: tuple[LeftOut, ...]


def draft_columns(
    cells: Sequence[Cells], *, in_file: Sequence[str], marks: NumberMarks | None
) -> DraftColumns:
    """Return the declaration of the inputs.

    Args:
        cells: The columns of the file that are neither key nor outcome.
        in_file: The names of all its columns.
        marks: How its numbers are written.
    """
    names = build_names([one.name for one in cells], in_file=in_file)
    reasons = {one.name: _find_reason_to_leave_out(one) for one in cells}
    readings = {
        one.name: find_reading(one, name=name, marks=marks)
        for one, name in zip(cells, names, strict=True)
        if not reasons[one.name]
    }
    special = _find_special(cells, readings)
    declared, left_out = [], []
    for one in cells:
        reading = readings.get(one.name)
        if reading is None:
            reason = reasons[one.name] or _describe_free_text(one)
            left_out.append(LeftOut(one.name, reason))
        else:
            declared.append(_draft_column(one, reading, special=special.get(one.name, ())))
    return DraftColumns(tuple(declared), tuple(left_out))


def _find_reason_to_leave_out(cells: Cells) -> str:
    if not cells.shown:
        return "no value in any row"
    if len(cells.shown) == 1 and not cells.missing_count:
        return f"the same value in every row, {next(iter(cells.shown))}"
    if score_id(cells) or (not cells.name.strip() and len(cells.shown) == cells.row_count):
        return "another value in every row, as ids have"
    return ""


def _describe_free_text(cells: Cells) -> str:
    return f"{len(cells.shown):,} different texts, more than {MOST_TEXTS}"


def _find_special(
    cells: Sequence[Cells], readings: Mapping[str, Reading | None]
) -> dict[str, tuple[float, ...]]:
    frames = {}
    for one in cells:
        reading = readings.get(one.name)
        if reading is not None and reading.is_number and reading.column.parse == "number":
            values = pl.DataFrame(
                {"value": reading.numbers.cast(pl.Float64), "count": one.counts.cast(pl.Int64)}
            )
            frames[one.name] = (
                values.drop_nulls().group_by("value").agg(pl.col("count").sum()).sort("value")
            )
    return find_special_values(frames)


def _draft_column(cells: Cells, reading: Reading, *, special: tuple[float, ...]) -> DraftColumn:
    column = replace(
        reading.column,
        special={value: f"code {value:g}" for value in special},
        protected=_is_protected(cells.name),
    )
    numbers = reading.numbers.filter(~reading.numbers.is_in(list(special)))
    if reading.is_number:
        column = _set_bounds(column, numbers, words=split_words(cells.name))
    parts = [
        _describe_values(cells, column, numbers),
        *(
            f"{value:g} in {format_share(count / cells.row_count)}"
            for value in special
            if (count := _count(cells, reading, value))
        ),
        *_describe_missing(cells, column),
        *reading.remarks,
        *(["by its name protected"] if column.protected else []),
    ]
    return DraftColumn(column, cells.name, "; ".join(parts))


def _count(cells: Cells, reading: Reading, value: float) -> int:
    return int(cells.counts.filter(reading.numbers == value).sum())


def _set_bounds(column: Column, numbers: pl.Series, *, words: Sequence[str]) -> Column:
    """Return the column with the bounds that its values suggest: 0 below, above only natural ones."""
    found = numbers.drop_nulls()
    if found.is_empty() or found.min() < 0:  # type: ignore[operator]
        return column
    highest = float(found.max())  # type: ignore[arg-type]
    maximum = None
    if column.kind == "integer" and found.n_unique() == highest + 1 == 2:  # noqa: PLR2004
        maximum = 1
    elif _is_age(words) and highest <= _HIGHEST_AGE:
        maximum = _HIGHEST_AGE
    return replace(column, minimum=0, maximum=maximum)


def _is_protected(raw_name: str) -> bool:
    words = split_words(raw_name)
    return bool(_PROTECTED & set(words)) or _is_age(words)


def _is_age(words: Sequence[str]) -> bool:
    return "age" in words and set(words) <= _OF_PERSONS


def _describe_values(cells: Cells, column: Column, numbers: pl.Series) -> str:
    if column.kind == "date":
        return describe_days(numbers)
    if column.kind == "category":
        return describe_texts(cells.shown) + ("; in this order" if column.ordered else "")
    if column.kind == "code":
        return describe_texts(cells.shown) + "; say what each means"
    return describe_numbers(numbers)


def _describe_missing(cells: Cells, column: Column) -> list[str]:
    count = cells.missing_count + cells.count_rows(
        tuple(set(column.missing) - set(cells.missing_words))
    )
    if not count:
        return []
    written = f" ({', '.join(column.missing)})" if column.missing else ""
    return [f"{format_share(count / cells.row_count)} missing{written}"]
