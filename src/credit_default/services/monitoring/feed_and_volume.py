"""How a batch was delivered, beside those before it: counts, months and times, from the ledger and the monitoring table."""

import datetime as dt
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

import polars as pl

from credit_default.adapters.lake.layout import Lake
from credit_default.adapters.lake.published_reports import read_profile
from credit_default.adapters.lake.snapshots import Snapshot
from credit_default.adapters.tables.monitoring import read_monitoring
from credit_default.adapters.tables.queries import collect_rows, scan_table
from credit_default.data.months import count_months
from credit_default.gates.monitoring.feed import BatchState, judge_feed
from credit_default.gates.monitoring.feed_measurement import measure_feed
from credit_default.gates.monitoring.volume import Delivery, judge_volume
from credit_default.gates.verdict import Verdict
from credit_default.model.profile.json_record import parse_counts, parse_fingerprints
from credit_default.services.context.wiring import Wiring
from credit_default.services.intake.earlier_batches import list_first_scorings
from credit_default.services.monitoring.batch_profile import ProfiledBatch

_SECONDS_IN_DAY = 86_400


@dataclass(frozen=True, slots=True)
class DeliveryHistory:
    """A batch as it came, those before it, the oldest first, and what of each of those went to quarantine (0-1)."""

    own: Delivery
    earlier: tuple[Delivery, ...]
    earlier_rejected_shares: tuple[float, ...]


def read_delivery_history(
    wiring: Wiring, *, batch_id: str, month: str, row_count: int
) -> DeliveryHistory:
    """How this batch of `month` was delivered, and the batches that were scored before it; corrections are left out.

    Looked at again later, a batch is held against the same ones. What never was monitored has no month here and counts
    as being of its predecessor's.
    """
    scorings = list_first_scorings(wiring)
    before = list(takewhile(lambda scoring: scoring.entry.batch_id != batch_id, scorings))
    own = scorings[len(before) : len(before) + 1]
    months = dict(
        read_monitoring(wiring.lake).select("batch_id", "statement_month").iter_rows()
    ) | {batch_id: month}
    found: list[Delivery] = []
    newest, last = "", None
    for scoring in (*before, *own):
        at = dt.datetime.fromisoformat(scoring.entry.at)
        own_month = months.get(scoring.entry.batch_id, newest) or month
        found.append(
            Delivery(
                row_count=scoring.event.read_count,
                age=count_months(own_month, at.strftime("%Y-%m")),
                step=count_months(newest, own_month) if newest else None,
                wait=(at - last).total_seconds() / _SECONDS_IN_DAY if last else None,
            )
        )
        newest, last = max(newest, own_month), at
    shares = tuple(scoring.event.rejected_share for scoring in before)
    if not own:  # scored in a lake that keeps no ledger of it
        return DeliveryHistory(Delivery(row_count, 0), tuple(found), shares)
    return DeliveryHistory(found[-1], tuple(found[:-1]), shares)


def judge_delivery(
    wiring: Wiring, snapshot: Snapshot, profiled: ProfiledBatch, *, months: tuple[str, ...]
) -> tuple[Verdict, Verdict]:
    """The verdicts `feed` and `volume` on a batch, held against its model's reference and the batches before it.

    A correction has the rows that its batch lacked: their number says nothing.
    """
    batch_id, month, policy = snapshot.digest, months[-1], wiring.settings.feed
    before = _read_previous_profile(wiring, month=month)
    rejected_count = count_rejected(wiring.lake, batch_id)
    row_count = profiled.current.row_count
    deliveries = read_delivery_history(
        wiring, batch_id=batch_id, month=month, row_count=row_count + rejected_count
    )
    state = BatchState(
        row_count=row_count,
        reference_count=profiled.reference.row_count,
        columns=measure_feed(
            profiled.plan,
            profiled.reference,
            profiled.current,
            schema=wiring.schema,
            fingerprints=parse_fingerprints(before) if before else None,
            counts=parse_counts(before, profiled.plan) if before else None,
        ),
        twin_share=profiled.current.twin_share,
        reference_twin_share=profiled.reference.twin_share,
        rejected_count=rejected_count,
        rule_counts=count_broken_rules(wiring.lake, batch_id) if rejected_count else {},
        earlier_rejected_shares=deliveries.earlier_rejected_shares,
    )
    feed = judge_feed(state, policy=policy)
    if corrected := snapshot.origin.corrects:
        return feed, Verdict("volume", "not judged", (f"these rows correct batch {corrected}",))
    return feed, judge_volume(deliveries.own, deliveries.earlier, policy=policy)


def count_broken_rules(lake: Lake, batch_id: str) -> dict[str, int]:
    """How many of the batch's rows in quarantine broke each rule."""
    rules = (
        scan_table(lake, "quarantine")
        .filter(pl.col("batch_id") == batch_id)
        .select(pl.col("rules").explode())
    )
    return dict(collect_rows(lake, rules.group_by("rules").len().sort("rules")).iter_rows())


def count_rejected(lake: Lake, batch_id: str) -> int:
    """How many of the batch's rows stand in quarantine."""
    rows = scan_table(lake, "quarantine").filter(pl.col("batch_id") == batch_id)
    return int(collect_rows(lake, rows.select(pl.len())).item())


def _read_previous_profile(wiring: Wiring, *, month: str) -> dict[str, Any] | None:
    """Of the batch of the newest month before `month` that was monitored, under whatever model; None where there is none."""
    found = read_monitoring(wiring.lake).filter(pl.col("statement_month") < month)
    if found.is_empty():
        return None
    batch_id, model_version = (
        found.sort("statement_month", "monitored_at").select("batch_id", "model_version").row(-1)
    )
    return read_profile(wiring.lake, batch_id=batch_id, model_version=model_version)
