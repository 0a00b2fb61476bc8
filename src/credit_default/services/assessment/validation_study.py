"""Assess a challenger as a model validator does, beside its metrics.

Costs and expected loss, fairness, baselines, slices, stability under refits and sensitivity of inputs. All of it is
measured on the test side, by which nothing was chosen; what has to be chosen is chosen on development rows. In a small
lake what needs no more than scores is measured on all rows, out of fold.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from credit_default.data.contract.schema import CLIENT_ID, Schema
from credit_default.data.splitting import Split
from credit_default.gates.fairness import judge_fairness
from credit_default.gates.verdict import Verdict
from credit_default.model.estimator.expected_loss import (
    LossPolicy,
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
from credit_default.services.training.baselines import BaselineComparison, Rivals, measure_rivals
from credit_default.services.training.challenger import Challenger
from credit_default.services.training.judged_rows import JudgedRows
from credit_default.services.training.slices import label_groups
from credit_default.settings import Settings
from credit_default.views.card.evidence import LossFacts

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Assessment:
    """What was measured of one challenger. A part that its rows do not allow is None or empty."""

    economics: Economics
    loss: LossFacts | None
    fairness: FairnessReport
    fairness_verdict: Verdict
    lowest_acceptance_ratio: float  # the limit behind the verdict, 0-1
    comparison: FairnessComparison | None  # with a model that sees protected attributes too
    proxies: tuple[ProxyStrength, ...]
    flips: tuple[FlipSensitivity, ...]
    rivals: Rivals | None
    slices: Mapping[str, tuple[GroupEvaluation, ...]]
    stability: RefitStability | None
    sensitivity: tuple[InputSensitivity, ...]

    @property
    def baselines(self) -> tuple[BaselineComparison, ...]:
        """Return the comparisons with simple rivals; none where nothing could be compared."""
        return self.rivals.baselines if self.rivals else ()


def assess_challenger(
    wiring: Wiring, challenger: Challenger, sides: Split, *, rivals: Rivals | None = None
) -> Assessment:
    """Measure everything that the card and the run report about the challenger beside its metrics.

    Args:
        wiring: The portfolio and the policies.
        challenger: The fitted challenger.
        sides: The rows that it was fitted and tested on.
        rivals: What simple models make of the same rows, as the gate saw it; measured here where not given.
    """
    settings, bundle, test = wiring.settings, challenger.bundle, sides.test
    judged = challenger.judged
    fairness = measure_fairness(
        judged.rows,
        judged.probability,
        schema=wiring.schema,
        decision_policy=bundle.decision_policy,
        seed=settings.seed,
        policy=settings.fairness,
    )
    fairness_verdict = judge_fairness(fairness, policy=settings.fairness)
    assessment = Assessment(
        economics=_measure_economics(settings, challenger),
        loss=_measure_loss(settings.loss, judged),
        fairness=fairness,
        fairness_verdict=fairness_verdict,
        lowest_acceptance_ratio=settings.fairness.lowest_acceptance_ratio,
        comparison=_compare_with_protected(wiring, challenger, sides),
        proxies=_measure_proxies(wiring, challenger, sides.development),
        flips=measure_flip_sensitivity(bundle, test, wiring.schema),
        rivals=rivals or measure_rivals(wiring, challenger, sides),
        slices=_measure_slices(wiring.schema, challenger),
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
    _LOG.info(
        "assessed challenger digest=%s fairness=%s slice_division_count=%d",
        bundle.digest[:12],
        fairness_verdict.level,
        len(assessment.slices),
    )
    return assessment


def _has_both_outcomes(challenger: Challenger) -> bool:
    defaulted = (challenger.test_defaulted, challenger.judged.defaulted)
    return all(0 < outcomes.sum() < len(outcomes) for outcomes in defaulted)


def _measure_economics(settings: Settings, challenger: Challenger) -> Economics:
    held_out, judged = challenger.out_of_bag, challenger.judged
    return measure_economics(
        LabelledScores(held_out.defaulted, held_out.default_probability),
        LabelledScores(judged.defaulted, judged.probability, judged.rows[CLIENT_ID].to_numpy()),
        decision_policy=challenger.bundle.decision_policy,
        seed=settings.seed,
        policy=settings.economics,
    )


def _measure_loss(policy: LossPolicy, judged: JudgedRows) -> LossFacts | None:
    rows = judged.rows
    if not has_expected_loss(policy, rows.columns):
        return None
    expected = measure_expected_loss(rows, judged.probability, policy=policy)
    return LossFacts(policy, float(measure_exposure(rows, policy).sum()), float(expected.sum()))


def _compare_with_protected(
    wiring: Wiring, challenger: Challenger, sides: Split
) -> FairnessComparison | None:
    """Compare the challenger's fairness with that of a model that sees the protected attributes too."""
    bundle, settings = challenger.bundle, wiring.settings
    if (
        not wiring.schema.protected
        or bundle.recipe.include_protected
        or not _has_both_outcomes(challenger)
    ):
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
    """Measure how well the model's inputs together reveal each protected attribute."""
    settings = wiring.settings
    protected = set(wiring.schema.protected)
    by_default = FairnessPolicy().attributes  # another portfolio need not have them
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
    schema: Schema, challenger: Challenger
) -> Mapping[str, tuple[GroupEvaluation, ...]]:
    """Evaluate each group of every division that is not a protected attribute.

    The protected attributes are in the fairness report.
    """
    judged = challenger.judged
    groups = label_groups(judged.rows, schema=schema)
    defaulted, probability = judged.defaulted, np.asarray(judged.probability)
    policy = challenger.bundle.decision_policy
    return {
        title: evaluate_groups(defaulted, probability, groups=labels, policy=policy)
        for title, labels in groups.labels.items()
        if title not in groups.protected
    }
