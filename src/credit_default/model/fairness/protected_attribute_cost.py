"""Measure what leaving protected attributes out costs, and which groups it benefits.

Two models, without and with the attributes, are compared on the same rows in pairs.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from credit_default.data.contract.schema import CLIENT_ID, Schema
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.evaluation.intervals import Metric, measure_interval
from credit_default.model.evaluation.share_intervals import encode_clusters
from credit_default.model.fairness.groupings import Grouping
from credit_default.model.fairness.policy import (
    FairnessPolicy,
    find_reference_group,
    is_large_enough,
    list_groupings,
    select_outcomes_and_scores,
)
from credit_default.model.fairness.resampled_group_metrics import (
    GroupRows,
    build_group_rows,
    measure_acceptance,
)
from credit_default.model.statistics.auc_placements import (
    measure_placements,
    measure_roc_auc_from_placements,
)
from credit_default.model.statistics.bootstrap import FloatArray, IntArray, draw_weights

_Ratios = dict[tuple[str, str], FloatArray]  # by attribute and group, one value per resample


@dataclass(frozen=True, slots=True)
class GroupChange:
    """One group's acceptance ratio without and with protected attributes, and the change.

    Each ratio is against the most accepted group of the same model.
    """

    attribute: str
    group: str
    row_count: int
    ratio_without: float
    ratio_with: float
    change: Metric  # with less without


@dataclass(frozen=True, slots=True)
class FairnessComparison:
    """A model without protected attributes compared with one that has them, at one threshold."""

    row_count: int
    roc_auc_without: float
    roc_auc_with: float
    roc_auc_cost: Metric  # of leaving them out: with less without
    changes: tuple[GroupChange, ...]  # groups of single attributes that are large enough


@dataclass(frozen=True, slots=True, eq=False)
class _ModelRows:
    """One model's rows by attribute and group, prepared for many resamples."""

    defaulted: IntArray
    placements: FloatArray
    groups: Mapping[str, Mapping[str, GroupRows]]

    def measure_ratios(self, weights: FloatArray, references: Mapping[str, str]) -> _Ratios:
        """Return the acceptance ratio of each group for each resample."""
        ratios = {}
        for attribute, groups in self.groups.items():
            found = {label: measure_acceptance(weights, group) for label, group in groups.items()}
            with np.errstate(invalid="ignore", divide="ignore"):
                for label, accepted in found.items():
                    ratios[attribute, label] = accepted / found[references[attribute]]
        return ratios

    def find_reference_groups(self) -> dict[str, str]:
        """Return the most accepted group of each attribute."""
        once = np.ones((1, len(self.defaulted)))
        references = {}
        for attribute, groups in self.groups.items():
            place = find_reference_group(
                {
                    number: float(measure_acceptance(once, group)[0])
                    for number, group in enumerate(groups.values())
                }
            )
            if place is not None:
                references[attribute] = list(groups)[place]
        return references

    def measure_roc_auc(self, weights: FloatArray) -> FloatArray:
        """Return the ROC AUC of each resample, to first order."""
        return measure_roc_auc_from_placements(
            weights, defaulted=self.defaulted, placements=self.placements
        )


def compare_fairness(
    rows: pl.DataFrame,
    *,
    without_protected: Any,
    with_protected: Any,
    schema: Schema,
    decision_policy: DecisionPolicy,
    seed: int,
    policy: FairnessPolicy | None = None,
) -> FairnessComparison:
    """Compare the probabilities of a model without protected attributes and of one with them.

    Intervals are 95 % and paired.

    Args:
        rows: Rows that neither model was trained on, with `defaulted` of both outcomes.
        without_protected: Default probabilities (0–1) of the model without them, in row order.
        with_protected: Default probabilities (0–1) of the model with them, in row order.
        schema: The schema of the rows.
        decision_policy: The threshold in force.
        seed: Seed of the resamples.
        policy: The groups and sizes to compare; None for the default.

    Raises:
        InputError: as `measure_fairness`.
    """
    policy = policy or FairnessPolicy()
    models = [
        _build_model_rows(
            rows, scored, schema=schema, threshold=decision_policy.threshold, policy=policy
        )
        for scored in (without_protected, with_protected)
    ]
    references = [model.find_reference_groups() for model in models]
    once = np.ones((1, rows.height))
    aucs = [float(model.measure_roc_auc(once)[0]) for model in models]
    ratios = [
        model.measure_ratios(once, named) for model, named in zip(models, references, strict=True)
    ]
    costs, changes = [], []
    clusters = encode_clusters(rows[CLIENT_ID].to_numpy() if CLIENT_ID in rows.columns else None)
    for weights in draw_weights(
        rows.height, resample_count=policy.resample_count, seed=seed, clusters=clusters
    ):
        costs.append(models[1].measure_roc_auc(weights) - models[0].measure_roc_auc(weights))
        one, other = (
            model.measure_ratios(weights, named)
            for model, named in zip(models, references, strict=True)
        )
        changes.append({key: other[key] - one[key] for key in one})
    return FairnessComparison(
        row_count=rows.height,
        roc_auc_without=aucs[0],
        roc_auc_with=aucs[1],
        roc_auc_cost=measure_interval(aucs[1] - aucs[0], np.concatenate(costs)),
        changes=tuple(_build_changes(models[0], ratios[0], ratios[1], changes)),
    )


def _build_changes(
    model: _ModelRows, without: _Ratios, included: _Ratios, changes: Sequence[_Ratios]
) -> Iterator[GroupChange]:
    for (attribute, label), ratio in without.items():
        yield GroupChange(
            attribute=attribute,
            group=label,
            row_count=len(model.groups[attribute][label].rows),
            ratio_without=float(ratio[0]),
            ratio_with=float(included[attribute, label][0]),
            change=measure_interval(
                float(included[attribute, label][0] - ratio[0]),
                np.concatenate([block[attribute, label] for block in changes]),
            ),
        )


def _build_model_rows(
    rows: pl.DataFrame,
    default_probability: Any,
    *,
    schema: Schema,
    threshold: float,
    policy: FairnessPolicy,
) -> _ModelRows:
    defaulted, probability = select_outcomes_and_scores(rows, default_probability)
    groups: dict[str, dict[str, GroupRows]] = {}
    for grouping in list_groupings(rows, schema=schema, policy=policy):
        if len(grouping.attributes) > 1:
            continue
        groups[grouping.name] = {
            label: build_group_rows(
                places,
                defaulted=defaulted,
                probability=probability,
                threshold=threshold,
                fit_slope=False,
            )
            for label, places in _list_members(grouping).items()
            if is_large_enough(places, defaulted, policy=policy)
        }
    return _ModelRows(defaulted, measure_placements(defaulted, probability), groups)


def _list_members(grouping: Grouping) -> dict[str, IntArray]:
    """Return the positions of each group's rows."""
    return {
        label: np.flatnonzero(grouping.group == place)
        for place, label in enumerate(grouping.labels)
    }
