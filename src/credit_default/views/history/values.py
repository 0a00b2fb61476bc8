"""The history as values: one batch after another, with what every gate said of it and what its rows came to.

Made of the monitoring table and of the profiles that stand beside the reports; a batch without a profile has gaps.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from credit_default.gates.verdict import Level

_SCORE = "default_probability"


@dataclass(frozen=True, slots=True)
class HistoryBatch:
    """One batch as its last model version scored it. `profile` is what `monitor` published, empty where it did not."""

    batch_id: str
    statement_month: str
    model_version: int
    row_count: int
    levels: Mapping[str, Level]
    figures: Mapping[str, Mapping[str, float]]  # by gate
    profile: Mapping[str, Any] = field(default_factory=dict)

    def find(self, gate: str, name: str) -> float:
        """A figure of a gate; NaN where it gave none."""
        value = self.figures.get(gate, {}).get(name)
        return float("nan") if value is None else float(value)

    def list_excesses(self) -> dict[str, float]:
        """How many times its limit each column's drift is, inputs first; a p-value counts as its limit over itself."""
        return {
            name: _compute_drift_ratio(found)
            for name, found in self.profile.get("drift", {}).items()
        }

    def find_quantiles(self, shares: Sequence[float]) -> list[float]:
        """The scores below which these shares of the rows lie, read off the counts between the reference's deciles."""
        column = self.profile.get("columns", {}).get(_SCORE)
        if not column or "edges" not in column or column["minimum"] is None:
            return [float("nan")] * len(shares)
        counts = np.array(column["counts"][: len(column["edges"]) + 1], dtype=np.float64)
        inner = np.clip(column["edges"], column["minimum"], column["maximum"])
        ends = np.array([column["minimum"], *inner, column["maximum"]])
        below = np.concatenate([[0.0], np.cumsum(counts) / counts.sum()])
        return [float(score) for score in np.interp(shares, below, ends)]


@dataclass(frozen=True, slots=True)
class OpenedAlarm:
    """An alarm from the month that opened it to the month that closed it ("" while it is open)."""

    gate: str
    opened_month: str
    closed_month: str


@dataclass(frozen=True, slots=True)
class ChampionEvent:
    """A version that came to the champion's seat, and when (ISO 8601); `event`: promoted or rolled back."""

    model_version: int
    at: str
    event: str


@dataclass(frozen=True, slots=True)
class History:
    """All batches, by month, and who was champion when."""

    batches: tuple[HistoryBatch, ...]
    seats: tuple[ChampionEvent, ...] = ()
    alarms: tuple[OpenedAlarm, ...] = ()
    simulated: bool = False

    @property
    def labels(self) -> list[str]:
        """What each batch is called: its month, and the beginning of its id where the month has several."""
        months = [batch.statement_month for batch in self.batches]
        return [
            b.statement_month
            if months.count(b.statement_month) == 1
            else f"{b.statement_month} {b.batch_id[:4]}"
            for b in self.batches
        ]


def build_history_batches(
    findings: pl.DataFrame, profiles: Mapping[tuple[str, int], Mapping[str, Any]]
) -> tuple[HistoryBatch, ...]:
    """The batches by month; of several versions that scored one, the newest is told. `profiles` by batch and version."""
    newest = {
        row["batch_id"]: row["model_version"]
        for row in findings.sort("model_version").iter_rows(named=True)
    }
    batches = []
    for batch_id, version in newest.items():
        rows = findings.filter(batch_id=batch_id, model_version=version).sort("monitored_at")
        found = rows.to_dicts()
        batches.append(
            HistoryBatch(
                batch_id,
                found[0]["statement_month"],
                version,
                found[-1]["row_count"],
                {row["gate"]: row["level"] for row in found},
                {row["gate"]: json.loads(row["figures"]) for row in found},
                profiles.get((batch_id, version), {}),
            )
        )
    return tuple(sorted(batches, key=lambda batch: (batch.statement_month, batch.batch_id)))


def _compute_drift_ratio(found: Mapping[str, Any]) -> float:
    statistic, threshold = float(found["statistic"]), float(found["threshold"])
    if found["method"] in {"ks", "chisquare"}:
        return threshold / max(statistic, 1e-12)
    return statistic / threshold if threshold else 0.0
