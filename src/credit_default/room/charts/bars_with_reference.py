"""Bars of a batch beside those of its reference, and bars over months with a limit."""

from collections.abc import Sequence
from typing import Any

from credit_default.room.charts.chart import Chart
from credit_default.room.charts.line_with_interval import tabulate_lines
from credit_default.room.charts.points import (
    Form,
    Line,
    build_axis,
    build_label_axis,
    keep_finite,
    list_labels,
    say_point,
)


def draw_bars(
    name: str, title: str, lines: Sequence[Line], *, form: Form, label: str = "month"
) -> Chart:
    """Return groups of bars, one a label and in it one a line; a line of the role `limit` or `reference` may be among them.

    Args:
        name: The chart's name in addresses.
        title: What it shows, in words.
        lines: One for each colour; one of the role `limit` is drawn as a dashed line.
        form: How values are written.
        label: What the labels are, for the table's heading.
    """
    layout = {
        "barmode": "group",
        "xaxis": build_label_axis(list_labels(lines)),
        "yaxis": build_axis(form) | {"rangemode": "tozero"},
    }
    traces = [_build_trace(line, form) for line in lines]
    return Chart(
        name, title, {"data": traces, "layout": layout}, *tabulate_lines(lines, form, label=label)
    )


def _build_trace(line: Line, form: Form) -> dict[str, Any]:
    is_limit = line.role == "limit"
    shape = {"type": "scatter", "mode": "lines", "line": {"dash": "dash"}}
    return {
        **(shape if is_limit else {"type": "bar"}),
        "name": line.name,
        "x": [point.label for point in line.points],
        "y": [keep_finite(point.value) for point in line.points],
        "customdata": [say_point(line.name, point, form) for point in line.points],
        "meta": {"role": line.role},
    }
