"""Have the outcomes of a batch come when they were due? Without them nobody knows whether its scores were right."""

from dataclasses import dataclass
from typing import Final

from credit_default.gates.monitoring.monitoring_gates import COVERAGE
from credit_default.gates.verdict import Level, Verdict

GATE: Final = COVERAGE.name


@dataclass(frozen=True, slots=True)
class CoveragePolicy:
    """How many outcomes must be known, and how long they may take after the month in which they are due."""

    lowest_share: float = 0.8  # of the scored rows, 0-1
    watched_after: int = 1  # months past due
    longest_delay: int = 3  # likewise: alarm


def judge_coverage(
    known_share: float, *, months_due: int, policy: CoveragePolicy | None = None
) -> Verdict:
    """`alarm` when outcomes are long overdue, `watch` when they are late, `ok` when they are there or only just due.

    `months_due`: months since the batch's outcomes were to be known; below 0 they are not due, and `not judged`.
    """
    policy = policy or CoveragePolicy()
    figures = {"known_share": known_share, "months_due": float(months_due)}
    told = f"{known_share:.0%} of the outcomes are known, {months_due} months after they were due"
    if months_due < 0:
        return Verdict(GATE, "not judged", (f"outcomes are due in {-months_due} months",), figures)
    if known_share >= policy.lowest_share or months_due < policy.watched_after:
        return Verdict(GATE, "ok", (told,), figures)
    level: Level = "alarm" if months_due >= policy.longest_delay else "watch"
    return Verdict(GATE, level, (f"{told}: at least {policy.lowest_share:.0%} should be",), figures)
