"""Judge whether the outcomes of a statement month are complete enough to learn from or to judge by.

This is the one rule for training, contests, cards and the performance gate. Defaults become known
before it is known who pays, so a month of which half the outcomes arrived teaches too high a risk.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from credit_default.errors import InputError
from credit_default.model.months.missing_outcomes import MissingOutcomes

State = Literal["none", "early", "partial", "complete"]

STATES: Final[Mapping[State, str]] = {
    "none": "no outcome is known",
    "early": "outcomes are not due yet, or those that are known were observed too early to count",
    "partial": "too few of the outcomes are known, or those that are missing are not like the others",
    "complete": "enough outcomes are known to learn from and to judge by",
}


@dataclass(frozen=True, slots=True)
class CoveragePolicy:
    """How many outcomes must be known, what may be missing, and how late they may arrive.

    Raises:
        InputError: A share is not within 0-1.
    """

    lowest_share: float = 0.8  # of the scored rows, 0-1
    # Missing at random by score is rejected below this p-value: it is then said.
    missing_p_value: float = 0.01
    # A month is left out where, besides, the known default share is off by more than this part of it.
    highest_bias: float = 0.1
    watched_after: int = 1  # months past due: watch
    longest_delay: int = 3  # months past due: alarm

    def __post_init__(self) -> None:
        shares = (self.lowest_share, self.missing_p_value, self.highest_bias)
        if not all(0 <= share <= 1 for share in shares):
            raise InputError(
                "setting coverage",
                found=f"lowest_share, missing_p_value, highest_bias {shares}",
                expected="numbers from 0 to 1",
                remedy="Correct the section `coverage`.",
            )


@dataclass(frozen=True, slots=True)
class OutcomeCounts:
    """How many outcomes of a statement month, or of a batch, are known."""

    row_count: int  # statements
    known_count: int  # of them, with a known outcome; early outcomes do not count
    early_count: int = 0  # with an outcome that was observed too early: it may still change
    is_due: bool = True  # all outcomes should be known by now

    @property
    def known_share(self) -> float:
        """Return the share of the statements whose outcome is known, 0-1; 0 without statements."""
        return self.known_count / self.row_count if self.row_count else 0.0


@dataclass(frozen=True, slots=True)
class Completeness:
    """The state of a month's outcomes with its reason, and what the missing ones look like."""

    state: State
    reason: str
    counts: OutcomeCounts
    missing: MissingOutcomes | None = None  # None where it cannot be tested, or nothing is missing
    is_watched: bool = False  # complete, and yet the missing are not like the others

    @property
    def is_complete(self) -> bool:
        """Return whether the outcomes may be learnt from and judged by."""
        return self.state == "complete"

    def list_figures(self) -> dict[str, float]:
        """Return the share of known outcomes, and how the scores of the missing ones differ."""
        figures = {"coverage_share": self.counts.known_share}
        if missing := self.missing:
            figures["missing_p_value"] = missing.p_value
            if missing.relative_bias is not None:
                figures["missing_relative_bias"] = missing.relative_bias
        return figures


def judge_completeness(
    counts: OutcomeCounts,
    *,
    missing: MissingOutcomes | None = None,
    policy: CoveragePolicy | None = None,
) -> Completeness:
    """Return the state of the outcomes of one month or batch.

    Args:
        counts: Statements and known outcomes.
        missing: How the scores of those without a known outcome differ; None where it is not known.
        policy: Thresholds; the defaults when not given.

    Returns:
        `none` without any outcome; `early` while they are not due or all were observed too early;
        `partial` while too few are known, or where those that are missing are not missing at random
        by score and the known default share is off by more than the policy allows; else `complete`.
    """
    policy = policy or CoveragePolicy()
    told = _describe_counts(counts)
    if not counts.known_count and not counts.early_count:
        return Completeness("none", told, counts)
    if not counts.is_due:
        return Completeness("early", f"the outcomes are not due yet: {told}", counts)
    if not counts.known_count:
        return Completeness("early", told, counts)
    if counts.known_share < policy.lowest_share:
        needed = f"at least {policy.lowest_share:.0%} are needed (coverage.lowest_share)"
        return Completeness("partial", f"{told}: {needed}", counts, missing)
    return _judge_missing(counts, told, missing, policy)


def _judge_missing(
    counts: OutcomeCounts, told: str, missing: MissingOutcomes | None, policy: CoveragePolicy
) -> Completeness:
    if missing is None or missing.p_value >= policy.missing_p_value:
        return Completeness("complete", told, counts, missing)
    finding = f"{told}, and the missing ones {_describe_missing(missing)}"
    if abs(missing.relative_bias or 0.0) <= policy.highest_bias:
        return Completeness("complete", finding, counts, missing, is_watched=True)
    limit = f"more than {policy.highest_bias:.0%} (coverage.highest_bias) is not learnt from"
    return Completeness("partial", f"{finding}: {limit}", counts, missing)


def _describe_counts(counts: OutcomeCounts) -> str:
    early = f", {counts.early_count:,} more are too early to count" if counts.early_count else ""
    known = f"{counts.known_count:,} of {counts.row_count:,} outcomes are known"
    return f"{known} ({counts.known_share:.0%}){early}"


def _describe_missing(missing: MissingOutcomes) -> str:
    lower = "lower" if missing.known_above_missing > 0.5 else "higher"  # noqa: PLR2004 - chance
    told = (
        f"have {lower} scores than chance explains (p {missing.p_value:.2g}, "
        "coverage.missing_p_value)"
    )
    if missing.relative_bias is None:
        return told
    side = "too high" if missing.relative_bias > 0 else "too low"
    return f"{told}; the known default share may be {abs(missing.relative_bias):.0%} {side}"
