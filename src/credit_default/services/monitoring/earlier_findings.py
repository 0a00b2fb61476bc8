"""Read back what monitoring found earlier, from the lake's monitoring table.

Findings are kept by batch, model version and gate; the newest one of each replaces the one before.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Final

import polars as pl

from credit_default.adapters.lake.layout import Lake
from credit_default.adapters.tables.monitoring import read_monitoring
from credit_default.gates.monitoring import label_free_estimate as estimate_gate
from credit_default.gates.monitoring import performance as performance_gate
from credit_default.gates.monitoring.label_free_estimate import (
    read_chance_deviations,
    read_estimate,
)
from credit_default.gates.monitoring.monitoring_gates import RETRAINING, get_gate_position
from credit_default.gates.verdict import Verdict
from credit_default.model.months.label_free_estimates import ComparedEstimate, compare_estimate
from credit_default.model.months.month_effects import MonthDeviation
from credit_default.views.summaries.summary import Summary

_NO_TRAINING_REQUESTED: Final = (
    RETRAINING.name,
    "ok",
)  # not shown, as in the summary of the first time


def read_batch_findings(lake: Lake, *, batch_id: str, model_version: int) -> Summary | None:
    """Return what monitoring last found about this version's scores of the batch.

    Returns:
        The verdicts, in the order in which they are shown, and the report; None when the scores were
        never monitored.
    """
    found = read_monitoring(lake).filter(batch_id=batch_id, model_version=model_version)
    if found.is_empty():
        return None
    verdicts = [
        Verdict(row["gate"], row["level"], tuple(row["reasons"]), json.loads(row["figures"]))
        for row in found.iter_rows(named=True)
        if (row["gate"], row["level"]) != _NO_TRAINING_REQUESTED
    ]
    reports = [path for path in found["report_path"] if path]
    return Summary(
        "monitor",
        "as found before",
        verdicts=tuple(sorted(verdicts, key=lambda verdict: get_gate_position(verdict.gate))),
        paths={"report (html)": reports[-1]} if reports else {},
    )


def read_past_estimates(
    lake: Lake, *, model_version: int, excluding: str = "", until: str | None = None
) -> Iterator[ComparedEstimate]:
    """Yield this version's earlier estimates beside what was observed, the oldest month first.

    Only batches whose outcomes were judged are compared.

    Args:
        lake: Where the findings are.
        model_version: The version that scored the batches.
        excluding: The id of a batch to leave out.
        until: The newest statement month (YYYY-MM) to include; None means all.
    """
    rows = read_monitoring(lake).filter(
        pl.col("level") != "not judged", model_version=model_version
    )
    if until is not None:
        rows = rows.filter(pl.col("statement_month") <= until)
    months = dict(rows.select("batch_id", "statement_month").iter_rows())
    estimated = _read_figures(rows, gate=estimate_gate.GATE)
    observed = _read_figures(rows, gate=performance_gate.GATE)
    for batch_id, figures in estimated.items():
        if batch_id in observed and batch_id != excluding:
            yield from compare_estimate(
                read_estimate(figures),
                observed[batch_id],
                chance_deviations=read_chance_deviations(figures),
                statement_month=months[batch_id],
            )


def read_past_deviations(
    lake: Lake, *, model_version: int, before: str
) -> tuple[MonthDeviation, ...]:
    """Return how far defaults were from expected ones in this version's judged batches, by month.

    Args:
        lake: Where the findings are.
        model_version: The version that scored the batches.
        before: Only statement months (YYYY-MM) before this one.
    """
    rows = read_monitoring(lake).filter(
        pl.col("level") != "not judged",
        pl.col("statement_month") < before,
        model_version=model_version,
        gate=performance_gate.GATE,
    )
    found = (
        _read_deviation(json.loads(figures), statement_month=month)
        for month, figures in rows.select("statement_month", "figures").iter_rows()
    )
    return tuple(deviation for deviation in found if deviation is not None)


def _read_deviation(figures: Mapping[str, float], *, statement_month: str) -> MonthDeviation | None:
    """Return the deviation of a judged batch; None where nothing was expected of it.

    Verdicts recorded before month effects were allowed for name no deviation of chance, but their
    deviations are those of chance alone.
    """
    if not {"calibration_error", "calibration_deviations", "mean_probability"} <= set(figures):
        return None
    surplus = figures["calibration_error"] * figures["mean_probability"] * figures["row_count"]
    deviations = figures["calibration_deviations"]
    chance = figures.get("expected_deviation", surplus / deviations if deviations else 0.0)
    return MonthDeviation(statement_month, surplus, chance**2) if chance > 0 else None


def _read_figures(rows: pl.DataFrame, *, gate: str) -> dict[str, Mapping[str, float]]:
    """Return the gate's figures by batch id, in the order of the rows."""
    found = rows.filter(gate=gate).select("batch_id", "figures")
    return {batch_id: json.loads(figures) for batch_id, figures in found.iter_rows()}
