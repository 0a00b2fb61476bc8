"""Is every group served alike, beyond noise? What the report on fairness comes to, in reasons.

The gate asks people to look, and never stops a model by itself: whether a difference is justified is no question of
figures. What a challenger changes against the champion is the promotion gate's to judge.
"""

from dataclasses import dataclass
from typing import Final

from credit_default.gates.verdict import Verdict
from credit_default.model.evaluation.intervals import Metric
from credit_default.model.fairness.policy import FairnessPolicy
from credit_default.model.fairness.report import FairnessReport, GroupFairness

GATE: Final = "fairness"


@dataclass(frozen=True, slots=True)
class FairnessFinding:
    """One thing that is too far apart. `is_sure`: the whole 95 % interval lies beyond the line; otherwise it may be noise."""

    group: GroupFairness
    measure: str
    figure: Metric
    is_sure: bool
    reason: str


def judge_fairness(report: FairnessReport, *, policy: FairnessPolicy | None = None) -> Verdict:
    """`watch` when a group is treated worse beyond noise, with each such group; `ok` else, and what may be noise is told.

    `not judged` where no attribute has two groups that are large enough, or nobody is accepted.
    """
    policy = policy or FairnessPolicy()
    figures = _list_figures(report)
    if all(headline.lowest_ratio is None for headline in report.headlines):
        return Verdict(GATE, "not judged", (_explain_not_judged(report, policy),), figures)
    findings = list_fairness_findings(report, policy=policy)
    sure = [finding.reason for finding in findings if finding.is_sure]
    if sure:
        return Verdict(GATE, "watch", tuple(sure), figures)
    doubtful = [
        f"{finding.reason}: may be noise" for finding in findings if finding.group.is_single
    ]
    pairs = {finding.group for finding in findings if not finding.group.is_single}
    if pairs:
        count = f"{len(pairs)} group{'s' if len(pairs) > 1 else ''}"
        doubtful.append(f"{count} by two attributes beyond a line: may be noise")
    lowest = min(
        (headline.lowest_ratio for headline in report.headlines if headline.lowest_ratio),
        key=_read_ratio,
    )
    told = f"lowest acceptance ratio {_read_ratio(lowest):.2f} ({_name_group(lowest)}): no difference beyond noise"
    return Verdict(GATE, "ok", (told, *doubtful), figures)


def list_fairness_findings(
    report: FairnessReport, *, policy: FairnessPolicy | None = None
) -> tuple[FairnessFinding, ...]:
    """What lies beyond the policy's lines, single attributes first, in the report's order; sure ones and doubtful ones."""
    policy = policy or FairnessPolicy()
    ordered = sorted(report.groups, key=lambda group: not group.is_single)
    return tuple(finding for group in ordered for finding in _find_group_faults(group, policy))


def _find_group_faults(group: GroupFairness, policy: FairnessPolicy) -> list[FairnessFinding]:
    found = []
    ratio, line = group.acceptance_ratio, policy.lowest_acceptance_ratio
    if ratio is not None and ratio.value < line:
        told = f"accepted {ratio.value:.2f} times as often as the most accepted group ({_format_interval(ratio)}), below {line:g}"
        found.append(
            FairnessFinding(
                group, "acceptance_ratio", ratio, ratio.high < line, f"{_name_group(group)}: {told}"
            )
        )
    gaps = (
        (
            "caught_gap",
            group.caught_gap,
            policy.highest_error_gap,
            "defaulters declined, share against the reference",
        ),
        (
            "false_alarm_gap",
            group.false_alarm_gap,
            policy.highest_error_gap,
            "payers declined, share against the reference",
        ),
        (
            "calibration_gap",
            group.calibration_gap,
            policy.highest_calibration_gap,
            "defaulted less expected, share",
        ),
    )
    for measure, gap, limit, words in gaps:
        if gap is not None and abs(gap.value) > limit:
            is_sure = gap.low > limit or gap.high < -limit
            reason = f"{_name_group(group)}: {words} {gap.value:+.3f} ({_format_interval(gap, sign='+')}), beyond {limit:g}"
            found.append(FairnessFinding(group, measure, gap, is_sure, reason))
    return found


def _explain_not_judged(report: FairnessReport, policy: FairnessPolicy) -> str:
    if any(headline.judged_count > 1 for headline in report.headlines):
        return "nobody is accepted: there is nothing to compare"
    few = f"{policy.fewest_rows:,} rows, {policy.fewest_defaults:,} defaults and as many others"
    return f"no attribute has two groups of at least {few}"


def _list_figures(report: FairnessReport) -> dict[str, float]:
    figures: dict[str, float] = {}
    for headline in report.headlines:
        name = headline.attribute.replace(" ", "_")
        worst = {
            "acceptance_ratio": headline.lowest_ratio,
            "caught_gap": headline.widest_caught_gap,
            "false_alarm_gap": headline.widest_false_alarm_gap,
        }
        for measure, group in worst.items():
            figure = getattr(group, measure) if group is not None else None
            if figure is not None:
                figures[f"{name}_{measure}"] = figure.value
    return figures


def _read_ratio(group: GroupFairness) -> float:
    assert group.acceptance_ratio is not None
    return group.acceptance_ratio.value


def _name_group(group: GroupFairness) -> str:
    return f"{group.attribute} {group.group}"


def _format_interval(metric: Metric, *, sign: str = "") -> str:
    digits = 3 if sign else 2
    return f"{metric.low:{sign}.{digits}f} to {metric.high:{sign}.{digits}f}"
