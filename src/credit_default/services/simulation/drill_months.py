"""The months of a drill: simulate them, train a model on them, judge them one after the other."""

from collections.abc import Iterable, Mapping, Sequence

import polars as pl

from credit_default.data.contract.schema import KEY, OUTCOME
from credit_default.data.planted_faults.injection import DeliveredMonth
from credit_default.data.simulation.months import Scenario, simulate
from credit_default.data.splitting import split
from credit_default.gates.verdict import Level
from credit_default.model.estimator.fitting import fit_with_evidence
from credit_default.model.estimator.regime import select_regime
from credit_default.model.estimator.scoring import attach_reference
from credit_default.services.context.wiring import Portfolio
from credit_default.services.simulation.drill_pipeline import DrillPipeline
from credit_default.services.simulation.past_month import PastMonth
from credit_default.settings import Settings


def simulate_drill_months(
    client_count: int, scenario: Scenario, *, seed: int, month_count: int
) -> list[DeliveredMonth]:
    """Return the months of the drill's portfolio under a scenario, in order."""
    months = simulate(
        client_count=client_count, month_count=month_count, seed=seed, scenario=scenario
    )
    return [
        DeliveredMonth(month.statements, month.outcomes.select(*KEY, OUTCOME)) for month in months
    ]


def train_drill_model(
    settings: Settings, portfolio: Portfolio, months: Iterable[DeliveredMonth]
) -> DrillPipeline:
    """Return the pipeline of a model that is trained on the months; its reference is of their regime."""
    rows = pl.concat(
        month.statements.join(month.outcomes, on=list(KEY), maintain_order="left")
        for month in months
    )
    sides = split(rows, test_share=settings.refresh.test_share)
    fitted = fit_with_evidence(
        settings.recipe,
        sides.development,
        schema=portfolio.schema,
        features=portfolio.features,
        decision_policy=settings.decision,
        job_count=settings.jobs,
    )
    reference = select_regime(sides.test, fitted.regime)
    return DrillPipeline(settings, portfolio.schema, attach_reference(fitted.bundle, reference))


def judge_months(
    pipeline: DrillPipeline, months: Sequence[DeliveredMonth], *, past: Sequence[PastMonth]
) -> tuple[list[Mapping[str, Level]], list[PastMonth]]:
    """Judge the months one after the other; a refused month does not become part of the past."""
    levels: list[Mapping[str, Level]] = []
    past_months = list(past)
    for month in months:
        judged = pipeline.judge_month(month, past_months)
        levels.append(judged.levels)
        if judged.past_month is not None:
            past_months.append(judged.past_month)
    return levels, past_months[len(past) :]
