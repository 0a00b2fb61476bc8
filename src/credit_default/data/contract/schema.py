"""The schema of a portfolio: its columns, their values and meanings, and rules across columns.

`data/credit_card/statements.py` declares the credit-card portfolio with these types;
`schema_parsing` reads any other portfolio's schema from plain data. A contradictory declaration is
refused when it is made, not later when rows are checked against it.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

import polars as pl

from credit_default.data.contract.table_parsing import (
    build_declaration_error,
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

CLIENT_ID = "client_id"
STATEMENT_MONTH = "statement_month"
OUTCOME = "defaulted"
LINE = "line"
KEY = (CLIENT_ID, STATEMENT_MONTH)

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_NUMBERS = frozenset({"integer", "amount", "percent"})
_RESERVED = frozenset({LINE, "rules", *KEY, OUTCOME})


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
    date_format: str = "%Y-%m-%d"  # of a date in texts, as strptime has it; no day is the first

    def __post_init__(self) -> None:
        if self.kind == "category" and not self.codes:
            object.__setattr__(self, "codes", _number_values(self))
        _check_column(self)

    @property
    def accepted_names(self) -> tuple[str, ...]:
        """Return every name under which the column is accepted, its own first."""
        return (self.name, *self.aliases)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule across columns: a Polars SQL expression that is true for a valid row."""

    name: str
    expression: str
    description: str


@dataclass(frozen=True, slots=True)
class Schema:
    """A portfolio's contract.

    The key of every portfolio is (client_id, statement_month), its outcome one column of 0 and 1.

    Raises:
        InputError: a declaration that contradicts itself.
    """

    name: str
    version: str
    columns: tuple[Column, ...]  # key first, then inputs; without the outcome
    outcome: Column
    rules: tuple[Rule, ...] = ()
    # True: a repeated key is a fault; False: rows are observations, several per key
    unique_key: bool = True
    # in a file with exactly these columns and no client_id, clients are numbered by row, from 1
    row_number_for: tuple[str, ...] = ()
    numbers_clients: bool = False  # clients are numbered by row, from 1, in every file
    fixed_month: str | None = None  # "YYYY-MM" of every file without a month that is given none

    def __post_init__(self) -> None:
        _check_schema(self)

    @property
    def names(self) -> tuple[str, ...]:
        """Return every column's name in order, without the outcome."""
        return tuple(column.name for column in self.columns)

    @property
    def inputs(self) -> tuple[Column, ...]:
        """Return the columns that are neither key nor outcome, in order."""
        return tuple(c for c in self.columns if c.kind not in {"identifier", "month"})

    @property
    def protected(self) -> tuple[str, ...]:
        """Return the names of the protected attributes, in order."""
        return tuple(c.name for c in self.inputs if c.protected)


def normalise_name(name: str) -> str:
    """Return a raw column name as it is compared: without outer blanks, byte-order mark or case."""
    return name.replace("\ufeff", "").strip().casefold()


def _number_values(column: Column) -> dict[int, str]:
    """Return the meaning of each value of a category by its place, from 1; 0 is any other one."""
    other = {0: "other"} if column.unseen == "other" else {}
    return other | dict(enumerate(column.values.values(), 1))


def _check_column(column: Column) -> None:
    thing = f"column {column.name!r} of the schema"
    if not _NAME.fullmatch(column.name):
        raise build_declaration_error(
            thing, found="that name", expected="a lower-case name of letters, digits and _"
        )
    _check_kind(column, thing=thing)
    _check_bounds(column, thing=thing)
    _check_readings(column, thing=thing)
    if column.risk_rises_from is not None and column.kind not in {*_NUMBERS, "code", "category"}:
        raise build_declaration_error(
            thing, found="risk_rises_from", expected="risk_rises_from for inputs only"
        )
    if not column.drift_threshold > 0:
        raise build_declaration_error(
            thing, found=f"drift_threshold {column.drift_threshold}", expected="a number above 0"
        )


def _check_kind(column: Column, *, thing: str) -> None:
    if column.kind not in COLUMN_KINDS:
        raise build_declaration_error(
            thing, found=f"kind {column.kind!r}", expected="one of " + ", ".join(COLUMN_KINDS)
        )
    if column.drift_method not in DRIFT_METHODS:
        raise build_declaration_error(
            thing, found=f"drift_method {column.drift_method!r}", expected=", ".join(DRIFT_METHODS)
        )
    if bool(column.values) != (column.kind == "category"):
        raise build_declaration_error(
            thing,
            found=f"{len(column.values)} values",
            expected="values for kind category, and for no other kind",
        )
    if bool(column.codes) != (column.kind in {"code", "category", "outcome"}):
        raise build_declaration_error(
            thing,
            found=f"{len(column.codes)} codes",
            expected="codes for kind code, and for no other kind",
        )


