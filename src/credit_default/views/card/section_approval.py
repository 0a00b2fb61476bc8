"""The card's first sections: the registry's record, the summary and the approval."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from credit_default.views.card.evidence import CardEvidence
from credit_default.views.card.format_figures import format_metric, format_moment, format_share
from credit_default.views.documents.document import Bullets, Paragraph, Section, Table

_RECORDED_TAGS: Final = {  # tags of a registered version, and their labels
    "verdict": "verdict",
    "promoted_at": "promoted at",
    "replaced_version": "replaced version",
    "requested_by": "promotion requested by",
    "requested_at": "requested at",
    "requested_because": "reason of the request",
    "requested_digest": "requested for the digest",
    "approved_by": "approved by",
    "approved_at": "approved at",
    "approved_because": "reason of the approval",
    "refused_by": "promotion refused by",
    "refused_at": "refused at",
    "refused_because": "reason of the refusal",
    "promoted_by": "promoted by",
    "rolled_back_by": "rolled back by",
    "rolled_back_at": "rolled back at",
    "rolled_back_because": "reason of the rollback",
}


def build_registry_section(
    aliases: Sequence[str],
    tags: Mapping[str, str],
    *,
    reasons: Sequence[str] = (),
    governance: Sequence[str] = (),
) -> Section:
    """Return what is on record of a version today: alias, approval, verdict, reviews, findings, overrides.

    Args:
        aliases: The version's aliases.
        tags: The version's tags; those that are absent are left out.
        reasons: The reasons of the verdict on the version; empty ones are left out.
        governance: Lines about reviews, findings and overrides.
    """
    rows = [("alias", ", ".join(aliases) or "none")]
    rows += [
        (label, format_moment(tags[tag]) if tag.endswith("_at") else tags[tag])
        for tag, label in _RECORDED_TAGS.items()
        if tags.get(tag)
    ]
    shown = tuple(filter(None, reasons))
    table = Table(("on record", ""), tuple(rows), first_figure=9)
    lists = [Bullets(tuple(lines)) for lines in (shown, governance) if lines]
    return Section("Today", (table, *lists))


def build_overview_section(evidence: CardEvidence) -> Section:
    """Return what a risk officer has to know first, one line for each subject."""
    return Section("At a glance", (Bullets(tuple(_list_overview(evidence))),))


def build_approval_section(evidence: CardEvidence) -> Section:
    """Return the verdict on the day of training; later decisions are in the registry."""
    verdict = evidence.verdict
    rows = (
        ("verdict of the promotion gate", verdict.level),
        ("status after the gate", evidence.status),
        ("approved content", f"digest {evidence.bundle.digest}"),
    )
    later = (
        "Later approvals, overrides and rollbacks with their reasons: `credit-default models show`, "
        "and the entries of the ledger for this digest."
    )
    return Section(
        "Approval",
        (
            Table(("decision", ""), rows, first_figure=9),
            Bullets(verdict.reasons),
            Paragraph(later),
        ),
    )


def _list_overview(evidence: CardEvidence) -> Iterator[str]:
    metrics = evidence.evaluation.metrics
    yield f"Promotion gate: {evidence.verdict.level}; {evidence.verdict.reasons[0]}."
    if "roc_auc" in metrics:
        yield _describe_ranking(evidence)
    if "calibration_slope" in metrics:
        expected = format_share(metrics["mean_probability"].value)
        observed = format_share(metrics["default_share"].value)
        slope = format_metric("calibration_slope", metrics["calibration_slope"])
        yield (
            f"Calibration: {expected} of clients were expected to default and {observed} did; "
            f"the calibration slope is {slope}."
        )
    yield _describe_cost(evidence)
    fairness = evidence.fairness_verdict
    yield f"Fairness at that threshold: {fairness.level}; {fairness.reasons[0]}."


def _describe_ranking(evidence: CardEvidence) -> str:
    roc_auc = format_metric("roc_auc", evidence.evaluation.metrics["roc_auc"])
    ranking = f"Ranking: the ROC AUC is {roc_auc}"
    best = max(evidence.baselines, key=lambda baseline: baseline.metrics["roc_auc"], default=None)
    if best is None:
        return f"{ranking}."
    return f"{ranking}; the best baseline reaches {best.metrics['roc_auc']:.4f}."


def _describe_cost(evidence: CardEvidence) -> str:
    in_force = evidence.economics.in_force
    simplest_cost = min(in_force.decline_all_cost, in_force.decline_nobody_cost)
    return (
        f"Decisions: the threshold in force declines {format_share(in_force.declined_share.value)} "
        "of clients; per 1,000 clients, these decisions cost "
        f"{format_metric('cost_per_1000', in_force.cost_per_1000)}, and the cheaper of declining "
        f"all or nobody costs {simplest_cost:,.0f}."
    )
