"""The model card: what a validator, an auditor and a risk officer ask of a model, answered from one training's evidence.

No figure is typed here: each comes out of `CardEvidence`. The sections follow what SR 26-2 / OCC Bulletin 2026-13 (model risk
management), Regulation B (12 CFR 1002.9, reasons for adverse action) and Annex IV of Regulation (EU) 2024/1689 (the AI Act;
creditworthiness is high-risk by its Annex III, 5 b) ask to be written down. The words of the sections are in `card_*`.
"""

from credit_default.views.card.evidence import CardEvidence
from credit_default.views.card.section_approval_and_limits import (
    build_approval_section,
    build_limits_section,
    build_oversight_section,
    build_overview_section,
)
from credit_default.views.card.section_data import (
    build_data_section,
    build_model_section,
    build_purpose_section,
)
from credit_default.views.card.section_decision_and_fairness import (
    build_decision_section,
    build_fairness_section,
)
from credit_default.views.card.section_quality import (
    build_baselines_section,
    build_calibration_section,
    build_performance_section,
    build_sensitivity_section,
    build_slices_section,
    build_stability_section,
)
from credit_default.views.documents.document import Document

SIMULATED_WARNING = "SIMULATED data: no real client stands behind these figures"


def build_card(evidence: CardEvidence) -> Document:
    """The card as a document; a part that was not measured says so and why."""
    sections = (
        build_overview_section(evidence),
        build_approval_section(evidence),
        build_purpose_section(evidence),
        build_performance_section(evidence),
        build_calibration_section(evidence),
        build_decision_section(evidence),
        build_fairness_section(evidence),
        build_slices_section(evidence),
        build_baselines_section(evidence),
        build_stability_section(evidence),
        build_sensitivity_section(evidence),
        build_data_section(evidence),
        build_model_section(evidence),
        build_limits_section(evidence),
        build_oversight_section(evidence),
    )
    return Document(
        title=f"Model card: {evidence.identity.name}, version {evidence.identity.number}",
        subtitle=f"digest {evidence.bundle.digest}, trained at {evidence.identity.trained_at}",
        warning=SIMULATED_WARNING if evidence.data.origin == "simulated" else "",
        sections=sections,
    )
