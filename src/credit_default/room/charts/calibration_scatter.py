"""Calibration: observed against expected default shares, with intervals, beside the line on which both are equal."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from credit_default.room.charts.chart import Chart
from credit_default.room.charts.points import (
    Point,
    build_axis,
    build_error,
    format_interval,
    format_value,
)

_ROOM: Final = 1.08  # how much further than the largest value the axes go


@dataclass(frozen=True, slots=True)
class CalibrationPoint:
    """Clients with about the same score: the expected and the observed share of defaults, with its interval."""

    label: str
    expected_share: float
    observed_share: float
    low: float
    high: float
    note: str = ""


def draw_calibration(name: str, title: str, points: Sequence[CalibrationPoint]) -> Chart:
    """Return the points; above the diagonal more clients defaulted than was expected."""
    observed = [Point(p.label, p.observed_share, p.low, p.high, p.note) for p in points]
    end = _ROOM * max((max(p.high, p.expected_share) for p in points), default=1 / _ROOM)
    trace: dict[str, Any] = {
        "type": "scatter",
        "mode": "markers",
        "name": "observed, with its 95 % interval",
        "x": [p.expected_share for p in points],
        "y": [p.observed_share for p in points],
        "error_y": build_error(observed),
        "customdata": [_say(p) for p in points],
        "meta": {"role": "truth"},
    }
    diagonal = {
        "type": "scatter",
        "mode": "lines",
        "name": "as expected",
        "x": [0, end],
        "y": [0, end],
        "hoverinfo": "skip",
        "line": {"dash": "dash"},
        "meta": {"role": "reference"},
    }
    layout = {
        "xaxis": build_axis("share", title="expected share of defaults") | {"range": [0, end]},
        "yaxis": build_axis("share", title="observed share") | {"range": [0, end]},
    }
    heading = ("clients", "expected", "observed", "interval", "note")
    return Chart(
        name,
        title,
        {"data": [trace, diagonal], "layout": layout},
        heading,
        tuple(map(_tabulate, points, observed)),
    )


def _say(point: CalibrationPoint) -> str:
    observed = Point("", point.observed_share, point.low, point.high)
    said = (
        f"{point.label}: {format_value(point.expected_share, 'share')} expected, "
        f"{format_value(point.observed_share, 'share')} observed "
        f"({format_interval(observed, 'share')})"
    )
    return said + (f"; {point.note}" if point.note else "")


def _tabulate(point: CalibrationPoint, observed: Point) -> tuple[str, ...]:
    return (
        point.label,
        format_value(point.expected_share, "share"),
        format_value(point.observed_share, "share"),
        format_interval(observed, "share"),
        point.note,
    )
