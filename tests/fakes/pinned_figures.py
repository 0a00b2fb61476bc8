"""Pin every number of a result as it stood when it was checked: for tests that no figure moves unnoticed."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass

import numpy as np
import polars as pl
import pytest


def list_figures(value, name=""):
    """Every number, flag and absence within a value by its path; of a long array its sums stand for it."""
    if is_dataclass(value) and not isinstance(value, type):
        parts = {field.name: getattr(value, field.name) for field in fields(value)}
    elif isinstance(value, Mapping):
        parts = {str(key).replace(" ", "_"): part for key, part in value.items()}
    elif isinstance(value, np.ndarray | pl.Series) and len(value) > 12:
        numbers = np.asarray(value, dtype=np.float64)
        places = np.arange(1.0, len(numbers) + 1).reshape(-1, *[1] * (numbers.ndim - 1))
        parts = {"sum": float(np.nansum(numbers)), "moment": float(np.nansum(places * numbers))}
    elif isinstance(value, list | tuple | np.ndarray | pl.Series):
        parts = dict(enumerate(value))
    elif value is None or isinstance(value, float | int | np.number | np.bool_):
        return {name: None if value is None else float(value)}
    else:
        return {}
    found = {}
    for key, part in parts.items():
        found |= list_figures(part, f"{name}.{key}" if name else str(key))
    return found


def describe_figures(value):
    """The figures as text, to be pinned."""
    return " ".join(
        f"{name}={'none' if figure is None else f'{figure:.9g}'}"
        for name, figure in list_figures(value).items()
    )


def assert_unmoved(value, pinned, *, rel=1e-6, abs=1e-9):  # noqa: A002 - as pytest.approx has them
    """Assert that the figures are the pinned ones, each by its name."""
    expected = {}
    for part in pinned.split():
        name, _, figure = part.rpartition("=")
        expected[name] = None if figure == "none" else float(figure)
    found = list_figures(value)

    assert list(found) == list(expected)
    moved = {
        name: (found[name], figure)
        for name, figure in expected.items()
        if found[name] != figure
        and (
            None in (found[name], figure)
            or found[name] != pytest.approx(figure, rel=rel, abs=abs, nan_ok=True)
        )
    }
    assert not moved
