"""The monitoring history as a table for the terminal: one line for each finding."""

from collections.abc import Mapping
from typing import Any

import polars as pl
from rich.text import Text

from credit_default.views.summaries.summary import render_level
from credit_default.views.tables.fitted_table import Column, FittedTable

_COLUMNS = (
    Column("month"),
    Column("batch", rank=1),
    Column("v", is_figure=True, rank=1),
    Column("rows", is_figure=True, rank=2),
    Column("expected loss", is_figure=True, rank=2),
    Column("gate"),
    Column("verdict"),
)


def render_history(findings: pl.DataFrame) -> FittedTable:
    """Return one row for each finding, in the order given.

    Args:
        findings: Rows of the monitoring table. Any gate is shown under its stored name, with its
            first reason.
    """
    table = FittedTable(_COLUMNS, sentences="reason")
    for row in findings.iter_rows(named=True):
        table.add_row(*_render_finding_cells(row), sentences=row["reasons"][:1])
    return table


def format_finding_lines(findings: pl.DataFrame) -> list[str]:
    """Return one text for each finding, with all of its reasons, for output without tables."""
    return [
        f"{row['statement_month']} batch {row['batch_id']} version {row['model_version']}: "
        f"{row['gate']} {row['level']}: {'; '.join(row['reasons'])}"
        for row in findings.iter_rows(named=True)
    ]


def _render_finding_cells(row: Mapping[str, Any]) -> list[Text | str]:
    return [
        row["statement_month"],
        row["batch_id"][:8],
        str(row["model_version"]),
        f"{row['row_count']:,}",
        _format_loss(row["expected_loss"]),
        row["gate"],
        render_level(row["level"]),
    ]


def _format_loss(amount: float | None) -> str:
    return "–" if amount is None else f"{amount:,.0f}"
