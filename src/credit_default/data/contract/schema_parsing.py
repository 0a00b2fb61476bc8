"""Read a portfolio's schema from plain data, such as a TOML file.

Another portfolio than the credit cards needs no change of code: its declaration is enough.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from credit_default.data.contract.schema import (
    CLIENT_ID,
    KEY,
    OUTCOME,
    STATEMENT_MONTH,
    Column,
    Rule,
    Schema,
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
    "outcome": Mapping,
    "unique_key": bool,
}
_COLUMN_KEYS: Final[dict[str, KeyTypes]] = {
    **dict.fromkeys(("name", "kind", "description", "drift_method"), str),
    **dict.fromkeys(("minimum", "maximum", "drift_threshold", "risk_rises_from"), (int, float)),
    "aliases": Sequence,
    "codes": Mapping,
    "protected": bool,
}
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
            0 and 1). Optional are `rules` (a list of tables with the fields of `Rule`),
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
    )


def _parse_column(item: Any, *, thing: str) -> Column:
    check_table(item, key_types=_COLUMN_KEYS, required=("name", "kind", "description"), thing=thing)
    try:
        codes = {int(code): str(meaning) for code, meaning in item.get("codes", {}).items()}
    except ValueError as error:
        raise build_declaration_error(
            f"codes of {thing}", found=show_examples(item["codes"]), expected="whole numbers"
        ) from error
    aliases = parse_texts(item.get("aliases", ()), thing=f"aliases of {thing}")
    return Column(**{**item, "aliases": aliases, "codes": codes})


def _parse_rule(item: Any, *, thing: str) -> Rule:
    check_table(item, key_types=_RULE_KEYS, required=tuple(_RULE_KEYS), thing=thing)
    return Rule(**item)
