"""The card on what is done with the probabilities: the decision in money and capacity, and whom it treats how."""

from collections.abc import Iterator

from credit_default.model.evaluation.economics import Economics
from credit_default.model.evaluation.intervals import Metric
from credit_default.model.evaluation.operating_points import OperatingPoint
from credit_default.model.fairness.report import FairnessReport, GroupFairness
from credit_default.views.card.evidence import CardEvidence, LossFacts
from credit_default.views.card.format_figures import (
    NO_VALUE,
    format_amount,
    format_interval,
    format_score,
    format_share,
)
from credit_default.views.documents.document import Block, Bullets, Paragraph, Section, Table


def write_decision(evidence: CardEvidence) -> Section:
    """Costs and threshold, what other costs and capacities would mean, and the expected loss."""
    policy, economics = evidence.bundle.decision_policy, evidence.economics
    told = (
        f"A client is declined from a default probability of {policy.threshold:.4f} on: a missed default is taken to cost "
        f"{policy.missed_default_cost:g} and a false alarm {policy.false_alarm_cost:g}, and for calibrated probabilities that "
        "ratio alone sets the threshold. Other thresholds below were chosen on development rows and are judged here on the "
        "test side, by which nothing was chosen."
    )
    bands = ", ".join(f"{band.name} from {band.lowest_probability:.0%}" for band in policy.bands)
    return Section(
        "Decision, cost and capacity",
        (
            Paragraph(told),
            _write_operating_points(economics),
            _write_cheapest_threshold(economics),
            Paragraph("If the review team can look at only so many clients, the riskiest first:"),
            _write_capacity(economics),
            Paragraph(f"Risk bands, by probability: {bands}."),
            *_write_loss(evidence.loss),
            *evidence.find_pictures("cost", "sensitivity", "capacity"),
        ),
    )


def write_fairness(evidence: CardEvidence) -> Section:
    """Acceptance, errors and calibration by group at the threshold in force, what flips and proxies show, and the verdict."""
    report = evidence.fairness
    told = (
        f"At the threshold in force on the same {report.row_count:,} test clients, with 95 % intervals. The acceptance ratio "
        "compares a group's share of accepted clients with the most accepted group's (adverse-impact ratio; four fifths is the "
        "customary line). Groups too small to judge are listed, not pooled."
    )
    verdict = evidence.fairness_verdict
    return Section(
        "Fairness",
        (
            Paragraph(told),
            Paragraph(f"Verdict: {verdict.level}."),
            Bullets(verdict.reasons),
            _write_headlines(report),
            *_write_groups(report),
            *evidence.find_pictures("fairness"),
            *_write_flips(evidence),
            *_write_comparison(evidence),
            *_write_proxies(evidence),
        ),
    )


def _write_operating_points(economics: Economics) -> Table:
    heading = (
        "missed default : false alarm",
        "threshold",
        "declined",
        "defaults caught",
        "precision",
        "cost per 1,000 (95 %)",
        "decline all",
        "decline nobody",
    )
    return Table(heading, tuple(_format_operating_point(point) for point in economics.sensitivity))


def _format_operating_point(point: OperatingPoint) -> tuple[str, ...]:
    return (
        f"{point.cost_ratio:g} : 1",
        format_score(point.threshold),
        _format_share_metric(point.declined_share),
        _format_share_metric(point.caught_share),
        _format_share_metric(point.precision),
        _format_cost_metric(point.cost_per_1000),
        format_amount(point.decline_all_cost),
        format_amount(point.decline_nobody_cost),
    )


def _write_cheapest_threshold(economics: Economics) -> Paragraph:
    cheapest, saving = economics.cheapest, economics.cheapest_saving
    return Paragraph(
        f"The threshold that would have cost least on {economics.development_row_count:,} development rows, each judged by "
        f"trees that did not draw it, is {cheapest.threshold:.4f}; on the test side it saves {saving.value:,.1f} per 1,000 "
        f"clients ({saving.low:,.1f} to {saving.high:,.1f}) over the one in force."
    )


def _write_capacity(economics: Economics) -> Table:
    rows = tuple(
        (
            f"{point.capacity_share:.1%} ({point.capacity_count:,})",
            format_score(point.reached.threshold),
            _format_share_metric(point.reached.declined_share),
            _format_share_metric(point.reached.caught_share),
            _format_share_metric(point.reached.precision),
            _format_cost_metric(point.reached.cost_per_1000),
        )
        for point in economics.capacity
    )
    heading = (
        "capacity",
        "threshold",
        "reviewed",
        "defaults caught",
        "precision",
        "cost per 1,000 (95 %)",
    )
    return Table(heading, rows)


