"""The monitoring history as a table for the terminal: one line for each finding."""

from collections.abc import Mapping
from typing import Any

import polars as pl
from rich.table import Table
from rich.text import Text

from credit_default.views.summaries.summary import render_level, render_text

_HEADING = ("month", "batch", "v", "rows", "expected loss", "gate", "verdict", "reason")
_NUMBERS = frozenset({"v", "rows", "expected loss"})


def render_history(findings: pl.DataFrame) -> Table:
    """Return one line for each finding, in the order given.

    Args:
        findings: Rows of the monitoring table. Any gate is shown under its stored name, with its
            first reason.
    """
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for name in _HEADING:
        is_last = name == _HEADING[-1]
        table.add_column(
            name,
            justify="right" if name in _NUMBERS else "left",
            no_wrap=not is_last,
            overflow="fold" if is_last else "ellipsis",
        )
    for row in findings.iter_rows(named=True):
        table.add_row(*_render_finding_cells(row))
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
        render_text(row["statement_month"]),
        render_text(row["batch_id"][:8]),
        str(row["model_version"]),
        f"{row['row_count']:,}",
        _format_loss(row["expected_loss"]),
        render_text(row["gate"]),
        render_level(row["level"]),
        render_text(row["reasons"][0] if row["reasons"] else ""),
    ]


def _format_loss(amount: float | None) -> str:
    return "–" if amount is None else f"{amount:,.0f}"
