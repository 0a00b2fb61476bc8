"""Render how many outcomes of each batch are known, as a table for the terminal."""

from collections.abc import Sequence
from dataclasses import dataclass

from credit_default.gates.completeness import State
from credit_default.views.tables.fitted_table import Column, FittedTable

_COLUMNS = (
    Column("months"),
    Column("batch", rank=1),
    Column("scored", is_figure=True),
    Column("known", is_figure=True, rank=2),
    Column("coverage", is_figure=True),
    Column("early", is_figure=True, rank=3),
    Column("outcomes"),
)


@dataclass(frozen=True, slots=True)
class CoverageRow:
    """A scored batch and how many of its clients' outcomes are known by now."""

    batch_id: str
    months: tuple[str, ...]  # YYYY-MM, in order
    scored_count: int
    known_count: int
    early_count: int  # of the known outcomes, those observed before their month was mature
    coverage_share: float  # of the scored rows, 0-1
    state: State  # of its outcomes: none, early, partial or complete


def render_coverage(rows: Sequence[CoverageRow]) -> FittedTable:
    """Return one line for each batch, in the order given."""
    table = FittedTable(_COLUMNS)
    for row in rows:
        table.add_row(
            _format_month_range(row.months),
            row.batch_id,
            f"{row.scored_count:,}",
            f"{row.known_count:,}",
            f"{row.coverage_share:.1%}",
            f"{row.early_count:,}",
            row.state,
        )
    return table


def format_coverage_lines(rows: Sequence[CoverageRow]) -> tuple[str, ...]:
    """Return one text for each batch, for output without tables."""
    return tuple(
        f"batch {row.batch_id} ({_format_month_range(row.months)}): "
        f"{row.known_count:,} of {row.scored_count:,} outcomes known ({row.coverage_share:.1%}), "
        f"{row.early_count:,} of them early; {row.state}"
        for row in rows
    )


def _format_month_range(months: tuple[str, ...]) -> str:
    return months[0] if len(months) == 1 else f"{months[0]} to {months[-1]}"
