"""Measure the drift of every input, the score and the decision from two profiles, on all rows."""

from typing import Any, Final

from credit_default.data.contract.schema import Schema
from credit_default.errors import InputError
from credit_default.gates.monitoring.column_drift import (
    P_VALUE_METHODS,
    ColumnDrift,
    DriftReport,
)
from credit_default.gates.monitoring.drift import DriftPolicy
from credit_default.model.profile.column_counts import Profile
from credit_default.model.profile.drift_distances import ProfilePair, measure_distance
from credit_default.model.profile.plan import DECISION_COLUMN, SCORE_COLUMN, ProfilePlan

_SCORE_METHOD: Final = "psi"


def measure_drift(
    plan: ProfilePlan, reference: Profile, current: Profile, *, schema: Schema, policy: DriftPolicy
) -> DriftReport:
    """Measure how far the inputs, the score and the decision are from the reference.

    Args:
        plan: How both profiles count.
        reference: The profile of the model's reference.
        current: The profile of the batch.
        schema: The method and threshold of each input.
        policy: The thresholds of the score and the decision.

    Returns:
        The drift over all rows. No report is rendered: `report_paths` is empty.

    Raises:
        InputError: One of the profiles has no rows.
    """
    _check_rows("reference", reference)
    _check_rows("current rows", current)
    grids = {column.name: column.grid for column in plan.columns}

    def measure(name: str, method: str, threshold: float) -> ColumnDrift:
        pair = ProfilePair(reference.columns[name], current.columns[name], grids[name])
        return _measure_column(name, pair, method=method, threshold=threshold)

    columns = tuple(
        measure(column.name, column.drift_method, column.drift_threshold)
        for column in schema.inputs
    )
    return DriftReport(
        columns=columns,
        score=measure(SCORE_COLUMN, _SCORE_METHOD, policy.score_threshold),
        drifted_share=sum(column.drifted for column in columns) / len(columns),
        reference_count=reference.row_count,
        current_count=current.row_count,
        report_paths={},
        decision=measure(DECISION_COLUMN, _SCORE_METHOD, policy.decision_threshold),
    )


def describe_drift(report: DriftReport) -> dict[str, Any]:
    """Return the report as plain values under the key `drift`.

    Each column has its statistic, threshold and method: inputs in the schema's order, then the
    score and the decision.
    """
    columns = (*report.columns, report.score, *([report.decision] if report.decision else []))
    return {
        "drift": {
            c.column: {"statistic": c.statistic, "threshold": c.threshold, "method": c.method}
            for c in columns
        }
    }


def _check_rows(name: str, profile: Profile) -> None:
    if not profile.row_count:
        raise InputError(
            name,
            found="no rows",
            expected="at least one",
            remedy="Compare batches that hold rows.",
        )


def _measure_column(name: str, pair: ProfilePair, *, method: str, threshold: float) -> ColumnDrift:
    distance = measure_distance(pair, method)
    return ColumnDrift(
        column=name,
        method=method,
        statistic=distance.statistic,
        threshold=threshold,
        drifted=_exceeds_threshold(distance.statistic, method, threshold),
        bin_count=distance.bin_count,
        spread=distance.spread,
        error=distance.error,
        p_value=distance.p_value,
    )


def _exceeds_threshold(statistic: float, method: str, threshold: float) -> bool:
    return statistic <= threshold if method in P_VALUE_METHODS else statistic >= threshold
