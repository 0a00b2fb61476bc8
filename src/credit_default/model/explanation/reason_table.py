"""What a reason may say: concepts that features speak of, and words for each, said only where they are true of a client.

A table is data. `reason_words` declares the credit cards'; features that no table names get concepts of their own here,
made of what the schema says of the columns behind them, so that another portfolio has reasons without a line of code.
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
_CLAUSE_END: Final = re.compile(r"[;(]|\. ")  # where a description's first thought ends
_MOST_DESCRIBED_COLUMNS: Final = 2  # columns behind a feature that are told in their own words


@dataclass(frozen=True, slots=True)
class Condition:
    """What must be so of the client's own inputs: a measure on one side of a value, or of the accepted clients' median.

    "at least" and "at most" compare with `value`; "above" and "below" with the median, which itself is on neither side.
    """

    measure: str
    side: ComparisonSide
    value: float = 0.0


@dataclass(frozen=True, slots=True)
class Wording:
    """Words for a reason, said where every condition holds."""

    words: str
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Concept:
    """One thing that a reason can be about: what its features add to the probability is added up.

    The first of `wordings` that is true of the client is said. `subject` names the concept without saying how it is.
    """

    name: str
    subject: str
    features: tuple[str, ...]
    wordings: tuple[Wording, ...]


@dataclass(frozen=True, slots=True)
class ReasonTable:
    """Concepts, and the measures that their conditions look at: features of the client's inputs, in `vocabulary`'s words."""

    measures: tuple[Feature, ...]
    concepts: tuple[Concept, ...]


NO_REASONS: Final = ReasonTable((), ())


def build_reason_table(
    declared: ReasonTable, features: Sequence[Feature], *, schema: Schema
) -> ReasonTable:
    """The table for a model with these features: the declared concepts as far as it has their features, others derived.

    Features that go back to a protected attribute are in no concept, so no reason ever speaks of one.
    """
    roots = trace_inputs(features)
    open_features = [
        f for f in features if f.kept and not set(roots[f.name]) & set(schema.protected)
    ]
    named = {name for concept in declared.concepts for name in concept.features}
    kept = [
        Concept(concept.name, concept.subject, present, concept.wordings)
        for concept in declared.concepts
        if (present := tuple(f.name for f in open_features if f.name in concept.features))
    ]
    groups: dict[tuple[str, ...], list[Feature]] = {}
    for feature in open_features:
        if feature.name not in named:
            groups.setdefault(roots[feature.name], []).append(feature)
    derived = [
        _derive_concept(columns, of_columns, schema=schema)
        for columns, of_columns in groups.items()
    ]
    measures = {feature.name: feature for feature in declared.measures}
    measures |= {f.name: f for f in features if f.name not in measures} if derived else {}
    return ReasonTable(tuple(measures.values()), (*kept, *derived))


def map_features_to_concepts(
    table: ReasonTable, feature_names: Sequence[str], *, other: str
) -> dict[str, str]:
    """For each feature the name of its concept; `other` for those in none."""
    groups: Mapping[str, str] = {
        name: concept.name for concept in table.concepts for name in concept.features
    }
    return {name: groups.get(name, other) for name in feature_names}


def _derive_concept(
    names: Sequence[str], features: Sequence[Feature], *, schema: Schema
) -> Concept:
    """A concept of all features on these columns, told by the first of them: its code, or that it is high or low."""
    columns = [column for name in names for column in schema.inputs if column.name == name]
    lead, feature_names = features[0], tuple(feature.name for feature in features)
    subject = _describe_feature(lead, columns)
    if lead.function == "raw" and columns[0].codes:
        codes = columns[0].codes.items()
        return Concept(
            lead.name,
            subject,
            feature_names,
            tuple(_build_code_wording(subject, lead, *code) for code in codes),
        )
    wordings = tuple(
        Wording(
            f"{subject}: {comparison} than for most accepted clients", (Condition(lead.name, side),)
        )
        for comparison, side in _COMPARISONS
    )
    return Concept(lead.name, subject, feature_names, wordings)


def _build_code_wording(subject: str, lead: Feature, code: int, meaning: str) -> Wording:
    exactly = (Condition(lead.name, "at least", code), Condition(lead.name, "at most", code))
    return Wording(f"{subject}: {meaning}", exactly)


def _describe_feature(lead: Feature, columns: Sequence[Column]) -> str:
    texts = [
        _CLAUSE_END.split(column.description.strip(), maxsplit=1)[0].rstrip(" .")
        for column in columns
    ]
    if lead.function == "raw":
        return f"{_format_name(lead.name)} ({texts[0]})"
    more = len(texts) - _MOST_DESCRIBED_COLUMNS
    told = [*texts[:_MOST_DESCRIBED_COLUMNS], *([f"{more} more"] if more > 0 else [])]
    return f"{_format_name(lead.name)} ({' / '.join(told)})"


def _format_name(name: str) -> str:
    return name.replace("_", " ").capitalize()