def _check_bounds(column: Column, *, thing: str) -> None:
    bounded = column.minimum is not None or column.maximum is not None
    if bounded and column.kind not in _NUMBERS:
        raise build_declaration_error(
            thing,
            found="minimum or maximum",
            expected="bounds for kinds integer and amount only, and percent",
        )
    lowest, highest = column.minimum, column.maximum
    if lowest is not None and highest is not None and lowest > highest:
        found = f"minimum {lowest} > maximum {highest}"
        raise build_declaration_error(thing, found=found, expected="minimum ≤ maximum")


def _check_readings(column: Column, *, thing: str) -> None:
    for word in ("special", "readings"):
        if getattr(column, word) and column.kind not in {*_NUMBERS, "code", "outcome"}:
            raise build_declaration_error(thing, found=word, expected=f"{word} for numbers only")
    if column.parse not in {"number", "leading-number"} or column.unseen not in {"reject", "other"}:
        raise build_declaration_error(
            thing,
            found=f"parse {column.parse!r}, unseen {column.unseen!r}",
            expected="parse number or leading-number, unseen reject or other",
        )
    if column.optional and column.kind in {"identifier", "month", "outcome"}:
        raise build_declaration_error(thing, found="optional", expected="optional inputs only")


def _check_schema(schema: Schema) -> None:
    thing = f"schema {schema.name!r}"
    _check_order_of_kinds(schema, thing=thing)
    _check_outcome(schema.outcome, thing=thing)
    reserved = sorted(_RESERVED & {column.name for column in schema.inputs})
    if reserved:
        raise build_declaration_error(
            thing,
            found=show_examples(reserved),
            expected="other names for inputs: these are reserved",
        )
    _check_unique_names(schema, thing=thing)
    for rule in schema.rules:
        _check_rule(rule, schema=schema)


def _check_order_of_kinds(schema: Schema, *, thing: str) -> None:
    kinds = [column.kind for column in schema.columns]
    if kinds[:2] != ["identifier", "month"] or schema.names[:2] != KEY:
        raise build_declaration_error(
            thing,
            found=f"first columns {schema.names[:2]}",
            expected="client_id and statement_month first",
        )
    if not schema.inputs or {"identifier", "month", "outcome"} & set(kinds[2:]):
        raise build_declaration_error(
            thing,
            found=f"kinds {kinds[2:]}",
            expected="one or more inputs of kind code, integer or amount",
        )


def _check_outcome(outcome: Column, *, thing: str) -> None:
    if outcome.name != OUTCOME or outcome.kind != "outcome" or set(outcome.codes) != {0, 1}:
        raise build_declaration_error(
            thing,
            found=f"outcome {outcome.name!r}",
            expected=f"{OUTCOME!r} with the codes 0 and 1",
        )


def _check_unique_names(schema: Schema, *, thing: str) -> None:
    """Check that no name or alias means two columns; a column may repeat its own name."""
    own_names = [
        {normalise_name(name) for name in column.accepted_names}
        for column in (*schema.columns, schema.outcome)
    ]
    repeated = _find_duplicates(name for names in own_names for name in names)
    if repeated:
        raise build_declaration_error(
            thing,
            found=f"{show_examples(repeated)} for two columns",
            expected="each name and alias once",
        )
    repeated = _find_duplicates(rule.name for rule in schema.rules)
    if repeated:
        raise build_declaration_error(
            thing, found=f"rules {show_examples(repeated)} twice", expected="each rule's name once"
        )


def _find_duplicates(names: Iterable[str]) -> list[str]:
    return sorted(name for name, count in Counter(names).items() if count > 1)


def _check_rule(rule: Rule, *, schema: Schema) -> None:
    thing = f"rule {rule.name!r} of the schema"
    if not _NAME.fullmatch(rule.name) or rule.name in {*schema.names, OUTCOME}:
        raise build_declaration_error(
            thing, found="that name", expected="a lower-case name that is not a column's"
        )
    try:
        used = pl.sql_expr(rule.expression).meta.root_names()
    except pl.exceptions.PolarsError as error:
        raise build_declaration_error(
            thing, found=f"{rule.expression!r} ({error})", expected="a Polars SQL expression"
        ) from error
    unknown = sorted(set(used) - {column.name for column in schema.inputs})
    if unknown or not used:
        raise build_declaration_error(
            thing, found=show_examples(unknown) or "no column", expected="inputs of the schema"
        )
