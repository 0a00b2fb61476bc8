"""What the published profile of a batch says of each column: how far it moved, and its values beside the reference's."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from credit_default.adapters.lake.layout import Lake
from credit_default.adapters.lake.published_reports import read_profile
from credit_default.data.contract.column import Column
from credit_default.data.contract.schema import Schema
from credit_default.errors import InputError
from credit_default.gates.monitoring.column_drift import P_VALUE_METHODS

SCORE: Final = "default_probability"
DECISION: Final = "decision"
_OWN_DESCRIPTIONS: Final = {SCORE: "the score", DECISION: "the decision"}
_DECISIONS: Final = {0.0: "accept", 1.0: "decline"}
_FEW: Final = 100  # from here on decimals do not matter
_OTHER_CLASSES: Final = ("other values", "missing")


@dataclass(frozen=True, slots=True)
class ColumnMove:
    """How far a column is from the reference: the statistic of its method, beside the limit."""

    name: str
    description: str
    method: str
    statistic: float
    threshold: float
    ratio: float  # of the drift to its limit: 1 and above has moved

    @property
    def has_moved(self) -> bool:
        """Whether it is at its limit or beyond, noise not considered."""
        return self.ratio >= 1


@dataclass(frozen=True, slots=True)
class Distribution:
    """The values of a column in classes, as shares (0-1) of the rows; `reference_shares` is empty where none is on record."""

    name: str
    description: str
    labels: tuple[str, ...]
    counts: tuple[int, ...]
    shares: tuple[float, ...]
    reference_shares: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class BatchProfile:
    """What is published of a batch's columns: the moves, inputs first, and the content that distributions are read from."""

    moves: tuple[ColumnMove, ...]
    content: Mapping[str, Any]

    @property
    def has_reference(self) -> bool:
        """Whether the reference's counts are on record beside the batch's."""
        return "reference" in self.content


def read_batch_profile(
    lake: Lake, schema: Schema, *, batch_id: str, model_version: int
) -> BatchProfile:
    """Return what is published of the batch's columns; no moves where nothing was published."""
    content = read_profile(lake, batch_id=batch_id, model_version=model_version) or {}
    columns = {column.name: column for column in schema.columns}
    moves = tuple(
        ColumnMove(
            name,
            _describe(name, columns.get(name)),
            found["method"],
            float(found["statistic"]),
            float(found["threshold"]),
            _compute_ratio(found),
        )
        for name, found in content.get("drift", {}).items()
    )
    return BatchProfile(moves, content)


def build_distribution(profile: BatchProfile, schema: Schema, name: str) -> Distribution:
    """Return the distribution of that column of the batch.

    Raises:
        InputError: The profile has no such column, or none is published.
    """
    found = profile.content.get("columns", {}).get(name)
    if found is None:
        raise InputError(
            f"column {name[:64]}",
            found="nothing published of it",
            expected="a column of a monitored batch",
            remedy="Monitor the batch with `credit-default monitor`, and choose a column from its page.",
        )
    column = next((column for column in schema.columns if column.name == name), None)
    labels, counts = _label_classes(found, column, name=name), found["counts"]
    reference = profile.content.get("reference", {}).get("columns", {}).get(name, {})
    reference_counts = reference.get("counts") or [0] * len(counts)
    # classes that nothing is in, besides those of the bins, are not worth a bar
    shown = [
        place
        for place, _ in enumerate(counts)
        if place < len(counts) - len(_OTHER_CLASSES) or counts[place] or reference_counts[place]
    ]
    return Distribution(
        name,
        _describe(name, column),
        tuple(labels[place] for place in shown),
        tuple(counts[place] for place in shown),
        _divide(counts, shown),
        _divide(reference_counts, shown) if reference else (),
    )


def _label_classes(found: Mapping[str, Any], column: Column | None, *, name: str) -> list[str]:
    if "values" in found:
        labels = [_name_value(value, column, name=name) for value in found["values"]]
    else:
        special = {} if column is None else dict(column.special)
        labels = [
            *_label_ranges(found["edges"]),
            *(special.get(value, f"{value:g}") for value in found.get("special", [])),
        ]
    return [*labels, *_OTHER_CLASSES]


def _label_ranges(edges: Sequence[float]) -> Iterator[str]:
    if not edges:
        yield "all values"
        return
    texts = [_write_number(edge) for edge in edges]
    yield f"below {texts[0]}"
    yield from (f"{low} to {high}" for low, high in pairwise(texts))
    yield f"{texts[-1]} and above"


def _write_number(value: float) -> str:
    is_whole = float(value).is_integer() or abs(value) >= _FEW
    return f"{value:,.0f}" if is_whole else f"{value:,.3g}"


def _name_value(value: float, column: Column | None, *, name: str) -> str:
    if name == DECISION:
        return _DECISIONS.get(value, f"{value:g}")
    if column is None or not float(value).is_integer():
        return f"{value:g}"
    texts = list(column.values)
    if 0 < value <= len(texts):
        return column.values[texts[int(value) - 1]] or texts[int(value) - 1]
    meaning = column.codes.get(int(value))
    return f"{value:g}: {meaning}" if meaning else f"{value:g}"


def _describe(name: str, column: Column | None) -> str:
    return _OWN_DESCRIPTIONS.get(name, "") if column is None else column.description


def _divide(counts: Sequence[int], shown: Sequence[int]) -> tuple[float, ...]:
    total = sum(counts) or 1
    return tuple(counts[place] / total for place in shown)


def _compute_ratio(found: Mapping[str, Any]) -> float:
    statistic, threshold = float(found["statistic"]), float(found["threshold"])
    if found["method"] in P_VALUE_METHODS:
        return threshold / max(statistic, 1e-12)
    return statistic / threshold if threshold else 0.0
