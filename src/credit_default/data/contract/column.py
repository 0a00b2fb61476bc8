"""One column of a portfolio: its kind, its permitted values and what they mean.

A contradictory declaration is refused when it is made, not later when rows are checked against it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, get_args

from credit_default.data.contract.table_parsing import (
    build_declaration_error,
    raise_faults,
    suggest_word,
)
from credit_default.errors import show_examples

ColumnKind = Literal[
    "identifier",
    "month",
    "code",
    "category",
    "integer",
    "amount",
    "percent",
    "date",
    "time",
    "outcome",
]
DriftMethod = Literal["psi", "jensenshannon", "wasserstein", "ks", "chisquare"]
COLUMN_KINDS: tuple[ColumnKind, ...] = get_args(ColumnKind)
DRIFT_METHODS: tuple[DriftMethod, ...] = get_args(DriftMethod)

COLUMN_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_NUMBERS = frozenset({"integer", "amount", "percent"})
_CODED = frozenset({"code", "category", "outcome"})
_INPUTS = frozenset(COLUMN_KINDS) - {"identifier", "month", "outcome"}
# The kinds that a field is for, and how to say so.
_KINDS_OF: Final[Mapping[str, tuple[frozenset[str], str]]] = {
    "optional": (_INPUTS, "optional inputs only"),
    "risk_rises_from": (_NUMBERS | {"code", "category"}, "risk_rises_from for inputs only"),
    "special": (_NUMBERS | {"code", "outcome"}, "special for numbers only"),
    "readings": (_NUMBERS | {"code", "outcome"}, "readings for numbers only"),
    "unit": (_NUMBERS, "a unit for kinds integer, amount and percent only"),
    "ids": (frozenset({"identifier"}), "ids for kind identifier only"),
    "ignored": (frozenset({"outcome"}), "values to ignore for the outcome only"),
}

Fault = tuple[str, str]  # what was found, and what was expected


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, its aliases in files, its permitted values and their meaning.

    Raises:
        InputError: a declaration that contradicts itself.
    """

    name: str
    kind: ColumnKind
    description: str
    aliases: tuple[str, ...] = ()  # matched without regard to case or surrounding blanks
    minimum: float | None = None  # inclusive
    maximum: float | None = None  # inclusive
    codes: Mapping[int, str] = field(default_factory=dict)  # permitted codes and what each means
    protected: bool = False  # stays in the lake for fairness, never a model input by default
    drift_method: DriftMethod = "psi"
    drift_threshold: float = 0.1
    # from this value on, more is never less risk; below it, codes are categories without an order
    risk_rises_from: float | None = None
    optional: bool = False  # a missing value is a value: null in checked rows
    missing: tuple[str, ...] = ()  # texts that mean that it is missing, besides an empty one
    special: Mapping[float, str] = field(default_factory=dict)  # numbers that are none, and why
    # of a category: its texts and their meanings; in checked rows each is its place, from 1
    values: Mapping[str, str] = field(default_factory=dict)
    ordered: bool = False  # the order of `values` is one of quantity
    unseen: Literal["reject", "other"] = "reject"  # what other texts are; "other" is the code 0
    readings: Mapping[str, float] = field(default_factory=dict)  # texts that stand for numbers
    parse: Literal["number", "leading-number"] = "number"  # the latter reads "36 months" as 36
    unit: str = ""  # of a number, as in "thousand dollars"
    # of an identifier: "plain" ids are letters, digits and _ . -, and those of "text" whatever prints
    ids: Literal["plain", "text"] = "plain"
    # of an outcome: texts that say neither; rows with one are no training rows and no outcomes
    ignored: tuple[str, ...] = ()
    date_format: str = "%Y-%m-%d"  # of a date in texts, as strptime has it; no day is the first

    def __post_init__(self) -> None:
        if self.kind == "category" and not self.codes:
            object.__setattr__(self, "codes", _number_values(self))
        _check_column(self)

    @property
    def full_description(self) -> str:
        """Return the description, with the unit where there is one."""
        return f"{self.description} In {self.unit}." if self.unit else self.description

    @property
    def accepted_names(self) -> tuple[str, ...]:
        """Return every name under which the column is accepted, its own first."""
        return (self.name, *self.aliases)


def _number_values(column: Column) -> dict[int, str]:
    """Return the meaning of each value of a category by its place, from 1; 0 is any other one."""
    other = {0: "other"} if column.unseen == "other" else {}
    return other | dict(enumerate(column.values.values(), 1))


def _check_column(column: Column) -> None:
    thing = f"column {column.name!r} of the schema"
    faults = [
        build_declaration_error(thing, found=found, expected=expected)
        for find in (_find_word_faults, _find_kind_faults, _find_number_faults, _find_text_faults)
        for found, expected in find(column)
    ]
    raise_faults(faults, thing=thing)


def _find_word_faults(column: Column) -> Iterator[Fault]:
    """Yield what is wrong with words that are to be of a list."""
    if not COLUMN_NAME.fullmatch(column.name):
        yield "that name", "a lower-case name of letters, digits and _"
    if column.kind not in COLUMN_KINDS:
        near = suggest_word(column.kind, COLUMN_KINDS)
        yield f"kind {column.kind!r}{near}", "one of " + ", ".join(COLUMN_KINDS)
    if column.drift_method not in DRIFT_METHODS:
        near = suggest_word(column.drift_method, DRIFT_METHODS)
        yield f"drift_method {column.drift_method!r}{near}", ", ".join(DRIFT_METHODS)
    if column.parse not in {"number", "leading-number"}:
        yield f"parse {column.parse!r}", "parse number or leading-number"
    if column.ids not in {"plain", "text"}:
        yield f"ids {column.ids!r}", "ids plain or text"
    if column.unseen not in {"reject", "other"}:
        yield f"unseen {column.unseen!r}", "unseen reject or other"


def _find_kind_faults(column: Column) -> Iterator[Fault]:
    """Yield what does not belong to a column of its kind; nothing where the kind is unknown."""
    if column.kind not in COLUMN_KINDS:
        return
    if bool(column.values) != (column.kind == "category"):
        found = f"{len(column.values)} values"
        yield found, "values for kind category, and for no other kind"
    elif bool(column.codes) != (column.kind in _CODED):
        yield f"{len(column.codes)} codes", "codes for kind code, and for no other kind"
    bounded = column.minimum is not None or column.maximum is not None
    if bounded and column.kind not in _NUMBERS:
        expected = "bounds for kinds integer and amount only, and percent"
        yield "minimum or maximum", expected
    for word, (kinds, expected) in _KINDS_OF.items():
        value = getattr(column, word)
        is_unset = value is None or value is False or value in ("", (), {}, "plain")
        if not is_unset and column.kind not in kinds:
            yield word, expected


def _find_number_faults(column: Column) -> Iterator[Fault]:
    lowest, highest = column.minimum, column.maximum
    if lowest is not None and highest is not None and lowest > highest:
        yield f"minimum {lowest} > maximum {highest}", "minimum ≤ maximum"
    if not column.drift_threshold > 0:
        yield f"drift_threshold {column.drift_threshold}", "a number above 0"


def _find_text_faults(column: Column) -> Iterator[Fault]:
    """Yield texts that have two meanings."""
    twice = sorted({text.strip() for text in column.missing} & {*column.values, *column.readings})
    if twice:
        yield f"{show_examples(twice)} as missing and as a value", "each text with one meaning"
