"""What the forest looks at: features declared by name, built row by row inside the pipeline.

A portfolio declares its list (in a file, say) in the words of `vocabulary`; `CREDIT_CARD_FEATURES` is ours. The list
travels with the model as plain JSON values, so that a loaded model builds what the fitted one was taught on.
"""

from collections.abc import Mapping, Sequence
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
from credit_default.model.features.row_functions import ROW_FUNCTIONS, FloatArray

FEATURE_VERSION: Final = (
    "1"  # raised when a word of the vocabulary or a feature comes to mean something else
)

__all__ = [
    "FEATURE_VERSION",
    "Feature",
    "build_features",
    "describe_features",
    "list_feature_names",
    "list_input_names",
    "parse_features",
]


def build_features(rows: Any, *, spec: Sequence[Mapping[str, Any]]) -> NDArray[np.float32]:
    """The feature matrix (rows, kept features), float32: each row from that row alone.

    `rows` is a Polars, pandas or Arrow frame or a mapping of arrays, read by name; the frame's kind, its column order
    and further columns change no bit. `spec` is what `describe_features` gives. Missing and infinite values are refused, never
    filled in.

    Raises:
        InputError: a spec or rows that break this.
    """
    features = parse_features(spec)
    values = read_columns(rows, list_input_names(features))
    for feature in features:
        function = ROW_FUNCTIONS[feature.function]
        values[feature.name] = function.compute(
            [values[name] for name in feature.columns], **feature.arguments
        )
    return _stack_columns({name: values[name] for name in list_feature_names(features)})


# Bundles name the function by its module: this one stays when this file is moved.
build_features.__module__ = "credit_default.bundled"


def _stack_columns(columns: Mapping[str, FloatArray]) -> NDArray[np.float32]:
    with np.errstate(
        over="ignore"
    ):  # what does not fit becomes infinite, and is refused by name below
        matrix = np.column_stack([column.astype(np.float32) for column in columns.values()])
    if not np.isfinite(matrix).all():
        names = [
            name
            for position, name in enumerate(columns)
            if not np.isfinite(matrix[:, position]).all()
        ]
        raise InputError(
            f"feature {show_examples(names)}",
            found="values too large for a 32-bit float",
            expected="finite numbers",
            remedy="Check the amounts' unit, or hold the feature in bounds in its declaration.",
        )
    return matrix
