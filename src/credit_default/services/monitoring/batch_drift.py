"""Compare a scored batch with its model's reference: drift, state of the feed, volume.

`find_drift` is the act behind the monitors `drift`, `feed` and `volume`: it counts all rows in one pass, judges them and
publishes the report. Whether the model is right about the batch is judged in `batch_performance`, before and after
outcomes are known. `judge_profiled_drift` needs no lake, so the drill judges its months by it too.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from credit_default.adapters.evidently.drift_report import SAMPLE_ROWS
from credit_default.adapters.lake.snapshots import read_snapshot
from credit_default.data.contract.schema import Schema
from credit_default.gates.monitoring.column_drift import DriftReport
from credit_default.gates.monitoring.drift import DriftPolicy, judge_drift
from credit_default.gates.monitoring.drift_measurement import measure_drift
from credit_default.gates.monitoring.proven_month import choose_drift_verdict, find_proven_batch
from credit_default.gates.verdict import Verdict
from credit_default.model.estimator.bundle import measure_input_importance
from credit_default.model.profile.column_counts import Profile, profile_frames
from credit_default.model.profile.shift_attribution import measure_score_shift
from credit_default.services.context.wiring import Wiring
from credit_default.services.monitoring.alarms import read_gate_findings
from credit_default.services.monitoring.batch_profile import ProfiledBatch, profile_batch
from credit_default.services.monitoring.drift_publication import locate_pages, publish_profile
from credit_default.services.monitoring.feed_and_volume import judge_delivery
from credit_default.services.monitoring.monitored_batch import MonitoredBatch
from credit_default.services.monitoring.report_order import ReportKind, ReportOrder
from credit_default.services.monitoring.scored_rows import read_batch_scores, read_scored_rows

_LOG = logging.getLogger(__name__)

# The causes of a move of the mean score are looked for among the inputs that weigh most.
EXPLAINED_COLUMN_COUNT: Final = 5


@dataclass(frozen=True, slots=True, eq=False)
class Drift:
    """How far a batch has moved from the reference and how it was delivered, with the verdicts."""

    report: DriftReport
    verdict: Verdict
    feed: Verdict
    volume: Verdict
    profiled: ProfiledBatch
    order: ReportOrder | None = None  # of the report's page; None where none is wanted

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """The verdict on drift first, then those on the delivery: feed and volume."""
        return (self.verdict, self.feed, self.volume)


@dataclass(frozen=True, slots=True, eq=False)
class ProvenMonth:
    """The rows of the newest month about which the model was right, counted by the model's own plan."""

    statement_month: str  # YYYY-MM
    profile: Profile


@dataclass(frozen=True, slots=True, eq=False)
class JudgedDrift:
    """The measured drift of a batch's columns, and the gate's verdict on it."""

    report: DriftReport
    verdict: Verdict


def find_drift(wiring: Wiring, batch: MonitoredBatch, *, report: ReportKind | None) -> Drift:
    """Return the drift, feed and volume of a batch, after its profile is in the lake.

    All rows are counted, in one pass. The report's pages are ordered, and drawn after the verdicts.

    Args:
        wiring: Where the profile is published, and the policies to judge by.
        batch: The scored batch.
        report: `full` adds data summaries (and classification quality once outcomes are known) to
            the page; `drift` is drift alone; None orders no page.
    """
    profiled = profile_batch(
        batch.bundle, batch.frames(), schema=wiring.schema, chosen=batch.scores.choose(SAMPLE_ROWS)
    )
    importance = measure_input_importance(batch.bundle)
    judged = judge_profiled_drift(
        profiled,
        importance=importance,
        schema=wiring.schema,
        policy=wiring.settings.drift,
        find_proven=lambda: _profile_proven_month(wiring, batch, profiled),
    )
    feed, volume = judge_delivery(wiring, batch.snapshot, profiled, months=batch.months)
    publish_profile(wiring, batch, profiled, judged.report)
    _log_comparison(batch, judged.verdict, feed, volume)
    verdicts = (judged.verdict, feed, volume)
    if report is None:
        return Drift(judged.report, *verdicts, profiled)
    pages = locate_pages(wiring, batch, profiled, kind=report)
    found = replace(judged.report, report_paths=pages)
    order = ReportOrder(
        batch.batch_id,
        batch.model_version,
        report,
        verdicts,
        found,
        profiled.current.expected_default_share,
        tuple(list_explained_columns(importance)),
    )
    return Drift(found, *verdicts, profiled, order)


