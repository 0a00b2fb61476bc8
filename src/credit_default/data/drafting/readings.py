"""How the cells of one column may be read: the first proposal by which the contract reads all of them.

A proposal is a `Column` as a person would declare it. Whether it holds is asked of the checks
themselves (`data.checking`), so that a draft accepts every row that it was drafted from.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

import polars as pl

from credit_default.data.checking.number_marks import NumberMarks
from credit_default.data.checking.type_conversion import build_flag_name, convert
from credit_default.data.contract.column import Column
from credit_default.data.drafting.cells import Cells
from credit_default.data.drafting.names import describe_name, list_aliases, split_words
from credit_default.data.drafting.scales import find_order

MOST_TEXTS: Final = 50  # of a category; more are names or free text
_FEW_TEXTS: Final = 10  # up to here all texts of a category are likely to be known
_RARE_ROWS: Final = 5  # a text in fewer rows says that others may come
_MOST_CODES: Final = 8
_HIGHEST_CODE: Final = 99
_CODE_WORDS: Final = frozenset(
    (
        *("code", "type", "class", "category", "status", "sex", "gender", "marital", "marriage"),
        *("education", "purpose", "region", "group", "segment", "branch", "product", "occupation"),
        *("job", "housing", "race", "ethnicity", "religion", "nationality"),
    )
)
_AMOUNT_FROM: Final = 1_000  # whole numbers that reach it and are many are amounts
_MANY: Final = 20
_EXACT_BELOW: Final = 2.0**53
_MOST_ODD_TEXTS: Final = 3  # words among numbers, each taken for a missing value
_MOST_ODD_SHARE: Final = 0.2
_LEAST_NUMBERS: Final = 5
_MOST_UNITS: Final = 5
_UNIT: Final = r"\A[+-]?[0-9]+(?:\.[0-9]+)?(.*)\z"
_BOUND: Final = re.compile(
    r"(?i)(?P<below><=?|less than|under|below|up to|≤)?(?:>=?|more than|over|above|at least|≥)?"
    r"\s*(?P<number>[0-9]+(?:\.[0-9]+)?)[^0-9]*"
)
_DATE_FORMS: Final = (
    *("%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y/%m/%d", "%Y-%m", "%Y/%m"),
    *("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%m/%Y", "%m-%Y"),
    *("%b-%Y", "%b %Y", "%B %Y", "%b-%y", "%d-%b-%Y", "%d-%b-%y", "%d %b %Y", "%d%b%Y"),
)
_FIRST_DAY, _LAST_DAY = -25_567, 47_482  # 1900-01-01, 2100-01-01


@dataclass(frozen=True)
class Reading:
    """A column as it may be declared, with its values as numbers and remarks on doubts.

    `numbers` belong to `Cells.values`, null where a value is missing.
    """

    column: Column
    numbers: pl.Series = field(repr=False)
    remarks: tuple[str, ...] = ()

    @property
    def is_number(self) -> bool:
        """Return whether the values are ones of quantity."""
        return self.column.kind in {"integer", "amount", "percent"}


def find_reading(cells: Cells, *, name: str, marks: NumberMarks | None) -> Reading | None:
    """Return the column of this name as the contract can read it; None where only free text is left."""
    if not cells.shown:
        return None
    blank = Column(
        name,
        "amount",
        describe_name(cells.name),
        aliases=list_aliases(name, cells.name),
        optional=cells.missing_count > 0,
        missing=cells.missing_words,
    )
    for propose in _PROPOSALS:
        found = propose(cells, blank, marks)
        if found is not None:
            return found
    return None


def convert_cells(
    cells: Cells, column: Column, marks: NumberMarks | None
) -> tuple[pl.Series, pl.Series]:
    """Return the values as the contract reads them, and the texts that it cannot read."""
    rows = convert(
        pl.DataFrame([cells.values.alias(column.name)]), columns=(column,), marks=marks
    ).frame
    return rows[column.name], cells.texts.filter(~rows[build_flag_name(column)])


def is_all_numbers(cells: Cells, marks: NumberMarks | None) -> bool:
    """Return whether all texts but those for missing values are numbers with these marks."""
    column = Column("numbers", "amount", "", optional=True, missing=cells.missing_words)
    numbers, rest = convert_cells(cells, column, marks)
    return rest.is_empty() and numbers.null_count() < len(numbers)


def _propose_number(cells: Cells, column: Column, marks: NumberMarks | None) -> Reading | None:
    if _has_leading_zeros(cells):
        return None
    numbers, odd = convert_cells(cells, column, marks)
    remarks = []
    if not odd.is_empty():
        words = tuple(sorted(set(odd)))
        if not _are_words_for_missing(cells, words, numbers):
            return None
        remarks.append(f"{', '.join(words)}: no number, taken for missing")
        column = replace(column, optional=True, missing=(*column.missing, *words))
    return Reading(_choose_number_kind(column, cells, numbers), numbers, tuple(remarks))


def _has_leading_zeros(cells: Cells) -> bool:
    """Return whether zeros stand before digits: 007 is no number."""
    return bool(cells.texts.str.contains(r"\A[+-]?0[0-9]").any())


def _are_words_for_missing(cells: Cells, words: tuple[str, ...], numbers: pl.Series) -> bool:
    return (
        len(words) <= _MOST_ODD_TEXTS
        and not any(character.isdigit() for word in words for character in word)
        and cells.count_rows(words) <= _MOST_ODD_SHARE * cells.row_count
        and len(numbers) - numbers.null_count() >= _LEAST_NUMBERS
    )


def _choose_number_kind(column: Column, cells: Cells, numbers: pl.Series) -> Column:
    found = numbers.drop_nulls().unique().sort()
    is_whole = bool((found == found.floor()).all()) and found.abs().max() < _EXACT_BELOW  # type: ignore[operator]
    if not is_whole or (found[-1] >= _AMOUNT_FROM and len(found) > _MANY):
        return column
    is_code = bool(_CODE_WORDS & set(split_words(cells.name))) and len(found) <= _MOST_CODES
    if is_code and found[0] >= 0 and found[-1] <= _HIGHEST_CODE:
        return replace(column, kind="code", codes={int(one): str(int(one)) for one in found})
    return replace(column, kind="integer")


def _propose_percent(cells: Cells, column: Column, marks: NumberMarks | None) -> Reading | None:
    if not cells.texts.str.ends_with("%").any():
        return None
    column = replace(column, kind="percent")
    numbers, odd = convert_cells(cells, column, marks)
    return Reading(column, numbers) if odd.is_empty() else None


def _propose_date(cells: Cells, column: Column, marks: NumberMarks | None) -> Reading | None:
    is_time = cells.values.dtype == pl.Date or isinstance(cells.values.dtype, pl.Datetime)
    if not is_time and cells.values.dtype != pl.String:
        return None
    fitting = []
    for form in _DATE_FORMS[: 1 if is_time else None]:
        dated = replace(column, kind="date", date_format=form)
        days, odd = convert_cells(cells, dated, marks)
        if odd.is_empty() and days.is_between(_FIRST_DAY, _LAST_DAY).any():
            fitting.append(Reading(dated, days))
    if not fitting or not fitting[0].numbers.drop_nulls().is_between(_FIRST_DAY, _LAST_DAY).all():
        return None
    others = ", ".join(other.column.date_format for other in fitting[1:])
    remarks = (f"{others} would read all of them too",) if others else ()
    return replace(fitting[0], remarks=remarks)


def _propose_leading_number(
    cells: Cells, column: Column, marks: NumberMarks | None
) -> Reading | None:
    """Return numbers with units behind them, where no two texts become one number."""
    if cells.values.dtype != pl.String or _has_leading_zeros(cells):
        return None
    units = cells.texts.str.extract(_UNIT).str.strip_chars().drop_nulls().unique()
    column = replace(column, parse="leading-number")
    numbers, odd = convert_cells(cells, column, marks)
    readings = {text: _read_bound(text) for text in sorted(set(odd))}
    if len(units) > _MOST_UNITS or len(readings) > _MOST_ODD_TEXTS or None in readings.values():
        return None
    column = replace(column, readings={t: n for t, n in readings.items() if n is not None})
    numbers, odd = convert_cells(cells, column, marks)
    if not odd.is_empty() or numbers.n_unique() < len(cells.shown):
        return None
    remarks = tuple(f"{text!r} is read as {number:g}" for text, number in column.readings.items())
    return Reading(_choose_number_kind(column, cells, numbers), numbers, remarks)


def _read_bound(text: str) -> float | None:
    """Return the number that "< 1 year" or "> 20" stands for, None for any other text."""
    found = _BOUND.fullmatch(text)
    if found is None:
        return None
    number = float(found["number"])
    return (
        max(0.0, number - 1) if found["below"] in {"<", "less than", "under", "below"} else number
    )


def _propose_category(cells: Cells, column: Column, marks: NumberMarks | None) -> Reading | None:
    if not 1 <= len(cells.shown) <= MOST_TEXTS:
        return None
    order = find_order(tuple(cells.shown), words=split_words(cells.name))
    texts = order or tuple(cells.shown)
    is_open = len(texts) > _FEW_TEXTS or min(cells.shown.values()) < _RARE_ROWS
    column = replace(
        column,
        kind="category",
        values={text: text for text in texts},
        ordered=order is not None,
        unseen="other" if is_open else "reject",
        codes={},
    )
    places, odd = convert_cells(cells, column, marks)
    return Reading(column, places) if odd.is_empty() else None


_Propose = Callable[[Cells, Column, NumberMarks | None], Reading | None]
_PROPOSALS: Final[tuple[_Propose, ...]] = (
    _propose_number,
    _propose_percent,
    _propose_date,
    _propose_leading_number,
    _propose_category,
)
