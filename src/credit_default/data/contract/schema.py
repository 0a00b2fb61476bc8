"""The schema of a portfolio: its columns, their values and meanings, and rules across columns.

`data/credit_card/statements.py` declares the credit-card portfolio with these types;
`schema_parsing` reads any other portfolio's schema from plain data. A contradictory declaration is
refused when it is made, not later when rows are checked against it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import polars as pl

from credit_default.data.contract.column import (
    COLUMN_KINDS,
    COLUMN_NAME,
    DRIFT_METHODS,
    Column,
    ColumnKind,
    DriftMethod,
    Fault,
)
from credit_default.data.contract.table_parsing import (
    build_declaration_error,
    note_faults,
    raise_faults,
    suggest_word,
)
from credit_default.errors import CreditDefaultError, show_examples

__all__ = [
    "CLIENT_ID",
    "COLUMN_KINDS",
    "DRIFT_METHODS",
    "KEY",
    "LINE",
    "OUTCOME",
    "STATEMENT_MONTH",
    "Column",
    "ColumnKind",
    "DriftMethod",
    "Rule",
    "Schema",
    "normalise_name",
]

CLIENT_ID = "client_id"
STATEMENT_MONTH = "statement_month"
OUTCOME = "defaulted"
LINE = "line"
KEY = (CLIENT_ID, STATEMENT_MONTH)

_RESERVED = frozenset({LINE, "rules", *KEY, OUTCOME})


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule across columns: a Polars SQL expression that is true for a valid row."""

    name: str
    expression: str
    description: str


@dataclass(frozen=True, slots=True)
class Words:
    """What a portfolio's models are for, in words of its own: parts of sentences of the model card."""

    used_for: str = "reviews the clients of this portfolio"  # "a lender's risk team that …"
    not_used_for: str = "clients of another kind than those it was trained on"


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
    # of every row of a file of outcomes without a time of observation
    fixed_observation: str | None = None
    words: Words = Words()

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


def _check_schema(schema: Schema) -> None:
    thing = f"schema {schema.name!r}"
    faults: list[CreditDefaultError] = [
        build_declaration_error(thing, found=found, expected=expected)
        for find in (_find_kind_faults, _find_outcome_faults, _find_name_faults)
        for found, expected in find(schema)
    ]
    for rule in schema.rules:
        with note_faults(faults):
            _check_rule(rule, schema=schema)
    raise_faults(faults, thing=thing)


def _find_kind_faults(schema: Schema) -> Iterator[Fault]:
    kinds = [column.kind for column in schema.columns]
    if kinds[:2] != ["identifier", "month"] or schema.names[:2] != KEY:
        yield f"first columns {schema.names[:2]}", "client_id and statement_month first"
    if not schema.inputs or {"identifier", "month", "outcome"} & set(kinds[2:]):
        yield f"kinds {kinds[2:]}", "one or more inputs of kind code, integer or amount"


def _find_outcome_faults(schema: Schema) -> Iterator[Fault]:
    outcome = schema.outcome
    if outcome.name != OUTCOME or outcome.kind != "outcome" or set(outcome.codes) != {0, 1}:
        yield f"outcome {outcome.name!r}", f"{OUTCOME!r} with the codes 0 and 1"


def _find_name_faults(schema: Schema) -> Iterator[Fault]:
    """Yield names that are reserved or mean two columns; a column may repeat its own name."""
    reserved = sorted(_RESERVED & {column.name for column in schema.inputs})
    if reserved:
        yield show_examples(reserved), "other names for inputs: these are reserved"
    own_names = [
        {normalise_name(name) for name in column.accepted_names}
        for column in (*schema.columns, schema.outcome)
        if column.name not in reserved
    ]
    repeated = _find_duplicates(name for names in own_names for name in names)
    if repeated:
        yield f"{show_examples(repeated)} for two columns", "each name and alias once"
    repeated = _find_duplicates(rule.name for rule in schema.rules)
    if repeated:
        yield f"rules {show_examples(repeated)} twice", "each rule's name once"


def _find_duplicates(names: Iterable[str]) -> list[str]:
    return sorted(name for name, count in Counter(names).items() if count > 1)


def _check_rule(rule: Rule, *, schema: Schema) -> None:
    thing = f"rule {rule.name!r} of the schema"
    if not COLUMN_NAME.fullmatch(rule.name) or rule.name in {*schema.names, OUTCOME}:
        raise build_declaration_error(
            thing, found="that name", expected="a lower-case name that is not a column's"
        )
    try:
        used = pl.sql_expr(rule.expression).meta.root_names()
    except pl.exceptions.PolarsError as error:
        raise build_declaration_error(
            thing, found=f"{rule.expression!r} ({error})", expected="a Polars SQL expression"
        ) from error
    known = [column.name for column in schema.inputs]
    unknown = sorted(set(used) - set(known))
    if unknown or not used:
        near = suggest_word(unknown[0], known) if unknown else ""
        raise build_declaration_error(
            thing,
            found=(show_examples(unknown) or "no column") + near,
            expected="inputs of the schema",
        )
