"""May a file be used at all? The first gate: what the schema said of its rows, and whether it is a batch like the others.

It stands before anything is written: a file that it refuses leaves no trace but the refusal.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Final

from credit_default.gates.verdict import Verdict

GATE: Final = "quality"
_SHOWN_COUNT: Final = 5


@dataclass(frozen=True, slots=True)
class QualityPolicy:
    """How much may be wrong with a file before none of it is used. Shares are of its rows, 0-1."""

    highest_rejected_share: float = 0.05
    highest_repeated_share: float = 0.01  # rows whose client and month stand in more than one row
    highest_known_share: float = 0.01  # rows whose client and month another batch brought already
    lowest_usual_ratio: float = 0.5  # rows, over the median of the batches before
    highest_usual_ratio: float = 2.0
    fewest_earlier_batches: int = 3  # without so many, no number of rows is unusual
    fewest_rows: int = 1  # accepted ones; monitors ask for more and say "not judged" themselves


@dataclass(frozen=True, slots=True)
class BatchHistory:
    """What the batches before say about a file: how long they were, and which of them brought its clients already."""

    row_counts: Sequence[int] = ()  # of the batches before, the oldest first
    known_count: int = 0  # rows of this file that stand in another batch
    known_in: Sequence[str] = ()  # those batches


@dataclass(frozen=True, slots=True)
class FileCounts:
    """What the contract found in a file. `rule_counts` says how many rows broke each rule; a row may break several."""

    row_count: int
    rejected_count: int
    repeated_count: int = 0
    rule_counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def rejected_share(self) -> float:
        """Of the rows, those rejected."""
        return self.rejected_count / self.row_count if self.row_count else 0.0


def judge_quality(
    counts: FileCounts, history: BatchHistory | None = None, *, policy: QualityPolicy | None = None
) -> Verdict:
    """The verdict on a checked file: `ok`, or `refused` with every reason, then the rules that most rows broke.

    Few rows are no fault where there is no history to compare with.
    """
    policy, history = policy or QualityPolicy(), history or BatchHistory()
    faults = [*_judge_rows(counts, policy), *_judge_batch(counts, history, policy)]
    told = f"{counts.rejected_count:,} of {counts.row_count:,} rows rejected ({counts.rejected_share:.1%})"
    return Verdict(
        GATE,
        "refused" if faults else "ok",
        (*(faults or [told]), *_describe_broken_rules(counts.rule_counts)),
        {
            "row_count": float(counts.row_count),
            "rejected_count": float(counts.rejected_count),
            "rejected_share": counts.rejected_share,
            "highest_rejected_share": policy.highest_rejected_share,
        },
    )


def _judge_rows(counts: FileCounts, policy: QualityPolicy) -> list[str]:
    faults = []
    told = f"{counts.rejected_count:,} of {counts.row_count:,} rows rejected ({counts.rejected_share:.1%})"
    accepted_count = counts.row_count - counts.rejected_count
    if accepted_count < policy.fewest_rows:
        faults.append(
            f"{told}: {accepted_count:,} rows are left, at least {policy.fewest_rows:,} are needed"
        )
    elif counts.rejected_share > policy.highest_rejected_share:
        faults.append(f"{told}: more than the {policy.highest_rejected_share:.1%} allowed")
    if (
        counts.row_count
        and counts.repeated_count / counts.row_count > policy.highest_repeated_share
    ):
        share = counts.repeated_count / counts.row_count
        faults.append(
            f"{counts.repeated_count:,} rows ({share:.1%}) bring the same client and month twice: more than the "
            f"{policy.highest_repeated_share:.1%} allowed"
        )
    return faults


def _judge_batch(counts: FileCounts, history: BatchHistory, policy: QualityPolicy) -> list[str]:
    faults = []
    if len(history.row_counts) >= policy.fewest_earlier_batches:
        usual = median(history.row_counts)
        if not policy.lowest_usual_ratio <= counts.row_count / usual <= policy.highest_usual_ratio:
            faults.append(
                f"{counts.row_count:,} rows, where {usual:,.0f} are usual ({len(history.row_counts)} batches before): "
                f"outside {policy.lowest_usual_ratio:g} to {policy.highest_usual_ratio:g} times that"
            )
    if counts.row_count and history.known_count / counts.row_count > policy.highest_known_share:
        batches = ", ".join(history.known_in[:_SHOWN_COUNT])
        faults.append(
            f"{history.known_count:,} rows are of clients and months that stand in batch {batches} already: "
            f"more than the {policy.highest_known_share:.1%} allowed; a corrected file comes with --corrects BATCH"
        )
    return faults


def _describe_broken_rules(rule_counts: Mapping[str, int]) -> tuple[str, ...]:
    broken = sorted(
        ((count, rule) for rule, count in rule_counts.items() if count),
        key=lambda item: (-item[0], item[1]),
    )
    told = [f"rule {rule}: broken by {count:,} rows" for count, rule in broken[:_SHOWN_COUNT]]
    rest = len(broken) - _SHOWN_COUNT
    return (*told, f"and {rest} more rules") if rest > 0 else tuple(told)
