"""Are groups of people accepted alike? The figures are those of `model/fairness`."""

from typing import Final

from credit_default.gates.validation.given_figures import GroupComparison
from credit_default.gates.validation.judgement import leave_unjudged
from credit_default.gates.validation.policy import ValidationPolicy
from credit_default.gates.validation.result import Finding, Light
from credit_default.gates.validation.validation_test import ValidationInput, ValidationTest

_NONE: Final = "no groups to compare"


def _judge_selection(inputs: ValidationInput) -> tuple[Finding, ...]:
    findings = tuple(_judge_ratio(group, inputs.policy) for group in inputs.given.groups)
    return findings or (leave_unjudged(_NONE),)


def _judge_ratio(group: GroupComparison, policy: ValidationPolicy) -> Finding:
    ratio, limit = group.selection_ratio, policy.lowest_selection_ratio
    light: Light = "green" if ratio >= limit else "amber"
    if group.selection_high < limit:
        light = "red"
    words = (
        f"approved {ratio:.3f} times as often as the largest group, "
        f"95 % interval {group.selection_low:.3f} to {group.selection_high:.3f}"
    )
    figures = {"low": group.selection_low, "high": group.selection_high, "limit": limit}
    return Finding(light, words, ratio, subject=group.subject, figures=figures)


def _describe_gap(gap: float) -> str:
    return f"{abs(gap) * 100:.1f} points {'below' if gap > 0 else 'above'}"


def _judge_opportunity(inputs: ValidationInput) -> tuple[Finding, ...]:
    limit = inputs.policy.highest_opportunity_gap
    findings = []
    for group in inputs.given.groups:
        gap, low, high = group.opportunity_gap, group.opportunity_low, group.opportunity_high
        if gap is None or low is None or high is None:
            continue
        light: Light = "green" if gap <= limit else "amber"
        if low > limit:
            light = "red"
        words = f"of those who paid, the approval rate lies {_describe_gap(gap)} that of the largest group"
        figures = {"low": low, "high": high, "limit": limit}
        findings.append(Finding(light, words, gap, subject=group.subject, figures=figures))
    return tuple(findings) or (leave_unjudged(_NONE),)


TESTS: Final = (
    ValidationTest(
        "fairness.selection_ratio",
        "fairness",
        "Selection ratio",
        "ratio of the approval rates",
        "The group is approved at least four fifths as often as the largest group.",
        "29 CFR 1607.4 D, the four-fifths rule; interval by bootstrap",
        _judge_selection,
    ),
    ValidationTest(
        "fairness.equal_opportunity",
        "fairness",
        "Equal opportunity",
        "gap in approval of those who paid",
        "Of those who paid, the group is approved as often as the largest group, up to the limit.",
        "Hardt, Price and Srebro 2016, NIPS; interval by bootstrap",
        _judge_opportunity,
    ),
)
