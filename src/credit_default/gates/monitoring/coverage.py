"""Judge whether the outcomes of a batch arrived when they were due.

Without outcomes it remains unknown whether the scores of the batch were right.
"""

from typing import Final

from credit_default.gates.completeness import CoveragePolicy
from credit_default.gates.monitoring.monitoring_gates import COVERAGE
from credit_default.gates.verdict import Level, Verdict

GATE: Final = COVERAGE.name


def judge_coverage(
    known_share: float, *, months_due: int, policy: CoveragePolicy | None = None
) -> Verdict:
    """Judge how many outcomes of a batch are known.

    Args:
        known_share: Share of the scored rows whose outcome is known, 0-1; early outcomes do not
            count.
        months_due: Months since the outcomes were due; below 0 they are not due yet.
        policy: Thresholds; the defaults when not given.

    Returns:
        `not judged` before outcomes are due; `ok` when enough are known or they are only just due;
        `watch` when they are late; `alarm` when they are long overdue.
    """
    policy = policy or CoveragePolicy()
    figures = {"known_share": known_share, "months_due": float(months_due)}
    finding = (
        f"{known_share:.0%} of the outcomes are known, {months_due} months after they were due"
    )
    if months_due < 0:
        return Verdict(GATE, "not judged", (f"outcomes are due in {-months_due} months",), figures)
    if known_share >= policy.lowest_share or months_due < policy.watched_after:
        return Verdict(GATE, "ok", (finding,), figures)
    level: Level = "alarm" if months_due >= policy.longest_delay else "watch"
    late = "longest_delay" if level == "alarm" else "watched_after"
    reason = (
        f"{finding} (coverage.{late}): at least {policy.lowest_share:.0%} should be "
        "(coverage.lowest_share)"
    )
    return Verdict(GATE, level, (reason,), figures)
