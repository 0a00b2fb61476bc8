"""Run Evidently: pandas frames in; its dictionary, its page and its widgets out.

This module and `drift_table` are the only ones that compose an Evidently report. Method and threshold are given for each
column, because Evidently's defaults change their meaning with the number of rows: distances above 1,000, p-values below.
Evidently is imported late, since the import takes seconds.
"""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import pandas as pd

# Evidently's name for each drift method of the schema. Two are registered by us (`drift_table`).
METHOD_NAMES: Final[Mapping[str, str]] = {
    "psi": "psi_deciles",
    "jensenshannon": "jensenshannon_deciles",
    "wasserstein": "wasserstein",
    "ks": "ks",
    "chisquare": "chisquare",
}


@dataclass(frozen=True, slots=True)
class EvidentlyColumn:
    """A column of both frames, with the method and threshold by which its drift is measured."""

    name: str
    is_code: bool
    method: str  # Evidently's name for it
    threshold: float
    is_optional: bool = False  # whether values may be missing
    special: tuple[float, ...] = ()  # values that are no numbers


@dataclass(frozen=True, slots=True)
class EvidentlyReport:
    """A finished report: Evidently's dictionary, its page, and the page's widgets as plain values."""

    content: Mapping[str, Any]
    html: str
    widgets: Sequence[Mapping[str, Any]] = ()


def run_drift_report(
    *,
    reference: "pd.DataFrame",
    current: "pd.DataFrame",
    columns: Sequence[EvidentlyColumn],
    drift_share: float,
    summary: bool,
) -> EvidentlyReport:
    """Return Evidently's report on the drift of each column.

    Args:
        reference: The earlier rows: codes as text, numbers as floats, at least one in each column.
        current: The later rows, of the same columns.
        columns: What is measured, in the page's order.
        drift_share: The share of drifted columns (0-1) from which Evidently calls the whole dataset drifted.
        summary: Also add Evidently's data summary.
    """
    with suppress_evidently_warnings():
        from evidently import DataDefinition, Report
        from evidently.presets import DataSummaryPreset

        from credit_default.adapters.evidently.drift_table import DriftTable, register_drift_methods

        register_drift_methods()
        definition = DataDefinition(
            numerical_columns=[column.name for column in columns if not column.is_code],
            categorical_columns=[column.name for column in columns if column.is_code],
        )
        table = DriftTable(
            columns=[column.name for column in columns],
            per_column_method={column.name: column.method for column in columns},
            per_column_threshold={column.name: column.threshold for column in columns},
            drift_share=drift_share,
        )
        report = Report([table, *([DataSummaryPreset()] if summary else [])], include_tests=True)
        return _run_report(report, definition, reference=reference, current=current)


def run_quality_report(
    *, reference: "pd.DataFrame", current: "pd.DataFrame", threshold: float
) -> EvidentlyReport:
    """Return Evidently's report on how well the probabilities met the outcomes.

    Args:
        reference: Columns `outcome` (0 or 1) and `probability` (0-1) of the earlier rows.
        current: The same of the later rows.
        threshold: The probability from which a client counts as declined.
    """
    with suppress_evidently_warnings():
        from evidently import BinaryClassification, DataDefinition, Report
        from evidently.presets import ClassificationPreset

        roles = BinaryClassification(target="outcome", prediction_probas="probability", pos_label=1)
        definition = DataDefinition(
            numerical_columns=["probability"],
            categorical_columns=["outcome"],
            classification=[roles],
        )
        report = Report([ClassificationPreset(probas_threshold=threshold)])
        return _run_report(report, definition, reference=reference, current=current)


def _run_report(
    report: Any, definition: Any, *, reference: "pd.DataFrame", current: "pd.DataFrame"
) -> EvidentlyReport:
    from evidently import Dataset

    finished = report.run(
        current_data=Dataset.from_pandas(current, data_definition=definition),
        reference_data=Dataset.from_pandas(reference, data_definition=definition),
    )
    widgets = [widget.dict() for widget in finished.to_snapshot_model().widgets]
    return EvidentlyReport(finished.dict(), finished.get_html_str(as_iframe=False), widgets)


@contextmanager
def suppress_evidently_warnings() -> Iterator[None]:
    """Ignore warnings inside the block: those that Evidently causes in pandas, plotly and pydantic."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
