"""What a portfolio's schema is: columns, what each may hold and means, and rules across columns.

`data/credit_card/statements.py` declares the credit-card portfolio in these words; `parse_schema` reads any other one from a mapping
(a TOML file, say), so that another portfolio needs no change of code. A declaration that contradicts itself
is refused here, when it is made, and not later, when rows are checked against it.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

import polars as pl

from credit_default.data.contract.table_parsing import (
    KeyTypes,
    build_declaration_error,
    check_table,
    parse_texts,
)
from credit_default.errors import show_examples

ColumnKind = Literal["identifier", "month", "code", "integer", "amount", "time", "outcome"]
DriftMethod = Literal["psi", "jensenshannon", "wasserstein", "ks", "chisquare"]
COLUMN_KINDS: tuple[ColumnKind, ...] = get_args(ColumnKind)
DRIFT_METHODS: tuple[DriftMethod, ...] = get_args(DriftMethod)

CLIENT_ID = "client_id"
STATEMENT_MONTH = "statement_month"
OUTCOME = "defaulted"
LINE = "line"
KEY = (CLIENT_ID, STATEMENT_MONTH)

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_RESERVED = frozenset({LINE, "rules", *KEY, OUTCOME})

_SCHEMA_KEYS: dict[str, KeyTypes] = {
    **dict.fromkeys(("name", "version"), str),
    **dict.fromkeys(("columns", "rules", "row_number_for"), Sequence),
    "outcome": Mapping,
    "unique_key": bool,
}
_COLUMN_KEYS: dict[str, KeyTypes] = {
    **dict.fromkeys(("name", "kind", "description", "drift_method"), str),
    **dict.fromkeys(("minimum", "maximum", "drift_threshold", "risk_rises_from"), (int, float)),
    "aliases": Sequence,
    "codes": Mapping,
    "protected": bool,
}
_RULE_KEYS: dict[str, KeyTypes] = dict.fromkeys(("name", "expression", "description"), str)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name here, the names it goes by elsewhere, what it may hold and what that means."""

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
    # from here up, more is never less risk; below, codes are kinds and no amounts
    risk_rises_from: float | None = None

    def __post_init__(self) -> None:
        _check_column(self)

    @property
    def known_as(self) -> tuple[str, ...]:
        """Every name that the column is accepted under, its own first."""
        return (self.name, *self.aliases)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule across columns: a Polars SQL expression that is true for a good row."""

    name: str
    expression: str
    description: str


@dataclass(frozen=True, slots=True)
class Schema:
    """A portfolio's contract. Every portfolio's key is (client_id, statement_month); its outcome is one 0/1 column."""

    name: str
    version: str
    columns: tuple[Column, ...]  # key first, then inputs; without the outcome
    outcome: Column
    rules: tuple[Rule, ...] = ()
    # a key that comes twice is a fault; False where rows are observations of a key
    unique_key: bool = True
    row_number_for: tuple[
        str, ...
    ] = ()  # a file with just these names, and no id, numbers its clients by row, from 1

    def __post_init__(self) -> None:
        _check_schema(self)

    @property
    def names(self) -> tuple[str, ...]:
        """Every column's name in order, without the outcome."""
        return tuple(column.name for column in self.columns)

    @property
    def inputs(self) -> tuple[Column, ...]:
        """The columns that are neither key nor outcome, in order."""
        return tuple(c for c in self.columns if c.kind not in {"identifier", "month"})

    @property
    def protected(self) -> tuple[str, ...]:
        """Names of the protected attributes."""
        return tuple(c.name for c in self.inputs if c.protected)


def parse_schema(mapping: Mapping[str, Any]) -> Schema:
    """The schema that a TOML-shaped mapping declares.

    Words: `name`, `version`, `columns` (a list of tables with the fields of `Column`; codes are `{"1" = "male"}`),
    `outcome` (a table: description, aliases, what 0 and 1 mean), `rules` (a list of tables with the fields of `Rule`),
    `unique_key` and `row_number_for`. client_id and statement_month are there undeclared; declare them to give them aliases.

    Raises:
        InputError: A word is unknown, missing or of the wrong type, or the declaration contradicts itself.
    """
    thing = "the declared schema"
    check_table(
        mapping, words=_SCHEMA_KEYS, required=("name", "version", "columns", "outcome"), thing=thing
    )
    declared = [
        _parse_column(item, thing=f"column {i} of {thing}")
        for i, item in enumerate(mapping["columns"], 1)
    ]
    keys = {
        CLIENT_ID: Column(CLIENT_ID, "identifier", "Who: one client, the same id in every month."),
        STATEMENT_MONTH: Column(
            STATEMENT_MONTH, "month", "The month of the latest statement, YYYY-MM."
        ),
    } | {column.name: column for column in declared if column.name in KEY}
    outcome = {
        "name": OUTCOME,
        "kind": "outcome",
        "codes": {"0": "no default", "1": "default"},
        **mapping["outcome"],
    }
    return Schema(
        name=mapping["name"],
        version=mapping["version"],
        columns=(*keys.values(), *(column for column in declared if column.name not in KEY)),
        outcome=_parse_column(outcome, thing=f"the outcome of {thing}"),
        rules=tuple(
            _parse_rule(item, thing=f"rule {i} of {thing}")
            for i, item in enumerate(mapping.get("rules", ()), 1)
        ),
        unique_key=mapping.get("unique_key", True),
        row_number_for=parse_texts(
            mapping.get("row_number_for", ()), thing=f"row_number_for of {thing}"
        ),
    )


