"""Evidently's table of drifted columns, with our statistics and without pictures that are never shown.

`DataDriftPreset` draws every column twice: in the table, and in a widget of each `ValueDrift` metric that the table then
replaces. `PlainDrift` keeps the metric and its test in the report's dictionary and draws nothing, which saves about a
third of a report's time (docs/adr/0019-what-was-weighed-and-taken-out.md). Importing this module imports Evidently, so
`report_run` does it late.
"""

from collections.abc import Callable
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

_TABLE_WIDGET = "big_table"  # Evidently's name for the kind of widget


class PlainDrift(ValueDrift):  # type: ignore[misc] # Evidently has no type annotations that mypy sees
    """The drift of a column as a figure and a test. Its class name is part of the report's dictionary."""


class PlainDriftCalculation(SingleValueCalculation[PlainDrift]):  # type: ignore[misc]
    """Evidently's own calculation of the figure, without a picture."""

    def calculate(self, context: Any, current_data: Any, reference_data: Any) -> Any:
        """Return Evidently's result for the column."""
        return ValueDriftCalculation.calculate(self, context, current_data, reference_data)

    def display_name(self) -> str:
        """Return the name of the figure's test on the page."""
        return f"Drift of {self.metric.column}"

    def _render(self, *_: Any) -> list[Any]:
        return []


class DriftTable(DataDriftPreset):  # type: ignore[misc]
    """Evidently's preset with its table only, and with the method and threshold given for each column."""

    def generate_metrics(self, context: Any) -> list[Any]:  # noqa: ARG002 - Evidently's signature
        """Return one figure for each column, in the order of `columns`."""
        return [
            PlainDrift(
                column=name,
                method=self.per_column_method[name],
                threshold=self.per_column_threshold[name],
            )
            for name in self.columns
        ]

    def render(self, context: Any, child_widgets: Any = None) -> list[Any]:
        """Return the table's widget.

        Evidently's headline is left out: it only counts drifted columns, and could contradict the drift gate.
        """
        widgets: list[Any] = super().render(context, child_widgets)
        return [widget for widget in widgets if widget.type == _TABLE_WIDGET]


def register_drift_methods() -> None:
    """Register PSI and Jensen-Shannon over deciles of the reference with Evidently; registering again changes nothing."""
    for stattest, implementation in _DRIFT_METHODS:
        register_stattest(stattest, default_impl=implementation)


def _describe_stattest(name: str, display_name: str) -> StatTest:
    return StatTest(
        name=name,
        display_name=f"{display_name} (deciles of the reference)",
        allowed_feature_types=[ColumnType.Categorical, ColumnType.Numerical],
        default_threshold=0.1,
    )


def _implement_stattest(measure: Callable[..., float]) -> Callable[..., tuple[float, bool]]:
    """Return the function that Evidently calls: series of both sides in; the distance and whether it is drift out."""

    def measure_drift(
        reference: Any, current: Any, kind: Any, threshold: float
    ) -> tuple[float, bool]:
        is_code = kind == ColumnType.Categorical
        distance = measure(reference.to_numpy(), current.to_numpy(), is_code=is_code)
        return distance, distance >= threshold

    return measure_drift


_DRIFT_METHODS = (
    (_describe_stattest("psi_deciles", "PSI"), _implement_stattest(measure_population_stability)),
    (
        _describe_stattest("jensenshannon_deciles", "Jensen-Shannon distance"),
        _implement_stattest(measure_jensenshannon),
    ),
)
