"""Is a training asked for? What the lake knows of alarms, labels and earlier requests, and the request on record."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from credit_default.adapters.mlflow.model_versions import ModelVersion
from credit_default.adapters.tables.ledger import find_entry, read_entries
from credit_default.adapters.tables.monitoring import read_monitoring
from credit_default.adapters.tables.queries import collect_rows, scan_table
from credit_default.data.contract.schema import KEY
from credit_default.failpoints import hit_failpoint
from credit_default.gates.ledger.event_format import select_events
from credit_default.gates.ledger.version_events import RetrainingRequested
from credit_default.gates.monitoring import feed
from credit_default.gates.monitoring.alarms import (
    Alarm,
    GateFinding,
    compute_alarms,
    list_open_alarms,
)
from credit_default.gates.monitoring.retraining import (
    FEED_GATES,
    RetrainingDecision,
    RetrainingState,
    count_lingering_errors,
    judge_retraining,
)
from credit_default.services.context.audit_log import append_ledger_entry
from credit_default.services.context.wiring import Wiring
from credit_default.services.monitoring.alarms import read_gate_findings
from credit_default.services.outcomes.coverage import is_early


@dataclass(frozen=True, slots=True)
class Retraining:
    """What is to be done, for which statement month, and whether this look was the first to ask for it."""

    decision: RetrainingDecision
    month: str
    is_new: bool = False

    @property
    def is_asked(self) -> bool:
        """Whether a training is asked for now."""
        return self.decision.action == "train"


def judge_retraining_need(
    wiring: Wiring, alarms: Sequence[Alarm], champion: ModelVersion | None
) -> Retraining:
    """What the open alarms about the champion ask for, by the policy; nothing goes on record.

    An alarm that only batches of a broken feed bear out asks for nothing: the model was wrong about what never was.
    """
    number = champion.number if champion else 0
    months = read_monitoring(wiring.lake)["statement_month"]
    month = str(months.max()) if len(months) else ""
    broken = find_broken_batches(wiring)
    state = RetrainingState(
        month=month,
        alarms=_drop_alarms_of_broken_feed(
            wiring, [a for a in alarms if a.model_version == number], number, broken=broken
        ),
        new_label_count=_count_new_labels(wiring, champion, broken=broken) if champion else 0,
        asked_months=_list_requested_months(wiring),
        broken_count=len(broken),
        lingering_count=count_lingering_errors(
            _list_sound_findings(wiring, broken), model_version=number
        ),
    )
    decision = judge_retraining(state, policy=wiring.settings.retraining)
    is_new = decision.action == "train" and find_entry(wiring.lake, _key(month, number)) is None
    return Retraining(decision, month, is_new)


def request_retraining(
    wiring: Wiring, retraining: Retraining, *, champion_version: int, at: dt.datetime
) -> None:
    """Nothing; a training that is asked for is on record, once for its month and version."""
    if retraining.is_new:
        append_ledger_entry(
            wiring,
            RetrainingRequested(month=retraining.month, window=wiring.settings.retraining.window),
            key=_key(retraining.month, champion_version),
            at=at,
            model_version=champion_version,
        )
        hit_failpoint("retraining.requested")


def find_broken_batches(wiring: Wiring) -> tuple[str, ...]:
    """The batches whose feed rang when they were last looked at: no model learns from them."""
    rows = read_monitoring(wiring.lake).filter(gate=feed.GATE, level="alarm")
    return tuple(rows["batch_id"].unique().sort())


def _drop_alarms_of_broken_feed(
    wiring: Wiring, alarms: list[Alarm], version: int, *, broken: Sequence[str]
) -> list[Alarm]:
    """The alarms without those that would not be open if the broken batches had not been looked at."""
    if not broken:
        return alarms
    followed = compute_alarms(
        _list_sound_findings(wiring, broken),
        champion_version=version,
        policy=wiring.settings.alarms,
    )
    gates = FEED_GATES | {alarm.gate for alarm in list_open_alarms(followed)}
    return [alarm for alarm in alarms if alarm.gate in gates]


def _list_sound_findings(wiring: Wiring, broken: Sequence[str]) -> list[GateFinding]:
    return [finding for finding in read_gate_findings(wiring) if finding.batch_id not in broken]


def _count_new_labels(wiring: Wiring, champion: ModelVersion, *, broken: Sequence[str]) -> int:
    """Clients and months whose outcome matured and came in after the champion was trained, broken batches left out."""
    since = dt.datetime.fromisoformat(
        champion.tags.get("trained_at") or champion.created_at.isoformat()
    )
    came = scan_table(wiring.lake, "outcome_history").filter(
        pl.col("taken_in_at") > since, ~is_early()
    )
    labels = came.select(*KEY).unique()
    if broken:
        scored = (
            scan_table(wiring.lake, "scores")
            .filter(pl.col("batch_id").is_in(list(broken)))
            .select(*KEY)
        )
        labels = labels.join(scored, on=list(KEY), how="anti")
    return int(collect_rows(wiring.lake, labels.select(pl.len())).item())


def _list_requested_months(wiring: Wiring) -> tuple[str, ...]:
    return tuple(
        request.event.month
        for request in select_events(read_entries(wiring.lake), RetrainingRequested)
    )


def _key(month: str, version: int) -> str:
    return f"{RetrainingRequested.name} {month} v{version}"
