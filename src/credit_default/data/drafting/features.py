"""Draft the features: each input as it is, whether it is missing, and months between dates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from credit_default.data.drafting.columns import DraftColumn
from credit_default.data.drafting.evidence import format_share

_LEAST_SHARE: Final = 0.05  # missing in fewer rows, or in all but fewer, says little


@dataclass(frozen=True, slots=True)
class DraftFeature:
    """A feature as it is declared; one that is not `used` is only shown, and `note` says why."""

    name: str
    function: str
    columns: tuple[str, ...]
    used: bool = True
    note: str = ""


def draft_features(
    columns: Sequence[DraftColumn],
    rows: Mapping[str, pl.Series],
    *,
    leaks: Mapping[str, float],
) -> tuple[DraftFeature, ...]:
    """Return the features in the order of their columns.

    Args:
        columns: The declared columns.
        rows: The values of each in checked rows, by its name.
        leaks: Of columns that tell the outcome almost alone, how well they rank it.
    """
    dates = [one.column.name for one in columns if one.column.kind == "date"]
    latest = max(dates, key=lambda name: (_find_middle(rows[name]), name), default="")
    features: list[DraftFeature] = []
    for one in columns:
        name = one.column.name
        if name in leaks:
            note = f"a leak? it alone ranks the outcome with an AUC of {leaks[name]:.3f}"
            features.append(DraftFeature(name, "raw", (name,), used=False, note=note))
        elif name in dates:
            features += _draft_dates(name, latest, only=len(dates) == 1)
        else:
            features += _draft_plain(name, rows[name])
    return _name_each_once(features)


def _draft_plain(name: str, values: pl.Series) -> list[DraftFeature]:
    share = values.null_count() / len(values)
    raw = DraftFeature(name, "raw", (name,))
    if not _LEAST_SHARE <= share <= 1 - _LEAST_SHARE:
        return [raw]
    note = f"{format_share(share)} of the rows"
    return [raw, DraftFeature(f"{name}_missing", "is_missing", (name,), note=note)]


def _draft_dates(name: str, latest: str, *, only: bool) -> list[DraftFeature]:
    if only:
        note = "a date alone is later in every new file: give its months from another one"
        return [DraftFeature(name, "raw", (name,), used=False, note=note)]
    if name == latest:
        return []
    return [DraftFeature(f"months_since_{name}", "months_between", (latest, name))]


def _find_middle(days: pl.Series) -> float:
    middle = days.median()
    return float(middle) if isinstance(middle, int | float) else 0.0


def _name_each_once(features: Sequence[DraftFeature]) -> tuple[DraftFeature, ...]:
    """Return the features, one whose name is taken with a number behind it."""
    own = {one.name for one in features if one.function == "raw"}
    named: list[DraftFeature] = []
    for one in features:
        name = one.name
        if one.function != "raw":
            while name in own:
                name = f"{name}_2"
            own.add(name)
        named.append(DraftFeature(name, one.function, one.columns, one.used, one.note))
    return tuple(named)
