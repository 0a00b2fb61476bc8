"""Reference against current: the report that people open.

Evidently draws and measures; here stands what it may be given (no empty or text column, numbers and our own names only),
how much of it (at most `sample_rows` of each side) and how its page becomes a file. What the gate judges is taken on all rows
elsewhere (`gates.drift_measurement`); the figures here are those of the rows that are drawn.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from credit_default.adapters.evidently.html_page import (
    ReportTitle,
    insert_note,
    insert_verdict,
    render_page,
)
from credit_default.adapters.evidently.report_run import (
    METHOD_NAMES,
    EvidentlyColumn,
    EvidentlyReport,
    MeasuredDrift,
    read_drift,
    run_drift_report,
    run_quality_report,
)
from credit_default.adapters.evidently.statistics import count_by_bins
from credit_default.adapters.host.atomic_files import disk_errors, write_atomically
from credit_default.data.contract.schema import OUTCOME, Schema
from credit_default.errors import InputError, ServiceError, show_examples
from credit_default.gates.monitoring.column_drift import ColumnDrift, DriftReport
from credit_default.gates.monitoring.drift import DriftPolicy
from credit_default.gates.verdict import Verdict
from credit_default.model.estimator.decision import DECLINE

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["RenderedReport", "ReportTitle", "publish_verdicts", "render_drift_report"]

SAMPLE_ROWS: Final = 5_000
_SCORE, _DECISION = "default_probability", "decision"


@dataclass(frozen=True, slots=True)
class RenderedReport:
    """A report that was drawn: the figures of the rows in it, where its files are, its table of columns."""

    drift: DriftReport
    widgets: Sequence[Mapping[str, Any]]


def render_drift_report(
    *,
    reference: pl.DataFrame | None,
    current: pl.DataFrame,
    schema: Schema,
    policy: DriftPolicy,
    folder: Path,
    title: ReportTitle,
    full: bool = False,
    sample_rows: int = SAMPLE_ROWS,
) -> RenderedReport:
    """How far each input and the score of the sampled rows have moved from `reference`, with a report in `folder`.

    Both frames hold the key, the schema's inputs, default_probability and decision; `reference` is the one that travels
    with the model. Writes report.html and report.json; `full` adds a data summary and, where `defaulted` is known on both
    sides, quality.html and quality.json on the rows that have it. Statistics and pictures come from the same at most
    `sample_rows` rows a side, every n-th by score, so that the same frames give the same report.

    Raises `InputError` for a frame that is missing, empty, or lacks a column or a value, `ServiceError` for Evidently's
    own trouble or the disk's.
    """
    columns = _plan_columns(schema, policy)
    if reference is None:
        raise _build_frame_error(
            "reference",
            found="none with the model",
            expected="scored rows that the model was not trained on",
        )
    earlier, later = (
        _sample_rows(_check_frame(frame, columns, name=name), sample_rows)
        for frame, name in ((reference, "reference"), (current, "current rows"))
    )
    report = run_drift_report(
        reference=_to_pandas(earlier, columns),
        current=_to_pandas(later, columns),
        columns=columns,
        drift_share=policy.highest_drifted_share,
        summary=full,
    )
    paths = _write_report(report, folder, "report", title=title)
    if full:
        paths |= _write_quality(earlier, later, folder, title=title)
    drift = _build_drift_report(
        read_drift(report.content), columns, earlier=earlier, later=later, paths=paths
    )
    return RenderedReport(drift, report.widgets)


def publish_verdicts(paths: Mapping[str, str], verdicts: Sequence[Verdict], *, note: str) -> None:
    """Nothing; the report's page begins with what the gates made of the batch, then the note.

    Raises `ServiceError` when the disk refuses.
    """
    path = Path(paths["html"])
    with disk_errors(path):
        page = path.read_text(encoding="utf-8")
    for verdict in verdicts:
        page = insert_verdict(page, verdict)
    write_atomically(path, insert_note(page, note).encode())


def _plan_columns(schema: Schema, policy: DriftPolicy) -> tuple[EvidentlyColumn, ...]:
    # The score first: it is what a reader of the page asks for.
    return (
        EvidentlyColumn(
            _SCORE, is_code=False, method=METHOD_NAMES["psi"], threshold=policy.score_threshold
        ),
        EvidentlyColumn(
            _DECISION, is_code=True, method=METHOD_NAMES["psi"], threshold=policy.decision_threshold
        ),
        *(
            EvidentlyColumn(
                column.name,
                is_code=column.kind == "code",
                method=METHOD_NAMES[column.drift_method],
                threshold=column.drift_threshold,
            )
            for column in schema.inputs
        ),
    )


def _check_frame(
    frame: pl.DataFrame, columns: Sequence[EvidentlyColumn], *, name: str
) -> pl.DataFrame:
    if frame.is_empty():
        raise _build_frame_error(name, found="no rows", expected="at least one")
    missing = [column.name for column in columns if column.name not in frame.columns]
    if missing:
        raise _build_frame_error(
            name,
            found=f"no column {show_examples(missing)}",
            expected="every input, score and decision",
        )
    for column in columns:
        values = frame[column.name]
        if values.null_count():
            raise _build_frame_error(
                f"{name}, column {column.name!r}",
                found=f"{values.null_count()} empty values",
                expected="none",
            )
        # Evidently writes category values into its page as they are: numbers and our own two words carry no markup.
        good = (
            values.is_in(["accept", DECLINE]).all()
            if column.name == _DECISION
            else values.dtype.is_numeric()
        )
        if not good or (column.is_code and values.dtype.is_float()):
            raise _build_frame_error(
                f"{name}, column {column.name!r}",
                found=f"{values.dtype} values",
                expected="checked values",
            )
    return frame


def _sample_rows(frame: pl.DataFrame, count: int) -> pl.DataFrame:
    if frame.height <= count:
        return frame
    ties = [
        name for name in sorted(frame.columns) if name != _SCORE
    ]  # a reference names no client to go by
    return frame.sort(_SCORE, *ties)[
        np.linspace(0, frame.height - 1, count).round().astype(np.int64)
    ]


def _to_pandas(frame: pl.DataFrame, columns: Sequence[EvidentlyColumn]) -> "pd.DataFrame":
    texts = [pl.col(column.name).cast(pl.String) for column in columns if column.is_code]
    numbers = [pl.col(column.name).cast(pl.Float64) for column in columns if not column.is_code]
    return frame.select(*numbers, *texts).to_pandas()


def _write_report(
    report: EvidentlyReport, folder: Path, name: str, *, title: ReportTitle
) -> dict[str, str]:
    content = {"title": title.text, "data_origin": title.data_origin, **report.content}
    html, data = folder / f"{name}.html", folder / f"{name}.json"
    write_atomically(html, render_page(report.html, title=title).encode())
    write_atomically(data, json.dumps(content, default=_to_json).encode())
    prefix = "" if name == "report" else f"{name} "
    return {f"{prefix}html": str(html), f"{prefix}json": str(data)}


def _write_quality(
    earlier: pl.DataFrame, later: pl.DataFrame, folder: Path, *, title: ReportTitle
) -> dict[str, str]:
    if not all(OUTCOME in frame.columns for frame in (earlier, later)):
        return {}
    sides = [frame.drop_nulls(OUTCOME) for frame in (earlier, later)]
    if any(side[OUTCOME].n_unique() < 2 for side in sides):  # noqa: PLR2004 - one class has no curve
        return {}
    told = [
        side.select(outcome=pl.col(OUTCOME).cast(pl.Int64), probability=pl.col(_SCORE)).to_pandas()
        for side in sides
    ]
    threshold = _find_threshold(pl.concat([side.select(_SCORE, _DECISION) for side in sides]))
    report = run_quality_report(reference=told[0], current=told[1], threshold=threshold)
    return _write_report(report, folder, "quality", title=title)


def _find_threshold(scores: pl.DataFrame) -> float:
    """A threshold that gives back the decisions as they were taken: the lowest probability that was declined."""
    declined = scores.filter(pl.col(_DECISION) == DECLINE)[_SCORE]
    return 1.0 if declined.is_empty() else float(declined.min())  # type: ignore[arg-type]


def _build_drift_report(
    measured: Mapping[str, MeasuredDrift],
    columns: Sequence[EvidentlyColumn],
    *,
    earlier: pl.DataFrame,
    later: pl.DataFrame,
    paths: Mapping[str, str],
) -> DriftReport:
    unmeasured = [column.name for column in columns if column.name not in measured]
    if unmeasured:
        raise ServiceError(
            "Evidently's report",
            found=f"nothing on {show_examples(unmeasured)}",
            expected="every column",
            remedy="Install the versions that requirements.lock names.",
        )
    drifts = [
        _build_drift(column, measured[column.name], earlier=earlier, later=later)
        for column in columns
    ]
    score, inputs = drifts[0], tuple(drifts[2:])
    share = sum(drift.drifted for drift in inputs) / len(inputs)
    return DriftReport(inputs, score, share, earlier.height, later.height, dict(paths), drifts[1])


def _build_drift(
    column: EvidentlyColumn, measured: MeasuredDrift, *, earlier: pl.DataFrame, later: pl.DataFrame
) -> ColumnDrift:
    sides = count_by_bins(
        *(frame[column.name].to_numpy() for frame in (earlier, later)), is_code=column.is_code
    )
    bin_count = int(((sides[0] > 0) | (sides[1] > 0)).sum())
    method = next(ours for ours, name in METHOD_NAMES.items() if name == measured.method)
    return ColumnDrift(
        column.name, method, measured.statistic, measured.threshold, measured.drifted, bin_count
    )


def _to_json(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    return getattr(value, "value", None) or str(value)


def _build_frame_error(thing: str, *, found: str, expected: str) -> InputError:
    return InputError(
        thing,
        found=found,
        expected=expected,
        remedy="Compare checked and scored rows of one portfolio.",
    )
