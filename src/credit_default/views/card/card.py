"""The model card: what a validator, an auditor and a risk officer ask of a model, answered from one training's evidence.

No figure is typed here: each comes out of `CardEvidence`. The sections follow what SR 26-2 / OCC Bulletin 2026-13 (model risk
management), Regulation B (12 CFR 1002.9, reasons for adverse action) and Annex IV of Regulation (EU) 2024/1689 (the AI Act;
creditworthiness is high-risk by its Annex III, 5 b) ask to be written down. The words of the sections are in `card_*`.
"""

from credit_default.views.card.evidence import CardEvidence
from credit_default.views.card.section_approval_and_limits import (
    write_approval,
    write_limits,
    write_oversight,
    write_overview,
)
from credit_default.views.card.section_data import write_data, write_model, write_purpose
from credit_default.views.card.section_decision_and_fairness import write_decision, write_fairness
from credit_default.views.card.section_quality import (
    write_baselines,
    write_calibration,
    write_performance,
    write_sensitivity,
    write_slices,
    write_stability,
)
from credit_default.views.documents.document import Document

SIMULATED_WARNING = "SIMULATED data: no real client stands behind these figures"


def write_card(evidence: CardEvidence) -> Document:
    """The card as a document; a part that was not measured says so and why."""
    sections = (
        write_overview(evidence),
        write_approval(evidence),
        write_purpose(evidence),
        write_performance(evidence),
        write_calibration(evidence),
        write_decision(evidence),
        write_fairness(evidence),
        write_slices(evidence),
        write_baselines(evidence),
        write_stability(evidence),
        write_sensitivity(evidence),
        write_data(evidence),
        write_model(evidence),
        write_limits(evidence),
        write_oversight(evidence),
    )
    return Document(
        title=f"Model card: {evidence.identity.name}, version {evidence.identity.number}",
        subtitle=f"digest {evidence.bundle.digest}, trained at {evidence.identity.trained_at}",
        warning=SIMULATED_WARNING if evidence.data.origin == "simulated" else "",
        sections=sections,
    )
