"""Does the model serve every group alike, at the threshold in force? Figures by group, with intervals, set against the rest.

Acceptance is compared by the four-fifths rule (Uniform Guidelines on Employee Selection Procedures, 29 CFR 1607.4 D: a
selection rate below 4/5 of the highest group's, unless the difference is chance), errors by Hardt, Price and Srebro (2016,
Equality of Opportunity in Supervised Learning): defaulters caught and payers declined alike in every group.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from credit_default.data.contract.schema import OUTCOME, Schema
from credit_default.errors import InputError
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.evaluation.intervals import Metric, measure_interval
from credit_default.model.fairness.groupings import (
    AttributeBands,
    Grouping,
    build_groupings,
    choose_attributes,
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
from credit_default.model.statistics.bootstrap import (
    FloatArray,
    IntArray,
    check_scores,
    draw_weights,
)

_DEFAULT_ATTRIBUTES: Final = (
    "education",
)  # of the default portfolio; another one need not have it


@dataclass(frozen=True, slots=True)
class FairnessPolicy:
    """Whom to compare, how many rows that takes, and what is too far apart.

    The schema's protected columns are always compared; `attributes` are more of its inputs.
    """

    attributes: tuple[str, ...] = _DEFAULT_ATTRIBUTES
    bands: tuple[AttributeBands, ...] = (AttributeBands("age", (30.0, 40.0, 50.0, 60.0)),)
    fewest_rows: int = 100  # in a group that is judged; smaller ones are listed as too small
    fewest_defaults: int = 20  # in it, and as many clients who paid
    fewest_rows_for_slope: int = 500
    lowest_acceptance_ratio: float = 0.8
    highest_error_gap: float = 0.1  # between shares of defaulters caught, or of payers declined
    # between the share that defaulted and the share that was expected
    highest_calibration_gap: float = 0.03
    resample_count: int = 300


@dataclass(frozen=True, slots=True)
class GroupFairness:
    """One group at the threshold in force. Figures are None where the group is too small, or cannot give them.

    The ratio and the gaps are to the reference: of the groups of this attribute that are not too small, the one most
    often accepted.
    """

    attribute: str  # or two: "sex and age"
    group: str
    row_count: int
    default_count: int
    is_single: bool  # of one attribute alone
    is_too_small: bool
    is_reference: bool
    accept_share: Metric | None  # the share declined is what is left of 1
    caught_share: Metric | None  # of its defaulters, declined (true positive rate)
    false_alarm_share: Metric | None  # of its payers, declined (false positive rate)
    calibration_gap: (
        Metric | None
    )  # share that defaulted less share expected: above 0 the risk is understated
    calibration_slope: Metric | None
    roc_auc: Metric | None
    acceptance_ratio: Metric | None  # adverse-impact ratio
    caught_gap: Metric | None
    false_alarm_gap: Metric | None


@dataclass(frozen=True, slots=True)
class Headline:
    """One attribute, or pair, in one line: its groups that lie furthest from the reference. None where only one is judged."""

    attribute: str
    reference: str | None
    judged_count: int  # groups large enough
    too_small_count: int
    lowest_ratio: GroupFairness | None
    widest_caught_gap: GroupFairness | None
    widest_false_alarm_gap: GroupFairness | None


@dataclass(frozen=True, slots=True)
class FairnessReport:
    """Every group of every attribute and pair, in the order of the schema, and a headline for each attribute and pair."""

    row_count: int
    default_count: int
    threshold: float
    groups: tuple[GroupFairness, ...]
    headlines: tuple[Headline, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _LargeGroups:
    """A grouping with those of its groups that are large enough, by their place among its labels."""

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
    """The report on unseen rows that carry `defaulted` and the attributes; probabilities (0-1) in their order.

    Intervals are 95 %, from the bootstrap of `draw_weights`; the reference group is the same in every resample.

    Raises:
        InputError: no rows, outcomes or probabilities out of range, an attribute that the schema lacks.
    """
    policy = policy or FairnessPolicy()
    defaulted, probability = select_outcomes_and_scores(rows, default_probability)
    judged = [
        _select_large_groups(
            grouping, defaulted, probability, threshold=decision_policy.threshold, policy=policy
        )
        for grouping in list_groupings(rows, schema=schema, policy=policy)
    ]
    every = [(number, place) for number, item in enumerate(judged) for place in item.groups]
    drawn: dict[tuple[int, int], list[GroupFigures]] = {key: [] for key in every}
    for weights in draw_weights(defaulted, resample_count=policy.resample_count, seed=seed):
        for number, place in every:
            drawn[number, place].append(measure_group(weights, judged[number].groups[place]))
    groups: list[GroupFairness] = []
    headlines = []
    for number, item in enumerate(judged):
        resampled = {place: _concatenate_blocks(drawn[number, place]) for place in item.groups}
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


def select_outcomes_and_scores(
    rows: pl.DataFrame, default_probability: Any
) -> tuple[IntArray, FloatArray]:
    """The rows' outcomes and these probabilities, checked.

    Raises:
        InputError: no column `defaulted`, no rows, outcomes or probabilities out of range.
    """
    if OUTCOME not in rows.columns:
        raise InputError(
            "fairness",
            found="no column 'defaulted'",
            expected="rows with outcomes",
            remedy="Take the test side, or rows whose outcomes are known.",
        )
    check_scores(rows[OUTCOME].to_numpy(), default_probability)
    return rows[OUTCOME].to_numpy().astype(np.int64), np.asarray(
        default_probability, dtype=np.float64
    )


def list_groupings(
    rows: pl.DataFrame, *, schema: Schema, policy: FairnessPolicy
) -> tuple[Grouping, ...]:
    """The rows grouped by each attribute that the schema protects or the policy names, then by each pair.

    Raises:
        InputError: the policy names an attribute that the schema lacks.
    """
    attributes = choose_attributes(schema, named=policy.attributes, by_default=_DEFAULT_ATTRIBUTES)
    return build_groupings(rows, schema=schema, attributes=attributes, bands=policy.bands)


def is_large_enough(rows: IntArray, defaulted: IntArray, *, policy: FairnessPolicy) -> bool:
    """True where a group of these rows is judged: enough of them, enough defaulters and enough others."""
    default_count = int(defaulted[rows].sum())
    rarer = min(default_count, len(rows) - default_count)
    return len(rows) >= policy.fewest_rows and rarer >= max(1, policy.fewest_defaults)


def find_reference_group(accept_shares: Mapping[int, float]) -> int | None:
    """The place of the group most often accepted, the first of equal ones; None where there is no group."""
    return (
        max(accept_shares, key=lambda place: (accept_shares[place], -place))
        if accept_shares
        else None
    )


def _select_large_groups(
    grouping: Grouping,
    defaulted: IntArray,
    probability: FloatArray,
    *,
    threshold: float,
    policy: FairnessPolicy,
) -> _LargeGroups:
    members = {
        place: np.flatnonzero(grouping.group == place) for place in range(len(grouping.labels))
    }
    return _LargeGroups(
        grouping,
        {
            place: build_group_rows(
                rows,
                defaulted=defaulted,
                probability=probability,
                threshold=threshold,
                fit_slope=len(rows) >= policy.fewest_rows_for_slope,
            )
            for place, rows in members.items()
            if is_large_enough(rows, defaulted, policy=policy)
        },
    )


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
