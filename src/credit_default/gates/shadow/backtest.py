"""Judge a past promotion by the months that followed: was the new champion better than the old one?

Both are scored as they were, on rows that neither learned from, with outcomes of complete months.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from credit_default.gates.verdict import Level, Verdict
from credit_default.model.comparison.version_difference import (
    DIFFERENCE_NAMES,
    Difference,
    PairedOutcomes,
    measure_differences,
)
from credit_default.model.estimator.decision import DecisionPolicy

GATE: Final = "back-test"


@dataclass(frozen=True, slots=True)
class BacktestPolicy:
    """How many rows a back-test needs: with known outcomes, and defaults among them."""

    fewest_rows: int = 200
    fewest_defaults: int = 20  # and as many clients who paid


@dataclass(frozen=True, slots=True)
class PromotionBacktest:
    """A past promotion and the verdict on it.

    Attributes:
        old_version: The champion before the promotion.
        new_version: The version that was promoted.
        promoted_at: ISO 8601, UTC.
        months: The complete statement months (YYYY-MM) that followed, in order.
        row_count: Rows of these months that both versions scored, with a known outcome.
        differences: The new version's gains by name, as `measure_differences` returns them; empty
            where nothing is known yet.
        verdict: `ok` where it was better by log loss beyond noise, `watch` where it was not, `alarm`
            where it was worse, `not judged` while too few outcomes are known.
    """

    old_version: int
    new_version: int
    promoted_at: str
    months: tuple[str, ...]
    row_count: int
    differences: Mapping[str, Difference]
    verdict: Verdict

    def describe(self) -> str:
        """Return the result in one sentence."""
        return f"promotion of version {self.new_version}: {self.verdict.reasons[0]}"


def backtest_promotion(
    rows: PairedOutcomes | None,
    *,
    months: tuple[str, ...],
    thresholds: tuple[float, float],
    costs: DecisionPolicy,
    policy: BacktestPolicy | None = None,
) -> tuple[Mapping[str, Difference], Verdict]:
    """Return the new champion's gains over the old one, and the verdict on the promotion.

    Args:
        rows: The rows of the months that followed, the old champion's probabilities first; None
            where no outcome counts yet.
        months: The complete months that they are from.
        thresholds: Where the old and the new champion begin to decline, 0-1.
        costs: What the two kinds of mistake cost.
        policy: How many rows are needed; the defaults when not given.
    """
    policy = policy or BacktestPolicy()
    if rows is None:
        reason = "no complete month that both versions scored has followed yet"
        return {}, Verdict(GATE, "not judged", (reason,), {"row_count": 0.0})
    default_count, row_count = int(sum(rows.defaulted)), len(rows.defaulted)
    differences = measure_differences(
        rows, first_threshold=thresholds[0], second_threshold=thresholds[1], costs=costs
    )
    figures = {"row_count": float(row_count), "default_count": float(default_count)}
    for name, found in differences.items():
        ends = {f"{name}_gain": found.gain, f"{name}_low": found.low, f"{name}_high": found.high}
        figures |= ends
    fewest = min(default_count, row_count - default_count)
    if row_count < policy.fewest_rows or fewest < policy.fewest_defaults:
        reason = (
            f"{row_count:,} rows with {default_count:,} defaults on {_count_months(months)} that "
            f"followed are too few ({policy.fewest_rows} and {policy.fewest_defaults} are needed)"
        )
        return differences, Verdict(GATE, "not judged", (reason,), figures)
    level, reason = _judge_log_loss(differences["log_loss"], months)
    others = [
        f"{DIFFERENCE_NAMES[name]} {format_gain(found)}"
        for name, found in differences.items()
        if name != "log_loss"
    ]
    return differences, Verdict(GATE, level, (reason, *others), figures)


def format_gain(difference: Difference) -> str:
    """Return the gain with its interval: "+0.0120 (0.0040 to 0.0200)"."""
    digits = 1 if abs(difference.gain) >= 1 else 4
    low, high = f"{difference.low:.{digits}f}", f"{difference.high:.{digits}f}"
    return f"{difference.gain:+.{digits}f} ({low} to {high})"


def _judge_log_loss(gain: Difference, months: tuple[str, ...]) -> tuple[Level, str]:
    """Return the level, and the reason with the interval of the difference."""
    span = f"on {_count_months(months)} that followed"
    ends = f"{gain.low:.4f} to {gain.high:.4f}"
    if gain.is_better:
        return "ok", f"{span} it was better by {gain.gain:.4f} log loss ({ends})"
    if gain.is_worse:
        return "alarm", f"{span} it was worse by {-gain.gain:.4f} log loss (gain {ends})"
    return "watch", f"{span} it was not better beyond noise: {gain.gain:+.4f} log loss ({ends})"


def _count_months(months: tuple[str, ...]) -> str:
    named = months[0] if len(months) == 1 else f"{months[0]} to {months[-1]}"
    return f"the month ({named})" if len(months) == 1 else f"the {len(months)} months ({named})"
