"""Judge how a batch was delivered: its feed beside the reference, its volume beside the batches before it.

Row counts and times come from the ledger, months and earlier profiles from the monitoring table and its reports.
`judge_profiled_feed` needs no lake, so the drill judges its months by it too.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile

import polars as pl

from credit_default.adapters.lake.layout import Lake
from credit_default.adapters.lake.published_reports import read_profile
from credit_default.adapters.lake.snapshots import Snapshot
from credit_default.adapters.tables.monitoring import read_monitoring
from credit_default.adapters.tables.queries import collect_rows, scan_table
from credit_default.data.contract.schema import Schema
from credit_default.data.months import count_months
from credit_default.gates.ledger.batch_events import Scored
from credit_default.gates.ledger.event_format import RecordedEvent
from credit_default.gates.monitoring.feed import BatchState, judge_feed
from credit_default.gates.monitoring.feed_measurement import measure_feed
from credit_default.gates.monitoring.feed_policy import FeedPolicy
from credit_default.gates.monitoring.monitoring_gates import VOLUME
from credit_default.gates.monitoring.volume import Delivery, judge_volume
from credit_default.gates.verdict import Verdict
from credit_default.model.profile.binning import Counts
from credit_default.model.profile.json_record import parse_counts, parse_fingerprints
from credit_default.model.profile.plan import ProfilePlan
from credit_default.services.context.wiring import Wiring
from credit_default.services.intake.earlier_batches import list_first_scorings
from credit_default.services.monitoring.batch_profile import ProfiledBatch

_SECONDS_IN_DAY = 86_400


@dataclass(frozen=True, slots=True)
class DeliveryHistory:
    """A batch as it was delivered, and the batches before it, the oldest first."""

    current: Delivery
    earlier: tuple[Delivery, ...]
    earlier_rejected_shares: tuple[float, ...]  # 0-1, of the rows of each earlier batch


@dataclass(frozen=True, slots=True)
class Rejections:
    """The rejected rows of a batch, beside those of the batches before it."""

    row_count: int
    rule_counts: Mapping[str, int] = field(default_factory=dict)  # rows by the rule they broke
    earlier_shares: Sequence[float] = ()  # 0-1, of the rows of each earlier batch, oldest first


@dataclass(frozen=True, slots=True)
class PreviousColumns:
    """What a batch is compared with from the month before: each column's content and class counts."""

    fingerprints: Mapping[str, int] = field(default_factory=dict)  # equal where all values are
    counts: Mapping[str, Counts] = field(default_factory=dict)


def judge_delivery(
    wiring: Wiring, snapshot: Snapshot, profiled: ProfiledBatch, *, months: tuple[str, ...]
) -> tuple[Verdict, Verdict]:
    """Return the verdicts `feed` and `volume` on a batch.

    It is compared with its model's reference and with the batches before it. The volume of a
    correction is not judged: it holds only the rows that its batch lacked.
    """
    lake, batch_id, policy = wiring.lake, snapshot.digest, wiring.settings.feed
    rejected_count = count_rejected(lake, batch_id)
    deliveries = read_delivery_history(
        wiring,
        batch_id=batch_id,
        month=months[-1],
        row_count=profiled.current.row_count + rejected_count,
    )
    rejections = Rejections(
        rejected_count,
        count_broken_rules(lake, batch_id) if rejected_count else {},
        deliveries.earlier_rejected_shares,
    )
    previous = _read_previous_columns(lake, profiled.plan, month=months[-1])
    feed = judge_profiled_feed(
        profiled, previous=previous, rejections=rejections, schema=wiring.schema, policy=policy
    )
    if corrected := snapshot.origin.corrects:
        return feed, Verdict(VOLUME.name, "not judged", (f"these rows correct batch {corrected}",))
    return feed, judge_volume(deliveries.current, deliveries.earlier, policy=policy)


