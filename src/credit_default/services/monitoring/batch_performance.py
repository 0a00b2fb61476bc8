"""Judge whether the model is right about a batch: before outcomes are known, and once they are.

Before outcomes: which outcomes the scores imply (an estimate with its range) and which groups they accept. With outcomes:
how well the scores predicted them. Estimates are recorded with every batch, so that each later one can be shown beside the
errors of those before it.
"""

import datetime as dt
import logging
from dataclasses import dataclass

import numpy as np

from credit_default.adapters.lake.snapshots import read_snapshot_rows
from credit_default.data.contract.schema import KEY, OUTCOME
from credit_default.gates.completeness import (
    Completeness,
    OutcomeCounts,
    judge_completeness,
)
from credit_default.gates.monitoring import fairness_drift
from credit_default.gates.monitoring import performance as performance_gate
from credit_default.gates.monitoring.fairness_drift import (
    GroupRatio,
    judge_fairness_drift,
    measure_group_ratios,
)
from credit_default.gates.monitoring.label_free_estimate import judge_estimate
from credit_default.gates.monitoring.performance import judge_performance
from credit_default.gates.verdict import Verdict
from credit_default.model.estimator.bundle import ModelBundle
from credit_default.model.estimator.calibration_line import measure_slope
from credit_default.model.evaluation.level import measure_level_error
from credit_default.model.evaluation.metrics import Evaluation, evaluate
from credit_default.model.evaluation.reference_performance import ReferencePerformance
from credit_default.model.fairness.acceptance_counts import (
    Acceptance,
    count_acceptance,
    plan_acceptance,
)
from credit_default.model.months.estimate_intervals import MonthEffects, widen_estimate
from credit_default.model.months.label_free_estimates import (
    Estimate,
    estimate_performance,
    measure_past_errors,
)
from credit_default.model.months.missing_outcomes import measure_missing_outcomes
from credit_default.model.statistics.auc_placements import measure_roc_auc_error
from credit_default.services.context.wiring import Wiring
from credit_default.services.monitoring.earlier_findings import (
    read_past_deviations,
    read_past_estimates,
)
from credit_default.services.monitoring.monitored_batch import MonitoredBatch
from credit_default.services.outcomes.coverage import is_mature

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class LabelFreeFindings:
    """What is known of a batch before any outcome is: the estimate and the verdicts on it and on fairness."""

    estimate: Estimate
    verdict: Verdict
    fairness: Verdict

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """The verdict on the estimate, then the one on fairness."""
        return (self.verdict, self.fairness)


@dataclass(frozen=True, slots=True, eq=False)
class Performance:
    """How well the batch's scores predicted its outcomes."""

    evaluation: Evaluation | None  # None when no outcome is known
    verdict: Verdict
    coverage_share: float  # of the scored rows, those with a known outcome; 0-1


def judge_without_outcomes(wiring: Wiring, batch: MonitoredBatch) -> LabelFreeFindings:
    """Return the estimate that the batch's scores imply, and how its groups are accepted, each with a verdict.

    The ranges of the estimate are widened by the errors of this version's earlier estimates, and judged beside them.
    """
    compared = list(
        read_past_estimates(
            wiring.lake,
            model_version=batch.model_version,
            excluding=batch.batch_id,
            until=batch.months[-1],
        )
    )
    expected = wiring.settings.performance
    estimate = widen_estimate(
        estimate_performance(batch.scores.probability, policy=batch.bundle.decision_policy),
        compared,
        effects=MonthEffects(expected.month_effect_sd, weight=expected.month_effect_weight),
    )
    past_errors = measure_past_errors(compared)
    verdict = judge_estimate(estimate, past_errors, policy=wiring.settings.estimate)
    fairness = _judge_acceptance(wiring, batch)
    _LOG.info(
        "judged batch without outcomes batch_id=%s model_version=%s estimate=%s fairness=%s",
        batch.batch_id,
        batch.model_version,
        verdict.level,
        fairness.level,
    )
    return LabelFreeFindings(estimate, verdict, fairness)


