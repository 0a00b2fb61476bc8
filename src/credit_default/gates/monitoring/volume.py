"""Did as much arrive as usual, of the month that was due, and in time? A batch held against those before it."""

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
    """One batch as it came. `step`: months from the newest month before it to its own; `wait`: days since the last batch.

    Both are None for the first one. `age`: months between its statement month and the month in which it was scored.
    """

    row_count: int
    age: int
    step: int | None = None
    wait: float | None = None


def judge_volume(
    delivery: Delivery, earlier: Sequence[Delivery], *, policy: FeedPolicy | None = None
) -> Verdict:
    """`alarm` when hardly anything arrived or far too much, `watch` for an unusual count, month or wait, else `ok`.

    With fewer earlier batches, or rows, than the policy asks for: `not judged`.
    """
    policy = policy or FeedPolicy()
    usual = median(batch.row_count for batch in earlier) if earlier else float(delivery.row_count)
    ratio = delivery.row_count / usual if usual else 1.0
    figures = {
        "row_count": float(delivery.row_count),
        "usual_row_count": float(usual),
        "age_months": float(delivery.age),
    }
    figures |= {"wait_days": delivery.wait} if delivery.wait is not None else {}
    figures |= {"month_step": float(delivery.step)} if delivery.step is not None else {}
    if len(earlier) < policy.fewest_earlier_batches:
        reason = f"{len(earlier)} batches before this one, at least {policy.fewest_earlier_batches} tell what is usual"
        return Verdict(GATE, "not judged", (reason,), figures)
    if delivery.row_count < policy.fewest_rows:
        reason = (
            f"{delivery.row_count:,} rows are too few to judge: at least {policy.fewest_rows:,}"
        )
        return Verdict(GATE, "not judged", (reason,), figures)
    told = f"{delivery.row_count:,} rows, where {usual:,.0f} are usual"
    broken = not policy.lowest_ratio <= ratio <= policy.highest_ratio
    oddities = [] if policy.lowest_usual_ratio <= ratio <= policy.highest_usual_ratio else [told]
    oddities += _find_oddities(delivery, earlier, policy)
    level: Level = "alarm" if broken else "watch" if oddities else "ok"
    return Verdict(GATE, level, tuple(oddities) or (f"{told}; the month that was due",), figures)


def _find_oddities(
    delivery: Delivery, earlier: Sequence[Delivery], policy: FeedPolicy
) -> Iterator[str]:
    steps = [batch.step for batch in earlier if batch.step is not None]
    if delivery.step is not None and steps and not min(steps) <= delivery.step <= max(steps):
        yield (
            f"the statement month is {delivery.step} months after the newest before it, "
            f"{min(steps)} to {max(steps)} are usual"
        )
    oldest = max(batch.age for batch in earlier)
    if delivery.age > oldest:
        yield f"the statement month is {delivery.age} months old, {oldest} at most before"
    waits = [batch.wait for batch in earlier if batch.wait is not None]
    # within a day nobody waits: a backlog that is scored at once says nothing of its feed
    if (
        delivery.wait is not None
        and waits
        and delivery.wait > max(1.0, policy.highest_gap_ratio * max(waits))
    ):
        yield f"{delivery.wait:,.0f} days since the last batch, {max(waits):,.0f} at most before"
