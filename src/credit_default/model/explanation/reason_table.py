"""What a reason may say: concepts of features, and wordings that apply under conditions.

A reason table is data; `credit_card_reasons` declares that of the credit cards. Features that no
table names get concepts here, derived from the schema's descriptions of the columns behind them, so
that another portfolio has reasons without any code.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from credit_default.data.contract.schema import Column, Schema
from credit_default.model.features.declaration import Feature, trace_inputs

ComparisonSide = Literal["at least", "at most", "above", "below"]

_COMPARISONS: Final[tuple[tuple[str, ComparisonSide], ...]] = (
    ("higher", "above"),
    ("lower", "below"),
)
_CLAUSE_END: Final = re.compile(r"[;(]|\. ")  # where a description's first clause ends
_MOST_DESCRIBED_COLUMNS: Final = 2  # columns behind a feature that are described


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition on the client's own inputs, without which a wording is not used.

    Attributes:
        measure: Name of the measure that is compared.
        side: "at least" and "at most" compare it with `value`; "above" and "below" with the median
            of the accepted clients, which itself is on neither side.
        value: The value to compare with.
    """

    measure: str
    side: ComparisonSide
    value: float = 0.0


@dataclass(frozen=True, slots=True)
class Wording:
    """A sentence that may be given as a reason where every condition holds."""

    text: str
    conditions: tuple[Condition, ...]


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
    """Derive a concept of all features on these columns, worded by the first of them.

    A code is worded by its meaning, a number by whether it is higher or lower than usual.
    """
    columns = [column for name in names for column in schema.inputs if column.name == name]
    first_feature, feature_names = features[0], tuple(feature.name for feature in features)
    subject = _describe_feature(first_feature, columns)
    if first_feature.function == "raw" and columns[0].codes:
        codes = columns[0].codes.items()
        return Concept(
            first_feature.name,
            subject,
            feature_names,
            tuple(_build_code_wording(subject, first_feature, *code) for code in codes),
        )
    wordings = _build_comparison_wordings(subject, first_feature)
    return Concept(first_feature.name, subject, feature_names, wordings)


def _build_comparison_wordings(subject: str, feature: Feature) -> tuple[Wording, ...]:
    return tuple(
        Wording(
            f"{subject}: {comparison} than for most accepted clients",
            (Condition(feature.name, side),),
        )
        for comparison, side in _COMPARISONS
    )


def _build_code_wording(subject: str, first_feature: Feature, code: int, meaning: str) -> Wording:
    exactly = (
        Condition(first_feature.name, "at least", code),
        Condition(first_feature.name, "at most", code),
    )
    return Wording(f"{subject}: {meaning}", exactly)


def _describe_feature(first_feature: Feature, columns: Sequence[Column]) -> str:
    texts = [
        _CLAUSE_END.split(column.description.strip(), maxsplit=1)[0].rstrip(" .")
        for column in columns
    ]
    if first_feature.function == "raw":
        return f"{_format_name(first_feature.name)} ({texts[0]})"
    more = len(texts) - _MOST_DESCRIBED_COLUMNS
    described = [*texts[:_MOST_DESCRIBED_COLUMNS], *([f"{more} more"] if more > 0 else [])]
    return f"{_format_name(first_feature.name)} ({' / '.join(described)})"


def _format_name(name: str) -> str:
    return name.replace("_", " ").capitalize()
