"""The monitoring history as values: verdicts, figures and profile of each batch.

The values are built from the monitoring table and the profiles published beside the reports. A
batch without a profile has gaps in the figures of scores and drift.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import polars as pl

from credit_default.gates.monitoring.column_drift import P_VALUE_METHODS
from credit_default.gates.monitoring.monitoring_gates import (
    MONITORING_GATES,
    MonitoringGate,
    get_gate_position,
)
from credit_default.gates.verdict import Level

_SCORE: Final = "default_probability"


@dataclass(frozen=True, slots=True)
class HistoryBatch:
    """One batch as its newest model version scored it."""

    batch_id: str
    statement_month: str  # YYYY-MM
    model_version: int
    row_count: int
    levels: Mapping[str, Level]  # by gate
    figures: Mapping[str, Mapping[str, float]]  # by gate, then by name
    profile: Mapping[str, Any] = field(
        default_factory=dict
    )  # as published; empty where there is none

    def find_figure(self, gate: str, name: str) -> float:
        """Return a figure of a gate's verdict, or NaN where the verdict has none of that name."""
        value = self.figures.get(gate, {}).get(name)
        return float("nan") if value is None else float(value)

    def list_drift_ratios(self) -> dict[str, float]:
        """Return each column's drift as a multiple of its limit, inputs first.

        For methods whose statistic is a p-value the ratio is the limit over the statistic.
        """
        return {
            name: _compute_drift_ratio(found)
            for name, found in self.profile.get("drift", {}).items()
        }

    def find_quantiles(self, shares: Sequence[float]) -> list[float]:
        """Return the scores below which these shares (0-1) of the rows lie.

        They are interpolated between the reference's deciles, by which the profile counts; NaN
        without a profile.
        """
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
class History:
    """All monitored batches, in the order of months, and the alarms about them."""

    batches: tuple[HistoryBatch, ...]
    alarms: tuple[OpenedAlarm, ...] = ()
    simulated: bool = False

    @property
    def labels(self) -> list[str]:
        """Return a label for each batch: its month, and its id where a month has several batches."""
        months = [batch.statement_month for batch in self.batches]
        return [
            batch.statement_month
            if months.count(batch.statement_month) == 1
            else f"{batch.statement_month} {batch.batch_id[:4]}"
            for batch in self.batches
        ]

    def list_gates(self, gates: Sequence[MonitoringGate] = MONITORING_GATES) -> list[str]:
        """Return the names of the gates that judged any batch, in the order of `gates`."""
        names = dict.fromkeys(name for batch in self.batches for name in batch.levels)
        return sorted(names, key=lambda name: get_gate_position(name, gates=gates))


def build_history_batches(
    findings: pl.DataFrame, profiles: Mapping[tuple[str, int], Mapping[str, Any]]
) -> tuple[HistoryBatch, ...]:
    """Build the batches of the history, in the order of months.

    Args:
        findings: Rows of the monitoring table. Of several versions that scored a batch only the
            newest is kept.
        profiles: Published profiles by batch id and model version.
    """
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
    if found["method"] in P_VALUE_METHODS:
        return threshold / max(statistic, 1e-12)
    return statistic / threshold if threshold else 0.0
