"""The card on who let the model pass and on what terms: approval, assumptions and limits, people's part."""

from collections.abc import Mapping, Sequence
from typing import Final

from credit_default.views.card.evidence import CardEvidence
from credit_default.views.card.format_figures import format_metric, format_share
from credit_default.views.documents.document import Bullets, Paragraph, Section, Table

_RECORDED_TAGS: Final = {  # tags of a version, and what they say
    "verdict": "verdict",
    "promoted_at": "promoted at",
    "replaced_version": "in the place of version",
    "requested_by": "promotion asked for by",
    "requested_at": "asked at",
    "requested_because": "because",
    "requested_digest": "for the digest",
    "approved_by": "approved by",
    "approved_at": "approved at",
    "approved_because": "because",
    "rolled_back_at": "rolled back at",
    "rolled_back_because": "because",
}


def write_registry_status(
    aliases: Sequence[str], tags: Mapping[str, str], *, reasons: Sequence[str] = ()
) -> Section:
    """What the registry says of a version today: its seat, who asked for it and approved it, what it was judged by."""
    rows = [("seat", ", ".join(aliases) or "none")]
    rows += [(told, tags[tag]) for tag, told in _RECORDED_TAGS.items() if tags.get(tag)]
    return Section(
        "Today",
        (
            Table(("on record", ""), tuple(rows), first_figure=9),
            *([Bullets(tuple(filter(None, reasons)))] if any(reasons) else []),
        ),
    )


def write_overview(evidence: CardEvidence) -> Section:
    """What a risk officer has to know first, one line each; everything else is behind it."""
    metrics, cost = evidence.evaluation.metrics, evidence.economics.in_force
    cheaper = min(cost.decline_all_cost, cost.decline_nobody_cost)
    lines = [f"The promotion gate said {evidence.verdict.level}: {evidence.verdict.reasons[0]}."]
    if "roc_auc" in metrics:
        best = max(evidence.rivals, key=lambda rival: rival.metrics["roc_auc"], default=None)
        beside = f"; the best simple rival reaches {best.metrics['roc_auc']:.4f}" if best else ""
        lines.append(
            f"It ranks clients with a ROC AUC of {format_metric('roc_auc', metrics['roc_auc'])}{beside}."
        )
    if "calibration_slope" in metrics:
        told = (
            f"{format_share(metrics['mean_probability'].value)} of clients were expected to default"
        )
        came = f"{format_share(metrics['default_share'].value)} did"
        slope = format_metric("calibration_slope", metrics["calibration_slope"])
        lines.append(f"Calibration: {told}, {came}; calibration slope {slope}.")
    lines.append(
        f"At the threshold in force it declines {format_share(cost.declined_share.value)} of clients and costs "
        f"{format_metric('cost_per_1000', cost.cost_per_1000)} per 1,000, where the better of declining all or nobody costs "
        f"{cheaper:,.0f}."
    )
    fairness = evidence.fairness_verdict
    lines.append(f"Fairness at that threshold: {fairness.level}; {fairness.reasons[0]}.")
    return Section("At a glance", (Bullets(tuple(lines)),))


def write_approval(evidence: CardEvidence) -> Section:
    """The gate's verdict on the day of training and the seat that came of it; later decisions stand in the registry."""
    verdict = evidence.verdict
    rows = (
        ("verdict of the promotion gate", verdict.level),
        ("seat after it", evidence.seat),
        ("approved content", f"digest {evidence.bundle.digest}"),
    )
    return Section(
        "Approval",
        (
            Table(("decision", ""), rows, first_figure=9),
            Bullets(verdict.reasons),
            Paragraph(
                "Who approved or overruled it since, and why: `credit-default models show`, and the ledger by digest."
            ),
        ),
    )


def write_limits(evidence: CardEvidence) -> Section:
    """What is assumed, and where the model ends."""
    data = evidence.data
    span = "one month" if len(data.months) == 1 else f"{len(data.months)} months"
    limits = [
        f"It knows {span} of statements: a figure on clients of another time can't be claimed from them; the monitors watch for it.",
        (
            "It ranks by what happened to earlier clients. It says nothing of causes: what would have changed a decision is a "
            "property of the model, not advice."
        ),
        "Clients who were declined before are not among the rows, unless they were accepted all the same (selection).",
        "A probability is calibrated on average and in the groups above, not for each single client.",
        "Costs, conversion factor and loss given default are assumptions of the lender, told beside the figures they make.",
        "Below 200 rows a batch is not judged; a figure that rows cannot give is absent, and says why.",
    ]
    if data.origin == "simulated":
        limits.insert(
            0,
            "Its clients are simulated: it shows how the system works and must decide about nobody.",
        )
    if evidence.bundle.recipe.include_protected:
        limits.insert(
            0, "Protected attributes are inputs of this version: it is for measuring, not for use."
        )
    return Section("Assumptions and limits", (Bullets(tuple(limits)),))


def write_oversight(evidence: CardEvidence) -> Section:
    """Where the duties of model risk management, of fair lending and of the AI Act are met."""
    protected = ", ".join(evidence.schema.protected) or "none declared"
    rows = (
        (
            "SR 26-2 / OCC Bulletin 2026-13",
            (
                "purpose, data, assumptions and limits, rivals, sensitivity and stability stand in "
                "this card; outcomes analysis is the monitors' after each batch; versions, verdicts and reasons stay in the registry"
            ),
        ),
        (
            "Regulation B, 12 CFR 1002.9",
            (
                "each declined client gets up to four specific reasons from exact Shapley values "
                f"against accepted clients, never a protected attribute ({protected})"
            ),
        ),
        (
            "Regulation (EU) 2024/1689, Annex III 5 b",
            (
                "high-risk use: data governance under Data (Art. 10), this card and its "
                "evidence as technical documentation (Art. 11, Annex IV), the hash-chained ledger as records (Art. 12), reasons and "
                "this card for users (Art. 13), people decide and can overrule or roll back (Art. 14), accuracy and robustness with "
                "intervals (Art. 15)"
            ),
        ),
    )
    return Section("Oversight", (Table(("rule", "where it is met"), rows, first_figure=9),))