def evaluate_batch(wiring: Wiring, batch: MonitoredBatch, *, now: dt.datetime) -> Performance:
    """Return how well the batch's scores predicted the outcomes that are known by now.

    The verdict is `not judged` until the outcomes are complete: due, and nearly all of them known.
    """
    performance = _evaluate_known_outcomes(
        wiring, batch, _judge_completeness(wiring, batch, now=now)
    )
    _LOG.info(
        "judged performance batch_id=%s model_version=%s outcome_count=%d performance=%s",
        batch.batch_id,
        batch.model_version,
        batch.outcome_count,
        performance.verdict.level,
    )
    return performance


def measure_reference(bundle: ModelBundle) -> ReferencePerformance:
    """Return how good the model was on its reference, which is its test side, and how exactly that is known.

    Figures are left out without a reference, or where it has no outcomes or fewer than two of a class.
    """
    level_error = measure_level_error(bundle.row_count, bundle.default_share)
    reference = bundle.reference
    if reference is None or OUTCOME not in reference.columns:
        return ReferencePerformance(level_error=level_error)
    outcome = reference[OUTCOME].to_numpy().astype(np.int64)
    if min(outcome.sum(), len(outcome) - outcome.sum()) < 2:  # noqa: PLR2004 - a variance needs two
        return ReferencePerformance(level_error=level_error)
    probability = reference["default_probability"].to_numpy()
    return ReferencePerformance(
        measure_roc_auc_error(outcome, probability),
        measure_slope(outcome, probability),
        row_count=len(outcome),
        level_error=level_error,
    )


def _judge_completeness(wiring: Wiring, batch: MonitoredBatch, *, now: dt.datetime) -> Completeness:
    counts = OutcomeCounts(
        batch.row_count,
        batch.outcome_count,
        batch.scores.early_count,
        is_due=is_mature(batch.months[-1], now=now),
    )
    missing = measure_missing_outcomes(batch.scores.probability, batch.scores.outcome)
    return judge_completeness(counts, missing=missing, policy=wiring.settings.coverage)


def _evaluate_known_outcomes(
    wiring: Wiring, batch: MonitoredBatch, completeness: Completeness
) -> Performance:
    if not batch.outcome_count:
        early_count = completeness.counts.early_count
        early = f": {early_count:,} came too early to count" if early_count else ""
        reasons = (f"no outcome is known yet{early}",)
        return Performance(None, Verdict(performance_gate.GATE, "not judged", reasons), 0.0)
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
        reference=measure_reference(batch.bundle),
        completeness=completeness,
        past=read_past_deviations(
            wiring.lake, model_version=batch.model_version, before=batch.months[-1]
        ),
    )
    return Performance(evaluation, verdict, completeness.counts.known_share)


def _judge_acceptance(wiring: Wiring, batch: MonitoredBatch) -> Verdict:
    """Judge the acceptance ratios; only the key and the protected attributes are read again."""
    counted = _count_acceptance(wiring, batch)
    if counted is None:
        return Verdict(fairness_drift.GATE, "not judged", ("the model has no reference",))
    return judge_fairness_drift(*counted, policy=wiring.settings.fairness_drift)


def measure_acceptance(wiring: Wiring, batch: MonitoredBatch) -> tuple[GroupRatio, ...]:
    """Return the acceptance ratio of each group of the batch, as the gate on fairness measures it; none without a reference."""
    counted = _count_acceptance(wiring, batch)
    if counted is None:
        return ()
    return measure_group_ratios(*counted, policy=wiring.settings.fairness_drift)


def _count_acceptance(
    wiring: Wiring, batch: MonitoredBatch
) -> tuple[Acceptance, Acceptance] | None:
    """Return who is accepted of the model's test side, and of the batch; None where the model has no reference."""
    reference, schema = batch.bundle.reference, wiring.schema
    if reference is None:
        return None
    plan = plan_acceptance(reference, schema=schema, policy=wiring.settings.fairness)
    columns = (*KEY, *plan.attributes)
    rows = read_snapshot_rows(batch.snapshot, columns=columns)
    return (
        count_acceptance([reference], schema=schema, plan=plan),
        count_acceptance(map(batch.scores.attach, rows), schema=schema, plan=plan),
    )
