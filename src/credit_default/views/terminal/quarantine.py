"""Render which rules the rejected rows of a batch broke, as a table for the terminal."""

from collections.abc import Mapping

from rich.table import Table

from credit_default.views.summaries.summary import render_text


def render_rule_counts(rule_counts: Mapping[str, int], *, row_count: int) -> Table:
    """Return one line for each rule, the most often broken first.

    Args:
        rule_counts: Rejected rows by the rule that they broke; a row may break several.
        row_count: All rejected rows of the batch.
    """
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("rule")
    table.add_column("rows", justify="right")
    table.add_column("of the rejected", justify="right")
    for rule, count in sorted(rule_counts.items(), key=lambda item: (-item[1], item[0])):
        table.add_row(render_text(rule), f"{count:,}", f"{count / row_count:.1%}")
    return table