def judge_profiled_feed(
    profiled: ProfiledBatch,
    *,
    previous: PreviousColumns,
    rejections: Rejections,
    schema: Schema,
    policy: FeedPolicy,
) -> Verdict:
    """Return the verdict `feed` on counted rows, beside the reference and the month before."""
    state = BatchState(
        row_count=profiled.current.row_count,
        reference_count=profiled.reference.row_count,
        columns=measure_feed(
            profiled.plan,
            profiled.reference,
            profiled.current,
            schema=schema,
            fingerprints=previous.fingerprints,
            counts=previous.counts,
        ),
        identical_share=profiled.current.identical_share,
        reference_identical_share=profiled.reference.identical_share,
        rejected_count=rejections.row_count,
        rule_counts=rejections.rule_counts,
        earlier_rejected_shares=rejections.earlier_shares,
    )
    return judge_feed(state, policy=policy)


def read_delivery_history(
    wiring: Wiring, *, batch_id: str, month: str, row_count: int
) -> DeliveryHistory:
    """Return how this batch was delivered, and the batches that were scored before it.

    Corrections are left out. A batch that is monitored again later is compared with the same batches as the first time.
    An earlier batch that was never monitored has no month on record: the month of the batch before it is used.

    Args:
        wiring: Where ledger and monitoring table are read from.
        batch_id: The batch.
        month: Its newest statement month (YYYY-MM).
        row_count: Its number of rows, for a lake whose ledger has no entry for its scores.
    """
    scorings = list_first_scorings(wiring)
    before = list(takewhile(lambda scoring: scoring.entry.batch_id != batch_id, scorings))
    latest = scorings[len(before) : len(before) + 1]
    months = dict(read_monitoring(wiring.lake, ("batch_id", "statement_month")).iter_rows())
    found = _list_deliveries(
        (*before, *latest), months=months | {batch_id: month}, first_month=month
    )
    shares = tuple(scoring.event.rejected_share for scoring in before)
    if not latest:
        return DeliveryHistory(Delivery(row_count, 0), tuple(found), shares)
    return DeliveryHistory(found[-1], tuple(found[:-1]), shares)


def count_broken_rules(lake: Lake, batch_id: str) -> dict[str, int]:
    """Return how many of the batch's rows in quarantine broke each rule."""
    rows = scan_table(lake, "quarantine").filter(pl.col("batch_id") == batch_id)
    rules = rows.select(pl.col("rules").explode())
    return dict(collect_rows(lake, rules.group_by("rules").len().sort("rules")).iter_rows())


def count_rejected(lake: Lake, batch_id: str) -> int:
    """Return how many of the batch's rows are in quarantine."""
    rows = scan_table(lake, "quarantine").filter(pl.col("batch_id") == batch_id)
    return int(collect_rows(lake, rows.select(pl.len())).item())


def _list_deliveries(
    scorings: Iterable[RecordedEvent[Scored]], *, months: Mapping[str, str], first_month: str
) -> list[Delivery]:
    """Return the deliveries of these scorings, in order; `months` is the statement month by batch."""
    found: list[Delivery] = []
    newest_month, last_at = "", None
    for scoring in scorings:
        at = dt.datetime.fromisoformat(scoring.entry.at)
        month = months.get(scoring.entry.batch_id, newest_month) or first_month
        found.append(
            Delivery(
                row_count=scoring.event.read_count,
                age_months=count_months(month, at.strftime("%Y-%m")),
                month_step=count_months(newest_month, month) if newest_month else None,
                wait_days=(at - last_at).total_seconds() / _SECONDS_IN_DAY if last_at else None,
            )
        )
        newest_month, last_at = max(newest_month, month), at
    return found


def _read_previous_columns(lake: Lake, plan: ProfilePlan, *, month: str) -> PreviousColumns:
    """Return the columns of the newest batch monitored for an earlier month, under any model version."""
    found = read_monitoring(lake).filter(pl.col("statement_month") < month)
    if found.is_empty():
        return PreviousColumns()
    newest = found.sort("statement_month", "monitored_at").select("batch_id", "model_version")
    batch_id, model_version = newest.row(-1)
    profile = read_profile(lake, batch_id=batch_id, model_version=model_version)
    if not profile:
        return PreviousColumns()
    return PreviousColumns(parse_fingerprints(profile), parse_counts(profile, plan))
