"""Render which rules the rejected rows of a batch broke, as a table for the terminal."""

from collections.abc import Mapping

from credit_default.views.tables.fitted_table import Column, FittedTable

_COLUMNS = (
    Column("rule"),
    Column("rows", is_figure=True),
    Column("of the rejected", is_figure=True, rank=1),
)


def render_rule_counts(rule_counts: Mapping[str, int], *, row_count: int) -> FittedTable:
    """Return one line for each rule, the most often broken first.

    Args:
        rule_counts: Rejected rows by the rule that they broke; a row may break several.
        row_count: All rejected rows of the batch.
    """
    table = FittedTable(_COLUMNS)
    for rule, count in sorted(rule_counts.items(), key=lambda item: (-item[1], item[0])):
        table.add_row(rule, f"{count:,}", f"{count / row_count:.1%}")
    return table
