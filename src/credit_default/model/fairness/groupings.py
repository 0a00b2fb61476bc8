"""Which group does a client belong to? By protected attribute, in words, and by two attributes at once.

Groups come from the schema: codes with their meanings, numbers in bands. Each client is in one group of each attribute,
and no group is joined to another for being small.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Final

import numpy as np
import polars as pl

from credit_default.data.contract.schema import Column, Schema
from credit_default.errors import InputError, show_examples
from credit_default.model.statistics.bootstrap import IntArray

_REMEDY: Final = "Correct the section `fairness` of the settings."
_QUARTILES: Final = (0.25, 0.5, 0.75)


@dataclass(frozen=True, slots=True)
class AttributeBands:
    """Bands of a numeric attribute, by the lowest value of each but the first.

    Raises:
        InputError: edges that are none or do not rise.
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
    """Each row's group by one attribute, or by two. Groups that no row is in are not among the labels."""

    attributes: tuple[str, ...]
    labels: tuple[str, ...]
    group: IntArray  # of each row: its label's place

    @property
    def name(self) -> str:
        """The attribute, or both of them."""
        return " and ".join(self.attributes)


def choose_attributes(
    schema: Schema, *, named: Sequence[str], by_default: Sequence[str] = ()
) -> tuple[str, ...]:
    """The schema's protected columns and those `named`, in the schema's order; what is named `by_default` may be absent.

    Raises:
        InputError: a name that is no input of the schema, and not merely by default.
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
    """A grouping of the rows by each attribute, then by each pair of them, in their order.

    A number without bands of its own is cut at the quartiles of these rows.
    """
    columns = {column.name: column for column in schema.inputs}
    edges = {band.name: band.edges for band in bands}
    single = [
        _group_values(rows[name], column=columns[name], edges=edges.get(name))
        for name in attributes
    ]
    return (*single, *(_cross_groupings(one, other) for one, other in combinations(single, 2)))


def _group_values(values: pl.Series, *, column: Column, edges: Sequence[float] | None) -> Grouping:
    if column.codes:
        repeated = {
            meaning for meaning, count in Counter(column.codes.values()).items() if count > 1
        }
        # Two codes of one meaning stay two groups: what is behind them is not known to be the same.
        names = {
            code: f"{meaning} ({code})" if meaning in repeated else meaning
            for code, meaning in column.codes.items()
        }
        places = {code: place for place, code in enumerate(column.codes)}
        group = values.replace_strict(places, return_dtype=pl.Int64).to_numpy()
        return _drop_empty((column.name,), [names[code] for code in column.codes], group)
    numbers = values.to_numpy().astype(np.float64)
    cuts = edges or sorted({float(np.quantile(numbers, share)) for share in _QUARTILES})
    whole = column.kind == "integer" and all(float(cut).is_integer() for cut in cuts)
    group = np.searchsorted(cuts, numbers, side="right").astype(np.int64)
    return _drop_empty((column.name,), _name_bands(cuts, whole=whole), group)


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
