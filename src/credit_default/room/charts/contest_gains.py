"""The gains of a challenger or a successor over a champion, each with its interval, in units of what counts."""

from collections.abc import Sequence
from typing import Any, Final

from credit_default.room.charts.chart import Chart
from credit_default.services.overview.version_gains import ContestGain

_ROW_HEIGHT: Final = 48  # pixels
_FRAME_HEIGHT: Final = 130
_ROLES: Final = ("model", "third", "fourth")  # what charts.js chooses a colour by
_HEADING: Final = ("measure", "rows", "before", "after", "gain", "interval", "least that counts")


def draw_gains(name: str, title: str, gains: Sequence[ContestGain]) -> Chart:
    """Return one row a measure: 0 is no difference, and 1 the least gain that counts, whatever the measure's unit.

    Args:
        name: The chart's name in addresses.
        title: What it shows, in words.
        gains: The gains, those of one set of rows together; `least` of each is above 0.
    """
    measures = list(dict.fromkeys(gain.measure for gain in gains))
    sides = list(dict.fromkeys(gain.side for gain in gains))
    # The last trace of a group is drawn at its top.
    traces = [
        _build_trace(side, [gain for gain in gains if gain.side == side], role)
        for side, role in zip(sides, _ROLES, strict=False)
    ][::-1]
    layout = {
        "height": _FRAME_HEIGHT + _ROW_HEIGHT * len(measures),
        "scattermode": "group",
        "showlegend": len(sides) > 1,
        "legend": {"traceorder": "reversed"},
        "xaxis": {"title": {"text": "gain (1: the least that counts)"}},
        "yaxis": {"type": "category", "categoryorder": "array", "categoryarray": measures[::-1]},
        "shapes": [_build_line(0, "solid"), _build_line(1, "dash")],
    }
    rows = tuple(_tabulate(gain) for gain in gains)
    return Chart(name, title, {"data": traces, "layout": layout}, _HEADING, rows)


def _build_trace(side: str, gains: Sequence[ContestGain], role: str) -> dict[str, Any]:
    units = [gain.gain / gain.least for gain in gains]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": side,
        "orientation": "h",
        "x": units,
        "y": [gain.measure for gain in gains],
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [(gain.high - gain.gain) / gain.least for gain in gains],
            "arrayminus": [(gain.gain - gain.low) / gain.least for gain in gains],
        },
        "customdata": [_say(gain) for gain in gains],
        "hovertemplate": "%{customdata}<extra></extra>",
        "meta": {"role": role},
    }


def _build_line(place: float, dash: str) -> dict[str, Any]:
    """Return a line from the bottom to the top, at this place of the axis."""
    ends = {f"x{end}": place for end in (0, 1)} | {f"y{end}": end for end in (0, 1)}
    return {"type": "line", "yref": "paper", **ends, "line": {"dash": dash, "width": 1}}


def _say(gain: ContestGain) -> str:
    cells = _tabulate(gain)
    return f"{gain.measure}, {gain.side}: gain {cells[4]} ({cells[5]}); at least {cells[6]} would count"


def _tabulate(gain: ContestGain) -> tuple[str, ...]:
    digits = 1 if max(abs(gain.champion), abs(gain.challenger)) >= 10 else 4  # noqa: PLR2004 - a cost
    return (
        gain.measure,
        gain.side,
        f"{gain.champion:,.{digits}f}",
        f"{gain.challenger:,.{digits}f}",
        f"{gain.gain:+.{digits}f}",
        f"{gain.low:+.{digits}f} to {gain.high:+.{digits}f}",
        f"{gain.least:.{digits}f}",
    )
