"""Judge whether a file may be used at all, by its rejected rows and by the batches before.

This is the first gate. It runs before anything is written: of a file that it refuses, only the
refusal is recorded.
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
    highest_repeated_share: float = 0.01  # rows whose client and month occur in more than one row
    highest_known_share: float = 0.01  # rows whose client and month are in another batch already
    lowest_usual_ratio: float = 0.5  # rows, over the median of the batches before
    highest_usual_ratio: float = 2.0
    fewest_earlier_batches: int = 3  # with fewer, no number of rows is unusual
    fewest_rows: int = 1  # accepted rows; monitors ask for more and return "not judged" themselves


@dataclass(frozen=True, slots=True)
class BatchHistory:
    """What the batches before say about a file."""

    row_counts: Sequence[int] = ()  # of the batches before, the oldest first
    known_count: int = 0  # rows of this file whose client and month are in another batch
    known_batch_ids: Sequence[str] = ()  # those batches


@dataclass(frozen=True, slots=True)
class FileCounts:
    """What the schema found in a file."""

    row_count: int
    rejected_count: int
    repeated_count: int = 0
    # Rows that broke each rule; a row may break several.
    rule_counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def rejected_share(self) -> float:
        """Return the share of rejected rows, 0-1."""
        return self.rejected_count / self.row_count if self.row_count else 0.0


def judge_quality(
    counts: FileCounts, history: BatchHistory | None = None, *, policy: QualityPolicy | None = None
) -> Verdict:
    """Judge a checked file.

    Args:
        counts: What the schema found.
        history: The batches before. Without a history few rows are no fault.
        policy: Thresholds; the defaults when not given.

    Returns:
        `ok`, or `refused` with every fault; then, in both cases, the rules that most rows broke.
    """
    policy, history = policy or QualityPolicy(), history or BatchHistory()
    faults = [*_judge_rows(counts, policy), *_judge_batch(counts, history, policy)]
    return Verdict(
        GATE,
        "refused" if faults else "ok",
        (*(faults or [_describe_rejected(counts)]), *_describe_broken_rules(counts.rule_counts)),
        {
            "row_count": float(counts.row_count),
            "rejected_count": float(counts.rejected_count),
            "rejected_share": counts.rejected_share,
            "highest_rejected_share": policy.highest_rejected_share,
        },
    )


def _judge_rows(counts: FileCounts, policy: QualityPolicy) -> list[str]:
    faults = []
    accepted_count = counts.row_count - counts.rejected_count
    if accepted_count < policy.fewest_rows:
        faults.append(
            f"{_describe_rejected(counts)}: {accepted_count:,} rows are left, "
            f"at least {policy.fewest_rows:,} are needed (quality.fewest_rows)"
        )
    elif counts.rejected_share > policy.highest_rejected_share:
        faults.append(
            f"{_describe_rejected(counts)}: more than the {policy.highest_rejected_share:.1%} allowed "
            "(quality.highest_rejected_share)"
        )
    repeated_share = counts.repeated_count / counts.row_count if counts.row_count else 0.0
    if repeated_share > policy.highest_repeated_share:
        faults.append(
            f"{counts.repeated_count:,} rows ({repeated_share:.1%}) hold a client and month that "
            f"occur more than once: more than the {policy.highest_repeated_share:.1%} allowed "
            "(quality.highest_repeated_share)"
        )
    return faults


def _judge_batch(counts: FileCounts, history: BatchHistory, policy: QualityPolicy) -> list[str]:
    faults = []
    if len(history.row_counts) >= policy.fewest_earlier_batches:
        usual = median(history.row_counts)
        if not policy.lowest_usual_ratio <= counts.row_count / usual <= policy.highest_usual_ratio:
            faults.append(
                f"{counts.row_count:,} rows, where {usual:,.0f} are usual "
                f"({len(history.row_counts)} batches before): outside "
                f"{policy.lowest_usual_ratio:g} to {policy.highest_usual_ratio:g} times that "
                "(quality.lowest_usual_ratio, quality.highest_usual_ratio)"
            )
    if counts.row_count and history.known_count / counts.row_count > policy.highest_known_share:
        batches = ", ".join(history.known_batch_ids[:_SHOWN_COUNT])
        faults.append(
            f"{history.known_count:,} rows hold clients and months that are in batch {batches} "
            f"already: more than the {policy.highest_known_share:.1%} allowed "
            "(quality.highest_known_share); "
            "to correct that batch, give the file with --corrects BATCH"
        )
    return faults


def _describe_rejected(counts: FileCounts) -> str:
    return (
        f"{counts.rejected_count:,} of {counts.row_count:,} rows rejected "
        f"({counts.rejected_share:.1%})"
    )


def _describe_broken_rules(rule_counts: Mapping[str, int]) -> tuple[str, ...]:
    broken = sorted(
        ((count, rule) for rule, count in rule_counts.items() if count),
        key=lambda item: (-item[0], item[1]),
    )
    lines = [f"rule {rule}: broken by {count:,} rows" for count, rule in broken[:_SHOWN_COUNT]]
    rest = len(broken) - _SHOWN_COUNT
    return (*lines, f"and {rest} more rules") if rest > 0 else tuple(lines)
