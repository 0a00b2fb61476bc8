"""What the monitors found, batch after batch, as a table for a terminal."""

from collections.abc import Mapping
from typing import Any

import polars as pl
from rich.table import Table
from rich.text import Text

from credit_default.views.summaries.summary import LEVEL_STYLES, render_text


def render_history(findings: pl.DataFrame) -> Table:
    """One line a finding, oldest month first: what was judged, how, and the first reason with its figures."""
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for name in ("month", "batch", "v", "rows", "expected loss", "gate", "verdict", "reason"):
        last, number = name == "reason", name in {"v", "rows", "expected loss"}
        table.add_column(
            name,
            justify="right" if number else "left",
            no_wrap=not last,
            overflow="fold" if last else "ellipsis",
        )
    for row in findings.iter_rows(named=True):
        table.add_row(*_list_cells(row))
    return table


def _list_cells(row: Mapping[str, Any]) -> list[Text | str]:
    return [
        render_text(row["statement_month"]),
        render_text(row["batch_id"][:8]),
        str(row["model_version"]),
        f"{row['row_count']:,}",
        _format_loss(row["expected_loss"]),
        render_text(row["gate"]),
        Text(row["level"], style=LEVEL_STYLES[row["level"]]),
        render_text(row["reasons"][0] if row["reasons"] else ""),
    ]


def _format_loss(amount: float | None) -> str:
    return "–" if amount is None else f"{amount:,.0f}"


def format_finding_lines(findings: pl.DataFrame) -> list[str]:
    """One text a finding, for those who read no tables."""
    return [
        f"{row['statement_month']} batch {row['batch_id']} version {row['model_version']}: {row['gate']} {row['level']}: "
        + "; ".join(row["reasons"])
        for row in findings.iter_rows(named=True)
    ]
