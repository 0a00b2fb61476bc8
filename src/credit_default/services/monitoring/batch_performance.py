"""Is the model right about a batch? What its scores promise, whom they accept, and, once outcomes are in, what came of it.

Estimates are recorded with every batch, so that each later one can be told beside the error of those before.
"""

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from credit_default.adapters.lake.layout import Lake
from credit_default.adapters.lake.snapshots import read_snapshot_rows
from credit_default.adapters.tables.monitoring import read_monitoring
from credit_default.data.contract.schema import KEY, OUTCOME
from credit_default.gates.monitoring import fairness_drift
from credit_default.gates.monitoring import label_free_estimate as estimate_gate
from credit_default.gates.monitoring import performance as performance_gate
from credit_default.gates.monitoring.fairness_drift import judge_fairness_drift
from credit_default.gates.monitoring.label_free_estimate import judge_estimate, read_estimate
from credit_default.gates.monitoring.performance import Coverage, judge_performance
from credit_default.gates.verdict import Verdict
from credit_default.model.estimator.bundle import ModelBundle
from credit_default.model.evaluation.label_free_estimates import (
    ComparedEstimate,
    Estimate,
    compare_estimate,
    estimate_performance,
    measure_past_errors,
)
from credit_default.model.evaluation.metrics import Evaluation, evaluate
from credit_default.model.fairness.acceptance_counts import count_acceptance, plan_acceptance
from credit_default.services.context.wiring import Wiring
from credit_default.services.monitoring.batch_drift import MonitoredBatch
from credit_default.services.outcomes.coverage import is_mature


@dataclass(frozen=True, slots=True, eq=False)
class LabelFreeFindings:
    """What is known of a batch before any outcome is: the estimate, and whom the decisions accept, each judged."""

    estimate: Estimate
    verdict: Verdict
    fairness: Verdict

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """The estimate's, then that on fairness."""
        return (self.verdict, self.fairness)


@dataclass(frozen=True, slots=True, eq=False)
class Performance:
    """How the batch's scores fared against its outcomes. `evaluation` is None when none is known."""

    evaluation: Evaluation | None
    verdict: Verdict
    coverage_share: float  # of the scored rows, those with a known outcome


def judge_without_outcomes(wiring: Wiring, batch: MonitoredBatch) -> LabelFreeFindings:
    """What the batch's scores promise, beside the error of earlier promises of this version, and whom they accept."""
    estimate = estimate_performance(batch.scores.probability, policy=batch.bundle.decision_policy)
    past = measure_past_errors(
        read_past_estimates(
            wiring.lake,
            model_version=batch.model_version,
            but=batch.batch_id,
            until=batch.months[-1],
        )
    )
    return LabelFreeFindings(
        estimate,
        judge_estimate(estimate, past, policy=wiring.settings.estimate),
        _judge_acceptance(wiring, batch),
    )


def read_past_estimates(
    lake: Lake, *, model_version: int, but: str = "", until: str | None = None
) -> Iterator[ComparedEstimate]:
    """What was estimated for this version's batches and what came, oldest month first, where outcomes were judged.

    `but` is a batch to leave out, `until` the newest month to look at.
    """
    rows = read_monitoring(lake).filter(
        pl.col("level") != "not judged", model_version=model_version
    )
    if until is not None:
        rows = rows.filter(pl.col("statement_month") <= until)
    found = {
        gate: _read_figures(rows.filter(gate=gate))
        for gate in (estimate_gate.GATE, performance_gate.GATE)
    }
    for batch_id, figures in found[estimate_gate.GATE].items():
        came = found[performance_gate.GATE].get(batch_id)
        if came is not None and batch_id != but:
            yield from compare_estimate(read_estimate(figures), came)


def evaluate_batch(wiring: Wiring, batch: MonitoredBatch, *, now: dt.datetime) -> Performance:
    """How the scores fared against the outcomes known by now; `not judged` until they are due and nearly all are in."""
    coverage = Coverage(
        known_share=batch.outcome_count / batch.row_count if batch.row_count else 0.0,
        is_mature=is_mature(batch.months[-1], now=now),
        early_count=batch.scores.early_count,
    )
    if not batch.outcome_count:
        early = (
            f": {coverage.early_count:,} came too early to count" if coverage.early_count else ""
        )
        verdict = Verdict(performance_gate.GATE, "not judged", (f"no outcome is known yet{early}",))
        return Performance(None, verdict, 0.0)
    outcome, probability = batch.scores.list_known()
    evaluation = evaluate(
        outcome.astype(np.int64),
        probability,
        policy=batch.bundle.decision_policy,
        seed=wiring.settings.seed,
    )
    verdict = judge_performance(
        evaluation,
        policy=wiring.settings.performance,
        test_roc_auc=_measure_reference_auc(batch.bundle),
        coverage=coverage,
    )
    return Performance(evaluation, verdict, coverage.known_share)


def _judge_acceptance(wiring: Wiring, batch: MonitoredBatch) -> Verdict:
    """The verdict on the acceptance ratios, from a pass over the attributes alone."""
    reference, schema = batch.bundle.reference, wiring.schema
    if reference is None:
        return Verdict(fairness_drift.GATE, "not judged", ("the model has no reference",))
    plan = plan_acceptance(reference, schema=schema, policy=wiring.settings.fairness)
    columns = (*KEY, *plan.attributes)
    frames = (
        batch.scores.attach(rows) for rows in read_snapshot_rows(batch.snapshot, columns=columns)
    )
    return judge_fairness_drift(
        count_acceptance([reference], schema=schema, plan=plan),
        count_acceptance(frames, schema=schema, plan=plan),
        policy=wiring.settings.fairness_drift,
    )


def _read_figures(rows: pl.DataFrame) -> dict[str, Mapping[str, float]]:
    """The figures of each batch's row, by the batch, in the order of the rows."""
    return {
        batch_id: json.loads(figures)
        for batch_id, figures in rows.select("batch_id", "figures").iter_rows()
    }


def _measure_reference_auc(bundle: ModelBundle) -> float | None:
    from sklearn.metrics import roc_auc_score

    reference = bundle.reference
    if reference is None or OUTCOME not in reference.columns or reference[OUTCOME].n_unique() < 2:  # noqa: PLR2004
        return None
    return float(
        roc_auc_score(reference[OUTCOME].to_numpy(), np.asarray(reference["default_probability"]))
    )
