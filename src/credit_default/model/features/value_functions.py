"""The row functions on missing values, special values and categories."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import numpy as np

from credit_default.model.features.row_function import (
    REQUIRED_ARGUMENT,
    Columns,
    FloatArray,
    RowFunction,
)


def _is_missing(columns: Columns) -> FloatArray:
    return np.isnan(columns[0]).astype(np.float64)


def _is_special(columns: Columns) -> FloatArray:
    return 1.0 - np.isnan(columns[0]).astype(np.float64)


def _one_hot(columns: Columns, *, value: float) -> FloatArray:
    equal: FloatArray = (columns[0] == value).astype(np.float64)
    return equal


def _otherwise(columns: Columns, *, value: float) -> FloatArray:
    return np.where(np.isnan(columns[0]), value, columns[0])


_VALUE = {"value": REQUIRED_ARGUMENT}

VALUE_FUNCTIONS: Final[Mapping[str, RowFunction]] = MappingProxyType(
    {
        "otherwise": RowFunction(
            _otherwise,
            "the column, and value where it is missing or special",
            arguments=_VALUE,
            passes_missing=False,
        ),
        "is_missing": RowFunction(
            _is_missing,
            "1 where the column is missing, else 0; a special value is not missing",
            directions=(0,),
            reads="values",
            passes_missing=False,
        ),
        "is_special": RowFunction(
            _is_special,
            "1 where the column holds one of its special values, else 0",
            directions=(0,),
            reads="special",
            passes_missing=False,
        ),
        "one_hot": RowFunction(
            _one_hot,
            "1 where the column is value, which may be a special one, else 0",
            arguments=_VALUE,
            directions=(0,),
            reads="values",
            passes_missing=False,
        ),
    }
)