def _log_comparison(batch: MonitoredBatch, drift: Verdict, feed: Verdict, volume: Verdict) -> None:
    _LOG.info(
        "compared batch with its reference batch_id=%s model_version=%s row_count=%d"
        " drift=%s feed=%s volume=%s",
        batch.batch_id,
        batch.model_version,
        batch.row_count,
        drift.level,
        feed.level,
        volume.level,
    )


def judge_profiled_drift(
    profiled: ProfiledBatch,
    *,
    importance: Mapping[str, float],
    schema: Schema,
    policy: DriftPolicy,
    find_proven: Callable[[], ProvenMonth | None] = lambda: None,
) -> JudgedDrift:
    """Return how far the counted rows have moved from the reference, judged.

    Where that is a `watch` or an alarm, they are compared with the newest month about which the
    model was right as well, and the milder verdict counts.

    Args:
        profiled: The profiles of batch and reference, counted by the same plan.
        importance: Each input's share of the model (0–1), the heaviest first; each column's drift
            is weighted by it.
        schema: The portfolio's schema.
        policy: The thresholds of the gate.
        find_proven: Returns that month, or None; it is called only where it is needed.
    """
    judged = _judge_once(profiled, importance, schema=schema, policy=policy)
    proven = find_proven() if judged.verdict.level in {"watch", "alarm"} else None
    if proven is None:
        return judged
    again = _judge_once(
        replace(profiled, reference=proven.profile), importance, schema=schema, policy=policy
    )
    verdict = choose_drift_verdict(
        judged.verdict, again.verdict, proven_month=proven.statement_month
    )
    return judged if verdict is judged.verdict else JudgedDrift(again.report, verdict)


def _judge_once(
    profiled: ProfiledBatch, importance: Mapping[str, float], *, schema: Schema, policy: DriftPolicy
) -> JudgedDrift:
    columns = {column.name: column for column in schema.inputs}
    measured = measure_drift(
        profiled.plan, profiled.reference, profiled.current, schema=schema, policy=policy
    )
    shift = measure_score_shift(
        profiled.plan,
        profiled.reference,
        profiled.current,
        columns=[columns[name] for name in list_explained_columns(importance)],
    )
    row_count = profiled.current.row_count
    verdict = judge_drift(
        measured, row_count=row_count, policy=policy, importance=importance, shift=shift
    )
    return JudgedDrift(measured, verdict)


def _profile_proven_month(
    wiring: Wiring, batch: MonitoredBatch, profiled: ProfiledBatch
) -> ProvenMonth | None:
    """Return the newest batch about which this version was right, counted; None where there is none."""
    month = batch.months[-1]
    found = find_proven_batch(
        read_gate_findings(wiring.lake), model_version=batch.model_version, month=month
    )
    if found is None:
        return None
    snapshot = read_snapshot(wiring.lake, found.batch_id)
    scores = read_batch_scores(
        wiring.lake, batch_id=found.batch_id, model_version=batch.model_version
    )
    rows = read_scored_rows(snapshot, scores)
    return ProvenMonth(found.statement_month, profile_frames(profiled.plan, rows))


def list_explained_columns(importance: Mapping[str, float]) -> list[str]:
    """Return the inputs among which the causes of a move are looked for, the heaviest first."""
    return list(importance)[:EXPLAINED_COLUMN_COUNT]
