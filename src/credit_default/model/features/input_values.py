"""What inputs may hold besides numbers: a missing value, and numbers that stand for something else.

The schema declares it. It travels with a model as plain JSON values beside the feature list, so
that a loaded model treats such a value as it did when it was fitted.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from credit_default.data.contract.schema import Schema
from credit_default.errors import InputError
from credit_default.model.features.declaration import (
    Feature,
    describe_features,
    list_input_names,
)
from credit_default.model.features.row_functions import FloatArray

_KEYS: Final = frozenset({"optional", "special"})


@dataclass(frozen=True, slots=True)
class InputValues:
    """What one input may hold besides numbers.

    Attributes:
        optional: Whether its value may be missing.
        special: The numbers that stand for something else, such as -9 for "no bureau file".
    """

    optional: bool = False
    special: tuple[float, ...] = ()

    def keep_numbers(self, column: FloatArray) -> FloatArray:
        """Return the column with NaN in place of special values."""
        if not self.special:
            return column
        return np.where(np.isin(column, self.special), np.nan, column)

    def keep_special(self, column: FloatArray) -> FloatArray:
        """Return the column with NaN in place of all values but the special ones."""
        return np.where(np.isin(column, self.special), column, np.nan)


PLAIN_VALUES: Final = InputValues()


def list_input_values(schema: Schema, names: Collection[str]) -> dict[str, InputValues]:
    """Return the named inputs that may hold more than numbers, in the schema's order.

    Args:
        schema: The schema of the rows.
        names: The inputs that are asked for.
    """
    return {
        column.name: InputValues(column.optional, tuple(map(float, column.special)))
        for column in schema.inputs
        if column.name in names and (column.optional or column.special)
    }


def describe_input_values(values: Mapping[str, InputValues]) -> dict[str, Any]:
    """Return plain JSON values, which `parse_input_values` reads back."""
    return {
        name: {"optional": item.optional, "special": list(item.special)}
        for name, item in values.items()
    }


def parse_input_values(mapping: Any) -> dict[str, InputValues]:
    """Return what `describe_input_values` wrote; None is a model whose inputs are numbers only.

    Raises:
        InputError: anything else.
    """
    if mapping is None:
        return {}
    if not isinstance(mapping, Mapping):
        raise _build_error(f"{type(mapping).__name__}")
    for name, item in mapping.items():
        if not isinstance(name, str) or not isinstance(item, Mapping) or set(item) != _KEYS:
            raise _build_error(f"{name!r}: {item!r}")
        special = item["special"]
        if not isinstance(item["optional"], bool) or not isinstance(special, list | tuple):
            raise _build_error(f"{name!r}: {item!r}")
        if not all(type(value) is float and np.isfinite(value) for value in special):
            raise _build_error(f"{name!r}: special values {special!r}")
    return {
        name: InputValues(item["optional"], tuple(item["special"]))
        for name, item in mapping.items()
    }


def describe_arguments(features: Sequence[Feature], *, schema: Schema) -> dict[str, Any]:
    """Return the arguments with which `build_features` builds these features, as plain JSON values.

    Those of a model whose inputs are numbers only are its feature list alone.

    Args:
        features: The feature list.
        schema: The schema of the rows.
    """
    described = describe_input_values(list_input_values(schema, list_input_names(features)))
    return {"spec": describe_features(features)} | ({"inputs": described} if described else {})


def select_columns(
    feature: Feature, values: Mapping[str, FloatArray], known: Mapping[str, InputValues]
) -> list[FloatArray]:
    """Return the columns that a feature's function takes, as the function reads them.

    Args:
        feature: The feature.
        values: The columns of inputs and earlier features.
        known: What inputs, and features that are inputs as they are, may hold besides numbers.
    """
    reads = feature.row_function.reads
    columns = [(values[name], known.get(name, PLAIN_VALUES)) for name in feature.columns]
    if reads == "special":
        return [may_hold.keep_special(column) for column, may_hold in columns]
    if reads == "values":
        return [column for column, _ in columns]
    return [may_hold.keep_numbers(column) for column, may_hold in columns]


def list_possibly_missing(
    features: Sequence[Feature], inputs: Mapping[str, InputValues]
) -> tuple[str, ...]:
    """Return the names of the kept features that can be NaN.

    Args:
        features: The feature list.
        inputs: What `list_input_values` returns.
    """
    known = dict(inputs)
    for feature in features:
        known[feature.name] = pass_on(feature, known)
    return tuple(f.name for f in features if f.kept and known[f.name].optional)


def pass_on(feature: Feature, known: Mapping[str, InputValues]) -> InputValues:
    """Return what a feature may hold besides numbers, given what its columns may hold."""
    function = feature.row_function
    found = [known.get(name, PLAIN_VALUES) for name in feature.columns]
    if feature.function == "raw":
        return found[0]
    lacks_number = any(item.optional or item.special for item in found)
    return InputValues(function.gives_missing or (function.passes_missing and lacks_number))


def check_names(names: Iterable[str], *, inputs: Collection[str]) -> None:
    """Check that everything named is an input of the model.

    Raises:
        InputError: another name.
    """
    unknown = sorted(set(names) - set(inputs))
    if unknown:
        raise _build_error(f"{unknown[0]!r}, which is no input")


def _build_error(found: str) -> InputError:
    return InputError(
        "values of the model's inputs",
        found=found,
        expected="for inputs, whether they are optional and their special numbers",
        remedy="Train the model again.",
    )
