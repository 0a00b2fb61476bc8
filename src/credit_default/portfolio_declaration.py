"""Read what a portfolio's file declares as a whole, and tell all of its faults at once.

Its sections of settings are read with the settings, by `settings.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from credit_default.data.checking.number_marks import read_file_table
from credit_default.data.contract.declared_tables import FileTable
from credit_default.data.contract.schema import KEY, Schema
from credit_default.data.contract.schema_parsing import parse_schema
from credit_default.data.contract.table_parsing import (
    build_declaration_error,
    build_unknown_key_error,
    note_faults,
    raise_faults,
)
from credit_default.errors import CreditDefaultError, InputError, list_faults, show_examples
from credit_default.model.features.declaration import Feature, parse_features
from credit_default.model.features.resolution import resolve_each
from credit_default.settings_files import PORTFOLIO_SECTIONS, read_portfolio_content

_PARTS: Final = ("schema", "features", "file")


@dataclass(frozen=True, slots=True)
class DeclaredPortfolio:
    """What a portfolio's file declares besides settings."""

    schema: Schema
    features: tuple[Feature, ...]
    file: FileTable


def parse_portfolio(content: Mapping[str, Any], *, thing: str) -> DeclaredPortfolio:
    """Return the portfolio that the content of a file declares.

    Raises:
        InputError: It declares something that is not valid; all faults are told.
    """
    faults = _find_key_faults(content, thing=thing)
    schema = file = None
    features: tuple[Feature, ...] = ()
    if "schema" in content:
        with note_faults(faults):
            schema = parse_schema(content["schema"])
    if "features" in content:
        with note_faults(faults):
            items, faulty = _require_list(content["features"]), list[str]()
            if schema is not None:
                items, faulty = resolve_each(items, schema=schema, faults=faults)
            inputs = _list_inputs(content) if schema is None else [c.name for c in schema.inputs]
            if items or not faulty:
                features = parse_features(items, columns=[*inputs, *faulty])
    with note_faults(faults):
        file = read_file_table(content.get("file", {}), thing="the table [file]")
    raise_faults(faults, thing=thing)
    assert schema is not None
    assert file is not None
    return DeclaredPortfolio(schema, features, file)


def list_declaration_faults(name: Any) -> tuple[CreditDefaultError, ...]:
    """Return the faults of a portfolio's file besides those of its settings; none where it cannot be read.

    Args:
        name: The setting `portfolio`.
    """
    content = read_portfolio_content(name)
    try:
        if content:
            parse_portfolio(content, thing=f"portfolio {name}")
    except InputError as error:
        return list_faults(error)
    return ()


def _find_key_faults(content: Mapping[str, Any], *, thing: str) -> list[CreditDefaultError]:
    missing = [part for part in _PARTS[:2] if part not in content]
    known = (*_PARTS, *sorted(PORTFOLIO_SECTIONS))
    faults: list[CreditDefaultError] = [
        build_unknown_key_error(
            thing,
            key,
            known=known,
            expected="schema, features, file, and sections of settings such as recipe or promotion",
        )
        for key in content
        if key not in known
    ]
    if missing:
        found = f"no {show_examples(missing)}"
        faults.append(build_declaration_error(thing, found=found, expected="schema and features"))
    return faults


def _require_list(items: Any) -> list[Any]:
    if not isinstance(items, list):
        raise build_declaration_error("features", found=f"{items!r}", expected="a list of tables")
    return items


def _list_inputs(content: Mapping[str, Any]) -> list[str]:
    """Return the names of the inputs of a schema that has faults."""
    schema = content.get("schema")
    columns = schema.get("columns") if isinstance(schema, Mapping) else None
    items = columns if isinstance(columns, list) else []
    names = [item.get("name") for item in items if isinstance(item, Mapping)]
    return [name for name in names if isinstance(name, str) and name not in KEY]
