"""Say what to do about columns that do not hold what they should: each kind of fault has its own next step.

The kind is read from the rules that were broken and from the values found. To give another form of
text a remedy of its own, add it to `TEXT_FORMS`; the first one that most of the values have counts.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from credit_default.data.checking.type_conversion import convert
from credit_default.data.checking.value_faults import ValueFault, find_value_fault
from credit_default.data.contract.schema import Column, ColumnKind

_SHOWN_COUNT = 5
_MOST_REMEDIES = 3  # in one message
_FEWEST_SHIFTED = 2  # columns in a row


@dataclass(frozen=True, slots=True)
class ColumnFault:
    """A column that most rows break the rules of, some of the values found, and how often each rule was broken.

    Rules are named by their last part, as in "type" or "min".
    """

    column: Column
    examples: tuple[str, ...]
    rule_counts: Mapping[str, int]

    @property
    def main_rule(self) -> str:
        """Return the rule that most rows broke."""
        return max(self.rule_counts, key=lambda name: self.rule_counts[name])

    @property
    def cause(self) -> str:
        """Return why most of these values cannot be read, as a clause; empty where the values do not say."""
        known = self._find_known()
        return known.cause if known else ""

    @property
    def cure(self) -> str:
        """Return what is to be done about that cause, as a clause; empty where there is none."""
        known = self._find_known()
        return known.cure if known else ""

    def _find_known(self) -> ValueFault | None:
        return find_value_fault(self.column, f"{self.column.name}|{self.main_rule}")

    @property
    def row_count(self) -> int:
        """Return how many rows broke a rule of the column: a value breaks at most one."""
        return sum(self.rule_counts.values())


@dataclass(frozen=True, slots=True)
class TextForm:
    """A form in which cells are written that are no plain numbers, and what to do about it."""

    pattern: re.Pattern[str]
    remedy: str


def _form(pattern: str, remedy: str) -> TextForm:
    return TextForm(re.compile(pattern, re.IGNORECASE), remedy)


_NUMBER = r"[-+]?\d[\d.,'\u2019 \u00a0\u202f]*"
_CURRENCY = r"(?:nt\$|us\$|[$€£¥]|eur|usd|twd|ntd|gbp|chf|jpy)"
TEXT_FORMS: Final[tuple[TextForm, ...]] = (
    _form(
        r"n/?a|nan|null|none|nil|missing|unknown|k\.? ?a\.?|[-.?–—]+",
        "the cells hold a word for a missing value, and this column may not be missing: fill it at its source",
    ),
    _form(rf"{_NUMBER}\s*%", "write plain numbers, without percent signs"),
    _form(
        rf"{_CURRENCY}\s*{_NUMBER}|[-+]\s*{_CURRENCY}\s*{_NUMBER}|{_NUMBER}\s*{_CURRENCY}",
        "write plain amounts, without currency signs",
    ),
    _form(
        r"\d{4}-\d{2}(-\d{2}.*)?|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}.*",
        "the cells hold dates: check which column of the export was given this name, and whether a"
        " spreadsheet turned numbers into dates",
    ),
    _form(
        r"\(\s*\d[\d.,]*\s*\)|\d[\d.,]*-",
        "write negative amounts with a minus sign in front, as in -100",
    ),
    _form(
        r"[-+]?\d{1,3}(?:[,.'\u2019 \u00a0\u202f]\d{3})+(?:[.,]\d+)?",
        "write plain numbers, without separators of thousands",
    ),
    _form(r"[-+]?\d+,\d+", "write decimal points, not commas"),
    _form(r"[-+]?\d+\.\d+", "write whole numbers, without decimals"),
)
_KIND_REMEDIES: Final[Mapping[ColumnKind, str]] = {
    "identifier": "write ids without blanks and other signs",
    "month": "write months as YYYY-MM, or leave the column out and give the month with --month",
    "time": "write times as in 2006-01-31T08:30:00Z, or days as in 2006-01-31",
}


def suggest_remedy(faults: Sequence[ColumnFault], *, columns: Sequence[Column]) -> str:
    """Return the next step for these faults, in one or a few sentences.

    Args:
        faults: The faulty columns, in the schema's order.
        columns: All columns of the schema, in its order.
    """
    if _look_shifted(faults, columns):
        return (
            "The values look shifted against the header: compare a line with it,"
            " and export the file again."
        )
    if (pair := _find_swapped_pair(faults)) is not None:
        return f"The values of {pair[0]} and {pair[1]} look swapped: exchange the two names in the header."
    by_remedy: dict[str, list[str]] = {}
    for fault in faults:
        by_remedy.setdefault(_choose_remedy(fault, columns), []).append(fault.column.name)
    if len(by_remedy) == 1:
        (remedy,) = by_remedy
        end = "." if remedy.startswith("export") else "; then export the file again."
        return f"{remedy[:1].upper()}{remedy[1:]}{end}"
    parts = [f"{_list_names(names)}: {remedy}" for remedy, names in by_remedy.items()]
    more = f" … ({len(parts)} kinds of faults in all)" if len(parts) > _MOST_REMEDIES else ""
    return f"{'. '.join(parts[:_MOST_REMEDIES])}{more}. Then export the file again."


def _choose_remedy(fault: ColumnFault, columns: Sequence[Column]) -> str:
    rule, column = fault.main_rule, fault.column
    if rule == "nullability":
        return "the column is empty in most rows: fill it at its source, or check that the export takes the right one"
    if fault.cure:
        return fault.cure
    if column.kind in _KIND_REMEDIES:
        return _KIND_REMEDIES[column.kind]
    if rule == "code":
        return _suggest_for_codes(fault, columns)
    if rule in {"min", "max"}:
        return _suggest_for_range(fault)
    return _suggest_for_text(fault)


def _suggest_for_codes(fault: ColumnFault, columns: Sequence[Column]) -> str:
    others = [
        other.name
        for other in columns
        if other.codes and other.codes != fault.column.codes and _fits(fault.examples, other)
    ]
    translate = f"translate the codes into those of the legend: {_describe_legend(fault.column)}"
    if not others:
        return translate
    swapped = f"{fault.column.name} was swapped with {_list_names(others, most=2, joined_by='or')}"
    return f"check whether {swapped}, whose codes these are; otherwise {translate}"


def _suggest_for_range(fault: ColumnFault) -> str:
    column, is_low = fault.column, fault.main_rule == "min"
    bound = format_number(column.minimum if is_low else column.maximum)
    side = f"below {bound}, the least" if is_low else f"above {bound}, the most"
    unit = "thousands in place of single units, or another sign" if is_low else "cents, or a year"
    return (
        f"the values are {side} that is possible: check whether {column.name} is in another unit"
        f" ({unit}) or was swapped with another column"
    )


def _suggest_for_text(fault: ColumnFault) -> str:
    meanings = {meaning.casefold() for meaning in fault.column.codes.values()}
    if meanings and all(text.strip().casefold() in meanings for text in fault.examples):
        return f"write the codes and not what they mean: {_describe_legend(fault.column)}"
    for form in TEXT_FORMS:
        count = sum(bool(form.pattern.fullmatch(text.strip())) for text in fault.examples)
        if 2 * count > len(fault.examples):
            return form.remedy
    return (
        "the cells hold text where numbers belong: check which column of the export was given this"
        " name"
    )


def _look_shifted(faults: Sequence[ColumnFault], columns: Sequence[Column]) -> bool:
    """Return whether the values of each column fit the one beside it, all on the same side."""
    places = {column.name: place for place, column in enumerate(columns)}
    return len(faults) >= _FEWEST_SHIFTED and any(
        all(
            0 <= (beside := places.get(fault.column.name, len(columns)) + step) < len(columns)
            and _fits(fault.examples, columns[beside])
            for fault in faults
        )
        for step in (-1, 1)
    )


def _find_swapped_pair(faults: Sequence[ColumnFault]) -> tuple[str, str] | None:
    if len(faults) != 2:  # noqa: PLR2004 - a pair
        return None
    one, two = faults
    swapped = _fits(one.examples, two.column) and _fits(two.examples, one.column)
    return (one.column.name, two.column.name) if swapped else None


def _fits(values: Sequence[str], column: Column) -> bool:
    """Return whether all of these texts could be values of the column; empty ones cannot."""
    raw = pl.DataFrame({column.name: pl.Series(values, dtype=pl.String)})
    converted = convert(raw, columns=(column,)).frame[column.name]
    if converted.null_count() or converted.is_empty():
        return False
    if column.codes:
        return bool(converted.is_in(list(column.codes)).all())
    if column.kind == "month":
        return bool(converted.str.contains(r"^\d{4}-\d{2}$").all())
    low = column.minimum is None or bool((converted >= column.minimum).all())
    return low and (column.maximum is None or bool((converted <= column.maximum).all()))


def format_number(number: float | None) -> str:
    """Return the number with separators of thousands, and without an exponent where it is whole."""
    if number is None:
        return ""
    return f"{int(number):,}" if float(number).is_integer() else f"{number:,g}"


def _describe_legend(column: Column) -> str:
    return ", ".join(f"{code} = {meaning}" for code, meaning in column.codes.items())


def _list_names(names: Sequence[str], *, most: int = _SHOWN_COUNT, joined_by: str = "and") -> str:
    shown, rest = ", ".join(names[:most]), len(names) - most
    return f"{shown} {joined_by} {rest} more" if rest > 0 else shown
