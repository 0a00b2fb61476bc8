"""The card's section on decisions: threshold, costs, capacity and expected loss."""

from typing import Final

from credit_default.model.evaluation.economics import CapacityPoint, Economics
from credit_default.model.evaluation.intervals import Metric
from credit_default.model.evaluation.operating_points import OperatingPoint
from credit_default.views.card.evidence import CardEvidence, LossFacts
from credit_default.views.card.format_figures import (
    format_amount,
    format_score,
    format_share,
    format_share_metric,
)
from credit_default.views.documents.document import Paragraph, Section, Table

_PLACES: Final = {"test side": "on the test side", "out of fold": "out of fold"}


def build_decision_section(evidence: CardEvidence) -> Section:
    """Return costs and threshold, the effect of other costs and capacities, and the expected loss."""
    policy, economics = evidence.bundle.decision_policy, evidence.economics
    introduction = (
        f"A client is declined at a default probability of {policy.threshold:.4f} or above. A "
        f"missed default is assumed to cost {policy.missed_default_cost:g} and a false alarm "
        f"{policy.false_alarm_cost:g}; for calibrated probabilities the ratio of these costs alone "
        "determines the threshold. The other thresholds below were chosen on development rows and "
        f"are evaluated {_describe_rows(evidence)}."
    )
    bands = ", ".join(f"{band.name} from {band.lowest_probability:.0%}" for band in policy.bands)
    return Section(
        "Decision, cost and capacity",
        (
            Paragraph(introduction),
            _tabulate_operating_points(economics),
            _describe_cheapest_threshold(economics, place=evidence.judged_on),
            Paragraph("If the review team can review only so many clients, the riskiest first:"),
            _tabulate_capacity(economics),
            Paragraph(f"Risk bands, by default probability: {bands}."),
            describe_loss(evidence.loss, place=evidence.judged_on),
            *evidence.find_pictures("cost", "sensitivity", "capacity"),
        ),
    )


def _tabulate_operating_points(economics: Economics) -> Table:
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
        format_share(point.declined_share.value),
        format_share_metric(point.caught_share),
        format_share_metric(point.precision),
        _format_cost_metric(point.cost_per_1000),
        format_amount(point.decline_all_cost),
        format_amount(point.decline_nobody_cost),
    )


def _describe_rows(evidence: CardEvidence) -> str:
    if not evidence.is_out_of_fold:
        return "on the test side, on which nothing was chosen"
    return (
        f"by out-of-fold predictions of {evidence.evaluation.row_count:,} rows; the development "
        "rows are among them, so that what a chosen threshold saves is flattered a little"
    )


def _describe_cheapest_threshold(economics: Economics, *, place: str) -> Paragraph:
    cheapest, saving = economics.cheapest, economics.cheapest_saving
    return Paragraph(
        f"On {economics.development_row_count:,} development rows, each scored by trees that were "
        f"not fitted on it, the cheapest threshold would have been {cheapest.threshold:.4f}. "
        f"Compared with the threshold in force it saves {saving.value:,.1f} per 1,000 clients "
        f"({saving.low:,.1f} to {saving.high:,.1f}) {_PLACES[place]}; below 0 it costs more."
    )


def _tabulate_capacity(economics: Economics) -> Table:
    heading = (
        "capacity",
        "threshold",
        "reviewed",
        "defaults caught",
        "precision",
        "cost per 1,000 (95 %)",
    )
    return Table(heading, tuple(_format_capacity_point(point) for point in economics.capacity))


def _format_capacity_point(point: CapacityPoint) -> tuple[str, ...]:
    return (
        f"{point.capacity_share:.1%} ({point.capacity_count:,})",
        format_score(point.reached.threshold),
        format_share(point.reached.declined_share.value),
        format_share_metric(point.reached.caught_share),
        format_share_metric(point.reached.precision),
        _format_cost_metric(point.reached.cost_per_1000),
    )


def describe_loss(loss: LossFacts | None, *, place: str = "test side") -> Paragraph:
    """Return the expected loss with the event, the horizon and the assumptions that it rests on."""
    if loss is None:
        return Paragraph(
            "The expected loss is left out, because the portfolio does not declare which columns "
            "hold the balance and the credit limit."
        )
    policy = loss.policy
    exposure = loss.exposure_amount
    share = f" ({loss.expected_loss_amount / exposure:.1%})" if exposure else ""
    return Paragraph(
        f"Expected loss of {policy.default_event} {policy.horizon}: "
        f"{loss.expected_loss_amount:,.0f} on an exposure of {exposure:,.0f}{share} "
        f"{_PLACES[place]}. It is default probability × exposure × share not cured × loss given "
        "default, under assumptions that the lender sets: the exposure is the balance owed "
        f"({policy.balance_column}) plus {policy.conversion_factor:.0%} of the undrawn credit; "
        f"{policy.cured_share:.0%} of these defaults cure without a loss, and after the others "
        f"{policy.loss_given_default:.0%} of the exposure is lost. It is not the expected loss of "
        "capital rules, whose default is ninety days past due within a year."
    )


def _format_cost_metric(metric: Metric) -> str:
    return f"{metric.value:,.0f} ({metric.low:,.0f} to {metric.high:,.0f})"
