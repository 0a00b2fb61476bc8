"""Gather what no sample holds of a version: refits, fairness, estimates beside what came, overrides and past promotions."""

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import polars as pl

from credit_default.adapters.mlflow.model_versions import ModelVersion
from credit_default.adapters.mlflow.run_search import read_run_text
from credit_default.data.contract.schema import CLIENT_ID, OUTCOME
from credit_default.gates.validation.given_figures import (
    EstimateOutcome,
    GivenFigures,
    GroupComparison,
    RefitFigures,
)
from credit_default.model.estimator.bundle import ModelBundle
from credit_default.model.estimator.fitting import fit
from credit_default.model.estimator.scoring import attach_reference, score_probability
from credit_default.model.explanation.reason_codes import build_reason_finder
from credit_default.model.fairness.report import GroupFairness, measure_fairness
from credit_default.services.assessment.stored_card import EVIDENCE_FILE
from credit_default.services.context.wiring import Wiring
from credit_default.services.monitoring.earlier_findings import read_past_estimates
from credit_default.services.validation.recorded_figures import (
    count_overrides,
    list_promotion_outcomes,
)
from credit_default.services.validation.version_rows import VersionRows

_REFIT_SEEDS = (1_000, 2_000)  # added to the recipe's
_EXPLAINED_COUNT = 200  # clients whose first reasons are compared
_PROBABILITY = "default_probability"


def measure_version_figures(
    wiring: Wiring,
    bundle: ModelBundle,
    rows: VersionRows,
    *,
    version: ModelVersion,
    now: dt.datetime,
) -> GivenFigures:
    """Return the figures of a version that its samples do not hold.

    Args:
        wiring: The lake, the portfolio and the policies.
        bundle: The version's model.
        rows: Its rows; without a development side there are no refits.
        version: Which it is, with the run that trained it.
        now: Outcomes that are not due by then are left out.
    """
    resampled = _read_resampled_areas(wiring, version.run_id)
    return GivenFigures(
        refits=None
        if rows.development is None
        else _measure_refits(wiring, bundle, rows, resampled=resampled),
        overrides=count_overrides(wiring, version=version.number, now=now),
        promotions=tuple(list_promotion_outcomes(wiring, now=now)),
        groups=tuple(_compare_groups(wiring, bundle, rows.test)),
        estimates=tuple(_read_estimates(wiring, version.number)),
    )


def _measure_refits(
    wiring: Wiring, bundle: ModelBundle, rows: VersionRows, *, resampled: tuple[float, ...]
) -> RefitFigures:
    """Return how refits with other seeds differ from the model on its test side, beside those on other clients."""
    assert rows.development is not None
    development = rows.development.drop(_PROBABILITY)
    refits = [_refit(wiring, bundle, development, step=step) for step in _REFIT_SEEDS]
    own = rows.test[_PROBABILITY].to_numpy()
    scores = [own, *(score_probability(refit, rows.test) for refit in refits)]
    areas = _measure_areas(rows.test, scores)
    return RefitFigures(
        seed_roc_aucs=areas,
        resample_roc_aucs=(*areas[:1], *resampled) if resampled else (),
        score_spread=float(np.stack(scores).std(axis=0, ddof=1).mean()),
        reason_agreement=_compare_reasons(wiring, bundle, refits[0], rows.test),
    )


def _read_resampled_areas(wiring: Wiring, run_id: str) -> tuple[float, ...]:
    """Return the ROC AUC of the refits on other clients that the training measured; empty where it measured none."""
    text = read_run_text(wiring.tracking, run_id, EVIDENCE_FILE)
    stability = json.loads(text).get("stability") if text else None
    if not stability or stability["refit_count"] < len(_REFIT_SEEDS):
        return ()
    ends = (stability["lowest_roc_auc"], stability["highest_roc_auc"])
    return tuple(float(end) for end in ends if end is not None)


def _refit(wiring: Wiring, bundle: ModelBundle, rows: pl.DataFrame, *, step: int) -> ModelBundle:
    return fit(
        replace(bundle.recipe, seed=bundle.recipe.seed + step),
        rows,
        schema=wiring.schema,
        features=bundle.features,
        decision_policy=bundle.decision_policy,
        job_count=wiring.settings.jobs,
    )


def _measure_areas(test: pl.DataFrame, scores: list[np.ndarray]) -> tuple[float, ...]:
    from sklearn.metrics import roc_auc_score

    outcomes = test[OUTCOME].to_numpy()
    if len(np.unique(outcomes)) < 2:  # noqa: PLR2004 - both outcomes
        return ()
    return tuple(float(roc_auc_score(outcomes, score)) for score in scores)


def _compare_reasons(
    wiring: Wiring, bundle: ModelBundle, refit: ModelBundle, test: pl.DataFrame
) -> float | None:
    """Return in which share of declined clients both models give the same first reason, 0-1.

    None without the test side's clients, whom a refit needs for the reference of its reasons, or without declined ones.
    """
    if CLIENT_ID not in test.columns:
        return None
    declined = test.filter(pl.col("decision") == "decline").sort(_PROBABILITY)
    if declined.is_empty():
        return None
    chosen = np.unique(np.linspace(0, declined.height - 1, _EXPLAINED_COUNT).round().astype(int))
    shown = declined[chosen.tolist()]
    plain = test.drop(_PROBABILITY, "decision")
    firsts = [
        _list_first_reasons(wiring, model, shown)
        for model in (bundle, attach_reference(refit, plain))
    ]
    same = [mine == other for mine, other in zip(*firsts, strict=True)]
    return float(np.mean(same))


def _list_first_reasons(wiring: Wiring, bundle: ModelBundle, rows: pl.DataFrame) -> list[str]:
    finder = build_reason_finder(bundle, wiring.portfolio.reasons, schema=wiring.schema)
    return [reasons[0] if reasons else "" for reasons in finder.find_reasons(rows)]


def _compare_groups(
    wiring: Wiring, bundle: ModelBundle, test: pl.DataFrame
) -> Iterator[GroupComparison]:
    """Yield each group of one attribute that is large enough, against the group that is accepted most often."""
    if not wiring.schema.protected:
        return
    report = measure_fairness(
        test,
        test[_PROBABILITY].to_numpy(),
        schema=wiring.schema,
        decision_policy=bundle.decision_policy,
        seed=wiring.settings.seed,
        policy=wiring.settings.fairness,
    )
    for group in report.groups:
        if group.is_single and not group.is_reference and group.acceptance_ratio is not None:
            yield _build_comparison(group)


def _build_comparison(group: GroupFairness) -> GroupComparison:
    ratio, gap = group.acceptance_ratio, group.false_alarm_gap
    assert ratio is not None
    return GroupComparison(
        f"{group.attribute}: {group.group}",
        ratio.value,
        ratio.low,
        ratio.high,
        None if gap is None else gap.value,
        None if gap is None else gap.low,
        None if gap is None else gap.high,
    )


def _read_estimates(wiring: Wiring, version: int) -> Iterator[EstimateOutcome]:
    for compared in read_past_estimates(wiring.lake, model_version=version):
        metric = compared.estimated
        yield EstimateOutcome(
            compared.name.replace("_", " "), metric.low, metric.high, compared.realised
        )
