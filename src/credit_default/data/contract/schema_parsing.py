"""Read a portfolio's schema from plain data, such as a TOML file.

Another portfolio than the credit cards needs no change of code: its declaration is enough.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from credit_default.data.contract.schema import (
    CLIENT_ID,
    KEY,
    OUTCOME,
    STATEMENT_MONTH,
    Column,
    Rule,
    Schema,
    Words,
)
from credit_default.data.contract.table_parsing import (
    KeyTypes,
    build_declaration_error,
    check_table,
    parse_texts,
)
from credit_default.errors import show_examples

_SCHEMA_KEYS: Final[dict[str, KeyTypes]] = {
    **dict.fromkeys(("name", "version"), str),
    **dict.fromkeys(("columns", "rules", "row_number_for"), Sequence),
    **dict.fromkeys(("outcome", "key", "words"), Mapping),
    "unique_key": bool,
}
_COLUMN_KEYS: Final[dict[str, KeyTypes]] = {
    **dict.fromkeys(("name", "kind", "description", "drift_method"), str),
    **dict.fromkeys(("minimum", "maximum", "drift_threshold", "risk_rises_from"), (int, float)),
    **dict.fromkeys(("unseen", "parse", "date_format"), str),
    **dict.fromkeys(("aliases", "missing", "bad", "good"), Sequence),
    **dict.fromkeys(("codes", "special", "readings"), Mapping),
    "values": (Sequence, Mapping),
    **dict.fromkeys(("protected", "optional", "ordered"), bool),
}
_KEY_KEYS: Final[dict[str, KeyTypes]] = dict.fromkeys(("client", "month"), str)
_WORDS_KEYS: Final[dict[str, KeyTypes]] = dict.fromkeys(("used_for", "not_used_for"), str)
_ROW_NUMBER: Final = "row-number"
_FIXED_MONTH: Final = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
_RULE_KEYS: Final[dict[str, KeyTypes]] = dict.fromkeys(("name", "expression", "description"), str)


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


def parse_schema(mapping: Mapping[str, Any]) -> Schema:
    """Return the schema that plain data declares.

    Args:
        mapping: Has `name`, `version`, `columns` (a list of tables with the fields of `Column`;
            codes are `{"1" = "male"}`) and `outcome` (a table: description, aliases, the meaning of
            0 and 1, or the texts that are `bad` and `good`). Optional are `key` (whose column is the
            client's id and whose the month; "row-number" and one "YYYY-MM" where there is none), `rules` (a list of tables with the fields of `Rule`),
            `unique_key` and `row_number_for`. client_id and statement_month need not be declared,
            except to give them aliases.

    Raises:
        InputError: a key is unknown, missing or of the wrong type, or the declaration contradicts
            itself.
    """
    thing = "the declared schema"
    check_table(
        mapping,
        key_types=_SCHEMA_KEYS,
        required=("name", "version", "columns", "outcome"),
        thing=thing,
    )
    declared = [
        _parse_column(item, thing=f"column {i} of {thing}")
        for i, item in enumerate(mapping["columns"], 1)
    ]
    keys = _DEFAULT_KEY_COLUMNS | {column.name: column for column in declared if column.name in KEY}
    key = mapping.get("key", {})
    check_table(key, key_types=_KEY_KEYS, required=(), thing=f"the key of {thing}")
    keys = {name: _name_key(column, key) for name, column in keys.items()}
    words = mapping.get("words", {})
    check_table(words, key_types=_WORDS_KEYS, required=(), thing=f"the words of {thing}")
    month = key.get("month", "")
    inputs = (column for column in declared if column.name not in KEY)
    outcome = {**_OUTCOME_DEFAULTS, **mapping["outcome"]}
    return Schema(
        name=mapping["name"],
        version=mapping["version"],
        columns=(*keys.values(), *inputs),
        outcome=_parse_column(outcome, thing=f"the outcome of {thing}"),
        rules=tuple(
            _parse_rule(item, thing=f"rule {i} of {thing}")
            for i, item in enumerate(mapping.get("rules", ()), 1)
        ),
        unique_key=mapping.get("unique_key", True),
        row_number_for=parse_texts(
            mapping.get("row_number_for", ()), thing=f"row_number_for of {thing}"
        ),
        numbers_clients=key.get("client") == _ROW_NUMBER,
        words=Words(**words),
        fixed_month=month if _FIXED_MONTH.fullmatch(month) else None,
    )


def _parse_column(item: Any, *, thing: str) -> Column:
    check_table(item, key_types=_COLUMN_KEYS, required=("name", "kind", "description"), thing=thing)
    codes = {int(code): text for code, text in _parse_numbers(item, "codes", int, thing=thing)}
    special = dict(_parse_numbers(item, "special", float, thing=thing))
    lists = {
        key: parse_texts(item.get(key, ()), thing=f"{key} of {thing}")
        for key in ("aliases", "missing", "bad", "good")
    }
    bad, good = lists.pop("bad"), lists.pop("good")
    readings = item.get("readings", {})
    if any(
        isinstance(value, bool) or not isinstance(value, int | float) for value in readings.values()
    ):
        raise build_declaration_error(
            f"readings of {thing}", found=f"{dict(readings)}", expected="a number for each text"
        )
    readings = {**readings, **dict.fromkeys(bad, 1), **dict.fromkeys(good, 0)}
    if (bad or good) and (item["kind"] != "outcome" or set(bad) & set(good)):
        raise build_declaration_error(
            thing,
            found=f"bad {list(bad)}, good {list(good)}",
            expected="bad and good of the outcome only, each text in one of them",
        )
    rest = {key: value for key, value in item.items() if key not in {"bad", "good"}}
    numbers = {"codes": codes, "special": special, "readings": readings}
    return Column(**{**rest, **lists, **numbers, "values": _parse_values(item, thing=thing)})


def _parse_numbers(
    item: Mapping[str, Any], key: str, kind: type[int] | type[float], *, thing: str
) -> list[tuple[float, str]]:
    """Return the numbers that are keys of a table, each with its meaning."""
    try:
        return [(kind(code), str(meaning)) for code, meaning in item.get(key, {}).items()]
    except ValueError as error:
        expected = "whole numbers" if kind is int else "numbers"
        raise build_declaration_error(
            f"{key} of {thing}", found=show_examples(item[key]), expected=expected
        ) from error


def _parse_values(item: Mapping[str, Any], *, thing: str) -> dict[str, str]:
    """Return the texts of a category with their meanings, in the order of declaration."""
    values = item.get("values", {})
    if isinstance(values, Mapping):
        return {text: str(meaning) for text, meaning in values.items()}
    texts = parse_texts(values, thing=f"values of {thing}")
    if len(set(texts)) < len(texts):
        raise build_declaration_error(
            f"values of {thing}", found=show_examples(texts), expected="each text once"
        )
    return {text: text for text in texts}


def _name_key(column: Column, key: Mapping[str, str]) -> Column:
    """Return the key column, also called what the table `key` says."""
    name = key.get("client" if column.name == CLIENT_ID else "month", _ROW_NUMBER)
    if name == _ROW_NUMBER or _FIXED_MONTH.fullmatch(name):
        return column
    return replace(column, aliases=(*column.aliases, name))


def _parse_rule(item: Any, *, thing: str) -> Rule:
    check_table(item, key_types=_RULE_KEYS, required=tuple(_RULE_KEYS), thing=thing)
    return Rule(**item)
