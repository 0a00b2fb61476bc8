"""Count acceptance by group as rows pass, the basis of fairness monitoring in production.

The groups are those of the fairness report. Numbers are cut at edges fixed by the reference, so
that counts of different frames and months can be added and compared.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from credit_default.data.contract.schema import Column, Schema
from credit_default.model.estimator.decision import ACCEPT
from credit_default.model.fairness.groupings import (
    AttributeBands,
    build_groupings,
    choose_attributes,
    find_quartiles,
    keep_numbers,
)
from credit_default.model.fairness.policy import FairnessPolicy


@dataclass(frozen=True, slots=True)
class GroupAcceptance:
    """How many of one group's clients were decided on, and how many of them accepted."""

    row_count: int
    accept_count: int

    @property
    def accept_share(self) -> float:
        """Return the share (0–1) of clients accepted; 0 for an empty group."""
        return self.accept_count / self.row_count if self.row_count else 0.0


Acceptance = Mapping[str, Mapping[str, GroupAcceptance]]  # by attribute, then by group


@dataclass(frozen=True, slots=True)
class AttributePlan:
    """Which attributes are counted, and where numeric ones are cut."""

    attributes: tuple[str, ...]
    bands: tuple[AttributeBands, ...]


def plan_acceptance(
    reference: pl.DataFrame, *, schema: Schema, policy: FairnessPolicy
) -> AttributePlan:
    """Plan the counts: the protected attributes, those that the policy names, and their bands.

    Args:
        reference: Rows at whose quartiles a numeric attribute without bands is cut.
        schema: The schema of the rows.
        policy: Names further attributes and bands.

    Raises:
        InputError: the policy names an attribute that the schema lacks.
    """
    by_default = FairnessPolicy().attributes
    attributes = choose_attributes(schema, named=policy.attributes, by_default=by_default)
    given = {band.name: band for band in policy.bands}
    uncut = [
        c for c in schema.inputs if c.name in attributes and not c.codes and c.name not in given
    ]
    return AttributePlan(attributes, (*policy.bands, *_cut_at_quartiles(reference, uncut)))


def _cut_at_quartiles(reference: pl.DataFrame, columns: Iterable[Column]) -> list[AttributeBands]:
    return [
        AttributeBands(column.name, edges)
        for column in columns
        if (edges := find_quartiles(keep_numbers(reference[column.name], column)))
    ]


def count_acceptance(
    frames: Iterable[pl.DataFrame], *, schema: Schema, plan: AttributePlan
) -> Acceptance:
    """Return every group's counts over all frames.

    Args:
        frames: Frames with the attributes and `decision`; rows without an attribute are not
            counted for it, unless it is optional: then they are a group of their own. Each frame is
            released before the next is read.
        schema: The schema of the rows.
        plan: What is counted.
    """
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
    optional = {column.name for column in schema.inputs if column.optional}
    for name in plan.attributes:
        known = (frame[name].is_not_null() | (name in optional)).to_numpy()
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
