"""Compare groups of clients at the threshold in force: metrics by group, with intervals.

Acceptance is compared by the four-fifths rule (Uniform Guidelines on Employee Selection Procedures,
29 CFR 1607.4 D: a selection rate below 4/5 of the highest group's, unless the difference is
chance), errors by the equality of Hardt, Price and Srebro (2016, Equality of Opportunity in
Supervised Learning): equal shares of defaulters caught and of payers declined in every group.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from credit_default.data.contract.schema import CLIENT_ID, Schema
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.evaluation.intervals import Metric, measure_interval
from credit_default.model.evaluation.share_intervals import encode_clusters
from credit_default.model.fairness.large_groups import (
    LargeGroups,
    resample_groups,
    select_large_groups,
)
from credit_default.model.fairness.policy import (
    FairnessPolicy,
    find_reference_group,
    list_groupings,
    select_outcomes_and_scores,
)
from credit_default.model.fairness.resampled_group_metrics import (
    GROUP_SHARES,
    RESAMPLED_FIGURES,
    GroupFigures,
    compare_group_shares,
    measure_group,
    measure_group_shares,
)
from credit_default.model.statistics.bootstrap import FloatArray, IntArray, draw_weights

_FIGURES: Final = (
    *GROUP_SHARES,
    *RESAMPLED_FIGURES,
    "acceptance_ratio",
    "caught_gap",
    "false_alarm_gap",
)


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

    Intervals are 95 %: of shares, gaps and ratios in closed form (`share_intervals`), which holds
    in small groups too, and of the other metrics from resamples. The reference group is taken as
    given. Several rows of one client are drawn together where the rows name their clients.

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
        select_large_groups(
            grouping, defaulted, probability, threshold=decision_policy.threshold, policy=policy
        )
        for grouping in list_groupings(rows, schema=schema, policy=policy)
    ]
    groups: list[GroupFairness] = []
    headlines = []
    clusters = encode_clusters(rows[CLIENT_ID].to_numpy() if CLIENT_ID in rows.columns else None)
    weights = draw_weights(
        len(defaulted), resample_count=policy.resample_count, seed=seed, clusters=clusters
    )
    for item, resampled in zip(judged, resample_groups(judged, weights), strict=True):
        found = _measure_groups(item, resampled, defaulted=defaulted, clusters=clusters)
        groups += found
        headlines.append(_build_headline(item.grouping.name, found))
    return FairnessReport(
        len(defaulted),
        int(defaulted.sum()),
        decision_policy.threshold,
        tuple(groups),
        tuple(headlines),
    )


def _measure_groups(
    judged: LargeGroups,
    resampled: Mapping[int, GroupFigures],
    *,
    defaulted: IntArray,
    clusters: IntArray | None,
) -> list[GroupFairness]:
    once = np.ones((1, len(defaulted)))
    shares = {
        place: measure_group_shares(group, clusters=clusters)
        for place, group in judged.groups.items()
    }
    reference = find_reference_group(
        {
            place: accepted.value
            for place, found in shares.items()
            if (accepted := found["accept_share"]) is not None
        }
    )
    described = []
    for place, label in enumerate(judged.grouping.labels):
        members = judged.grouping.group == place
        figures: dict[str, Metric | None] = dict.fromkeys(_FIGURES)
        if reference is not None and place in shares:
            value = measure_group(once, judged.groups[place])
            figures |= shares[place] | compare_group_shares(shares[place], shares[reference])
            figures |= {name: _build_metric(value[name], resampled[place][name]) for name in value}
        described.append(
            GroupFairness(
                judged.grouping.name,
                label,
                int(members.sum()),
                int(defaulted[members].sum()),
                is_single=len(judged.grouping.attributes) == 1,
                is_too_small=place not in shares,
                is_reference=place == reference,
                **figures,
            )
        )
    return described


def _build_metric(value: FloatArray, resampled: FloatArray) -> Metric | None:
    return measure_interval(float(value[0]), resampled) if np.isfinite(value[0]) else None


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
