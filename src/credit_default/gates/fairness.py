"""Judge the fairness report of one model: whether every group is treated alike, beyond noise.

The gate asks people to review a difference and never stops a model by itself: whether a difference
is justified cannot be decided by figures. What a challenger changes compared with the champion is
judged by the promotion gate.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from credit_default.gates.verdict import Verdict
from credit_default.model.evaluation.intervals import Metric
from credit_default.model.fairness.policy import FairnessPolicy
from credit_default.model.fairness.report import FairnessReport, GroupFairness

GATE: Final = "fairness"


@dataclass(frozen=True, slots=True)
class FairnessFinding:
    """One figure of one group that is beyond its limit."""

    group: GroupFairness
    measure: str
    figure: Metric
    is_sure: bool  # the whole 95 % interval is beyond the limit; otherwise it may be noise
    reason: str


@dataclass(frozen=True, slots=True)
class _Gap:
    measure: str
    figure: Metric | None
    limit: float
    setting: str  # that sets the limit
    description: str


def judge_fairness(report: FairnessReport, *, policy: FairnessPolicy | None = None) -> Verdict:
    """Judge a fairness report.

    Args:
        report: Acceptance, errors and calibration by group.
        policy: Limits; the defaults when not given.

    Returns:
        `watch` with each group that is treated worse beyond noise; else `ok`, with what may be
        noise among the reasons. `not judged` where no attribute has two groups that are large
        enough, or no client is accepted.
    """
    policy = policy or FairnessPolicy()
    figures = _list_figures(report)
    ratios = [line.lowest_ratio for line in report.headlines if line.lowest_ratio]
    if not ratios:
        return Verdict(GATE, "not judged", (_explain_not_judged(report, policy),), figures)
    findings = list_fairness_findings(report, policy=policy)
    sure = [finding.reason for finding in findings if finding.is_sure]
    if sure:
        return Verdict(GATE, "watch", tuple(sure), figures)
    lowest = min(ratios, key=_read_ratio)
    reason = (
        f"lowest acceptance ratio {_read_ratio(lowest):.2f} ({_name_group(lowest)}): "
        "no difference beyond noise"
    )
    return Verdict(GATE, "ok", (reason, *_describe_doubtful(findings)), figures)


def list_fairness_findings(
    report: FairnessReport, *, policy: FairnessPolicy | None = None
) -> tuple[FairnessFinding, ...]:
    """Return every figure beyond the policy's limits, including those that may be noise.

    Single attributes come first, in the report's order.
    """
    policy = policy or FairnessPolicy()
    ordered = sorted(report.groups, key=lambda group: not group.is_single)
    return tuple(finding for group in ordered for finding in _find_group_faults(group, policy))


def _describe_doubtful(findings: Sequence[FairnessFinding]) -> list[str]:
    """Return what may be noise: findings on single attributes, and the number of pairs."""
    doubtful = [
        f"{finding.reason}: may be noise" for finding in findings if finding.group.is_single
    ]
    pairs = {finding.group for finding in findings if not finding.group.is_single}
    if pairs:
        count = f"{len(pairs)} group{'s' if len(pairs) > 1 else ''}"
        doubtful.append(f"{count} by two attributes beyond a limit: may be noise")
    return doubtful


def _find_group_faults(group: GroupFairness, policy: FairnessPolicy) -> list[FairnessFinding]:
    found = []
    ratio, limit = group.acceptance_ratio, policy.lowest_acceptance_ratio
    if ratio is not None and ratio.value < limit:
        reason = (
            f"{_name_group(group)}: accepted {ratio.value:.2f} times as often as the most accepted "
            f"group ({_format_interval(ratio)}), below {limit:g} (fairness.lowest_acceptance_ratio)"
        )
        found.append(FairnessFinding(group, "acceptance_ratio", ratio, ratio.high < limit, reason))
    for gap in _list_gaps(group, policy):
        figure = gap.figure
        if figure is None or abs(figure.value) <= gap.limit:
            continue
        is_sure = figure.low > gap.limit or figure.high < -gap.limit
        reason = (
            f"{_name_group(group)}: {gap.description} {figure.value:+.3f} "
            f"({_format_interval(figure, sign='+')}), beyond {gap.limit:g} ({gap.setting})"
        )
        found.append(FairnessFinding(group, gap.measure, figure, is_sure, reason))
    return found


def _list_gaps(group: GroupFairness, policy: FairnessPolicy) -> tuple[_Gap, ...]:
    return (
        _Gap(
            "caught_gap",
            group.caught_gap,
            policy.highest_error_gap,
            "fairness.highest_error_gap",
            "share of defaulters declined, against the reference group",
        ),
        _Gap(
            "false_alarm_gap",
            group.false_alarm_gap,
            policy.highest_error_gap,
            "fairness.highest_error_gap",
            "share of payers declined, against the reference group",
        ),
        _Gap(
            "calibration_gap",
            group.calibration_gap,
            policy.highest_calibration_gap,
            "fairness.highest_calibration_gap",
            "share that defaulted, less the expected share",
        ),
    )


def _explain_not_judged(report: FairnessReport, policy: FairnessPolicy) -> str:
    if any(headline.judged_count > 1 for headline in report.headlines):
        return "no client is accepted: there is nothing to compare"
    return (
        f"no attribute has two groups of at least {policy.fewest_rows:,} rows (fairness.fewest_rows), "
        f"{policy.fewest_defaults:,} defaults (fairness.fewest_defaults) and as many others"
    )


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