def describe_schema(schema: Schema) -> dict[str, Any]:
    """The schema as plain data that JSON and TOML can hold: `parse_schema` makes an equal schema of it."""
    return asdict(schema) | {
        "columns": [_describe_column(column) for column in schema.columns],
        "outcome": _describe_column(schema.outcome),
        "rules": [asdict(rule) for rule in schema.rules],
        "row_number_for": list(schema.row_number_for),
    }


def normalise_name(name: str) -> str:
    """A raw column name as it is compared: without surrounding blanks, byte-order mark or case."""
    return name.replace("\ufeff", "").strip().casefold()


def _describe_column(column: Column) -> dict[str, Any]:
    # TOML has no null: a bound that is not there is a word that is not there.
    described = {word: value for word, value in asdict(column).items() if value is not None}
    codes = {str(code): meaning for code, meaning in column.codes.items()}
    return described | {"aliases": list(column.aliases), "codes": codes}


def _parse_column(item: Any, *, thing: str) -> Column:
    check_table(item, words=_COLUMN_KEYS, required=("name", "kind", "description"), thing=thing)
    try:
        codes = {int(code): str(meaning) for code, meaning in item.get("codes", {}).items()}
    except ValueError as error:
        raise build_declaration_error(
            f"codes of {thing}", found=show_examples(item["codes"]), expected="whole numbers"
        ) from error
    aliases = parse_texts(item.get("aliases", ()), thing=f"aliases of {thing}")
    return Column(**{**item, "aliases": aliases, "codes": codes})


def _parse_rule(item: Any, *, thing: str) -> Rule:
    check_table(item, words=_RULE_KEYS, required=tuple(_RULE_KEYS), thing=thing)
    return Rule(**item)


def _check_column(column: Column) -> None:
    thing = f"column {column.name!r} of the schema"
    if not _NAME.fullmatch(column.name):
        raise build_declaration_error(
            thing, found="that name", expected="a lower-case name of letters, digits and _"
        )
    if column.kind not in COLUMN_KINDS:
        raise build_declaration_error(
            thing, found=f"kind {column.kind!r}", expected="one of " + ", ".join(COLUMN_KINDS)
        )
    if column.drift_method not in DRIFT_METHODS:
        raise build_declaration_error(
            thing, found=f"drift_method {column.drift_method!r}", expected=", ".join(DRIFT_METHODS)
        )
    if bool(column.codes) != (column.kind in {"code", "outcome"}):
        raise build_declaration_error(
            thing,
            found=f"{len(column.codes)} codes",
            expected="codes for kind code, and for no other kind",
        )
    bounded = column.minimum is not None or column.maximum is not None
    if bounded and column.kind not in {"integer", "amount"}:
        raise build_declaration_error(
            thing, found="minimum or maximum", expected="bounds for kinds integer and amount only"
        )
    if (
        column.minimum is not None
        and column.maximum is not None
        and column.minimum > column.maximum
    ):
        raise build_declaration_error(
            thing,
            found=f"minimum {column.minimum} > maximum {column.maximum}",
            expected="minimum ≤ maximum",
        )
    if column.risk_rises_from is not None and column.kind not in {"code", "integer", "amount"}:
        raise build_declaration_error(thing, found="risk_rises_from", expected="it for inputs only")
    if not column.drift_threshold > 0:
        raise build_declaration_error(
            thing, found=f"drift_threshold {column.drift_threshold}", expected="a number above 0"
        )


def _check_schema(schema: Schema) -> None:
    thing = f"schema {schema.name!r}"
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
    if (
        schema.outcome.name != OUTCOME
        or schema.outcome.kind != "outcome"
        or set(schema.outcome.codes) != {0, 1}
    ):
        raise build_declaration_error(
            thing,
            found=f"outcome {schema.outcome.name!r}",
            expected=f"{OUTCOME!r} with the codes 0 and 1",
        )
    reserved = sorted(_RESERVED & {column.name for column in schema.inputs})
    if reserved:
        raise build_declaration_error(
            thing,
            found=show_examples(reserved),
            expected="inputs under other names, these are taken",
        )
    _check_unique_names(schema, thing=thing)
    for rule in schema.rules:
        _check_rule(rule, schema=schema)


def _check_unique_names(schema: Schema, *, thing: str) -> None:
    """Each column's own name may be repeated among its aliases; no name may mean two columns."""
    own_names = [
        {normalise_name(name) for name in column.known_as}
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
