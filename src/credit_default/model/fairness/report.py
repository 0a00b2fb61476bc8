"""Compare groups of clients at the threshold in force: metrics by group, with intervals.

Acceptance is compared by the four-fifths rule (Uniform Guidelines on Employee Selection Procedures,
29 CFR 1607.4 D: a selection rate below 4/5 of the highest group's, unless the difference is
chance), errors by the equality of Hardt, Price and Srebro (2016, Equality of Opportunity in
Supervised Learning): equal shares of defaulters caught and of payers declined in every group.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from credit_default.data.contract.schema import Schema
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.evaluation.intervals import Metric, measure_interval
from credit_default.model.fairness.groupings import Grouping
from credit_default.model.fairness.policy import (
    FairnessPolicy,
    find_reference_group,
    is_large_enough,
    list_groupings,
    select_outcomes_and_scores,
)
from credit_default.model.fairness.resampled_group_metrics import (
    ABSOLUTE_FIGURES,
    RELATIVE_FIGURES,
    GroupFigures,
    GroupRows,
    build_group_rows,
    compare_group,
    measure_group,
)
from credit_default.model.statistics.bootstrap import FloatArray, IntArray, draw_weights


@dataclass(frozen=True, slots=True)
class GroupFairness:
    """The metrics of one group at the threshold in force; shares and gaps are 0–1.

    Metrics are None where the group is too small or cannot give them. The ratio and the gaps are
    measured against the reference: of this attribute's groups that are large enough, the one most
    often accepted.
    """

    attribute: str  # one attribute, or two as "sex and age"
    group: str
    row_count: int
    default_count: int
    is_single: bool  # False where the group combines two attributes
    is_too_small: bool
    is_reference: bool
    accept_share: Metric | None  # 1 less the share declined
    caught_share: Metric | None  # of its defaulters, declined (true positive rate)
    false_alarm_share: Metric | None  # of its payers, declined (false positive rate)
    # share that defaulted less the share expected to; above 0 the risk is understated
    calibration_gap: Metric | None
    calibration_slope: Metric | None
    roc_auc: Metric | None
    acceptance_ratio: Metric | None  # adverse-impact ratio
    caught_gap: Metric | None
    false_alarm_gap: Metric | None


@dataclass(frozen=True, slots=True)
class Headline:
    """One attribute, or pair, in one line: its groups that are furthest from the reference.

    They are None where only one group is large enough.
    """

    attribute: str
    reference: str | None
    judged_count: int  # groups large enough
    too_small_count: int
    lowest_ratio: GroupFairness | None
    widest_caught_gap: GroupFairness | None
    widest_false_alarm_gap: GroupFairness | None


@dataclass(frozen=True, slots=True)
class FairnessReport:
    """Every group of every attribute and pair in the schema's order, and a headline for each."""

    row_count: int
    default_count: int
    threshold: float
    groups: tuple[GroupFairness, ...]
    headlines: tuple[Headline, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _LargeGroups:
    """A grouping and its groups that are large enough, by their position among its labels."""

    grouping: Grouping
    groups: Mapping[int, GroupRows]


def measure_fairness(
    rows: pl.DataFrame,
    default_probability: Any,
    *,
    schema: Schema,
    decision_policy: DecisionPolicy,
    seed: int,
    policy: FairnessPolicy | None = None,
) -> FairnessReport:
    """Compare the groups of each attribute and pair on unseen rows.

    Intervals are 95 %, from the bootstrap of `draw_weights`; the reference group is the same in
    every resample.

    Args:
        rows: Rows that no model was trained on, with `defaulted` and the attributes.
        default_probability: Default probabilities (0–1), in row order.
        schema: The schema of the rows.
        decision_policy: The threshold in force.
        seed: Seed of the resamples.
        policy: The groups and sizes to compare; None for the default.

    Raises:
        InputError: no rows, outcomes or probabilities out of range, or an attribute that the schema
            lacks.
    """
    policy = policy or FairnessPolicy()
    defaulted, probability = select_outcomes_and_scores(rows, default_probability)
    judged = [
        _select_large_groups(
            grouping, defaulted, probability, threshold=decision_policy.threshold, policy=policy
        )
        for grouping in list_groupings(rows, schema=schema, policy=policy)
    ]
    groups: list[GroupFairness] = []
    headlines = []
    resamples = _resample_groups(judged, defaulted, policy=policy, seed=seed)
    for item, resampled in zip(judged, resamples, strict=True):
        found = _measure_groups(item, resampled, defaulted=defaulted)
        groups += found
        headlines.append(_build_headline(item.grouping.name, found))
    return FairnessReport(
        len(defaulted),
        int(defaulted.sum()),
        decision_policy.threshold,
        tuple(groups),
        tuple(headlines),
    )


def _resample_groups(
    judged: Sequence[_LargeGroups], defaulted: IntArray, *, policy: FairnessPolicy, seed: int
) -> list[dict[int, GroupFigures]]:
    """Return the resampled metrics of every group, by grouping; every draw serves all groups."""
    drawn: list[dict[int, list[GroupFigures]]] = [
        {place: [] for place in item.groups} for item in judged
    ]
    for weights in draw_weights(len(defaulted), resample_count=policy.resample_count, seed=seed):
        for item, blocks in zip(judged, drawn, strict=True):
            for place, group in item.groups.items():
                blocks[place].append(measure_group(weights, group))
    return [
        {place: _concatenate_blocks(parts) for place, parts in blocks.items()} for blocks in drawn
    ]


def _select_large_groups(
    grouping: Grouping,
    defaulted: IntArray,
    probability: FloatArray,
    *,
    threshold: float,
    policy: FairnessPolicy,
) -> _LargeGroups:
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
    return _LargeGroups(grouping, groups)


def _measure_groups(
    judged: _LargeGroups, resampled: Mapping[int, GroupFigures], *, defaulted: IntArray
) -> list[GroupFairness]:
    once = np.ones((1, len(defaulted)))
    values = {place: measure_group(once, group) for place, group in judged.groups.items()}
    reference = find_reference_group(
        {place: float(found["accept_share"][0]) for place, found in values.items()}
    )
    described = []
    for place, label in enumerate(judged.grouping.labels):
        members = judged.grouping.group == place
        figures: dict[str, Metric | None] = dict.fromkeys((*ABSOLUTE_FIGURES, *RELATIVE_FIGURES))
        if reference is not None and place in values:
            value = values[place] | compare_group(values[place], values[reference])
            spread = resampled[place] | compare_group(resampled[place], resampled[reference])
            figures = {name: _build_metric(value[name], spread[name]) for name in figures}
        described.append(
            GroupFairness(
                judged.grouping.name,
                label,
                int(members.sum()),
                int(defaulted[members].sum()),
                is_single=len(judged.grouping.attributes) == 1,
                is_too_small=place not in values,
                is_reference=place == reference,
                **figures,
            )
        )
    return described


def _build_metric(value: FloatArray, resampled: FloatArray) -> Metric | None:
    return measure_interval(float(value[0]), resampled) if np.isfinite(value[0]) else None


def _concatenate_blocks(blocks: Sequence[GroupFigures]) -> GroupFigures:
    return {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}


def _build_headline(attribute: str, groups: Sequence[GroupFairness]) -> Headline:
    judged = [group for group in groups if not group.is_too_small]
    others = [group for group in judged if not group.is_reference]

    def find(name: str, *, sign: int) -> GroupFairness | None:
        known = [
            (sign * abs(figure.value), group)
            for group in others
            if (figure := getattr(group, name)) is not None
        ]
        return min(known, key=lambda pair: pair[0])[1] if known else None

    return Headline(
        attribute=attribute,
        reference=next((group.group for group in judged if group.is_reference), None),
        judged_count=len(judged),
        too_small_count=len(groups) - len(judged),
        lowest_ratio=find("acceptance_ratio", sign=1),
        widest_caught_gap=find("caught_gap", sign=-1),
        widest_false_alarm_gap=find("false_alarm_gap", sign=-1),
    )
