"""The card on what the model is for, what it learned from and what it is made of."""

from dataclasses import asdict

from credit_default.model.estimator.bundle import measure_input_importance
from credit_default.views.card.evidence import CardEvidence
from credit_default.views.card.format_figures import format_share
from credit_default.views.documents.document import Bullets, Paragraph, Section, Table

_SHOWN_INPUTS = 12


def build_purpose_section(evidence: CardEvidence) -> Section:
    """What the model answers, for whom, and what it is not for."""
    outcome = evidence.schema.outcome
    return Section(
        "Purpose and use",
        (
            Paragraph(
                f"For each statement of portfolio “{evidence.schema.name}” the model gives a probability of this outcome: "
                f"{outcome.description} A decision to decline or accept, a risk band, reasons and an expected loss follow from it."
            ),
            Bullets(
                (
                    (
                        "For: a lender's risk team that reviews existing card clients month by month, with a person's decision in "
                        "the end."
                    ),
                    "Not for: applicants without statements, other products, pricing, or decisions that no person can overrule.",
                    (
                        "Users: risk analysts (scores and reasons), validators (this card and its evidence), auditors (ledger and "
                        "replay)."
                    ),
                )
            ),
        ),
    )


def build_data_section(evidence: CardEvidence) -> Section:
    """Sources, rows, the split and what was left out."""
    data = evidence.data
    months = data.months[0] if len(data.months) == 1 else f"{data.months[0]} to {data.months[-1]}"
    told = (
        f"{data.accepted_count:,} accepted statements ({data.origin} clients, {months}), {data.rejected_count:,} rejected by "
        f"the contract and kept in quarantine; {format_share(data.default_share)} defaulted. Split by client: "
        f"{data.development_count:,} rows to learn from, {data.test_count:,} to test on; identical rows stay together, and a "
        "client stays on its side in every training."
    )
    snapshots = tuple((s.batch_id, s.sha256, f"{s.row_count:,}") for s in data.snapshots)
    protected = ", ".join(evidence.schema.protected) or "none"
    inputs = tuple(
        (
            column.name,
            column.kind,
            "yes" if column.name in evidence.bundle.input_names else "no",
            column.description,
        )
        for column in evidence.schema.inputs
    )
    return Section(
        "Data",
        (
            Paragraph(told),
            Table(("snapshot", "sha256 of the source", "rows"), snapshots, first_figure=2),
            Paragraph(
                f"Protected attributes ({protected}) are kept to measure fairness. Columns, and whether the model reads them:"
            ),
            Table(("column", "kind", "input", "what it says"), inputs, first_figure=9),
        ),
    )


def build_model_section(evidence: CardEvidence) -> Section:
    """Recipe, features, versions and the digest by which all of it can be had again."""
    bundle, identity = evidence.bundle, evidence.identity
    recipe = tuple(
        (name.replace("_", " "), str(value)) for name, value in asdict(bundle.recipe).items()
    )
    importance = list(measure_input_importance(bundle).items())[:_SHOWN_INPUTS]
    made = (
        ("digest", bundle.digest),
        ("schema", f"{bundle.schema_name} {bundle.schema_version}"),
        ("features", f"{len(bundle.feature_names)}, version {bundle.feature_version}"),
        ("training run", identity.run_id),
        ("code", identity.commit),
        *((name, version) for name, version in identity.libraries.items()),
    )
    told = (
        f"A random forest of {bundle.recipe.tree_count:,} trees (scikit-learn) on features that are built inside the model, so "
        "that it takes raw statements. The same data and code give the same digest."
    )
    weighed = tuple((name, format_share(share)) for name, share in importance)
    return Section(
        "The model",
        (
            Paragraph(told),
            Table(("parameter", "value"), recipe, first_figure=9),
            Table(("made of", ""), made, first_figure=9),
            Paragraph(
                "What the forest weighs most (share of its impurity decrease, features counted to the columns behind them):"
            ),
            Table(("input", "share"), weighed),
            *evidence.find_pictures("importance"),
        ),
    )
