"""The card's sections on what the model is for, what it learned from and what it is made of."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from credit_default.model.estimator.bundle import measure_input_importance
from credit_default.model.families.find_family import find_family
from credit_default.model.families.recipe import describe_recipe
from credit_default.views.card.evidence import CardEvidence, DataFacts
from credit_default.views.card.format_figures import format_share
from credit_default.views.card.points_table import build_parts_blocks
from credit_default.views.documents.document import Bullets, Paragraph, Section, Table

_SHOWN_INPUTS: Final = 12
_FOR: Final = "For: a lender's risk team that {}; a person makes the final decision."
_NOT_FOR: Final = "Not for: {}, other products, pricing, or decisions that no person can overrule."
_USERS: Final = (
    "Users: risk analysts (scores and reasons), validators (this card and its evidence), "
    "auditors (ledger and replay)."
)
_IMPORTANCE: Final = (
    "The inputs that the {noun} weighs most (share of {meaning}; features are counted "
    "towards the columns they are built from):"
)

_OUTCOMES: Final = (
    "A month is learnt from, tested and compared on only when its outcomes are complete; what is "
    "known of each month:"
)


def build_purpose_section(evidence: CardEvidence) -> Section:
    """Return what the model predicts, for whom, and what it is not for."""
    outcome = evidence.schema.outcome.description.rstrip(". ")
    introduction = (
        f"For each statement of the portfolio “{evidence.schema.name}” the model gives the "
        f"probability of this outcome: {outcome}. From it follow the "
        "decision to accept or decline, a risk band, reasons and the expected loss of that event."
    )
    words = evidence.schema.words
    uses = (_FOR.format(words.used_for), _NOT_FOR.format(words.not_used_for), _USERS)
    return Section("Purpose and use", (Paragraph(introduction), Bullets(uses)))


def build_data_section(evidence: CardEvidence) -> Section:
    """Return the sources, the rows, the split, and which columns are inputs."""
    snapshots = tuple((s.batch_id, s.sha256, f"{s.row_count:,}") for s in evidence.data.snapshots)
    protected = ", ".join(evidence.schema.protected) or "none"
    inputs = tuple(
        (
            column.name,
            column.kind,
            "yes" if column.name in evidence.bundle.input_names else "no",
            column.full_description,
        )
        for column in evidence.schema.inputs
    )
    columns = (
        f"Protected attributes ({protected}) are kept to measure fairness. The columns, and whether "
        "they are inputs of the model:"
    )
    return Section(
        "Data",
        (
            Paragraph(_describe_rows(evidence)),
            Table(("snapshot", "sha256 of the source", "rows"), snapshots, first_figure=2),
            *_describe_outcomes(evidence),
            Paragraph(columns),
            Table(("column", "kind", "input", "description"), inputs, first_figure=9),
        ),
    )


def build_model_section(evidence: CardEvidence) -> Section:
    """Return the recipe, features, versions and the digest by which all of it can be reproduced."""
    bundle, identity = evidence.bundle, evidence.identity
    family = find_family(bundle.recipe)
    introduction = (
        f"{family.describe(bundle.recipe)}. Features are built "
        "inside the model, so that it takes raw statements. The same data and code give the same "
        "digest."
    )
    recipe = tuple(
        (name.replace("_", " "), str(value))
        for name, value in _list_parameters(describe_recipe(bundle.recipe))
    )
    made_of = (
        ("digest", bundle.digest),
        ("schema", f"{bundle.schema_name} {bundle.schema_version}"),
        ("features", f"{len(bundle.feature_names)}, version {bundle.feature_version}"),
        ("training run", identity.run_id),
        ("code", identity.commit),
        *identity.libraries.items(),
    )
    importance = list(measure_input_importance(bundle).items())[:_SHOWN_INPUTS]
    weights = tuple((name, format_share(share)) for name, share in importance)
    return Section(
        "The model",
        (
            Paragraph(introduction),
            Table(("parameter", "value"), recipe, first_figure=9),
            *([Paragraph(f"Of these, {evidence.recipe_note}.")] if evidence.recipe_note else []),
            Table(("made of", ""), made_of, first_figure=9),
            Paragraph(_IMPORTANCE.format(noun=family.noun, meaning=family.importance_meaning)),
            Table(("input", "share"), weights),
            *evidence.find_pictures("importance"),
            *build_parts_blocks(bundle, evidence.schema),
        ),
    )


def _list_parameters(described: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield each parameter; a blend's members one by one, each in words."""
    for name, value in described.items():
        if name != "members":
            yield name, value
            continue
        for number, member in enumerate(value, start=1):
            words = ", ".join(f"{key.replace('_', ' ')} {own}" for key, own in member.items())
            yield f"member {number}", words


def _describe_outcomes(evidence: CardEvidence) -> tuple[Paragraph | Table, ...]:
    """Return what is known of each month's outcomes; nothing for evidence that does not hold it."""
    if not evidence.data.outcomes:
        return ()
    rows = tuple(
        (month, "yes" if month in evidence.data.months else "no", outcomes)
        for month, outcomes in evidence.data.outcomes.items()
    )
    return (Paragraph(_OUTCOMES), Table(("month", "used", "outcomes"), rows, first_figure=9))


def _describe_rows(evidence: CardEvidence) -> str:
    data = evidence.data
    months = _describe_months(data.months)
    return (
        f"{data.accepted_count:,} statements of {data.origin} clients ({months}) were accepted; "
        f"{format_share(data.default_share)} of the clients defaulted. {data.rejected_count:,} "
        "statements broke a rule of the schema and are in quarantine. The rows are split by "
        f"client: {data.development_count:,} to learn from and {data.test_count:,} to test on. "
        "Clients with the same rare row are on the same side, and a client stays on its side in "
        f"every training.{_describe_regime(data)}"
    )


def _describe_regime(data: DataFacts) -> str:
    """Return which months the model is to serve, where older ones were found to differ."""
    if not data.regime_months or data.regime_months == data.months:
        return ""
    return (
        f" The months before {data.regime_months[0]} differ from the newest: the model has learnt "
        f"from them too, but is calibrated for {_describe_months(data.regime_months)}, and tested "
        "and monitored by test rows of these."
    )


def _describe_months(months: tuple[str, ...]) -> str:
    return months[0] if len(months) == 1 else f"{months[0]} to {months[-1]}"
