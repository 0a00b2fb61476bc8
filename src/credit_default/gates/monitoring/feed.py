"""Is the feed in order? What a batch that passed the door still says of those who delivered it.

The contract has judged each row; here the batch as a whole is held against the reference: columns that stand still or
repeat themselves, new codes, amounts in another unit, rows that are twins, and what had to go to quarantine.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import log2, sqrt
from statistics import median
from typing import Final

from scipy.stats import norm

from credit_default.errors import show_examples
from credit_default.gates.monitoring.feed_policy import FeedPolicy
from credit_default.gates.monitoring.monitoring_gates import FEED
from credit_default.gates.verdict import Level, Verdict

GATE: Final = FEED.name
_SHOWN_COUNT: Final = 5
_FAULT_NAMES: Final = {
    "nullability": "missing values",
    "type": "unreadable values",
    "format": "unreadable values",
    "min": "values out of range",
    "max": "values out of range",
    "code": "unknown codes",
    "repeated": "repeated keys",
}


@dataclass(frozen=True, slots=True)
class ColumnState:
    """What one column of a batch looks like beside the reference's. Shares are of the rows, 0-1."""

    column: str
    missing_share: float = 0.0
    new_codes: tuple[str, ...] = ()  # that the reference never held
    new_share: float = 0.0
    is_constant: bool = False  # though the reference is not
    is_stale: bool = False  # every value that of the batch of the month before
    repeat_share: float = 0.0  # not 0 and the same as a month earlier in the same row
    reference_repeat_share: float = 0.0
    low_tail_share: float = (
        0.0  # smaller than nearly all of the reference, beyond the reference's own share
    )
    high_tail_share: float = 0.0
    mix_shift: float = 0.0  # psi of its codes against the batch of the month before
    mix_chance: float = 1.0  # how likely that is by chance, 0-1
    filled_code: str = ""  # that took rows of all other codes alike since the month before
    filled_share: float = 0.0  # of theirs
    scale: float = 1.0  # how many times the middle size of an amount is the reference's


@dataclass(frozen=True, slots=True)
class BatchState:
    """What a batch looks like as a whole."""

    row_count: int  # accepted
    reference_count: int
    columns: Sequence[ColumnState]
    twin_share: float  # rows equal to another in every input
    reference_twin_share: float
    rejected_count: int = 0
    rule_counts: Mapping[str, int] = field(
        default_factory=dict
    )  # rejected rows by the rule they broke
    earlier_rejected_shares: Sequence[float] = ()  # of the batches before

    @property
    def rejected_share(self) -> float:
        """Of all rows read, those in quarantine."""
        read_count = self.row_count + self.rejected_count
        return self.rejected_count / read_count if read_count else 0.0


def judge_feed(state: BatchState, *, policy: FeedPolicy | None = None) -> Verdict:
    """`alarm` when a column stands still, comes in another unit or rows are copies, `watch` for what is only unusual.

    Below the fewest rows: `not judged`. Bounds on shares allow for what chance gives in so few rows.
    """
    policy = policy or FeedPolicy()
    alarms = [*_find_alarms(state, policy)]
    oddities = [*_find_oddities(state, policy)]
    figures = {
        "row_count": float(state.row_count),
        "rejected_share": state.rejected_share,
        "twin_share": state.twin_share,
        "missing_share": max((column.missing_share for column in state.columns), default=0.0),
        "new_code_share": max((column.new_share for column in state.columns), default=0.0),
        "repeat_share": max(
            (c.repeat_share - c.reference_repeat_share for c in state.columns), default=0.0
        ),
        "tail_share": max(
            (max(c.low_tail_share, c.high_tail_share) for c in state.columns), default=0.0
        ),
        "mix_shift": max((column.mix_shift for column in state.columns), default=0.0),
        "filled_share": max((column.filled_share for column in state.columns), default=0.0),
        "scale_octaves": max((abs(log2(column.scale)) for column in state.columns), default=0.0),
        "constant_count": float(sum(column.is_constant for column in state.columns)),
        "stale_count": float(sum(column.is_stale for column in state.columns)),
    }
    if state.row_count < policy.fewest_rows:
        reason = f"{state.row_count:,} rows are too few to judge the feed by: at least {policy.fewest_rows:,}"
        return Verdict(GATE, "not judged", (reason,), figures)
    level: Level = "alarm" if alarms else "watch" if oddities else "ok"
    quiet = (
        f"nothing is out of the ordinary; {state.rejected_share:.1%} of the rows are in quarantine"
    )
    return Verdict(GATE, level, _limit_reasons([*alarms, *oddities]) or (quiet,), figures)


