"""Judge whether the content of a delivery is in order, beyond the rules that each row already met.

The schema has judged each row; this gate compares the batch as a whole with the reference: columns
that are constant or repeat the month before, new codes, amounts in another unit, identical rows,
and the share of rows in quarantine.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import log2, sqrt
from statistics import median
from typing import Final

from credit_default.errors import show_examples
from credit_default.gates.monitoring.feed_policy import FeedPolicy
from credit_default.gates.monitoring.monitoring_gates import FEED
from credit_default.gates.verdict import Level, Verdict
from credit_default.model.statistics.tails import find_normal_quantile

GATE: Final = FEED.name
_SHOWN_COUNT: Final = 5
_FAULT_NAMES: Final = {
    "nullability": "missing values",
    "type": "unreadable values",
    "formula_error": "errors of formulas",
    "format": "unreadable values",
    "min": "values out of range",
    "max": "values out of range",
    "code": "unknown codes",
    "repeated": "repeated keys",
}


@dataclass(frozen=True, slots=True)
class ColumnState:
    """One column of a batch beside the reference and the month before; shares are of the rows, 0-1."""

    column: str
    missing_share: float = 0.0
    reference_missing_share: float = 0.0  # 0 where the column is not optional
    new_codes: tuple[str, ...] = ()  # that the reference never held
    new_share: float = 0.0  # rows with one of them
    is_constant: bool = False  # in the batch, but not in the reference
    is_stale: bool = False  # every value equals that of the month before
    repeat_share: float = 0.0  # not 0, and equal to the figure of a month earlier in the same row
    reference_repeat_share: float = 0.0
    low_tail_share: float = 0.0  # smaller than nearly all of the reference, above its own share
    high_tail_share: float = 0.0  # larger than nearly all of the reference, above its own share
    mix_shift: float = 0.0  # psi of its codes against the batch of the month before
    mix_p_value: float = 1.0  # of that shift, by chance
    filled_in_code: str = ""  # that took rows of all other codes alike since the month before
    filled_in_share: float = 0.0  # of the rows of the other codes
    scale: float = 1.0  # median of an amount over that of the reference


@dataclass(frozen=True, slots=True)
class BatchState:
    """A batch as a whole, compared with the reference."""

    row_count: int  # accepted
    reference_count: int
    columns: Sequence[ColumnState]
    identical_share: float  # rows identical to another in every input
    reference_identical_share: float
    rejected_count: int = 0
    rule_counts: Mapping[str, int] = field(default_factory=dict)  # rejected rows by broken rule
    earlier_rejected_shares: Sequence[float] = ()  # of the batches before

    @property
    def rejected_share(self) -> float:
        """Return the share of all rows read that are in quarantine, 0-1."""
        read_count = self.row_count + self.rejected_count
        return self.rejected_count / read_count if read_count else 0.0


def judge_feed(state: BatchState, *, policy: FeedPolicy | None = None) -> Verdict:
    """Judge the content of a delivery.

    Args:
        state: The batch compared with the reference.
        policy: Bounds; the defaults when not given. Bounds on shares allow for what chance gives in
            so few rows.

    Returns:
        `alarm` when a column is constant or stale, an amount comes in another unit or rows are
        copies; `watch` for what is only unusual; else `ok`. `not judged` below the fewest rows.
    """
    policy = policy or FeedPolicy()
    alarms = [*_find_alarms(state, policy)]
    oddities = [*_find_oddities(state, policy)]
    figures = _list_figures(state)
    if state.row_count < policy.fewest_rows:
        too_few = f"{state.row_count:,} rows are too few to judge the feed by"
        reason = f"{too_few}: at least {policy.fewest_rows:,} (feed.fewest_rows)"
        return Verdict(GATE, "not judged", (reason,), figures)
    level: Level = "alarm" if alarms else "watch" if oddities else "ok"
    quiet = f"nothing is unusual; {state.rejected_share:.1%} of the rows are in quarantine"
    return Verdict(GATE, level, _limit_reasons([*alarms, *oddities]) or (quiet,), figures)


def _list_figures(state: BatchState) -> dict[str, float]:
    def find_largest(measure: Callable[[ColumnState], float]) -> float:
        return max((measure(column) for column in state.columns), default=0.0)

    return {
        "row_count": float(state.row_count),
        "rejected_share": state.rejected_share,
        "twin_share": state.identical_share,
        "missing_share": find_largest(lambda c: c.missing_share),
        "new_code_share": find_largest(lambda c: c.new_share),
        "repeat_share": find_largest(lambda c: c.repeat_share - c.reference_repeat_share),
        "tail_share": find_largest(lambda c: max(c.low_tail_share, c.high_tail_share)),
        "mix_shift": find_largest(lambda c: c.mix_shift),
        "filled_share": find_largest(lambda c: c.filled_in_share),
        "scale_octaves": find_largest(lambda c: abs(log2(c.scale))),
        "constant_count": float(sum(column.is_constant for column in state.columns)),
        "stale_count": float(sum(column.is_stale for column in state.columns)),
    }


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
        yield from _find_column_alarms(column, state, policy)
    usual = state.reference_identical_share
    margin = policy.twin_margin + _compute_chance_margin(usual, state, policy)
    if state.identical_share - usual > margin:
        found = f"{state.identical_share:.1%} of the rows are identical to another one"
        yield f"{found} in every input, {usual:.1%} usually (feed.twin_margin)"


def _find_column_alarms(
    column: ColumnState, state: BatchState, policy: FeedPolicy
) -> Iterator[str]:
    if not 1 / policy.highest_scale <= column.scale <= policy.highest_scale:
        yield (
            f"{column.column} is {column.scale:.3g} times as large as in the reference: "
            "delivered in another unit (feed.highest_scale)?"
        )
    if column.repeat_share - column.reference_repeat_share > policy.stale_margin:
        yield _describe_repeats(column, "feed.stale_margin")
    if _has_mix_shifted(column, state, policy) and column.mix_shift >= policy.highest_mix:
        yield _describe_mix(column, "feed.highest_mix")
    if column.filled_in_share >= policy.highest_filled:
        yield _describe_filled_in_code(column, "feed.highest_filled")


def _find_oddities(state: BatchState, policy: FeedPolicy) -> Iterator[str]:
    usual = median(state.earlier_rejected_shares) if state.earlier_rejected_shares else 0.0
    margin = policy.rejected_margin + _compute_chance_margin(usual, state, policy)
    if state.rejected_share - usual > margin:
        yield (
            f"{state.rejected_share:.1%} of the rows are in quarantine, {usual:.1%} usually "
            f"(feed.rejected_margin): {_describe_broken_rules(state)}"
        )
    for column in state.columns:
        yield from _find_column_oddities(column, state, policy)


def _find_column_oddities(
    column: ColumnState, state: BatchState, policy: FeedPolicy
) -> Iterator[str]:
    usual = column.reference_missing_share
    margin = policy.missing_margin + _compute_chance_margin(usual, state, policy) if usual else 0.0
    if column.missing_share - usual > margin:
        told = f"{column.column} is missing in {column.missing_share:.1%} of the rows"
        yield f"{told}, {usual:.1%} usually (feed.missing_margin)" if usual else told
    # A code absent from n rows may still be as frequent as 3 / n (the rule of three).
    if column.new_share > max(policy.new_share, 3 / max(1, state.reference_count)):
        codes = ", ".join(column.new_codes[:_SHOWN_COUNT])
        yield (
            f"{column.column} holds codes that the reference never held, "
            f"in {column.new_share:.1%} of the rows (feed.new_share): {codes}"
        )
    usual = column.reference_repeat_share
    margin = policy.repeat_margin + _compute_chance_margin(usual, state, policy)
    if margin < column.repeat_share - usual <= policy.stale_margin:
        yield _describe_repeats(column, "feed.repeat_margin")
    if _has_mix_shifted(column, state, policy) and column.mix_shift < policy.highest_mix:
        yield _describe_mix(column, "feed.mix_threshold")
    if policy.filled_margin <= column.filled_in_share < policy.highest_filled:
        yield _describe_filled_in_code(column, "feed.filled_margin")
    margin = policy.tail_margin + _compute_chance_margin(policy.tail_margin, state, policy)
    for share, side in ((column.low_tail_share, "smaller"), (column.high_tail_share, "larger")):
        if share > margin:
            yield (
                f"{column.column}: {share:.1%} more of the rows than usual are {side} than nearly "
                "all of the reference (feed.tail_margin)"
            )


def _compute_chance_margin(share: float, state: BatchState, policy: FeedPolicy) -> float:
    """Return what chance may add to a share of that size.

    The policy's confidence holds for all columns together.
    """
    count = max(1, len(state.columns))
    deviations = find_normal_quantile(policy.confidence ** (1 / count))
    rows = 1 / max(1, state.row_count) + 1 / max(1, state.reference_count)
    return deviations * sqrt(share * (1 - share) * rows)


def _has_mix_shifted(column: ColumnState, state: BatchState, policy: FeedPolicy) -> bool:
    confidence = policy.confidence ** (1 / max(1, len(state.columns)))
    return column.mix_shift >= policy.mix_threshold and column.mix_p_value < 1 - confidence


def _describe_mix(column: ColumnState, setting: str) -> str:
    return (
        f"{column.column}: other codes than in the month before (psi {column.mix_shift:.3f}, "
        f"{setting}): codes swapped?"
    )


def _describe_filled_in_code(column: ColumnState, setting: str) -> str:
    return (
        f"{column.column}: {column.filled_in_code} took {column.filled_in_share:.0%} of the rows of "
        f"every other code since the month before ({setting}): a default value filled in?"
    )


def _describe_repeats(column: ColumnState, setting: str) -> str:
    return (
        f"{column.column} repeats the month before in {column.repeat_share:.1%} of the rows, "
        f"{column.reference_repeat_share:.1%} usually ({setting})"
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
