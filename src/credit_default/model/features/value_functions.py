"""The row functions on missing values, special values and categories."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

import numpy as np

from credit_default.model.features.row_function import (
    REQUIRED_ARGUMENT,
    Arguments,
    Columns,
    FloatArray,
    RowFunction,
)
from credit_default.model.features.value_places import find_places


def _is_missing(columns: Columns) -> FloatArray:
    return np.isnan(columns[0]).astype(np.float64)


def _is_special(columns: Columns) -> FloatArray:
    return 1.0 - np.isnan(columns[0]).astype(np.float64)


def _one_hot(columns: Columns, *, value: float) -> FloatArray:
    equal: FloatArray = (columns[0] == value).astype(np.float64)
    return equal


def _otherwise(columns: Columns, *, value: float) -> FloatArray:
    return np.where(np.isnan(columns[0]), value, columns[0])


def _ordinal(columns: Columns, *, order: Sequence[float]) -> FloatArray:
    places = find_places(columns[0], order)
    return np.where(places < 0, np.nan, places + 1.0)


def _check_order(_columns: Sequence[str], arguments: Arguments) -> str:
    order = arguments["order"]
    return "" if len(set(order)) == len(order) > 0 else f"the order {order!r}"[:200]


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
        "ordinal": RowFunction(
            _ordinal,
            "the place of the column's value in the order, from 1; missing where it has none",
            arguments={"order": REQUIRED_ARGUMENT},
            kinds={"order": "numbers"},
            check=_check_order,
            directions=(0,),
            reads="values",
            gives_missing=True,
        ),
    }
)
