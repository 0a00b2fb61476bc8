"""Figures with their intervals, one below the other, against a line such as zero: paired differences, ratios of groups."""

from collections.abc import Sequence
from typing import Any, Final

from credit_default.room.charts.chart import Chart
from credit_default.room.charts.points import (
    Form,
    Point,
    build_axis,
    build_error,
    build_upright,
    format_interval,
    format_value,
    keep_finite,
    say_point,
)

_ROW_HEIGHT: Final = 34  # pixels
_FRAME_HEIGHT: Final = 90


def draw_paired_intervals(
    name: str,
    title: str,
    points: Sequence[Point],
    *,
    form: Form,
    axis: str,
    series: str,
    mark: float = 0,
    heading: tuple[str, str] = ("measure", "difference"),
) -> Chart:
    """Return one row a figure, the first at the top; an interval that crosses the dotted line may be chance.

    Args:
        name: The chart's name in addresses.
        title: What it shows, in words.
        points: The figures.
        form: How values are written.
        axis: What lies right of the line, as "challenger better".
        series: What is compared, for the words at each point.
        mark: Where the dotted line is.
        heading: What the table calls a row and its figure.
    """
    labels = [point.label for point in points]
    trace: dict[str, Any] = {
        "type": "scatter",
        "mode": "markers",
        "name": series,
        "x": [keep_finite(point.value) for point in points],
        "y": labels,
        "customdata": [say_point(series, point, form) for point in points],
        "meta": {"role": "model"},
        "showlegend": False,
    }
    error = build_error(points)
    layout = {
        "height": _FRAME_HEIGHT + _ROW_HEIGHT * max(1, len(labels)),
        "xaxis": build_axis(form, title=axis),
        "yaxis": {"type": "category", "categoryorder": "array", "categoryarray": labels[::-1]},
        "shapes": [build_upright(mark)],
    }
    rows = tuple(
        (p.label, format_value(p.value, form), format_interval(p, form), p.note) for p in points
    )
    return Chart(
        name,
        title,
        {"data": [trace | ({"error_x": error} if error else {})], "layout": layout},
        (*heading, "interval", "note"),
        rows,
    )
