"""Render how often people override the model, and how those clients turned out."""

from collections.abc import Sequence
from dataclasses import dataclass

from credit_default.model.evaluation.intervals import Metric
from credit_default.views.tables.fitted_table import Column, FittedTable

_COLUMNS = (
    Column("v", is_figure=True),
    Column("scored"),
    Column("decided"),
    Column("clients", is_figure=True),
    Column("share", is_figure=True, rank=1),
    Column("expected", is_figure=True),
    Column("known", is_figure=True, rank=2),
    Column("defaulted", is_figure=True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideRow:
    """The overrides of one model version in one direction; shares are 0-1, with 95 % intervals."""

    model_version: int
    scored_decision: str
    decision: str
    count: int
    share: Metric  # of the scored rows
    expected_default_share: float  # mean probability of the overridden
    known_count: int  # whose outcome counts already
    default_count: int  # of those
    expected_default_count: float  # sum of the probabilities of those
    default_share: Metric | None  # of the known; None where none is


def render_overrides(rows: Sequence[OverrideRow]) -> FittedTable:
    """Return one line for each version and direction, in the order given."""
    table = FittedTable(_COLUMNS)
    for row in rows:
        table.add_row(
            str(row.model_version),
            row.scored_decision,
            row.decision,
            f"{row.count:,}",
            f"{row.share.value:.2%}",
            f"{row.expected_default_share:.1%}",
            f"{row.known_count:,}",
            _format_defaults(row),
        )
    return table


def format_override_lines(rows: Sequence[OverrideRow]) -> tuple[str, ...]:
    """Return one text for each version and direction."""
    return tuple(
        f"version {row.model_version}: {row.count:,} clients scored {row.scored_decision} were decided {row.decision} "
        f"({row.share.value:.2%} of the scored; {row.expected_default_share:.1%} expected to default); "
        f"defaulted: {_format_defaults(row)}"
        for row in rows
    )


def _format_defaults(row: OverrideRow) -> str:
    if row.default_share is None:
        return "not known yet"
    low, high = row.default_share.low, row.default_share.high
    return f"{row.default_count:,} of {row.known_count:,} ({low:.0%} to {high:.0%})"
