"""What a reason may say: concepts of features, and wordings that apply under conditions.

A reason table is data; `credit_card_reasons` declares that of the credit cards. Features that no
table names get concepts here, derived from the schema's descriptions of the columns behind them, so
that another portfolio has reasons without any code.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from credit_default.data.contract.schema import Column, Schema
from credit_default.model.explanation.value_wordings import (
    list_code_wordings,
    list_value_measures,
    list_value_wordings,
    name_code,
    name_number,
)
from credit_default.model.explanation.wordings import (
    ComparisonSide,
    Condition,
    Wording,
    describe_column,
    format_name,
    read_first_clause,
)
from credit_default.model.features.declaration import Feature, trace_inputs

__all__ = [
    "NO_REASONS",
    "Concept",
    "Condition",
    "ReasonTable",
    "Wording",
    "build_reason_table",
    "map_features_to_concepts",
]

_COMPARISONS: Final[tuple[tuple[str, ComparisonSide], ...]] = (
    ("higher", "above"),
    ("lower", "below"),
)
_DATE_COMPARISONS: Final[tuple[tuple[str, ComparisonSide], ...]] = (
    ("later", "above"),
    ("earlier", "below"),
)
# Functions that say what kind of value a column holds, which its wordings say themselves.
_VALUE_FUNCTIONS: Final = frozenset(
    {"is_missing", "is_special", "one_hot", "ordinal", "woe", "target_mean"}
)
_MOST_DESCRIBED_COLUMNS: Final = 2  # columns behind a feature that are described


@dataclass(frozen=True, slots=True)
class Concept:
    """One subject that a reason can be about; the contributions of its features are summed.

    Attributes:
        name: The concept's name.
        subject: The concept in words, without a judgement.
        features: The features that belong to it.
        wordings: The first whose conditions hold for the client is used.
    """

    name: str
    subject: str
    features: tuple[str, ...]
    wordings: tuple[Wording, ...]


@dataclass(frozen=True, slots=True)
class ReasonTable:
    """Concepts, and the measures that their conditions compare.

    The measures are features of the client's inputs, declared with `row_functions`.
    """

    measures: tuple[Feature, ...]
    concepts: tuple[Concept, ...]


NO_REASONS: Final = ReasonTable((), ())


def build_reason_table(
    declared: ReasonTable, features: Sequence[Feature], *, schema: Schema
) -> ReasonTable:
    """Return the reason table for a model with these features.

    It holds the declared concepts, as far as the model has their features, and derived concepts for
    all other features. Features that go back to a protected attribute are in no concept, so that no
    reason mentions one.

    Args:
        declared: The portfolio's declared table.
        features: The model's features.
        schema: The schema of the rows.
    """
    roots = trace_inputs(features)
    open_features = [
        f for f in features if f.kept and not set(roots[f.name]) & set(schema.protected)
    ]
    kept = _keep_concepts(declared.concepts, open_features)
    named = {name for concept in declared.concepts for name in concept.features}
    groups: dict[tuple[str, ...], list[Feature]] = {}
    for feature in open_features:
        if feature.name not in named:
            groups.setdefault(roots[feature.name], []).append(feature)
    derived = [_derive_concept(*group, schema=schema) for group in groups.items()]
    measures = {feature.name: feature for feature in declared.measures}
    measures |= {f.name: f for f in features if f.name not in measures} if derived else {}
    described = [c for c in schema.inputs if any(c.name in names for names in groups)]
    measures |= {f.name: f for f in list_value_measures(described)}
    return ReasonTable(tuple(measures.values()), (*kept, *derived))


def _keep_concepts(concepts: Sequence[Concept], features: Sequence[Feature]) -> list[Concept]:
    """Return the concepts that have any of these features, without the other features."""
    return [
        Concept(concept.name, concept.subject, present, concept.wordings)
        for concept in concepts
        if (present := tuple(f.name for f in features if f.name in concept.features))
    ]


def map_features_to_concepts(
    table: ReasonTable, feature_names: Sequence[str], *, other: str
) -> dict[str, str]:
    """Return the name of each feature's concept.

    Args:
        table: The reason table.
        feature_names: The features.
        other: The name for features in no concept.
    """
    groups: Mapping[str, str] = {
        name: concept.name for concept in table.concepts for name in concept.features
    }
    return {name: groups.get(name, other) for name in feature_names}


def _derive_concept(
    names: Sequence[str], features: Sequence[Feature], *, schema: Schema
) -> Concept:
    """Derive a concept of all features on these columns, worded by the first that is a quantity.

    A missing or special value is worded as what it is, a code by its meaning, a number by whether
    it is higher or lower than usual.
    """
    columns = [column for name in names for column in schema.inputs if column.name == name]
    first = next((f for f in features if f.function not in _VALUE_FUNCTIONS), features[0])
    subject = _describe_feature(first, columns)
    wordings = list_value_wordings(columns)
    is_of_values = first.function in {"raw", *_VALUE_FUNCTIONS}
    if is_of_values and len(columns) == 1 and columns[0].codes:
        measure = first.name if first.function == "raw" else name_code(columns[0])
        wordings += list_code_wordings(subject, columns[0], measure=measure)
    elif first.function not in _VALUE_FUNCTIONS:
        wordings += _build_comparison_wordings(subject, first, columns)
    return Concept(first.name, subject, tuple(feature.name for feature in features), wordings)


def _build_comparison_wordings(
    subject: str, feature: Feature, columns: Sequence[Column]
) -> tuple[Wording, ...]:
    is_date = feature.function == "raw" and columns[0].kind == "date"
    has_special = feature.function == "raw" and columns[0].special
    measure = name_number(columns[0]) if has_special else feature.name
    return tuple(
        Wording(
            f"{subject}: {comparison} than for most accepted clients",
            (Condition(measure, side),),
        )
        for comparison, side in (_DATE_COMPARISONS if is_date else _COMPARISONS)
    )


def _describe_feature(first: Feature, columns: Sequence[Column]) -> str:
    if first.function in {"raw", *_VALUE_FUNCTIONS}:
        return describe_column(columns[0])
    texts = [read_first_clause(column) for column in columns]
    more = len(texts) - _MOST_DESCRIBED_COLUMNS
    described = [*texts[:_MOST_DESCRIBED_COLUMNS], *([f"{more} more"] if more > 0 else [])]
    return f"{format_name(first.name)} ({' / '.join(described)})"
