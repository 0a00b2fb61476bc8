"""Columns of few distinct values, of which a small reference sees a part, and whether chance makes them drift."""

from collections.abc import Mapping
from typing import Final

import numpy as np
import polars as pl

from credit_default.data.contract.schema import Column, Schema
from credit_default.gates.monitoring.column_drift import exceeds_noise
from credit_default.gates.monitoring.drift import DriftPolicy
from credit_default.gates.monitoring.drift_measurement import measure_drift
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.profile.column_counts import profile_rows
from credit_default.model.profile.plan import plan_profile

REFERENCE_ROWS: Final = (60, 150, 300, 600)
BATCH_ROWS: Final = 3_000
_VALUES: Final = 26
_FALLING: Final = 1 / np.arange(1.0, _VALUES + 1) ** 2
SHARES: Final[Mapping[str, np.ndarray]] = {
    "26 values, one of them in 90% of the rows": np.array([0.9, *[0.1 / 25] * 25]),
    "26 values alike": np.full(_VALUES, 1 / _VALUES),
    "26 values, ever fewer rows": _FALLING / _FALLING.sum(),
}
_SCHEMA: Final = Schema(
    "few-values",
    "1",
    (
        Column("client_id", "identifier", "Who."),
        Column("statement_month", "month", "When."),
        Column("value", "integer", "One of few."),
    ),
    Column("defaulted", "outcome", "Late.", codes={0: "no", 1: "yes"}),
)


def ring(generator: np.random.Generator, form: str, *, reference_count: int) -> bool:
    """Return whether the column moved between two draws of one population."""
    then, now = (_draw_rows(generator, form, count) for count in (reference_count, BATCH_ROWS))
    plan = plan_profile(then, schema=_SCHEMA, decision_policy=DecisionPolicy())
    profiles = (profile_rows(plan, rows) for rows in (then, now))
    report = measure_drift(plan, *profiles, schema=_SCHEMA, policy=DriftPolicy())
    confidence = DriftPolicy().confidence
    return exceeds_noise(report.columns[0], report, confidence=confidence)


def _draw_rows(generator: np.random.Generator, form: str, count: int) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "value": generator.choice(_VALUES, count, p=SHARES[form]),
            "default_probability": generator.uniform(0.05, 0.4, count),
            "decision": generator.choice(["accept", "decline"], count),
        }
    )
