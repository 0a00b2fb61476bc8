"""Read a portfolio's schema from plain data, such as a TOML file.

Another portfolio than the credit cards needs no change of code: its declaration is enough. Columns and rules are
read one by one, so that all faults are told at once; a faulty column is stood in for where others refer to it.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

from credit_default.data.contract.column import COLUMN_NAME, Column
from credit_default.data.contract.declared_tables import (
    ColumnTable,
    KeyTable,
    OutcomeTable,
    RuleTable,
    SchemaTable,
    WordsTable,
)
from credit_default.data.contract.schema import (
    CLIENT_ID,
    KEY,
    OUTCOME,
    STATEMENT_MONTH,
    Rule,
    Schema,
    Words,
)
from credit_default.data.contract.table_parsing import (
    build_declaration_error,
    note_faults,
    raise_faults,
    read_table,
)
from credit_default.errors import CreditDefaultError, InputError, list_faults, show_examples

_THING: Final = "the schema"
_ROW_NUMBER: Final = "row-number"
_FIXED_MONTH: Final = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
_DEFAULT_KEY_COLUMNS: Final = {
    CLIENT_ID: Column(CLIENT_ID, "identifier", "Who: one client, the same id in every month."),
    STATEMENT_MONTH: Column(
        STATEMENT_MONTH, "month", "The month of the latest statement, YYYY-MM."
    ),
}
_OUTCOME_DEFAULTS: Final = {
    "name": OUTCOME,
    "kind": "outcome",
    "codes": {"0": "no default", "1": "default"},
}
_OUTCOME_WORDS: Final = ("bad", "good", "ignore")
_FAULTLESS_OUTCOME: Final = Column(OUTCOME, "outcome", "", codes={0: "no default", 1: "default"})


def parse_schema(mapping: Mapping[str, Any]) -> Schema:
    """Return the schema that plain data declares.

    Args:
        mapping: Has `name`, `version`, `columns` (a list of tables with the fields of `Column`;
            codes are `{"1" = "male"}`) and `outcome` (a table: description, aliases, the meaning of
            0 and 1, or the texts that are `bad`, `good` and of rows to `ignore`). Optional are `key` (whose column is the
            client's id and whose the month; "row-number" and one "YYYY-MM" where there is none), `rules` (a list of tables with the fields of `Rule`),
            `unique_key` and `row_number_for`. client_id and statement_month need not be declared,
            except to give them aliases.

    Raises:
        InputError: Keys are unknown, missing or of the wrong type, or the declaration contradicts
            itself; all faults are told.
    """
    faults: list[CreditDefaultError] = []
    table = _read_schema_table(mapping, faults)
    declared = _parse_columns(table.columns, faults)
    outcome, rules = _FAULTLESS_OUTCOME, []
    with note_faults(faults):
        outcome = _parse_outcome(table.outcome)
    for number, item in enumerate(table.rules, 1):
        with note_faults(faults):
            rules.append(_parse_rule(item, place=_name_item("rule", number, item)))
    key, words = KeyTable(), Words()
    with note_faults(faults):
        key = read_table(KeyTable, table.key, place=f"the key of {_THING}")
    with note_faults(faults):
        given = read_table(WordsTable, table.words, place=f"the words of {_THING}")
        words = Words(**given.model_dump(exclude_none=True))
    keys = _DEFAULT_KEY_COLUMNS | {column.name: column for column in declared if column.name in KEY}
    with note_faults(faults):
        schema = Schema(
            name=table.name,
            version=table.version,
            columns=(
                *(_name_key(column, key) for column in keys.values()),
                *(column for column in declared if column.name not in KEY),
            ),
            outcome=outcome,
            rules=tuple(rules),
            unique_key=table.unique_key,
            row_number_for=table.row_number_for,
            numbers_clients=key.client == _ROW_NUMBER,
            words=words,
            fixed_month=key.month if _FIXED_MONTH.fullmatch(key.month) else None,
        )
    raise_faults(faults, thing=_THING)
    return schema


def _read_schema_table(mapping: Any, faults: list[CreditDefaultError]) -> SchemaTable:
    """Return the table, without the keys that are faulty; their faults are added to `faults`.

    Raises:
        InputError: There are no columns to go on with.
    """
    try:
        return read_table(SchemaTable, mapping, place=_THING)
    except InputError as error:
        faults += list_faults(error)
    sound: dict[str, Any] = {
        "name": "",
        "version": "",
        "columns": (),
        "outcome": {"description": ""},
    }
    for key in SchemaTable.model_fields:
        if isinstance(mapping, Mapping) and key in mapping:
            with suppress(InputError):
                read_table(SchemaTable, {**sound, key: mapping[key]}, place=_THING)
                sound[key] = mapping[key]
    if not sound["columns"]:
        raise_faults(faults, thing=_THING)
    return SchemaTable(**sound)


def _parse_columns(items: Sequence[Any], faults: list[CreditDefaultError]) -> list[Column]:
    """Return the declared columns; one with faults, which are added to `faults`, is stood in for by its name."""
    columns = []
    for number, item in enumerate(items, 1):
        place = _name_item("column", number, item)
        count = len(faults)
        with note_faults(faults):
            table = read_table(ColumnTable, item, place=place)
            with note_faults(faults, place=place):
                columns.append(Column(**table.model_dump()))
        if len(faults) > count:
            columns += _stand_in(item)
    return columns


def _stand_in(item: Any) -> list[Column]:
    """Return a column of the name that a faulty declaration has, so that what refers to it is not faulty too."""
    name = item.get("name") if isinstance(item, Mapping) else None
    if not isinstance(name, str) or not COLUMN_NAME.fullmatch(name) or name in {*KEY, OUTCOME}:
        return []
    return [Column(name, "amount", "")]


def _parse_outcome(item: Mapping[str, Any]) -> Column:
    place = f"the outcome of {_THING}"
    table = read_table(OutcomeTable, {**_OUTCOME_DEFAULTS, **item}, place=place)
    texts = Counter(text for word in _OUTCOME_WORDS for text in {*getattr(table, word)})
    if twice := [text for text, count in texts.items() if count > 1]:
        raise build_declaration_error(
            place,
            found=f"{show_examples(twice)} in two of {', '.join(_OUTCOME_WORDS)}",
            expected="each text in one of them",
        )
    words = {**dict.fromkeys(table.bad, 1), **dict.fromkeys(table.good, 0)}
    fields = table.model_dump(exclude={*_OUTCOME_WORDS})
    return Column(**{**fields, "readings": {**table.readings, **words}, "ignored": table.ignore})


def _parse_rule(item: Any, *, place: str) -> Rule:
    return Rule(**read_table(RuleTable, item, place=place).model_dump())


def _name_item(kind: str, number: int, item: Any) -> str:
    """Return the place of a column or a rule: its number in the list, and its name where it has one."""
    name = item.get("name") if isinstance(item, Mapping) else None
    return f"{kind} {number}{f' {name!r}' if isinstance(name, str) else ''} of {_THING}"


def _name_key(column: Column, key: KeyTable) -> Column:
    """Return the key column, also called what the table `key` says; a column named there holds ids of any text."""
    name = key.client if column.name == CLIENT_ID else key.month
    if name in {_ROW_NUMBER, ""} or _FIXED_MONTH.fullmatch(name):
        return column
    named = replace(column, aliases=(*column.aliases, name))
    return replace(named, ids="text") if column.name == CLIENT_ID else named
