"""Count how often challengers were tried on the same rows, and share the risk out among them.

Whoever tries enough seeds on the same rows finds one that wins by luck. So the risk of promoting a
tie that the policy's confidence leaves is that of all attempts on these rows together: attempt k
gets 1 / (k (k + 1)) of it, a sum that never exceeds 1 (alpha spending; Lan and DeMets 1983,
Biometrika 70, 659-663). An earlier attempt counts by the share of the present rows that it saw.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from credit_default.gates.promotion.check_result import Check


@dataclass(frozen=True, slots=True)
class ContestRows:
    """Which rows a comparison was made on, without naming a client.

    Sides are divided by client, so rows of one side and month are the same clients whenever they
    are looked at, but for those that came later.
    """

    side: str  # of the split: development or test
    digest: str  # of keys and outcomes
    month_counts: Mapping[str, int]  # rows by statement month, YYYY-MM

    def measure_overlap(self, earlier: "ContestRows") -> float:
        """Return the share (0-1) of these rows that the earlier comparison was made on too.

        It is counted by month: as many rows of a month as both have are taken to be the same.
        """
        if self.side != earlier.side or not self.month_counts:
            return 0.0
        shared = sum(
            min(count, earlier.month_counts.get(month, 0))
            for month, count in self.month_counts.items()
        )
        return shared / sum(self.month_counts.values())


@dataclass(frozen=True, slots=True)
class Attempt:
    """A challenger's turn on some rows: 1 is the first; 1.5 is the second on half of the rows."""

    rows: ContestRows
    model_digest: str
    number: float = 1.0

    @property
    def risk_share(self) -> float:
        """Return the share (0-1) of the risk that this attempt is given."""
        return _find_risk_share(self.number)

    @property
    def spent_share(self) -> float:
        """Return the share (0-1) of the risk that earlier attempts have spent."""
        return (self.number - 1) / self.number

    def is_same(self, other: "Attempt") -> bool:
        """Return whether it is the same challenger on the same rows."""
        return (self.model_digest, self.rows.digest) == (other.model_digest, other.rows.digest)


def count_attempt(rows: ContestRows, *, model_digest: str, earlier: Iterable[Attempt]) -> Attempt:
    """Return the attempt with its number.

    Args:
        rows: The rows of the comparison.
        model_digest: The challenger's digest.
        earlier: The attempts on record, the oldest first. One that is recorded twice counts once;
            the same challenger on the same rows again is not a new attempt and gets the number that
            it had.
    """
    attempt = Attempt(rows, model_digest)
    seen: set[tuple[str, str]] = set()
    number = 1.0
    for other in earlier:
        if attempt.is_same(other):
            break
        if (other.model_digest, other.rows.digest) not in seen:
            seen.add((other.model_digest, other.rows.digest))
            number += rows.measure_overlap(other.rows)
    return Attempt(rows, model_digest, number)


def find_attempt_confidence(attempt: Attempt | None, *, confidence: float) -> float:
    """Return the confidence (0-1) with which this attempt must show a gain.

    Args:
        attempt: The attempt; None, where nobody counts, is the first.
        confidence: That of all attempts together, 0-1.
    """
    return 1 - (1 - confidence) * (attempt.risk_share if attempt else _find_risk_share(1.0))


def describe_attempt(attempt: Attempt, *, confidence: float) -> Check:
    """Return what the attempt spends, in words; never a fault. `confidence` is that of all attempts."""
    before = f", {attempt.spent_share:.0%} before" if attempt.number > 1 else ""
    used = round(attempt.number, 1)
    return Check(
        f"attempt {used:g} on these rows: {attempt.risk_share:.1%} of the risk of promoting a tie "
        f"is spent here{before}; a gain must be shown with "
        f"{find_attempt_confidence(attempt, confidence=confidence):.2%} confidence",
        figures={"attempt": attempt.number, "risk_share": attempt.risk_share},
    )


def _find_risk_share(number: float) -> float:
    return 1 / (number * (number + 1))