def _find_alarms(state: BatchState, policy: FeedPolicy) -> Iterator[str]:
    constant = [column.column for column in state.columns if column.is_constant]
    stale = [
        column.column for column in state.columns if column.is_stale and not column.is_constant
    ]
    if constant:
        yield f"one value in every row: {show_examples(constant)}"
    if stale:
        yield f"the same as in the month before, value for value: {show_examples(stale)}"
    for column in state.columns:
        if not 1 / policy.highest_scale <= column.scale <= policy.highest_scale:
            yield f"{column.column} comes {column.scale:.3g} times as large as in the reference: another unit?"
        if column.repeat_share - column.reference_repeat_share > policy.stale_margin:
            yield _describe_repeats(column)
        if _has_mix_shifted(column, state, policy) and column.mix_shift >= policy.highest_mix:
            yield _describe_mix(column)
        if column.filled_share >= policy.highest_filled:
            yield _describe_filled_in_code(column)
    excess = state.twin_share - state.reference_twin_share
    if excess > policy.twin_margin + _compute_chance_margin(
        state.reference_twin_share, state, policy
    ):
        yield f"{state.twin_share:.1%} of the rows equal another one in every input, {state.reference_twin_share:.1%} usually"


def _find_oddities(state: BatchState, policy: FeedPolicy) -> Iterator[str]:
    usual = median(state.earlier_rejected_shares) if state.earlier_rejected_shares else 0.0
    if state.rejected_share - usual > policy.rejected_margin + _compute_chance_margin(
        usual, state, policy
    ):
        yield f"{state.rejected_share:.1%} of the rows are in quarantine, {usual:.1%} usually: {_describe_broken_rules(state)}"
    for column in state.columns:
        if column.missing_share > 0:
            yield f"{column.column} is missing in {column.missing_share:.1%} of the rows"
        # what the reference never held may still be one in a thousand: three over its rows is the rule of thumb
        if column.new_share > max(policy.new_share, 3 / max(1, state.reference_count)):
            codes = ", ".join(column.new_codes[:_SHOWN_COUNT])
            yield f"{column.column} holds what the reference never did, in {column.new_share:.1%} of the rows: {codes}"
        repeats = column.repeat_share - column.reference_repeat_share
        allowed = policy.repeat_margin + _compute_chance_margin(
            column.reference_repeat_share, state, policy
        )
        if allowed < repeats <= policy.stale_margin:
            yield _describe_repeats(column)
        if _has_mix_shifted(column, state, policy) and column.mix_shift < policy.highest_mix:
            yield _describe_mix(column)
        if policy.filled_margin <= column.filled_share < policy.highest_filled:
            yield _describe_filled_in_code(column)
        allowed = policy.tail_margin + _compute_chance_margin(policy.tail_margin, state, policy)
        for share, word in ((column.low_tail_share, "smaller"), (column.high_tail_share, "larger")):
            if share > allowed:
                yield f"{column.column}: {share:.1%} more of the rows than usual are {word} than nearly all of the reference"


def _compute_chance_margin(share: float, state: BatchState, policy: FeedPolicy) -> float:
    """What chance may add to a share of that size, with the policy's confidence for all columns together."""
    count = max(1, len(state.columns))
    deviations = float(norm.ppf(policy.confidence ** (1 / count)))
    return deviations * sqrt(
        share * (1 - share) * (1 / max(1, state.row_count) + 1 / max(1, state.reference_count))
    )


def _has_mix_shifted(column: ColumnState, state: BatchState, policy: FeedPolicy) -> bool:
    confidence = policy.confidence ** (1 / max(1, len(state.columns)))
    return column.mix_shift >= policy.mix_threshold and column.mix_chance < 1 - confidence


def _describe_mix(column: ColumnState) -> str:
    return f"{column.column}: other codes than in the month before (psi {column.mix_shift:.3f}): swapped?"


def _describe_filled_in_code(column: ColumnState) -> str:
    return (
        f"{column.column}: {column.filled_code} took {column.filled_share:.0%} of the rows of every other code since the "
        "month before: filled in?"
    )


def _describe_repeats(column: ColumnState) -> str:
    return (
        f"{column.column} repeats the month before in {column.repeat_share:.1%} of the rows, "
        f"{column.reference_repeat_share:.1%} usually"
    )


def _describe_broken_rules(state: BatchState) -> str:
    counts: dict[str, int] = {}
    for rule, count in state.rule_counts.items():
        fault = _FAULT_NAMES.get(rule.rpartition("|")[2], "values that contradict each other")
        counts[fault] = counts.get(fault, 0) + count
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{fault} {count:,}" for fault, count in ordered) or "no rule named"


def _limit_reasons(reasons: list[str]) -> tuple[str, ...]:
    rest = len(reasons) - _SHOWN_COUNT
    return (*reasons[:_SHOWN_COUNT], f"and {rest} more findings") if rest > 0 else tuple(reasons)
