"""Render the outcomes of each statement month as a table for the terminal or a page."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from credit_default.gates.completeness import State
from credit_default.model.evaluation.intervals import Metric
from credit_default.model.months.vintages import VintageFigures
from credit_default.views.documents import document
from credit_default.views.tables.fitted_table import Column, FittedTable

_COLUMN_TITLES = ("scored", "outcomes", "expected", "defaulted", "ROC AUC")


@dataclass(frozen=True, slots=True)
class VintageRow:
    """A statement month as one model version scored it."""

    statement_month: str  # YYYY-MM
    model_version: int
    scored_count: int
    coverage_share: float  # of the scored rows, those whose outcome is known; 0-1
    state: State  # of its outcomes: none, early, partial or complete
    figures: VintageFigures | None  # of the rows with a known outcome; None where there is none


def render_vintages(rows: Sequence[VintageRow]) -> FittedTable:
    """Return a table for the terminal, one line for each month and version, in the order given."""
    columns = (
        Column(name, is_figure=name not in {"month", "outcomes"})
        for name in ("month", "v", *_COLUMN_TITLES)
    )
    table = FittedTable(tuple(columns), gap=1)
    for row in rows:
        table.add_row(row.statement_month, *_format_vintage_cells(row))
    return table


def build_vintage_table(rows: Sequence[VintageRow]) -> document.Table:
    """Return the table of a document with the same lines as `render_vintages`."""
    cells = tuple((row.statement_month, *_format_vintage_cells(row)) for row in rows)
    return document.Table(("month", "version", *_COLUMN_TITLES), cells, first_figure=1)


def format_vintage_lines(rows: Sequence[VintageRow]) -> tuple[str, ...]:
    """Return one text for each month and version, for output without tables."""
    return tuple(_format_vintage_line(row) for row in rows)


def _format_vintage_line(row: VintageRow) -> str:
    _, *cells = _format_vintage_cells(row)
    named = zip(_COLUMN_TITLES, cells, strict=True)
    figures = ", ".join(f"{name} {cell}" for name, cell in named)
    return f"month {row.statement_month} version {row.model_version}: {figures}"


def _format_vintage_cells(row: VintageRow) -> list[str]:
    return [
        str(row.model_version),
        f"{row.scored_count:,}",
        f"{row.coverage_share:.0%} {row.state}",
        *_format_vintage_figures(row.figures),
    ]


def _format_vintage_figures(figures: VintageFigures | None) -> Iterator[str]:
    if figures is None:
        yield from ("–", "–", "–")
        return
    yield f"{figures.expected_share:.1%}"
    share = figures.default_share
    yield f"{share.value:.1%} ({100 * share.low:.1f}–{100 * share.high:.1f})"
    yield "–" if figures.roc_auc is None else _format_roc_auc(figures.roc_auc)


def _format_roc_auc(metric: Metric) -> str:
    return f"{metric.value:.3f} ({metric.low:.3f}–{metric.high:.3f})"
