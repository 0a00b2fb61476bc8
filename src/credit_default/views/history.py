"""What the monitors found, batch after batch, as a table for a terminal."""

import json
from collections.abc import Mapping
from typing import Any

import polars as pl
from rich.table import Table
from rich.text import Text

from credit_default.views.summary import LEVEL_STYLES, format_figure

_SHOWN = {"drift": ("score_drift", "drifted_share"), "performance": ("roc_auc", "default_share", "mean_probability")}


def render_history(findings: pl.DataFrame) -> Table:
    """One line a finding, oldest month first: what was judged, how, by which figures, and the first reason."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("month", "batch", "version", "rows", "gate", "verdict", "figures", "reason"):
        table.add_column(name, justify="right" if name in {"version", "rows"} else "left", overflow="fold")
    for row in findings.iter_rows(named=True):
        table.add_row(*_list_cells(row))
    return table


def _list_cells(row: Mapping[str, Any]) -> list[Text | str]:
    figures = json.loads(row["figures"])
    shown = [f"{name} {format_figure(figures[name])}" for name in _SHOWN.get(row["gate"], ()) if name in figures]
    return [
        row["statement_month"],
        row["batch_id"][:8],
        str(row["model_version"]),
        f"{row['row_count']:,}",
        row["gate"],
        Text(row["level"], style=LEVEL_STYLES[row["level"]]),
        ", ".join(shown),
        Text(row["reasons"][0] if row["reasons"] else ""),
    ]
