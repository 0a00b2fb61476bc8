"""Evidently's part (its home): pandas frames in, its dictionary and its page out, and the one reader of that dictionary.

The dictionary's shape changed with 0.7 and may again: `read_drift` takes from it what a gate needs and refuses another
shape. Method and threshold are given for each column, because the defaults change their meaning with the row count.
"""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from credit_default.errors import ServiceError

if TYPE_CHECKING:
    import pandas as pd

# By the schema's names: what Evidently calls each method. Two are ours, over bins of the reference (`drift_statistics`).
METHOD_NAMES: Final[Mapping[str, str]] = {
    "psi": "psi_deciles",
    "jensenshannon": "jensenshannon_deciles",
    "wasserstein": "wasserstein",
    "ks": "ks",
    "chisquare": "chisquare",
}


@dataclass(frozen=True, slots=True)
class EvidentlyColumn:
    """One column of both frames: what it is to Evidently, and how its drift is measured."""

    name: str
    is_code: bool
    method: str  # in Evidently's words
    threshold: float


@dataclass(frozen=True, slots=True)
class MeasuredDrift:
    """What Evidently says of one column."""

    method: str
    statistic: float
    threshold: float
    drifted: bool


@dataclass(frozen=True, slots=True)
class EvidentlyReport:
    """A finished report: its dictionary as Evidently gives it, its page, and the page's widgets as plain values."""

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
    """The drift of each column, and the data summary behind it when asked for.

    The page calls it drift of the whole when the share of drifted columns (0-1) reaches `drift_share`.
    """
    with suppress_evidently_warnings():
        from evidently import DataDefinition, Report
        from evidently.presets import DataSummaryPreset

        from credit_default.adapters.evidently.drift_table import DriftTable, register_drift_methods

        register_drift_methods()
        definition = DataDefinition(
            numerical_columns=[c.name for c in columns if not c.is_code],
            categorical_columns=[c.name for c in columns if c.is_code],
        )
        table = DriftTable(
            columns=[c.name for c in columns],
            per_column_method={c.name: c.method for c in columns},
            per_column_threshold={c.name: c.threshold for c in columns},
            drift_share=drift_share,
        )
        report = Report([table, *([DataSummaryPreset()] if summary else [])], include_tests=True)
        return _run_report(report, definition, reference=reference, current=current)


def run_quality_report(
    *, reference: "pd.DataFrame", current: "pd.DataFrame", threshold: float
) -> EvidentlyReport:
    """How well the model met the outcomes: columns `outcome` (0/1) and `probability`, declined from `threshold` on."""
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


def read_drift(content: Mapping[str, Any]) -> dict[str, MeasuredDrift]:
    """Each column's drift out of Evidently's dictionary. Raises `ServiceError` when it is of another shape."""
    try:
        failed = {
            test["metric_config"]["params"]["column"]: {"FAIL": True, "SUCCESS": False}[
                _read_status(test)
            ]
            for test in content["tests"]
            if test["id"] == "drift"
        }
        return {
            config["column"]: MeasuredDrift(
                str(config["method"]),
                float(metric["value"]),
                float(config["threshold"]),
                failed[config["column"]],
            )
            for metric in content["metrics"]
            if (config := metric["config"])["type"].endswith(":PlainDrift")
        }
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ServiceError(
            "Evidently's report",
            found=f"a dictionary of another shape ({type(error).__name__}: {error})",
            expected="metrics and tests as in Evidently 0.7",
            remedy="Install the versions that requirements.lock names.",
        ) from error


def _read_status(test: Mapping[str, Any]) -> str:
    status = test["status"]
    return str(getattr(status, "value", status))


def _run_report(
    report: Any, definition: Any, *, reference: "pd.DataFrame", current: "pd.DataFrame"
) -> EvidentlyReport:
    from evidently import Dataset

    done = report.run(
        current_data=Dataset.from_pandas(current, data_definition=definition),
        reference_data=Dataset.from_pandas(reference, data_definition=definition),
    )
    widgets = [widget.dict() for widget in done.to_snapshot_model().widgets]
    return EvidentlyReport(done.dict(), done.get_html_str(as_iframe=False), widgets)


@contextmanager
def suppress_evidently_warnings() -> Iterator[None]:
    """A block in which Evidently is imported and used without its warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # Evidently's own, on its way through pandas, plotly and pydantic
        yield
