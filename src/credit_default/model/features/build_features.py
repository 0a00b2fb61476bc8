"""Build the forest's feature matrix from raw rows, inside the pipeline, each row by itself.

A portfolio declares its features with the functions of `row_functions`, in a settings file for
example; `CREDIT_CARD_FEATURES` is the default. The declaration travels with the model as plain JSON
values, so that a loaded model builds the features that it was fitted on.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from credit_default.errors import InputError, show_examples
from credit_default.model.features.column_arrays import read_columns
from credit_default.model.features.declaration import (
    Feature,
    describe_features,
    list_feature_names,
    list_input_names,
    parse_features,
)
from credit_default.model.features.input_values import (
    parse_input_values,
    pass_on,
    select_columns,
)
from credit_default.model.features.row_functions import FloatArray

# Raised when a row function or a feature changes its meaning.
FEATURE_VERSION: Final = "1"

__all__ = [
    "FEATURE_VERSION",
    "Feature",
    "build_features",
    "describe_features",
    "list_feature_names",
    "list_input_names",
    "parse_features",
]


def build_features(
    rows: Any,
    *,
    spec: Sequence[Mapping[str, Any]],
    inputs: Mapping[str, Mapping[str, Any]] | None = None,
) -> NDArray[np.float32]:
    """Return the feature matrix of raw rows; each row depends on itself alone.

    Args:
        rows: A Polars, pandas or Arrow frame, or a mapping of arrays. Columns are read by name: the
            type of frame, the order of columns and further columns change no bit of the result.
        spec: The feature list as `describe_features` returns it.
        inputs: The inputs that may be missing or special, as `describe_input_values` returns them;
            None for none.

    Returns:
        Array of shape (row count, kept feature count), float32, in the order of the feature list.
        A feature of an optional or special input is NaN where its function has no number to take.

    Raises:
        InputError: an invalid `spec` or `inputs`; rows that lack a column, hold infinite values, or
            lack a value that is not optional. Nothing is imputed.
    """
    features, known = parse_features(spec), parse_input_values(inputs)
    optional = [name for name, may_hold in known.items() if may_hold.optional]
    values = read_columns(rows, list_input_names(features), optional=optional)
    for feature in features:
        values[feature.name] = feature.row_function.compute(
            select_columns(feature, values, known), **feature.arguments
        )
        known[feature.name] = pass_on(feature, known)
    names = list_feature_names(features)
    possibly_missing = [name for name in names if known[name].optional]
    return _stack_columns({name: values[name] for name in names}, optional=possibly_missing)


# Bundles name the function by its module: this one stays when this file is moved.
build_features.__module__ = "credit_default.bundled"


def _stack_columns(
    columns: Mapping[str, FloatArray], *, optional: Collection[str]
) -> NDArray[np.float32]:
    # Values too large for float32 become infinite; the check below names their features.
    with np.errstate(over="ignore"):
        matrix = np.column_stack([column.astype(np.float32) for column in columns.values()])
    good = np.isfinite(matrix)
    for position, name in enumerate(columns):
        if name in optional:
            good[:, position] |= np.isnan(matrix[:, position])
    if not good.all():
        names = [name for place, name in enumerate(columns) if not good[:, place].all()]
        raise InputError(
            f"feature {show_examples(names)}",
            found="values too large for a 32-bit float",
            expected="finite numbers",
            remedy="Check the unit of the amounts, or bound the feature in its declaration.",
        )
    return matrix
