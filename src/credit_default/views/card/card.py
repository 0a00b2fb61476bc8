"""The model card: one training's evidence, written for validators, auditors and risk officers.

No figure is written by hand: each comes from `CardEvidence`. The sections follow what SR 26-2 / OCC
Bulletin 2026-13 (model risk management), Regulation B (12 CFR 1002.9, reasons for adverse action)
and Annex IV of Regulation (EU) 2024/1689 (the AI Act; creditworthiness is high-risk by its Annex
III, 5 b) require to be documented. The text of the sections is in the modules `section_*`.
"""

from typing import Final

from credit_default.views.card.evidence import CardEvidence
from credit_default.views.card.format_figures import format_moment
from credit_default.views.card.section_approval import (
    build_approval_section,
    build_overview_section,
)
from credit_default.views.card.section_data import (
    build_data_section,
    build_model_section,
    build_purpose_section,
)
from credit_default.views.card.section_decision import build_decision_section
from credit_default.views.card.section_fairness import build_fairness_section
from credit_default.views.card.section_limits import build_limits_section, build_oversight_section
from credit_default.views.card.section_quality import (
    build_baselines_section,
    build_calibration_section,
    build_performance_section,
    build_sensitivity_section,
    build_slices_section,
    build_stability_section,
)
from credit_default.views.documents.document import Document

SIMULATED_WARNING: Final = "SIMULATED data: no real client stands behind these figures"
_SECTIONS: Final = (
    build_overview_section,
    build_approval_section,
    build_purpose_section,
    build_performance_section,
    build_calibration_section,
    build_decision_section,
    build_fairness_section,
    build_slices_section,
    build_baselines_section,
    build_stability_section,
    build_sensitivity_section,
    build_data_section,
    build_model_section,
    build_limits_section,
    build_oversight_section,
)


def build_card(evidence: CardEvidence) -> Document:
    """Return the card as a document; a part that was not measured says so, and why."""
    identity = evidence.identity
    return Document(
        title=f"Model card: {identity.name}, version {identity.number}",
        subtitle=f"digest {evidence.bundle.digest}, trained {format_moment(identity.trained_at)}",
        warning=SIMULATED_WARNING if evidence.data.origin == "simulated" else "",
        sections=tuple(build_section(evidence) for build_section in _SECTIONS),
    )
