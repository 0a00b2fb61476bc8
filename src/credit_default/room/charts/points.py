"""What charts are drawn of: lines of labelled points, each with its interval, and how a figure is written."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite
from typing import Any, Final, Literal

Role = Literal[
    "model", "truth", "limit", "reference", "third", "fourth", "fifth", "sixth"
]  # what charts.js chooses a colour by
Form = Literal["share", "figure", "count"]

GROUP_ROLES: Final[tuple[Role, ...]] = ("model", "truth", "third", "fourth", "fifth", "sixth")
NOT_KNOWN: Final = "not known"
_FORMATS: Final[dict[Form, str]] = {"share": ".1%", "figure": ".3f", "count": ",.0f"}
_TICKS: Final[dict[Form, str]] = {"share": ".2~%", "figure": "", "count": ",.0f"}


@dataclass(frozen=True, slots=True)
class Point:
    """One value with its interval; None where it is not known."""

    label: str
    value: float | None
    low: float | None = None
    high: float | None = None
    note: str = ""  # said after the value: how many outcomes are complete


@dataclass(frozen=True, slots=True)
class Line:
    """Points under one name, in the order in which they are walked."""

    name: str
    points: tuple[Point, ...]
    role: Role = "model"


def keep_finite(value: float | None) -> float | None:
    """Return the value, or None where it is no number: JSON has no word for those."""
    return None if value is None or not isfinite(value) else float(value)


def format_value(value: float | None, form: Form) -> str:
    """Return the value in words that a table and a voice can say."""
    known = keep_finite(value)
    return NOT_KNOWN if known is None else format(known, _FORMATS[form])


def format_interval(point: Point, form: Form) -> str:
    """Return the interval, "" where there is none."""
    if keep_finite(point.low) is None or keep_finite(point.high) is None:
        return ""
    return f"{format_value(point.low, form)} to {format_value(point.high, form)}"


def say_point(name: str, point: Point, form: Form) -> str:
    """Return the sentence that is shown beside a point and announced where the keyboard reaches it."""
    interval = format_interval(point, form)
    parts = [f"{point.label}, {name}: {format_value(point.value, form)}"]
    parts += [f"({interval})"] if interval else []
    return " ".join(parts) + (f"; {point.note}" if point.note else "")


def build_axis(form: Form, *, title: str = "") -> dict[str, Any]:
    """Return an axis of values."""
    axis: dict[str, Any] = {"tickformat": _TICKS[form]}
    return axis | ({"title": {"text": title}} if title else {})


def build_label_axis(labels: Iterable[str]) -> dict[str, Any]:
    """Return an axis of labels, each once and in this order: a month is a name here and not a moment."""
    return {"type": "category", "categoryorder": "array", "categoryarray": list(labels)}


def build_upright(place: float) -> dict[str, Any]:
    """Return a line from the bottom to the top of the chart at this place of the horizontal axis."""
    return dict(type="line", yref="paper", x0=place, x1=place, y0=0, y1=1)


def build_error(points: Iterable[Point]) -> dict[str, Any] | None:
    """Return Plotly's error bars of these points; None where no point has an interval."""
    above, below = [], []
    for point in points:
        value, low, high = map(keep_finite, (point.value, point.low, point.high))
        known = value is not None and low is not None and high is not None
        above.append(high - value if known else None)  # type: ignore[operator]
        below.append(value - low if known else None)  # type: ignore[operator]
    if all(reach is None for reach in above):
        return None
    return {"type": "data", "symmetric": False, "array": above, "arrayminus": below}


def list_labels(lines: Iterable[Line]) -> list[str]:
    """Return the labels of all lines, each once."""
    return list(dict.fromkeys(point.label for line in lines for point in line.points))
