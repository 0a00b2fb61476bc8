"""The card's last sections: assumptions and limits, and where regulatory duties are met."""

from typing import Final

from credit_default.model.explanation.sampled_shapley import APPROXIMATE_METHOD
from credit_default.model.families.own.own_family import is_own
from credit_default.views.card.evidence import CardEvidence
from credit_default.views.documents.document import Bullets, Section, Table

_GENERAL_LIMITS: Final = (
    (
        "The model ranks clients by what happened to earlier clients. It does not identify causes: "
        "what would have changed a decision is a property of the model, not advice to a client."
    ),
    (
        "Clients who were declined in the past are not among the training rows, unless they were "
        "accepted nevertheless (selection bias)."
    ),
    (
        "Probabilities are calibrated on average and within the groups shown above, not for each "
        "single client."
    ),
    (
        "Costs, the conversion factor, the cure share and the loss given default are assumptions of "
        "the lender; "
        "they are stated beside the figures that depend on them."
    ),
    (
        "A batch of fewer than 200 rows is not judged. A figure that the rows cannot support is "
        "left out, with the reason."
    ),
)
_MODEL_RISK_DUTIES: Final = (
    "Purpose, data, assumptions and limits, baselines, sensitivity and stability are documented in "
    "this card; outcomes are analysed by the monitors after each batch; versions, verdicts and "
    "reasons are kept in the registry."
)
_AI_ACT_DUTIES: Final = (
    "High-risk use: data governance under Data (Art. 10), this card and its evidence as technical "
    "documentation (Art. 11, Annex IV), the hash-chained ledger as records (Art. 12), reasons and "
    "this card for users (Art. 13), people decide and can overrule or roll back (Art. 14), accuracy "
    "and robustness with intervals (Art. 15)."
)


def build_limits_section(evidence: CardEvidence) -> Section:
    """Return what is assumed, and what the model must not be used for."""
    limits = []
    if evidence.bundle.recipe.include_protected:
        limits.append(
            "Protected attributes are inputs of this version: it is meant for measuring, not for "
            "use."
        )
    if evidence.data.origin == "simulated":
        limits.append(
            "The clients are simulated: the model shows how the system works, and must not be used "
            "for decisions about real clients."
        )
    month_count = len(evidence.data.months)
    months = "one month" if month_count == 1 else f"{month_count} months"
    limits.append(
        f"The model learned from {months} of statements. Its figures cannot be transferred to "
        "other periods; the monitors watch for changes."
    )
    return Section("Assumptions and limits", (Bullets((*limits, *_GENERAL_LIMITS)),))


def build_oversight_section(evidence: CardEvidence) -> Section:
    """Return where the duties of model risk management, fair lending and the AI Act are met."""
    protected = ", ".join(evidence.schema.protected) or "none declared"
    reasons = (
        f"Each declined client receives up to four specific reasons, from {_describe_method(evidence)} "
        f"against accepted clients, never a protected attribute ({protected})."
    )
    rows = (
        ("SR 26-2 / OCC Bulletin 2026-13", _MODEL_RISK_DUTIES),
        ("Regulation B, 12 CFR 1002.9", reasons),
        ("Regulation (EU) 2024/1689, Annex III 5 b", _AI_ACT_DUTIES),
    )
    return Section("Oversight", (Table(("rule", "where it is met"), rows, first_figure=9),))


def _describe_method(evidence: CardEvidence) -> str:
    if is_own(evidence.bundle.recipe):
        return f"{APPROXIMATE_METHOD}, as the estimator's structure is not known,"
    return "exact Shapley values"
