"""Assign clients to groups by protected attribute, and by two attributes at once.

Groups come from the schema: codes with their meanings, numbers in bands. Each client is in one
group of each attribute, and small groups are not merged.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Final

import numpy as np
import polars as pl

from credit_default.data.contract.schema import Column, Schema
from credit_default.data.contract.value_meanings import NOT_STATED
from credit_default.errors import InputError, show_examples
from credit_default.model.statistics.bootstrap import IntArray

_REMEDY: Final = "Correct the section `fairness` of the settings."
_QUARTILE_SHARES: Final = (0.25, 0.5, 0.75)


@dataclass(frozen=True, slots=True)
class AttributeBands:
    """Bands of a numeric attribute, by the lowest value of each band but the first.

    Raises:
        InputError: no edges, or edges that do not rise.
    """

    name: str
    edges: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.edges or not all(low < high for low, high in pairwise(self.edges)):
            found = show_examples(self.edges)
            raise InputError(
                f"bands of {self.name}", found=found, expected="edges that rise", remedy=_REMEDY
            )


@dataclass(frozen=True, slots=True, eq=False)
class Grouping:
    """Each row's group by one attribute or by two; labels are those of non-empty groups."""

    attributes: tuple[str, ...]
    labels: tuple[str, ...]
    group: IntArray  # of each row: the position of its label

    @property
    def name(self) -> str:
        """Return the attribute's name, or both as "sex and age"."""
        return " and ".join(self.attributes)


def choose_attributes(
    schema: Schema, *, named: Sequence[str], by_default: Sequence[str] = ()
) -> tuple[str, ...]:
    """Return the schema's protected columns and the named ones, in the schema's order.

    Args:
        schema: The schema.
        named: Further inputs.
        by_default: Names among `named` that the schema may lack.

    Raises:
        InputError: a name that is not an input of the schema.
    """
    inputs = [column.name for column in schema.inputs]
    unknown = sorted(set(named) - set(inputs) - set(by_default))
    if unknown:
        found, expected = show_examples(unknown), f"inputs of schema {schema.name!r}"
        raise InputError("fairness attributes", found=found, expected=expected, remedy=_REMEDY)
    return tuple(name for name in inputs if name in {*schema.protected, *named})


def build_groupings(
    rows: pl.DataFrame,
    *,
    schema: Schema,
    attributes: Sequence[str],
    bands: Sequence[AttributeBands],
) -> tuple[Grouping, ...]:
    """Group the rows by each attribute, then by each pair of attributes, in their order.

    Args:
        rows: Checked rows with the attributes.
        schema: The schema of the rows.
        attributes: Inputs to group by.
        bands: Bands of numeric attributes; one without bands is cut at the quartiles of these rows.
            Missing values are a group of their own, and so is each special value.
    """
    columns = {column.name: column for column in schema.inputs}
    edges = {band.name: band.edges for band in bands}
    single = [
        _group_values(rows[name], column=columns[name], edges=edges.get(name))
        for name in attributes
    ]
    return (*single, *(_cross_groupings(one, other) for one, other in combinations(single, 2)))


def find_quartiles(values: pl.Series) -> tuple[float, ...]:
    """Return the distinct quartiles of the values that are not missing, rising; none without any."""
    numbers = values.drop_nulls().to_numpy().astype(np.float64)
    if not len(numbers):
        return ()
    return tuple(sorted({float(np.quantile(numbers, share)) for share in _QUARTILE_SHARES}))


def keep_numbers(values: pl.Series, column: Column) -> pl.Series:
    """Return the column's numbers in row order, with null in place of special values."""
    numbers = values.cast(pl.Float64)
    return numbers.set(numbers.is_in([*map(float, column.special)]).fill_null(value=False), None)


def _group_values(values: pl.Series, *, column: Column, edges: Sequence[float] | None) -> Grouping:
    if column.codes:
        repeated = {
            meaning for meaning, count in Counter(column.codes.values()).items() if count > 1
        }
        # Two codes of one meaning stay two groups: nothing says that they are the same.
        names = {
            code: f"{meaning} ({code})" if meaning in repeated else meaning
            for code, meaning in column.codes.items()
        }
        places = {code: place for place, code in enumerate(column.codes)}
        known = values.replace_strict(places, return_dtype=pl.Int64)
        return _group_places(column, values, known, [names[code] for code in column.codes])
    numbers = keep_numbers(values, column)
    cuts = edges or find_quartiles(numbers)
    whole = column.kind == "integer" and all(float(cut).is_integer() for cut in cuts)
    band = pl.Series(np.searchsorted(cuts, numbers.to_numpy(), side="right").astype(np.int64))
    known = band.set(numbers.is_null(), None)
    return _group_places(column, values, known, _name_bands(cuts, whole=whole) if cuts else [])


def _group_places(
    column: Column, values: pl.Series, known: pl.Series, labels: Sequence[str]
) -> Grouping:
    """Return the groups of these places, and one each for special values and for missing ones."""
    numbers = values.cast(pl.Float64)
    for place, special in enumerate(column.special, len(labels)):
        known = known.set((numbers == special).fill_null(value=False), place)
    all_labels = [*labels, *column.special.values(), NOT_STATED]
    return _drop_empty((column.name,), all_labels, known.fill_null(len(all_labels) - 1).to_numpy())


def _name_bands(cuts: Sequence[float], *, whole: bool) -> list[str]:
    between = [
        f"{low:g}-{high - 1:g}" if whole else f"{low:g} to below {high:g}"
        for low, high in pairwise(cuts)
    ]
    return [f"below {cuts[0]:g}", *between, f"{cuts[-1]:g} and above"]


def _cross_groupings(one: Grouping, other: Grouping) -> Grouping:
    labels = [f"{first}, {second}" for first in one.labels for second in other.labels]
    group = one.group * len(other.labels) + other.group
    return _drop_empty((*one.attributes, *other.attributes), labels, group)


def _drop_empty(attributes: tuple[str, ...], labels: Sequence[str], group: IntArray) -> Grouping:
    present, renumbered = np.unique(group, return_inverse=True)
    return Grouping(
        attributes, tuple(labels[place] for place in present), renumbered.astype(np.int64)
    )
