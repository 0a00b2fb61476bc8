"""The card's section on fairness: groups, and what the protected attributes change."""

from collections.abc import Iterator
from typing import Final

from credit_default.model.fairness.attribute_flip_test import FlipSensitivity
from credit_default.model.fairness.protected_attribute_cost import FairnessComparison
from credit_default.model.fairness.proxy_check import ProxyStrength
from credit_default.model.fairness.report import FairnessReport, GroupFairness, Headline
from credit_default.views.card.evidence import CardEvidence
from credit_default.views.card.format_figures import (
    NO_VALUE,
    format_interval,
    format_score,
    format_share_metric,
)
from credit_default.views.documents.document import Block, Bullets, Paragraph, Section, Table

_HEADLINE_HEADING: Final = (
    "attribute",
    "most accepted",
    "groups",
    "too small",
    "lowest acceptance ratio",
    "widest gap, defaults caught",
    "widest gap, false alarms",
)
_GROUP_HEADING: Final = (
    "attribute",
    "group",
    "clients",
    "defaults",
    "accepted",
    "ratio (95 %)",
    "caught",
    "false alarms",
    "defaulted − expected",
    "ROC AUC",
)
_PROXIES: Final = (
    "How well the model's inputs predict each protected attribute (ROC AUC; 0.5: not at all, 1: "
    "completely), and the inputs that predict it best. A strong proxy can carry the effect of the "
    "attribute although the attribute itself is not an input:"
)


def _name_rows(evidence: CardEvidence) -> str:
    return "out-of-fold predictions" if evidence.is_out_of_fold else "test clients"


def build_fairness_section(evidence: CardEvidence) -> Section:
    """Return acceptance, errors and calibration by group, and the verdict on them."""
    report, verdict = evidence.fairness, evidence.fairness_verdict
    introduction = (
        f"Measured at the threshold in force on the same {report.row_count:,} {_name_rows(evidence)}, with "
        "95 % intervals. The acceptance ratio is a group's share of accepted clients over that of "
        "the most accepted group (adverse-impact ratio; four fifths is the customary limit). Groups "
        "too small to judge are listed and not pooled."
    )
    return Section(
        "Fairness",
        (
            Paragraph(introduction),
            Paragraph(f"Verdict: {verdict.level}."),
            Bullets(verdict.reasons),
            _tabulate_headlines(report),
            *_tabulate_groups(report),
            *evidence.find_pictures("fairness"),
            *(_describe_flip(flip) for flip in evidence.flips),
            *_describe_comparison(evidence.comparison),
            *_tabulate_proxies(evidence.proxies),
        ),
    )


def _tabulate_headlines(report: FairnessReport) -> Table:
    rows = tuple(_format_headline(line) for line in report.headlines)
    return Table(_HEADLINE_HEADING, rows, first_figure=len(_HEADLINE_HEADING))


def _format_headline(line: Headline) -> tuple[str, ...]:
    return (
        line.attribute,
        line.reference or NO_VALUE,
        f"{line.judged_count}",
        f"{line.too_small_count}",
        _format_extreme_group(line.lowest_ratio, "acceptance_ratio"),
        _format_extreme_group(line.widest_caught_gap, "caught_gap"),
        _format_extreme_group(line.widest_false_alarm_gap, "false_alarm_gap"),
    )


def _format_extreme_group(group: GroupFairness | None, name: str) -> str:
    metric = getattr(group, name) if group else None
    if group is None or metric is None:
        return NO_VALUE
    if name == "acceptance_ratio":
        return f"{metric.value:.3f} {group.group}"
    return f"{metric.value:+.1%} {group.group}"


def _tabulate_groups(report: FairnessReport) -> Iterator[Block]:
    singles = [group for group in report.groups if group.is_single]
    rows = tuple(_format_group(group) for group in singles if not group.is_too_small)
    yield Table(_GROUP_HEADING, rows, first_figure=2)
    small = [
        f"{group.attribute} {group.group} ({group.row_count:,})"
        for group in singles
        if group.is_too_small
    ]
    if small:
        yield Paragraph(f"Too small to judge, with their number of clients: {'; '.join(small)}.")


def _format_group(group: GroupFairness) -> tuple[str, ...]:
    return (
        group.attribute,
        group.group,
        f"{group.row_count:,}",
        f"{group.default_count:,}",
        format_share_metric(group.accept_share),
        _format_ratio(group),
        format_share_metric(group.caught_share),
        format_share_metric(group.false_alarm_share),
        f"{group.calibration_gap.value:+.1%}" if group.calibration_gap else NO_VALUE,
        f"{group.roc_auc.value:.3f}" if group.roc_auc else NO_VALUE,
    )


def _format_ratio(group: GroupFairness) -> str:
    if group.is_reference:
        return "reference"
    ratio = group.acceptance_ratio
    return f"{ratio.value:.3f} ({ratio.low:.3f} to {ratio.high:.3f})" if ratio else NO_VALUE


def _describe_flip(flip: FlipSensitivity) -> Paragraph:
    role = "an input" if flip.is_input else "not an input"
    return Paragraph(
        f"{flip.attribute} is {role} of the model: of {flip.flipped_count:,} rows scored with another "
        f"value of it, {flip.changed_count:,} changed their score "
        f"(by at most {flip.largest_change:.4f})."
    )


def _describe_comparison(comparison: FairnessComparison | None) -> Iterator[Block]:
    if comparison is None:
        return
    cost = comparison.roc_auc_cost
    yield Paragraph(
        "Without the protected attributes as inputs the ROC AUC is "
        f"{comparison.roc_auc_without:.4f}, with them {comparison.roc_auc_with:.4f}: leaving them "
        f"out costs {cost.value:+.4f} ({cost.low:+.4f} to {cost.high:+.4f}). "
        "The acceptance ratios without and with them:"
    )
    rows = tuple(
        (
            item.attribute,
            item.group,
            format_score(item.ratio_without),
            format_score(item.ratio_with),
            f"{item.change.value:+.4f} ({item.change.low:+.4f} to {item.change.high:+.4f})",
        )
        for item in comparison.changes
    )
    yield Table(("attribute", "group", "without", "with", "change (95 %)"), rows, first_figure=2)


def _tabulate_proxies(proxies: tuple[ProxyStrength, ...]) -> Iterator[Block]:
    if not proxies:
        return
    yield Paragraph(_PROXIES)
    heading = ("attribute", "group", "ROC AUC (95 %)", "proxy", "best predicting inputs")
    yield Table(heading, tuple(_format_proxy(proxy) for proxy in proxies), first_figure=9)


def _format_proxy(proxy: ProxyStrength) -> tuple[str, ...]:
    interval = format_interval(proxy.roc_auc.low, proxy.roc_auc.high)
    return (
        proxy.attribute,
        proxy.group,
        f"{proxy.roc_auc.value:.3f} ({interval})",
        "strong" if proxy.is_strong else "weak",
        ", ".join(f"{found.name} {found.share:.0%}" for found in proxy.strongest_inputs),
    )
