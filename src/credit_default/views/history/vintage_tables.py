"""What became of each statement month, as a table for a terminal and for a page."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.table import Table

from credit_default.model.evaluation.intervals import Metric
from credit_default.model.evaluation.vintages import VintageFigures
from credit_default.views.documents import document
from credit_default.views.summaries.summary import render_text

_COLUMN_TITLES = ("scored", "coverage", "expected", "defaulted", "ROC AUC", "mature")


@dataclass(frozen=True, slots=True)
class VintageRow:
    """A statement month as one version scored it. `figures` are of the rows whose outcome is known; None for none."""

    statement_month: str
    model_version: int
    scored_count: int
    coverage_share: float  # of the scored rows, 0-1
    mature: bool
    figures: VintageFigures | None


def render_vintages(rows: Sequence[VintageRow]) -> Table:
    """One line a month and version, in the order given."""
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for name in ("month", "v", *_COLUMN_TITLES):
        table.add_column(
            name, justify="left" if name in {"month", "mature"} else "right", no_wrap=True
        )
    for row in rows:
        table.add_row(render_text(row.statement_month), *_list_cells(row))
    return table


def tabulate_vintages(rows: Sequence[VintageRow]) -> document.Table:
    """The same lines, for a page."""
    cells = tuple((row.statement_month, *_list_cells(row)) for row in rows)
    return document.Table(("month", "version", *_COLUMN_TITLES), cells, first_figure=1)


def format_vintage_lines(rows: Sequence[VintageRow]) -> tuple[str, ...]:
    """One text a month and version, for those who read no tables."""
    return tuple(
        f"month {row.statement_month} version {row.model_version}: "
        + ", ".join(
            f"{name} {cell}"
            for name, cell in zip(_COLUMN_TITLES, _list_cells(row)[1:], strict=True)
        )
        for row in rows
    )


def _list_cells(row: VintageRow) -> list[str]:
    return [
        str(row.model_version),
        f"{row.scored_count:,}",
        f"{row.coverage_share:.1%}",
        *_format_figures(row.figures),
        "yes" if row.mature else "no",
    ]


def _format_figures(figures: VintageFigures | None) -> Iterator[str]:
    if figures is None:
        yield from ("–", "–", "–")
        return
    yield f"{figures.expected_share:.1%}"
    share = figures.default_share
    yield f"{share.value:.1%} ({100 * share.low:.1f}–{100 * share.high:.1f})"
    yield "–" if figures.roc_auc is None else _format_metric(figures.roc_auc)


def _format_metric(metric: Metric) -> str:
    return f"{metric.value:.3f} ({metric.low:.3f}–{metric.high:.3f})"
