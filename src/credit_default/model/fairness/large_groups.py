"""The groups that are large enough to be compared, and their metrics in all resamples."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from credit_default.model.fairness.groupings import Grouping
from credit_default.model.fairness.policy import FairnessPolicy, is_large_enough
from credit_default.model.fairness.resampled_group_metrics import (
    GroupFigures,
    GroupRows,
    build_group_rows,
    measure_group,
)
from credit_default.model.statistics.bootstrap import FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class LargeGroups:
    """A grouping and its groups that are large enough, by their position among its labels."""

    grouping: Grouping
    groups: Mapping[int, GroupRows]


def select_large_groups(
    grouping: Grouping,
    defaulted: IntArray,
    probability: FloatArray,
    *,
    threshold: float,
    policy: FairnessPolicy,
) -> LargeGroups:
    """Return the groups of a grouping that are large enough, prepared for resampling.

    Args:
        grouping: The groups.
        defaulted: Outcomes (0/1) of all rows.
        probability: Default probabilities (0–1) of all rows.
        threshold: The probability from which a client is declined.
        policy: Says how large a group must be.
    """
    groups = {}
    for place in range(len(grouping.labels)):
        rows = np.flatnonzero(grouping.group == place)
        if is_large_enough(rows, defaulted, policy=policy):
            groups[place] = build_group_rows(
                rows,
                defaulted=defaulted,
                probability=probability,
                threshold=threshold,
                fit_slope=len(rows) >= policy.fewest_rows_for_slope,
            )
    return LargeGroups(grouping, groups)


def resample_groups(
    judged: Sequence[LargeGroups], drawn_weights: Iterable[FloatArray]
) -> list[dict[int, GroupFigures]]:
    """Return the resampled metrics of every group, by grouping; every draw serves all groups.

    Args:
        judged: The groups.
        drawn_weights: Blocks of weights of all rows, as `draw_weights` yields them.
    """
    drawn: list[dict[int, list[GroupFigures]]] = [
        {place: [] for place in item.groups} for item in judged
    ]
    for weights in drawn_weights:
        for item, blocks in zip(judged, drawn, strict=True):
            for place, group in item.groups.items():
                blocks[place].append(measure_group(weights, group))
    return [
        {place: _concatenate_blocks(parts) for place, parts in blocks.items()} for blocks in drawn
    ]


def _concatenate_blocks(blocks: Sequence[GroupFigures]) -> GroupFigures:
    return {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}