def _write_loss(loss: LossFacts | None) -> tuple[Block, ...]:
    if loss is None:
        return (
            Paragraph(
                "Expected loss is absent: the portfolio does not say which columns hold balance and limit."
            ),
        )
    policy = loss.policy
    share = loss.expected_loss_amount / loss.exposure_amount if loss.exposure_amount else 0.0
    return (
        Paragraph(
            f"Expected loss of the test side: {loss.expected_loss_amount:,.0f} on an exposure of {loss.exposure_amount:,.0f} "
            f"({share:.1%}). It is probability × exposure × loss given default, with assumptions that are the lender's to set: "
            f"exposure is what is owed ({policy.balance_column}) and {policy.conversion_factor:.0%} of the open credit; "
            f"{policy.loss_given_default:.0%} of it is lost."
        ),
    )


def _write_headlines(report: FairnessReport) -> Table:
    rows = tuple(
        (
            line.attribute,
            line.reference or NO_VALUE,
            f"{line.judged_count}",
            f"{line.too_small_count}",
            _format_extreme_group(line.lowest_ratio, "acceptance_ratio"),
            _format_extreme_group(line.widest_caught_gap, "caught_gap"),
            _format_extreme_group(line.widest_false_alarm_gap, "false_alarm_gap"),
        )
        for line in report.headlines
    )
    heading = (
        "attribute",
        "most accepted",
        "groups",
        "too small",
        "lowest acceptance ratio",
        "widest gap, defaults caught",
        "widest gap, false alarms",
    )
    return Table(heading, rows, first_figure=len(heading))


def _format_extreme_group(group: GroupFairness | None, name: str) -> str:
    metric = getattr(group, name) if group else None
    if group is None or metric is None:
        return NO_VALUE
    return (
        f"{metric.value:.3f} {group.group}"
        if name == "acceptance_ratio"
        else f"{metric.value:+.1%} {group.group}"
    )


def _write_groups(report: FairnessReport) -> Iterator[Block]:
    singles = [group for group in report.groups if group.is_single]
    heading = (
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
    yield Table(
        heading,
        tuple(_format_group(group) for group in singles if not group.is_too_small),
        first_figure=2,
    )
    small = [
        f"{group.attribute} {group.group} ({group.row_count:,})"
        for group in singles
        if group.is_too_small
    ]
    if small:
        yield Paragraph(f"Too small to judge, with their clients: {'; '.join(small)}.")


def _format_group(group: GroupFairness) -> tuple[str, ...]:
    ratio = group.acceptance_ratio
    told = "reference" if group.is_reference else NO_VALUE
    if ratio and not group.is_reference:
        told = f"{ratio.value:.3f} ({ratio.low:.3f} to {ratio.high:.3f})"
    return (
        group.attribute,
        group.group,
        f"{group.row_count:,}",
        f"{group.default_count:,}",
        _format_share_metric(group.accept_share),
        told,
        _format_share_metric(group.caught_share),
        _format_share_metric(group.false_alarm_share),
        f"{group.calibration_gap.value:+.1%}" if group.calibration_gap else NO_VALUE,
        f"{group.roc_auc.value:.3f}" if group.roc_auc else NO_VALUE,
    )


def _write_flips(evidence: CardEvidence) -> Iterator[Block]:
    for flip in evidence.flips:
        told = "is an input of the model" if flip.is_input else "is no input of the model"
        yield Paragraph(
            f"{flip.attribute} {told}: given {flip.flipped_count:,} other values, {flip.changed_count:,} scores changed "
            f"(by {flip.largest_change:.4f} at the most)."
        )


def _write_comparison(evidence: CardEvidence) -> Iterator[Block]:
    comparison = evidence.comparison
    if comparison is None:
        return
    cost = comparison.roc_auc_cost
    yield Paragraph(
        f"Leaving the protected attributes out costs {cost.value:+.4f} of ROC AUC ({cost.low:+.4f} to {cost.high:+.4f}): "
        f"{comparison.roc_auc_with:.4f} with them, {comparison.roc_auc_without:.4f} without. With them the acceptance ratios "
        "would be:"
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


def _write_proxies(evidence: CardEvidence) -> Iterator[Block]:
    if not evidence.proxies:
        return
    yield Paragraph(
        "How well the model's inputs tell each protected attribute (0.5: not at all, 1: completely), and the inputs that "
        "tell most. What is strong can carry the attribute's effect although it is left out:"
    )
    rows = tuple(
        (
            item.attribute,
            item.group,
            f"{item.roc_auc.value:.3f} ({format_interval(item.roc_auc.low, item.roc_auc.high)})",
            "strong" if item.is_strong else "weak",
            ", ".join(f"{i.name} {i.share:.0%}" for i in item.strongest_inputs),
        )
        for item in evidence.proxies
    )
    yield Table(
        ("attribute", "group", "ROC AUC (95 %)", "proxy", "strongest inputs"), rows, first_figure=9
    )


def _format_share_metric(metric: Metric | None) -> str:
    return NO_VALUE if metric is None else format_share(metric.value)


def _format_cost_metric(metric: Metric) -> str:
    return f"{metric.value:,.0f} ({metric.low:,.0f} to {metric.high:,.0f})"
