"""Lines over months: what was measured with its interval as bars, what was expected with its range as a band."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from credit_default.room.charts.chart import Chart
from credit_default.room.charts.points import (
    Form,
    Line,
    build_axis,
    build_error,
    build_label_axis,
    build_upright,
    format_interval,
    format_value,
    keep_finite,
    list_labels,
    say_point,
)


def draw_lines(
    name: str,
    title: str,
    lines: Sequence[Line],
    *,
    form: Form,
    bands: Sequence[str] = (),
    changes: Sequence[str] = (),
) -> Chart:
    """Return lines over labels, such as months.

    Args:
        name: The chart's name in addresses.
        title: What it shows, in words.
        lines: The lines; one of the role `limit` is dashed and has no markers.
        form: How values are written.
        bands: The names of lines whose interval is drawn as a band; others have bars.
        changes: Labels before which a dotted line stands, as where another version began.
    """
    labels = list_labels(lines)
    traces: list[dict[str, Any]] = []
    for line in lines:
        traces += [_build_band(line)] if line.name in bands else []
        traces.append(_build_trace(line, form, has_bars=line.name not in bands))
    layout = {
        "xaxis": build_label_axis(labels),
        "yaxis": build_axis(form),
        "shapes": [
            build_upright(labels.index(label) - 0.5) for label in changes if label in labels
        ],
    }
    return Chart(
        name,
        title,
        {"data": traces, "layout": layout},
        *tabulate_lines(lines, form),
    )


def tabulate_lines(
    lines: Sequence[Line], form: Form, *, label: str = "month"
) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Return the heading and the rows of the same figures: one row a point, so that any number of lines fits a narrow page."""
    heading = (label, "line", "value", "interval", "note")
    rows = tuple(
        (
            point.label,
            line.name,
            format_value(point.value, form),
            format_interval(point, form),
            point.note,
        )
        for line in lines
        for point in line.points
    )
    return heading, rows


def _build_trace(line: Line, form: Form, *, has_bars: bool) -> dict[str, Any]:
    is_limit = line.role == "limit"
    trace: dict[str, Any] = {
        "type": "scatter",
        "name": line.name,
        "mode": "lines" if is_limit else "lines+markers",
        "x": [point.label for point in line.points],
        "y": [keep_finite(point.value) for point in line.points],
        "customdata": [say_point(line.name, point, form) for point in line.points],
        "meta": {"role": line.role},
    }
    if is_limit:
        trace["line"] = {"dash": "dash"}
    error = build_error(line.points) if has_bars else None
    return trace | ({"error_y": error} if error else {})


def _build_band(line: Line) -> dict[str, Any]:
    """Return the interval as an area, in pieces where points are missing between."""
    x: list[str | None] = []
    y: list[float | None] = []
    known = groupby(line.points, key=lambda point: keep_finite(point.low) is not None)
    for piece in (tuple(points) for has_interval, points in known if has_interval):
        x += [None] if x else []
        y += [None] if y else []
        there, back = piece, piece[::-1]
        x += [point.label for point in (*there, *back)]
        y += [*(point.high for point in there), *(point.low for point in back)]
    return {
        "type": "scatter",
        "mode": "lines",
        "fill": "toself",
        "x": x,
        "y": y,
        "hoverinfo": "skip",
        "showlegend": False,
        "name": f"interval of {line.name}",
        "meta": {"role": "band"},
    }
