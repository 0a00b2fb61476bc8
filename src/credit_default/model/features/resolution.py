"""Spell out a portfolio's features: what a person writes with texts, as functions on numbers.

A declaration names the values of a column as its file does, leaves out what the schema knows, or is
an expression. What `resolve_features` returns has numbers in their place, and travels with a model;
a loaded model needs no schema for it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from credit_default.data.contract.schema import Column, Schema
from credit_default.data.contract.table_parsing import note_faults, raise_faults
from credit_default.errors import CreditDefaultError, show_examples
from credit_default.model.features.arguments import build_feature_error
from credit_default.model.features.category_values import (
    find_value,
    list_labels,
    require_values,
)
from credit_default.model.features.declaration import parse_feature
from credit_default.model.features.expressions import list_expression_columns
from credit_default.model.features.learned_functions import FILLED_ARGUMENTS
from credit_default.model.features.row_functions import ROW_FUNCTIONS

_NO_NAME: Final = re.compile(r"\W+", re.ASCII)

_Item = dict[str, Any]


def resolve_features(items: Iterable[Any], *, schema: Schema) -> list[Any]:
    """Return the declared features as `parse_features` takes them.

    Args:
        items: Tables as a person writes them. What is no such table is handed on as it is, for
            `parse_features` to refuse.
        schema: The schema of the rows.

    Raises:
        InputError: a text that is no value of its column, a function of values on a column without
            any, an order that is not declared, or an expression that is not allowed.
    """
    faults: list[CreditDefaultError] = []
    resolved, _ = resolve_each(items, schema=schema, faults=faults)
    raise_faults(faults, thing="feature list")
    return resolved


def resolve_each(
    items: Iterable[Any], *, schema: Schema, faults: list[CreditDefaultError]
) -> tuple[list[Any], list[str]]:
    """Return the features that can be spelled out, and the names of those that cannot.

    Args:
        items: As `resolve_features` takes them.
        schema: The schema of the rows.
        faults: What is wrong with the others is added to it.
    """
    held: dict[str, Column] = {column.name: column for column in schema.inputs}
    resolved: list[Any] = []
    faulty: list[str] = []
    for item in items:
        if not _is_whole(item):
            resolved.append(item)
            continue
        faulty.append(item["name"])
        with note_faults(faults):
            spelled = list(_resolve(item, held))
            faulty.pop()
            resolved += spelled
            for found in spelled:
                if _is_whole(found):
                    _note_name(found, held)
    return resolved, faulty


def _is_whole(item: Any) -> bool:
    """Return whether the table has the form of a feature, so that it can be resolved."""
    return (
        isinstance(item, Mapping)
        and isinstance(item.get("name"), str)
        and isinstance(item.get("arguments", {}), Mapping)
        and ("expression" in item or _has_columns(item))
    )


def _has_columns(item: Mapping[str, Any]) -> bool:
    columns = item.get("columns")
    return (
        isinstance(item.get("function"), str)
        and isinstance(columns, list | tuple)
        and bool(columns)
        and all(isinstance(column, str) for column in columns)
    )


def _note_name(item: Mapping[str, Any], held: dict[str, Column]) -> None:
    """Note which input's values the feature's name stands for from here on, if any."""
    source = held.get(item["columns"][0]) if item["function"] == "raw" else None
    if source is not None:
        held[item["name"]] = source
    else:
        held.pop(item["name"], None)


def _resolve(item: Mapping[str, Any], held: Mapping[str, Column]) -> Iterator[_Item]:
    thing = f"feature {item['name']!r}"
    if "expression" in item:
        yield _resolve_expression(item, thing=thing)
        return
    columns = [held.get(name) for name in item["columns"]]
    arguments = dict(item.get("arguments", {}))
    function = item["function"]
    if function == "one_hot" and not arguments:
        yield from _expand_one_hot(item, columns[0], thing=thing)
        return
    if function == "ordinal":
        column = require_values(columns[0], item["columns"][0], thing=thing)
        arguments["order"] = _resolve_order(arguments.get("order"), column, thing=thing)
    elif function in ROW_FUNCTIONS and ROW_FUNCTIONS[function].learns:
        column = require_values(columns[0], item["columns"][0], thing=thing)
        arguments |= _list_learned_values(arguments, column, thing=thing)
    elif "value" in arguments:
        is_exact = function == "one_hot"
        arguments["value"] = _resolve_value(
            arguments["value"], columns, is_exact=is_exact, thing=thing
        )
    yield {**item, **({"arguments": arguments} if arguments else {})}


def _resolve_expression(item: Mapping[str, Any], *, thing: str) -> _Item:
    text = item["expression"]
    others = sorted(set(item) & {"function", "columns", "arguments"})
    if others or not isinstance(text, str):
        raise build_feature_error(
            thing,
            found=f"expression {text!r} beside {show_examples(others)}" if others else repr(text),
            expected="an expression as text, instead of function, columns and arguments",
        )
    rest = {key: value for key, value in item.items() if key != "expression"}
    columns = list_expression_columns(text, thing=thing)
    return rest | {
        "function": "expression",
        "columns": list(columns),
        "arguments": {"expression": text},
    }


def _expand_one_hot(
    item: Mapping[str, Any], column: Column | None, *, thing: str
) -> Iterator[_Item]:
    """Yield one feature for each value that the column declares, named for it.

    What else is faulty is refused first: once, and by the name that was written.
    """
    _ = parse_feature({**item, "arguments": {"value": 0.0}})
    names: dict[str, float] = {}
    for value, label in list_labels(
        require_values(column, item["columns"][0], thing=thing)
    ).items():
        name = f"{item['name']}_{_NO_NAME.sub('_', label).strip('_') or f'{value:g}'}"
        names[f"{name}_{value:g}" if name in names else name] = value
    for name, value in names.items():
        yield {**item, "name": name, "arguments": {"value": value}}


def _resolve_order(order: Any, column: Column, *, thing: str) -> Any:
    """Return the numbers of the values in their order: the one given, or else that of the column."""
    if order is None:
        if column.ordered:
            return [float(code) for code in column.codes if code or column.kind != "category"]
        raise build_feature_error(
            thing,
            found=f"no order of the values of {column.name!r}",
            expected=f"ordered = true in column {column.name!r}, or the argument order",
        )
    if not isinstance(order, Sequence) or isinstance(order, str):
        return order  # refused where the kinds of arguments are checked
    numbers = [find_value(column, value, thing=thing, is_exact=True) for value in order]
    repeated = [
        value for value, number in zip(order, numbers, strict=True) if numbers.count(number) > 1
    ]
    if repeated or not numbers:
        found = f"{show_examples(repeated)} more than once" if repeated else "an empty order"
        raise build_feature_error(thing, found=found, expected="each value once")
    return numbers


def _list_learned_values(
    arguments: Mapping[str, Any], column: Column, *, thing: str
) -> dict[str, Any]:
    given = sorted(FILLED_ARGUMENTS & set(arguments))
    if given:
        raise build_feature_error(
            thing,
            found=f"argument {show_examples(given)}",
            expected="a declaration without it: training writes it",
        )
    return {"values": list(list_labels(column))}


def _resolve_value(
    value: Any, columns: Sequence[Column | None], *, is_exact: bool, thing: str
) -> Any:
    if not isinstance(value, str) and not is_exact:
        return value
    found = {
        find_value(column, value, thing=thing, is_exact=is_exact)
        for column in columns
        if column is not None
    }
    if len(found) > 1:
        raise build_feature_error(
            thing,
            found=f"value {value!r}, which is {show_examples(sorted(found))} in its columns",
            expected="columns that declare it alike",
        )
    return found.pop() if found else value
