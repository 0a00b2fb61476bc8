"""May a file be used at all? The first gate: how many of its rows the schema rejected, and for what."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from credit_default.gates.verdict import Verdict

GATE: Final = "quality"
_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class QualityPolicy:
    """How much may be wrong with a file before none of it is used."""

    highest_rejected_share: float = 0.05  # of the rows, 0-1
    fewest_rows: int = 1  # accepted ones; monitors ask for more and say "not judged" themselves


def judge_quality(
    *, row_count: int, rejected_count: int, rule_counts: Mapping[str, int], policy: QualityPolicy | None = None
) -> Verdict:
    """The verdict on a checked file: `ok`, or `refused` with the rules that most rows broke, most broken first.

    `rule_counts` says how many rows broke each rule; a row may break several. Few rows are no fault.
    """
    policy = policy or QualityPolicy()
    share = rejected_count / row_count if row_count else 0.0
    accepted_count = row_count - rejected_count
    figures = {
        "row_count": float(row_count),
        "rejected_count": float(rejected_count),
        "rejected_share": share,
        "highest_rejected_share": policy.highest_rejected_share,
    }
    told = f"{rejected_count:,} of {row_count:,} rows rejected ({share:.1%})"
    if accepted_count < policy.fewest_rows:
        reason = f"{told}: {accepted_count:,} rows are left, at least {policy.fewest_rows:,} are needed"
        return Verdict(GATE, "refused", (reason, *_tell_rules(rule_counts)), figures)
    if share > policy.highest_rejected_share:
        reason = f"{told}: more than the {policy.highest_rejected_share:.1%} allowed"
        return Verdict(GATE, "refused", (reason, *_tell_rules(rule_counts)), figures)
    return Verdict(GATE, "ok", (told, *_tell_rules(rule_counts)), figures)


def _tell_rules(rule_counts: Mapping[str, int]) -> tuple[str, ...]:
    broken = sorted(
        ((count, rule) for rule, count in rule_counts.items() if count), key=lambda item: (-item[0], item[1])
    )
    told = [f"rule {rule}: broken by {count:,} rows" for count, rule in broken[:_SHOWN]]
    rest = len(broken) - _SHOWN
    return (*told, f"and {rest} more rules") if rest > 0 else tuple(told)
