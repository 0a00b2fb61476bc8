"""Write the drift report that people open: reference rows against the rows of a batch.

Evidently measures and draws. This module decides what it is given (checked numbers and our own names, no empty or text
columns), how many rows (at most `sample_rows` of each side), and which files come out. The drift verdict is not taken from
here: `gates.monitoring.drift_measurement` judges all rows of the batch, and Evidently only shows the same statistics on
the sampled rows.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from credit_default.adapters.evidently.frames import (
    DECISION,
    SCORE,
    build_frame_error,
    check_frame,
    list_comparable,
    take_evenly,
    to_pandas,
)
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
    run_drift_report,
    run_quality_report,
)
from credit_default.adapters.host.atomic_files import disk_errors, write_atomically
from credit_default.data.contract.schema import OUTCOME, Schema
from credit_default.gates.monitoring.drift import DriftPolicy
from credit_default.gates.verdict import Verdict
from credit_default.model.estimator.decision import DECLINE

__all__ = [
    "RenderedReport",
    "ReportTitle",
    "list_report_files",
    "publish_verdicts",
    "render_drift_report",
]

SAMPLE_ROWS: Final = 5_000


@dataclass(frozen=True, slots=True)
class RenderedReport:
    """A report as it was written: its files and its table of columns.

    Attributes:
        paths: `html` and `json`; with the quality report also `quality html` and `quality json`.
        widgets: The page's widgets as plain values, for Evidently's workspace.
    """

    paths: Mapping[str, str]
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
    """Write report.html and report.json on how far inputs, score and decision moved from the reference.

    Statistics and pictures come from the same rows: at most `sample_rows` a side, every n-th by score, so that the same
    frames give the same report in whatever order their rows are.

    Args:
        reference: The scored rows that travel with the model; None where the model has none.
        current: The scored rows of the batch. Both frames hold the schema's inputs, default_probability and decision,
            without missing values but of optional columns. A column without a number on one side is left out.
        schema: Names the inputs, and the drift method and threshold of each.
        policy: Holds the thresholds of score and decision, and the share of drifted columns at which the page speaks of
            drift.
        folder: Where the files are written.
        title: What the page says it is about.
        full: Also add a data summary and, where `defaulted` is known on both sides, write quality.html and quality.json
            on the rows that have it.
        sample_rows: Rows drawn from each side, at most.

    Raises:
        InputError: A frame is missing, is empty, or lacks a column or a value.
        ServiceError: Evidently's page has an unknown layout, or the disk cannot be read or written.
    """
    columns = _plan_columns(schema, policy)
    if reference is None:
        raise build_frame_error(
            "reference",
            found="none with the model",
            expected="scored rows that the model was not trained on",
        )
    earlier, later = (
        take_evenly(check_frame(frame, columns, name=name), sample_rows)
        for frame, name in ((reference, "reference"), (current, "current rows"))
    )
    columns = list_comparable(columns, earlier, later)
    report = run_drift_report(
        reference=to_pandas(earlier, columns),
        current=to_pandas(later, columns),
        columns=columns,
        drift_share=policy.highest_drifted_share,
        summary=full,
    )
    paths = _write_report(report, folder, "report", title=title)
    if full:
        paths |= _write_quality(earlier, later, folder, title=title)
    return RenderedReport(paths, report.widgets)


def list_report_files(
    reference: pl.DataFrame | None, current: pl.DataFrame, *, full: bool
) -> dict[str, str]:
    """Return the names of the files that `render_drift_report` writes for these frames, by the keys of its paths."""
    names = ["report"]
    if full and reference is not None:
        sides = (take_evenly(frame, SAMPLE_ROWS) for frame in (reference, current))
        names += ["quality"] if _select_known(*sides) else []
    return {_build_key(name, kind): f"{name}.{kind}" for name in names for kind in ("html", "json")}


def publish_verdicts(paths: Mapping[str, str], verdicts: Sequence[Verdict], *, note: str) -> None:
    """Write the verdicts of the gates, then the note, into the heading of the report's page.

    Args:
        paths: The files of a `RenderedReport`.
        verdicts: In the order in which the page shows them.
        note: A sentence for the end of the heading.

    Raises:
        ServiceError: The disk cannot be read or written.
    """
    path = Path(paths["html"])
    with disk_errors(path):
        page = path.read_text(encoding="utf-8")
    for verdict in verdicts:
        page = insert_verdict(page, verdict)
    write_atomically(path, insert_note(page, note).encode())


def _plan_columns(schema: Schema, policy: DriftPolicy) -> tuple[EvidentlyColumn, ...]:
    """Return the columns in the page's order: score and decision first, since readers look for them."""
    psi = METHOD_NAMES["psi"]
    inputs = (
        EvidentlyColumn(
            column.name,
            is_code=bool(column.codes),
            method=METHOD_NAMES[column.drift_method],
            threshold=column.drift_threshold,
            is_optional=column.optional,
            special=tuple(map(float, column.special)),
        )
        for column in schema.inputs
    )
    return (
        EvidentlyColumn(SCORE, is_code=False, method=psi, threshold=policy.score_threshold),
        EvidentlyColumn(DECISION, is_code=True, method=psi, threshold=policy.decision_threshold),
        *inputs,
    )


def _write_report(
    report: EvidentlyReport, folder: Path, name: str, *, title: ReportTitle
) -> dict[str, str]:
    content = {"title": title.text, "data_origin": title.data_origin, **report.content}
    html, data = folder / f"{name}.html", folder / f"{name}.json"
    write_atomically(html, render_page(report.html, title=title).encode())
    write_atomically(data, json.dumps(content, default=_to_json).encode())
    return {_build_key(name, "html"): str(html), _build_key(name, "json"): str(data)}


def _build_key(name: str, kind: str) -> str:
    return kind if name == "report" else f"{name} {kind}"


def _write_quality(
    earlier: pl.DataFrame, later: pl.DataFrame, folder: Path, *, title: ReportTitle
) -> dict[str, str]:
    """Write the quality report; do nothing where outcomes are unknown or all alike on a side."""
    sides = _select_known(earlier, later)
    if not sides:
        return {}
    reference, current = (
        side.select(outcome=pl.col(OUTCOME).cast(pl.Int64), probability=pl.col(SCORE)).to_pandas()
        for side in sides
    )
    threshold = _find_threshold(pl.concat([side.select(SCORE, DECISION) for side in sides]))
    report = run_quality_report(reference=reference, current=current, threshold=threshold)
    return _write_report(report, folder, "quality", title=title)


def _select_known(*frames: pl.DataFrame) -> list[pl.DataFrame]:
    """Return of each frame the rows with an outcome; nothing where these are unknown or all alike on a side."""
    if not all(OUTCOME in frame.columns for frame in frames):
        return []
    sides = [frame.drop_nulls(OUTCOME) for frame in frames]
    # one class has no curve
    return [] if any(side[OUTCOME].n_unique() < 2 for side in sides) else sides  # noqa: PLR2004


def _find_threshold(scores: pl.DataFrame) -> float:
    """Return the lowest probability that was declined: the threshold that reproduces the decisions as they were made."""
    declined = scores.filter(pl.col(DECISION) == DECLINE)[SCORE]
    return 1.0 if declined.is_empty() else float(declined.min())  # type: ignore[arg-type]


def _to_json(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    return getattr(value, "value", None) or str(value)
