"""What does it cost to leave protected attributes out, and whom does it serve? Two models on the same rows, in pairs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from credit_default.data.contract.schema import Schema
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.evaluation.intervals import Metric, measure_interval
from credit_default.model.fairness.report import (
    FairnessPolicy,
    find_reference_group,
    is_large_enough,
    list_groupings,
    select_outcomes_and_scores,
)
from credit_default.model.fairness.resampled_group_metrics import (
    GroupFigures,
    GroupRows,
    build_group_rows,
    compare_group,
    measure_group,
)
from credit_default.model.statistics.auc_placements import (
    measure_placements,
    measure_roc_auc_from_placements,
)
from credit_default.model.statistics.bootstrap import FloatArray, IntArray, draw_weights


@dataclass(frozen=True, slots=True)
class GroupChange:
    """One group's acceptance ratio, each against the same model's most accepted group, and what the attributes change."""

    attribute: str
    group: str
    row_count: int
    ratio_without: float
    ratio_with: float
    change: Metric  # with less without


@dataclass(frozen=True, slots=True)
class FairnessComparison:
    """A model without protected attributes and one with them, at the same threshold."""

    row_count: int
    roc_auc_without: float
    roc_auc_with: float
    roc_auc_cost: Metric  # of leaving them out: with less without
    changes: tuple[GroupChange, ...]  # groups of single attributes that are large enough


@dataclass(frozen=True, slots=True, eq=False)
class _ModelRows:
    """One model's rows, by attribute and group, ready to be weighed many times."""

    defaulted: IntArray
    placements: FloatArray
    groups: Mapping[str, Mapping[str, GroupRows]]

    def measure_ratios(
        self, weights: FloatArray, references: Mapping[str, str]
    ) -> dict[tuple[str, str], FloatArray]:
        ratios = {}
        for attribute, groups in self.groups.items():
            found = {label: measure_group(weights, group) for label, group in groups.items()}
            for label, figures in found.items():
                related = compare_group(figures, found[references[attribute]])
                ratios[attribute, label] = related["acceptance_ratio"]
        return ratios

    def find_references(self) -> dict[str, str]:
        once = np.ones((1, len(self.defaulted)))
        references = {}
        for attribute, groups in self.groups.items():
            figures: list[GroupFigures] = [measure_group(once, group) for group in groups.values()]
            place = find_reference_group(
                {n: float(found["accept_share"][0]) for n, found in enumerate(figures)}
            )
            if place is not None:
                references[attribute] = list(groups)[place]
        return references

    def measure_roc_auc(self, weights: FloatArray) -> FloatArray:
        return measure_roc_auc_from_placements(
            weights, defaulted=self.defaulted, placements=self.placements
        )


def compare_fairness(
    rows: pl.DataFrame,
    *,
    without: Any,
    including: Any,
    schema: Schema,
    decision_policy: DecisionPolicy,
    seed: int,
    policy: FairnessPolicy | None = None,
) -> FairnessComparison:
    """The comparison of default probabilities `without` protected attributes and `including` them, in the rows' order.

    The rows carry `defaulted`, of both outcomes, and neither model was trained on them. Intervals are 95 % and paired.

    Raises:
        InputError: as `measure_fairness`.
    """
    policy = policy or FairnessPolicy()
    models = [
        _build_model_rows(
            rows, scored, schema=schema, threshold=decision_policy.threshold, policy=policy
        )
        for scored in (without, including)
    ]
    references = [model.find_references() for model in models]
    once = np.ones((1, rows.height))
    aucs = [float(model.measure_roc_auc(once)[0]) for model in models]
    ratios = [
        model.measure_ratios(once, named) for model, named in zip(models, references, strict=True)
    ]
    costs, changes = [], []
    for weights in draw_weights(
        models[0].defaulted, resample_count=policy.resample_count, seed=seed
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
        changes=tuple(
            GroupChange(
                attribute=attribute,
                group=label,
                row_count=len(models[0].groups[attribute][label].rows),
                ratio_without=float(before[0]),
                ratio_with=float(ratios[1][attribute, label][0]),
                change=measure_interval(
                    float(ratios[1][attribute, label][0] - before[0]),
                    np.concatenate([block[attribute, label] for block in changes]),
                ),
            )
            for (attribute, label), before in ratios[0].items()
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
        members = {
            label: np.flatnonzero(grouping.group == place)
            for place, label in enumerate(grouping.labels)
        }
        groups[grouping.name] = {
            label: build_group_rows(
                places,
                defaulted=defaulted,
                probability=probability,
                threshold=threshold,
                fit_slope=False,
            )
            for label, places in members.items()
            if is_large_enough(places, defaulted, policy=policy)
        }
    return _ModelRows(defaulted, measure_placements(defaulted, probability), groups)
