"""Evidently's table of drifted columns without the pictures that nobody sees.

Its preset draws every column twice: once for the table, once for a page that the table replaces; the second is half of the
time. Here the figures stay and those pictures go. Importing this module imports Evidently: `evidently_report` does it late.
"""

from typing import Any

from evidently.core.metric_types import SingleValueCalculation
from evidently.legacy.calculations.stattests import StatTest, register_stattest
from evidently.legacy.core import ColumnType
from evidently.metrics import ValueDrift
from evidently.metrics.column_statistics import ValueDriftCalculation
from evidently.presets import DataDriftPreset

from credit_default.adapters.evidently.statistics import (
    measure_jensenshannon,
    measure_population_stability,
)

_TABLE = "big_table"  # Evidently's word for the kind of widget

PSI = StatTest(
    name="psi_deciles",
    display_name="PSI (deciles of the reference)",
    allowed_feature_types=[ColumnType.Categorical, ColumnType.Numerical],
    default_threshold=0.1,
)
JENSEN_SHANNON = StatTest(
    name="jensenshannon_deciles",
    display_name="Jensen-Shannon distance (deciles of the reference)",
    allowed_feature_types=[ColumnType.Categorical, ColumnType.Numerical],
    default_threshold=0.1,
)


class PlainDrift(ValueDrift):  # type: ignore[misc] # Evidently is untyped to us
    """A column's drift as a figure and a test."""


class PlainDriftCalculation(SingleValueCalculation[PlainDrift]):  # type: ignore[misc]
    """Evidently's own calculation of it, drawn nowhere."""

    def calculate(self, context: Any, current_data: Any, reference_data: Any) -> Any:
        """Evidently's result for the column."""
        return ValueDriftCalculation.calculate(self, context, current_data, reference_data)

    def display_name(self) -> str:
        """What its test is called on the page."""
        return f"Drift of {self.metric.column}"

    def _render(self, *_: Any) -> list[Any]:
        return []


class DriftTable(DataDriftPreset):  # type: ignore[misc]
    """Evidently's preset, its table as it is, over figures of ours."""

    def generate_metrics(self, context: Any) -> list[Any]:  # noqa: ARG002 - Evidently's signature
        """The figures that the report's dictionary holds: one for each column, in their order."""
        return [
            PlainDrift(
                column=name,
                method=self.per_column_method[name],
                threshold=self.per_column_threshold[name],
            )
            for name in self.columns
        ]

    def render(self, context: Any, child_widgets: Any = None) -> list[Any]:
        """The table alone. Evidently's headline counts columns and nothing else, and could contradict the gate."""
        widgets: list[Any] = super().render(context, child_widgets)
        return [widget for widget in widgets if widget.type == _TABLE]


def register_drift_methods() -> None:
    """None; Evidently knows our statistics by their names from now on. Twice is once."""
    register_stattest(PSI, default_impl=_measure_stability)
    register_stattest(JENSEN_SHANNON, default_impl=_measure_jensenshannon)


def _measure_stability(
    reference: Any, current: Any, kind: Any, threshold: float
) -> tuple[float, bool]:
    is_code = kind == ColumnType.Categorical
    index = measure_population_stability(
        reference.to_numpy(), current.to_numpy(), is_code=is_code
    ).index
    return index, index >= threshold


def _measure_jensenshannon(
    reference: Any, current: Any, kind: Any, threshold: float
) -> tuple[float, bool]:
    is_code = kind == ColumnType.Categorical
    distance = measure_jensenshannon(reference.to_numpy(), current.to_numpy(), is_code=is_code)
    return distance, distance >= threshold
