"""Whom the decisions accept, counted group by group as rows pass: what fairness in production is read from.

Groups are those of the fairness report, numbers cut at edges that the reference fixed, so that counts of different
frames, and of different months, can be added and compared.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from credit_default.data.contract.schema import Schema
from credit_default.model.estimator.decision import ACCEPT
from credit_default.model.fairness.groupings import (
    AttributeBands,
    build_groupings,
    choose_attributes,
)
from credit_default.model.fairness.report import FairnessPolicy

_QUARTILES: Final = (0.25, 0.5, 0.75)


@dataclass(frozen=True, slots=True)
class GroupAcceptance:
    """How many of one group's clients were decided upon and accepted."""

    row_count: int
    accept_count: int

    @property
    def accept_share(self) -> float:
        """0-1; 0 where nobody is."""
        return self.accept_count / self.row_count if self.row_count else 0.0


Acceptance = Mapping[str, Mapping[str, GroupAcceptance]]  # by attribute, then by group


@dataclass(frozen=True, slots=True)
class AttributePlan:
    """Which attributes are counted, and where their numbers are cut."""

    attributes: tuple[str, ...]
    bands: tuple[AttributeBands, ...]


def plan_acceptance(
    reference: pl.DataFrame, *, schema: Schema, policy: FairnessPolicy
) -> AttributePlan:
    """The attributes that the schema protects or the policy names; a number without bands is cut at these rows' quartiles.

    Raises:
        InputError: the policy names an attribute that the schema lacks.
    """
    by_default = FairnessPolicy().attributes
    attributes = choose_attributes(schema, named=policy.attributes, by_default=by_default)
    given = {band.name: band for band in policy.bands}
    uncut = [
        c.name
        for c in schema.inputs
        if c.name in attributes and not c.codes and c.name not in given
    ]
    cut = [AttributeBands(name, edges) for name in uncut if (edges := _find_edges(reference[name]))]
    return AttributePlan(attributes, (*policy.bands, *cut))


def count_acceptance(
    frames: Iterable[pl.DataFrame], *, schema: Schema, plan: AttributePlan
) -> Acceptance:
    """Every group's counts over all frames, which hold the attributes and `decision`; each is let go before the next."""
    counts: dict[str, dict[str, GroupAcceptance]] = {name: {} for name in plan.attributes}
    for frame in frames:
        for name, groups in _count_frame(frame, schema=schema, plan=plan).items():
            for label, found in groups.items():
                before = counts[name].get(label, GroupAcceptance(0, 0))
                counts[name][label] = GroupAcceptance(
                    before.row_count + found.row_count, before.accept_count + found.accept_count
                )
    return counts


def _count_frame(frame: pl.DataFrame, *, schema: Schema, plan: AttributePlan) -> Acceptance:
    accepted = (frame["decision"] == ACCEPT).to_numpy()
    found = {}
    for name in plan.attributes:
        known = frame[name].is_not_null().to_numpy()
        rows = frame.filter(pl.Series(known))
        if rows.is_empty():
            continue
        (grouping,) = build_groupings(rows, schema=schema, attributes=[name], bands=plan.bands)
        count = len(grouping.labels)
        totals = np.bincount(grouping.group, minlength=count)
        accepts = np.bincount(grouping.group, weights=accepted[known], minlength=count)
        found[name] = {
            label: GroupAcceptance(int(total), int(accept))
            for label, total, accept in zip(grouping.labels, totals, accepts, strict=True)
        }
    return found


def _find_edges(values: pl.Series) -> tuple[float, ...]:
    numbers = values.drop_nulls().to_numpy().astype(np.float64)
    return (
        tuple(sorted({float(np.quantile(numbers, share)) for share in _QUARTILES}))
        if len(numbers)
        else ()
    )
