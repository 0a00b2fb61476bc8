"""Decide whether a training should be requested, from alarms, new labels and earlier requests, and put the request on record.

A batch whose feed is broken is left out of every training, and an alarm that only such batches support requests none.
"""

import datetime as dt
import logging
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from credit_default.adapters.lake.layout import Lake
from credit_default.adapters.mlflow.model_versions import ModelVersion
from credit_default.adapters.tables.ledger import find_entry, read_entries
from credit_default.adapters.tables.monitoring import read_monitoring
from credit_default.adapters.tables.queries import collect_rows, scan_table
from credit_default.data.contract.schema import KEY, OUTCOME, STATEMENT_MONTH
from credit_default.failpoints import hit_failpoint
from credit_default.gates.future_dates import find_last_month
from credit_default.gates.ledger.event_format import select_events
from credit_default.gates.ledger.version_events import RetrainingRequested
from credit_default.gates.monitoring import feed
from credit_default.gates.monitoring import retraining as retraining_gate
from credit_default.gates.monitoring.alarms import (
    Alarm,
    AlarmPolicy,
    GateFinding,
    compute_alarms,
    list_open_alarms,
)
from credit_default.gates.monitoring.monitoring_gates import list_blocking_gates
from credit_default.gates.monitoring.retraining import (
    RetrainingDecision,
    RetrainingState,
    count_lingering_errors,
    judge_retraining,
)
from credit_default.services.champion.first_look import NamedChampion
from credit_default.services.context.audit_log import append_ledger_entry
from credit_default.services.context.wiring import Wiring
from credit_default.services.monitoring.alarms import read_gate_findings
from credit_default.services.outcomes.completeness import judge_months
from credit_default.services.outcomes.coverage import is_early
from credit_default.views.summaries.summary import Summary

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Retraining:
    """What is to be done about the model, and for which statement month."""

    decision: RetrainingDecision
    month: str  # YYYY-MM; "" where nothing was monitored yet
    is_new: bool = False  # a training is requested, and no earlier request is on record for it


def judge_retraining_need(
    wiring: Wiring,
    alarms: Sequence[Alarm],
    champion: ModelVersion | NamedChampion | None,
    *,
    now: dt.datetime,
) -> Retraining:
    """Return what the open alarms about the champion call for, by the policy; nothing is recorded.

    An alarm that only batches of a broken feed support calls for nothing: the model was wrong about
    inputs that were themselves wrong.

    Args:
        wiring: The lake and the policies.
        alarms: All alarms on record.
        champion: The champion's version; None where there is none.
        now: The time. Batches of months that are still to come, which earlier versions took in, do
            not count as the newest month.
    """
    lake, number = wiring.lake, champion.number if champion else 0
    month = _find_newest_month(wiring, now=now)
    broken = find_broken_batches(lake)
    sound_findings = _list_sound_findings(lake, broken)
    about_champion = [alarm for alarm in alarms if alarm.model_version == number]
    if broken:
        about_champion = _drop_unsupported_alarms(
            about_champion, sound_findings, version=number, policy=wiring.settings.alarms
        )
    state = RetrainingState(
        month=month,
        alarms=about_champion,
        new_label_count=_count_new_labels(wiring, champion, broken=broken, now=now)
        if champion
        else 0,
        request_months=_list_requested_months(lake, excluding=_build_key(month, number)),
        broken_count=len(broken),
        lingering_count=count_lingering_errors(sound_findings, model_version=number),
    )
    decision = judge_retraining(state, policy=wiring.settings.retraining)
    is_new = decision.action == "train" and find_entry(lake, _build_key(month, number)) is None
    _LOG.info(
        "judged need of retraining month=%s model_version=%s action=%s",
        month,
        number,
        decision.action,
    )
    return Retraining(decision, month, is_new)


def request_retraining(
    wiring: Wiring, retraining: Retraining, *, champion_version: int, at: dt.datetime
) -> None:
    """Put a new request for a training on record, once for its month and version."""
    if not retraining.is_new:
        return
    append_ledger_entry(
        wiring,
        RetrainingRequested(month=retraining.month, window=wiring.settings.retraining.window),
        key=_build_key(retraining.month, champion_version),
        at=at,
        model_version=champion_version,
    )
    hit_failpoint("retraining.requested")
    _LOG.info("requested retraining month=%s model_version=%s", retraining.month, champion_version)


