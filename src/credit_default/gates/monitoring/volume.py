"""Judge whether the usual number of rows arrived, of the month that was due, and in time.

A batch is compared with the batches before it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from credit_default.gates.monitoring.feed_policy import FeedPolicy
from credit_default.gates.monitoring.monitoring_gates import VOLUME
from credit_default.gates.verdict import Level, Verdict

GATE: Final = VOLUME.name


@dataclass(frozen=True, slots=True)
class Delivery:
    """One batch as it was delivered."""

    row_count: int
    age_months: int  # from its statement month to the month in which it was scored
    month_step: int | None = None  # from the newest month before it to its own; None for the first
    wait_days: float | None = None  # since the last batch; None for the first


def judge_volume(
    delivery: Delivery, earlier: Sequence[Delivery], *, policy: FeedPolicy | None = None
) -> Verdict:
    """Judge the size, the month and the time of a delivery.

    Args:
        delivery: The batch to judge.
        earlier: The batches before it, the oldest first.
        policy: Thresholds; the defaults when not given.

    Returns:
        `alarm` when far fewer or far more rows arrived than usual; `watch` for an unusual count,
        month or wait; else `ok`. `not judged` with fewer earlier batches, or fewer rows, than the
        policy asks for.
    """
    policy = policy or FeedPolicy()
    usual = median(batch.row_count for batch in earlier) if earlier else float(delivery.row_count)
    figures = _list_figures(delivery, usual)
    if reason := _explain_not_judged(delivery, earlier, policy):
        return Verdict(GATE, "not judged", (reason,), figures)
    ratio = delivery.row_count / usual if usual else 1.0
    counts = f"{delivery.row_count:,} rows, where {usual:,.0f} are usual"
    is_usual = policy.lowest_usual_ratio <= ratio <= policy.highest_usual_ratio
    is_alarm = not policy.lowest_ratio <= ratio <= policy.highest_ratio
    kind = "" if is_alarm else "usual_"
    end = "lowest" if ratio < 1 else "highest"
    findings = [] if is_usual else [f"{counts} (feed.{end}_{kind}ratio)"]
    findings += _find_oddities(delivery, earlier, policy)
    level: Level = "alarm" if is_alarm else "watch" if findings else "ok"
    return Verdict(GATE, level, tuple(findings) or (f"{counts}; the month that was due",), figures)


def _list_figures(delivery: Delivery, usual: float) -> dict[str, float]:
    figures = {
        "row_count": float(delivery.row_count),
        "usual_row_count": float(usual),
        "age_months": float(delivery.age_months),
    }
    if delivery.wait_days is not None:
        figures["wait_days"] = delivery.wait_days
    if delivery.month_step is not None:
        figures["month_step"] = float(delivery.month_step)
    return figures


def _explain_not_judged(
    delivery: Delivery, earlier: Sequence[Delivery], policy: FeedPolicy
) -> str | None:
    if len(earlier) < policy.fewest_earlier_batches:
        return (
            f"{len(earlier)} batches before this one: "
            f"at least {policy.fewest_earlier_batches} are needed to know what is usual "
            "(feed.fewest_earlier_batches)"
        )
    if delivery.row_count < policy.fewest_rows:
        return (
            f"{delivery.row_count:,} rows are too few to judge: "
            f"at least {policy.fewest_rows:,} (feed.fewest_rows)"
        )
    return None


def _find_oddities(
    delivery: Delivery, earlier: Sequence[Delivery], policy: FeedPolicy
) -> Iterator[str]:
    step = delivery.month_step
    steps = [batch.month_step for batch in earlier if batch.month_step is not None]
    if step is not None and steps and not min(steps) <= step <= max(steps):
        yield (
            f"the statement month is {step} months after the newest before it, "
            f"{min(steps)} to {max(steps)} are usual"
        )
    oldest = max(batch.age_months for batch in earlier)
    if delivery.age_months > oldest:
        yield f"the statement month is {delivery.age_months} months old, {oldest} at most before"
    wait = delivery.wait_days
    waits = [batch.wait_days for batch in earlier if batch.wait_days is not None]
    # A backlog scored within one day says nothing about how regularly the feed delivers.
    if wait is not None and waits and wait > max(1.0, policy.highest_gap_ratio * max(waits)):
        yield (
            f"{wait:,.0f} days since the last batch, {max(waits):,.0f} at most before "
            "(feed.highest_gap_ratio)"
        )
