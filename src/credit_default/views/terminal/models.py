"""The registered model versions as a table for the terminal."""

from collections.abc import Sequence
from dataclasses import dataclass

from credit_default.views.summaries.summary import render_level, render_text
from credit_default.views.tables.fitted_table import Column, FittedTable

_COLUMNS = (
    Column("v", is_figure=True),
    Column("alias"),
    Column("digest", rank=1),
    Column("trained", rank=2),
    Column("data", rank=2),
    Column("verdict"),
)


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One registered version: its alias, what it is, and the verdict on it."""

    number: int
    alias: str  # registry aliases, joined; "" where it has none
    digest: str
    trained_at: str  # ISO 8601, UTC
    data_origin: str  # "real" or "simulated"
    level: str  # of the promotion verdict
    reason: str
    evidence: tuple[str, ...] = ()  # the verdict's other reasons, in its order
    backtest: str = ""  # how its last promotion turned out; "" where it replaced no champion


def render_models(rows: Sequence[ModelRow]) -> FittedTable:
    """Return one row for each version, in the order given.

    The verdict of a version with an alias is followed by its evidence, and that of a version that
    replaced a champion by the back-test of its promotion.
    """
    table = FittedTable(_COLUMNS, sentences="reason")
    for row in rows:
        alias = render_text(row.alias, style="bold" if row.alias == "champion" else "")
        facts = (row.digest[:8], row.trained_at[:10], row.data_origin)
        reasons = (row.reason, *row.evidence) if row.alias else (row.reason,)
        shown = (*reasons, row.backtest) if row.backtest else reasons
        level = render_level(row.level)
        table.add_row(str(row.number), alias, *facts, level, sentences=shown)
    return table