def is_retraining_requested(summary: Summary) -> bool:
    """Return whether the summary of a monitored batch says that a training is requested now."""
    verdict = summary.find_verdict(retraining_gate.GATE)
    return verdict is not None and bool(verdict.figures["asked"])


def find_broken_batches(lake: Lake) -> tuple[str, ...]:
    """Return the ids of the batches whose feed was in alarm when they were last monitored.

    No model learns from them.
    """
    rows = read_monitoring(lake, ("batch_id", "gate", "level")).filter(
        gate=feed.GATE, level="alarm"
    )
    return tuple(rows["batch_id"].unique().sort())


def _drop_unsupported_alarms(
    alarms: Sequence[Alarm],
    sound_findings: Sequence[GateFinding],
    *,
    version: int,
    policy: AlarmPolicy,
) -> list[Alarm]:
    """Drop the alarms that would not be open if the broken batches had not been monitored."""
    supported = list_open_alarms(
        compute_alarms(sound_findings, champion_version=version, policy=policy)
    )
    gates = list_blocking_gates() | {alarm.gate for alarm in supported}
    return [alarm for alarm in alarms if alarm.gate in gates]


def _list_sound_findings(lake: Lake, broken: Sequence[str]) -> list[GateFinding]:
    left_out = frozenset(broken)
    return [finding for finding in read_gate_findings(lake) if finding.batch_id not in left_out]


def _count_new_labels(
    wiring: Wiring,
    champion: ModelVersion | NamedChampion,
    *,
    broken: Sequence[str],
    now: dt.datetime,
) -> int:
    """Count the clients and months whose mature outcome arrived after the champion was trained.

    Rows of broken batches, and scored months whose outcomes are not complete, are left out: no
    training would learn from them.
    """
    lake = wiring.lake
    since = dt.datetime.fromisoformat(champion.trained_at)
    arrived = scan_table(lake, "outcome_history").filter(pl.col("taken_in_at") > since, ~is_early())
    labels = arrived.select(*KEY).unique()
    scores = scan_table(lake, "scores")
    is_broken = pl.col("batch_id").is_in(list(broken))
    if broken:
        labels = labels.join(scores.filter(is_broken).select(*KEY), on=list(KEY), how="anti")
    incomplete = _list_incomplete_months(wiring, labels, scores.filter(~is_broken), now=now)
    labels = labels.filter(~pl.col(STATEMENT_MONTH).is_in(incomplete))
    return int(collect_rows(lake, labels.select(pl.len())).item())


def _list_incomplete_months(
    wiring: Wiring, labels: pl.LazyFrame, scores: pl.LazyFrame, *, now: dt.datetime
) -> list[str]:
    """Return those months of the labels that were scored and whose outcomes are not complete."""
    found = collect_rows(wiring.lake, labels.select(STATEMENT_MONTH).unique())
    months = found[STATEMENT_MONTH].to_list()
    scored = scores.filter(pl.col(STATEMENT_MONTH).is_in(months))
    statements = scored.select(*KEY, pl.lit(None, dtype=pl.Int64).alias(OUTCOME))
    judged = judge_months(wiring.lake, statements, now=now, policy=wiring.settings.coverage)
    return [month for month, outcomes in judged.items() if not outcomes.is_complete]


def _find_newest_month(wiring: Wiring, *, now: dt.datetime) -> str:
    """Return the newest month that was monitored and may be a statement month by now; "" for none."""
    months = read_monitoring(wiring.lake, ("statement_month",))["statement_month"]
    last = find_last_month(f"{now:%Y-%m}", policy=wiring.settings.intake)
    return str(months.filter(months <= last).max() or "")


def _list_requested_months(lake: Lake, *, excluding: str) -> tuple[str, ...]:
    """Return the month of each request on record but the one with the ledger key `excluding`."""
    return tuple(
        request.event.month
        for request in select_events(
            read_entries(lake, events=(RetrainingRequested.name,)), RetrainingRequested
        )
        if _build_key(request.event.month, request.entry.model_version) != excluding
    )


def _build_key(month: str, version: int) -> str:
    """Return the ledger key under which a request for that month and version is recorded once."""
    return f"{RetrainingRequested.name} {month} v{version}"
