"""Layers of settings, each nested as in a configuration file: list its dotted names, merge several."""

import dataclasses
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from pydantic import BaseModel

_HIDDEN: Final = "***"


def list_values(value: object, prefix: str = "") -> Iterator[tuple[str, object]]:
    """Yield every (dotted name, value) below `value`, in the order of declaration."""
    if isinstance(value, BaseModel):
        names = list(type(value).model_fields)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in dataclasses.fields(value) if field.init]
    else:
        yield prefix, value
        return
    for name in names:
        yield from list_values(getattr(value, name), f"{prefix}.{name}" if prefix else name)


TABLES: Final = frozenset({"recipe.parameters", "room.roles"})  # settings whose value is a table


def show_value(
    name: str, value: object, *, secrets: Collection[str], sized: Collection[str]
) -> object:
    """Return the value of a setting as people see it: no secret, and what follows the data's size in words."""
    if name in secrets and value:
        return _HIDDEN
    return (
        f"by the data's size, {value} from about 24,000 rows on"
        if name.removeprefix("recipe.") in sized
        else value
    )


def list_names(layer: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """Yield the dotted name of every value in nested mappings."""
    for key, value in layer.items():
        name = f"{prefix}{key}"
        is_section = isinstance(value, Mapping) and name not in TABLES
        yield from list_names(value, f"{name}.") if is_section else [name]


def merge_layers(layers: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the layers as one; a later value wins over an earlier one of the same name."""
    merged: dict[str, Any] = {}
    for layer in layers:
        for key, value in layer.items():
            old = merged.get(key)
            merged[key] = (
                merge_layers([old, value])
                if isinstance(old, Mapping) and isinstance(value, Mapping)
                else value
            )
    return merged


def find_unset(
    layers: Sequence[Mapping[str, Any]], names: Sequence[str], *, section: str
) -> list[str]:
    """Return which of a section's names no layer sets; none where one sets the section as a whole."""
    known = {name for layer in layers for name in list_names(layer)}
    return [name for name in names if not known & {section, f"{section}.{name}"}]


def drop_none(flags: Mapping[str, Any]) -> dict[str, Any]:
    """Return the layer without the values that are None, and without sections that become empty by that."""
    kept = {k: drop_none(v) if isinstance(v, Mapping) else v for k, v in flags.items()}
    return {k: v for k, v in kept.items() if v is not None and v != {}}


def drop_names(
    layer: Mapping[str, Any], names: Collection[str], prefix: str = ""
) -> dict[str, Any]:
    """Return the layer without the values of these dotted names."""
    kept: dict[str, Any] = {}
    for key, value in layer.items():
        name = f"{prefix}{key}"
        if name not in names:
            nested = isinstance(value, Mapping)
            kept[key] = drop_names(value, names, f"{name}.") if nested else value
    return kept
