"""What a validator asks of a challenger beside its metrics: money, fairness, rivals, slices, stability, sensitivity.

All of it is measured on the test side, by which nothing was chosen; what has to be chosen is chosen on development rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from credit_default.data.contract.schema import OUTCOME
from credit_default.data.splitting import Split
from credit_default.gates.fairness import judge_fairness
from credit_default.gates.verdict import Verdict
from credit_default.model.estimator.expected_loss import (
    has_expected_loss,
    measure_expected_loss,
    measure_exposure,
)
from credit_default.model.estimator.fitting import fit
from credit_default.model.estimator.scoring import score_probability
from credit_default.model.evaluation.economics import Economics, measure_economics
from credit_default.model.evaluation.refit_stability import RefitStability, measure_refit_stability
from credit_default.model.evaluation.sensitivity import InputSensitivity, measure_sensitivity
from credit_default.model.evaluation.threshold_search import LabelledScores
from credit_default.model.fairness.attribute_flip_test import (
    FlipSensitivity,
    measure_flip_sensitivity,
)
from credit_default.model.fairness.groupings import choose_attributes
from credit_default.model.fairness.policy import FairnessPolicy
from credit_default.model.fairness.protected_attribute_cost import (
    FairnessComparison,
    compare_fairness,
)
from credit_default.model.fairness.proxy_check import ProxyStrength, measure_proxies
from credit_default.model.fairness.report import FairnessReport, measure_fairness
from credit_default.model.fairness.slice_metrics import GroupEvaluation, evaluate_groups
from credit_default.services.context.wiring import Wiring
from credit_default.services.training.baselines import BaselineComparison, compare_baselines
from credit_default.services.training.challenger import Challenger
from credit_default.services.training.slices import label_groups
from credit_default.views.card.evidence import LossFacts


@dataclass(frozen=True, slots=True, eq=False)
class Assessment:
    """What was measured of one challenger. A part that its rows cannot give is None or empty."""

    economics: Economics
    loss: LossFacts | None
    fairness: FairnessReport
    fairness_verdict: Verdict
    lowest_acceptance_ratio: float  # the line that the verdict was given by
    comparison: FairnessComparison | None  # with a model that sees protected attributes too
    proxies: tuple[ProxyStrength, ...]
    flips: tuple[FlipSensitivity, ...]
    rivals: tuple[BaselineComparison, ...]
    slices: Mapping[str, tuple[GroupEvaluation, ...]]
    stability: RefitStability | None
    sensitivity: tuple[InputSensitivity, ...]


def assess_challenger(wiring: Wiring, challenger: Challenger, sides: Split) -> Assessment:
    """Everything that the card and the run say of the challenger beside its metrics."""
    settings, bundle, test = wiring.settings, challenger.bundle, sides.test
    fairness = measure_fairness(
        test,
        challenger.test_probability,
        schema=wiring.schema,
        decision_policy=bundle.decision_policy,
        seed=settings.seed,
        policy=settings.fairness,
    )
    return Assessment(
        economics=_measure_economics(wiring, challenger),
        loss=_measure_loss(wiring, challenger, test),
        fairness=fairness,
        fairness_verdict=judge_fairness(fairness, policy=settings.fairness),
        lowest_acceptance_ratio=settings.fairness.lowest_acceptance_ratio,
        comparison=_compare_with_protected(wiring, challenger, sides),
        proxies=_measure_proxies(wiring, challenger, sides.development),
        flips=measure_flip_sensitivity(bundle, test, wiring.schema),
        rivals=compare_baselines(wiring, challenger, sides) if _has_both(challenger) else (),
        slices=_measure_slices(wiring, challenger, test),
        stability=measure_refit_stability(
            bundle,
            sides.development,
            test,
            schema=wiring.schema,
            features=wiring.portfolio.features,
            policy=settings.stability,
            job_count=settings.jobs,
        ),
        sensitivity=measure_sensitivity(bundle, test, schema=wiring.schema),
    )


def _has_both(challenger: Challenger) -> bool:
    return 0 < challenger.evaluation.default_count < challenger.evaluation.row_count


def _measure_economics(wiring: Wiring, challenger: Challenger) -> Economics:
    held_out = challenger.out_of_bag
    return measure_economics(
        LabelledScores(held_out.defaulted, held_out.default_probability),
        LabelledScores(challenger.test_defaulted, challenger.test_probability),
        decision_policy=challenger.bundle.decision_policy,
        seed=wiring.settings.seed,
        policy=wiring.settings.economics,
    )


def _measure_loss(wiring: Wiring, challenger: Challenger, test: pl.DataFrame) -> LossFacts | None:
    policy = wiring.settings.loss
    if not has_expected_loss(policy, test.columns):
        return None
    expected = measure_expected_loss(test, challenger.test_probability, policy=policy)
    return LossFacts(policy, float(measure_exposure(test, policy).sum()), float(expected.sum()))


def _compare_with_protected(
    wiring: Wiring, challenger: Challenger, sides: Split
) -> FairnessComparison | None:
    bundle, settings = challenger.bundle, wiring.settings
    if not wiring.schema.protected or bundle.recipe.include_protected or not _has_both(challenger):
        return None
    including = fit(
        replace(bundle.recipe, include_protected=True),
        sides.development,
        schema=wiring.schema,
        features=wiring.portfolio.features,
        decision_policy=bundle.decision_policy,
        job_count=settings.jobs,
    )
    return compare_fairness(
        sides.test,
        without_protected=challenger.test_probability,
        with_protected=score_probability(including, sides.test),
        schema=wiring.schema,
        decision_policy=bundle.decision_policy,
        seed=settings.seed,
        policy=settings.fairness,
    )


def _measure_proxies(
    wiring: Wiring, challenger: Challenger, development: pl.DataFrame
) -> tuple[ProxyStrength, ...]:
    settings = wiring.settings
    protected = set(wiring.schema.protected)
    by_default = FairnessPolicy().attributes  # which another portfolio need not have
    named = choose_attributes(
        wiring.schema, named=settings.fairness.attributes, by_default=by_default
    )
    return measure_proxies(
        challenger.bundle,
        development,
        schema=wiring.schema,
        attributes=tuple(n for n in named if n in protected),
        seed=settings.seed,
        job_count=settings.jobs,
        policy=settings.proxies,
    )


def _measure_slices(
    wiring: Wiring, challenger: Challenger, test: pl.DataFrame
) -> Mapping[str, tuple[GroupEvaluation, ...]]:
    """Each division that is no protected attribute, told by group; those are the fairness report's."""
    groups = label_groups(test, schema=wiring.schema)
    defaulted, probability = test[OUTCOME].to_numpy(), np.asarray(challenger.test_probability)
    policy = challenger.bundle.decision_policy
    return {
        title: evaluate_groups(defaulted, probability, groups=labels, policy=policy)
        for title, labels in groups.labels.items()
        if title not in groups.protected
    }
