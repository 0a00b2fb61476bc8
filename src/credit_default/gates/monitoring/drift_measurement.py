"""From two profiles to a drift report: every input, the score and the decision, on all rows, by the schema's methods."""

from typing import Any, Final

from credit_default.data.contract.schema import Schema
from credit_default.errors import InputError
from credit_default.gates.monitoring.drift import (
    P_VALUE_METHODS,
    ColumnDrift,
    DriftPolicy,
    DriftReport,
)
from credit_default.model.profile.column_counts import Profile
from credit_default.model.profile.drift_distances import ProfilePair, measure_distance
from credit_default.model.profile.plan import DECISION_COLUMN, SCORE_COLUMN, ProfilePlan

_SCORE_METHOD: Final = "psi"


def measure_drift(
    plan: ProfilePlan, reference: Profile, current: Profile, *, schema: Schema, policy: DriftPolicy
) -> DriftReport:
    """How far each input, the score and the decision of the current rows are from the reference, all rows counted.

    No page is drawn: `report_paths` is empty.

    Raises:
        InputError: one of both holds no row.
    """
    for name, side in (("reference", reference), ("current rows", current)):
        if not side.row_count:
            raise InputError(
                name,
                found="no rows",
                expected="at least one",
                remedy="Compare batches that hold rows.",
            )
    grids = {column.name: column.grid for column in plan.columns}

    def measure(name: str, method: str, threshold: float) -> ColumnDrift:
        column = ProfilePair(reference.columns[name], current.columns[name], grids[name])
        distance = measure_distance(column, method)
        return ColumnDrift(
            column=name,
            method=method,
            statistic=distance.statistic,
            threshold=threshold,
            drifted=_exceeds_threshold(distance.statistic, method, threshold),
            bin_count=distance.bin_count,
            spread=distance.spread,
            error=distance.error,
            chance=distance.p_value,
        )

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
    """The report as plain values under the name `drift`: each column's statistic, threshold and method, the score last."""
    columns = (*report.columns, report.score, *([report.decision] if report.decision else []))
    return {
        "drift": {
            c.column: {"statistic": c.statistic, "threshold": c.threshold, "method": c.method}
            for c in columns
        }
    }


def _exceeds_threshold(statistic: float, method: str, threshold: float) -> bool:
    return statistic <= threshold if method in P_VALUE_METHODS else statistic >= threshold
