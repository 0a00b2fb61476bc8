"""The order of a report: what its page says besides the rows, so that it can be drawn later, by any process.

An order is put on record with the verdicts, before anybody acts on them, and again with the MLflow run that shows the page.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from credit_default.adapters.lake.layout import Lake
from credit_default.adapters.lake.owed_reports import build_order_error, write_owed_report
from credit_default.gates.monitoring.column_drift import ColumnDrift, DriftReport
from credit_default.gates.verdict import Verdict

ReportKind = Literal["full", "drift"]


@dataclass(frozen=True, slots=True)
class ReportOrder:
    """A report to draw.

    Attributes:
        batch_id: The batch.
        model_version: The version whose scores are compared.
        kind: `full` adds data summaries and, once outcomes are known, classification quality.
        verdicts: The verdicts in the page's heading, in their order.
        report: The drift of every column, measured on all rows.
        expected_default_share: The mean default_probability of all rows, 0-1.
        explained_columns: The inputs whose drift the workspace draws as a line of its own.
        run_id: The MLflow run that gets a copy; "" until there is one.
        fault: Why the last attempt to draw it failed, in words; "" where none did.
    """

    batch_id: str
    model_version: int
    kind: ReportKind
    verdicts: tuple[Verdict, ...]
    report: DriftReport
    expected_default_share: float
    explained_columns: tuple[str, ...]
    run_id: str = ""
    fault: str = ""


def record_order(lake: Lake, order: ReportOrder) -> None:
    """Put the order on record, in place of an earlier one for the same batch and version."""
    write_owed_report(
        lake, describe_order(order), batch_id=order.batch_id, model_version=order.model_version
    )


def record_fault(lake: Lake, order: ReportOrder, fault: str) -> None:
    """Put on record why the report could not be drawn; it stays owed."""
    record_order(lake, replace(order, fault=fault))


def describe_order(order: ReportOrder) -> dict[str, Any]:
    """Return the order as plain values, from which `parse_order` makes it again."""
    content = {name: getattr(order, name) for name in order.__slots__}
    verdicts = [
        {
            "gate": verdict.gate,
            "level": verdict.level,
            "reasons": list(verdict.reasons),
            "figures": {name: float(value) for name, value in verdict.figures.items()},
        }
        for verdict in order.verdicts
    ]
    measured = asdict(replace(order.report, report_paths=dict(order.report.report_paths)))
    columns = list(order.explained_columns)
    return {
        **content,
        "verdicts": verdicts,
        "report": {**measured, "columns": list(measured["columns"])},
        "explained_columns": columns,
    }


def parse_order(key: str, content: Mapping[str, Any]) -> ReportOrder:
    """Return the order that is on record under the key.

    Raises:
        ArtifactError: It is not one.
    """
    try:
        verdicts = tuple(
            Verdict(one["gate"], one["level"], tuple(one["reasons"]), one["figures"])
            for one in content["verdicts"]
        )
        return ReportOrder(
            **{
                **content,
                "verdicts": verdicts,
                "report": _parse_report(content["report"]),
                "explained_columns": tuple(content["explained_columns"]),
            }
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise build_order_error(key, f"another form ({error})") from error


def _parse_report(content: Mapping[str, Any]) -> DriftReport:
    decision = content["decision"]
    return DriftReport(
        **{
            **content,
            "columns": tuple(ColumnDrift(**column) for column in content["columns"]),
            "score": ColumnDrift(**content["score"]),
            "decision": None if decision is None else ColumnDrift(**decision),
        }
    )
