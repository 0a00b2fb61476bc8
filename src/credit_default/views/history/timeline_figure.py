"""The time line: which version scored each month, and the verdict of each gate on it."""

from collections.abc import Sequence
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from credit_default.gates.monitoring.monitoring_gates import (
    MONITORING_GATES,
    MonitoringGate,
    find_monitoring_gate,
)
from credit_default.views.figures.canvas import ALERT_COLOUR, open_figure
from credit_default.views.history.month_axis import (
    disable_math_text,
    format_month_axis,
    shorten_name,
)
from credit_default.views.history.values import History, HistoryBatch, OpenedAlarm

LEVEL_COLOURS: Final = {
    "ok": "#7fae8a",
    "watch": "#d99a2b",
    "alarm": ALERT_COLOUR,
    "refused": ALERT_COLOUR,
    "not judged": "#d5dbe1",
}
_LEGEND_LEVELS: Final = ("ok", "watch", "alarm", "not judged")
_CHAMPION_COLOURS: Final = ("#1f5f99", "#5a8f5c", "#7b5ea7", "#b07d2b", "#3d8a8a")


def draw_timeline(
    history: History, *, subtitle: str, gates: Sequence[MonitoringGate] = MONITORING_GATES
) -> Figure:
    """Draw a row for the champion and one for each gate that judged a batch, in the order of `gates`.

    A square is the verdict of a gate on a batch; a line beneath squares is an open alarm.
    """
    names = history.list_gates(gates)
    height = 2.0 + 0.42 * (len(names) + 1)
    figure, axes = open_figure(_build_timeline_title(history), subtitle=subtitle, height=height)
    axes.grid(visible=False)
    _draw_champions(axes, history.batches)
    for row, name in enumerate(names, start=1):
        _draw_verdicts(axes, history.batches, name, row=row)
        for alarm in (a for a in history.alarms if a.gate == name):
            _draw_alarm(axes, history, alarm, row)
    titles = [_find_title(name, gates) for name in names]
    axes.set_yticks(range(len(names) + 1), ["Champion", *map(shorten_name, titles)], fontsize=11)
    axes.set_ylim(len(names) + 0.6, -0.6)
    _draw_legend(axes, history)
    format_month_axis(axes, history, y_label="")
    axes.legend(loc="upper left", bbox_to_anchor=(0, -0.32), ncols=5, fontsize=10, frameon=False)
    return disable_math_text(figure)


def _build_timeline_title(history: History) -> str:
    versions = list(dict.fromkeys(batch.model_version for batch in history.batches))
    alarms = f"{len(history.alarms)} alarm{'' if len(history.alarms) == 1 else 's'} opened"
    if len(versions) == 1:
        return f"{alarms}; version {versions[0]} scored every batch"
    since = next(b.statement_month for b in history.batches if b.model_version == versions[-1])
    return f"{alarms}; version {versions[-1]} scores since {since}"


def _find_title(name: str, gates: Sequence[MonitoringGate]) -> str:
    gate = find_monitoring_gate(name, gates=gates)
    return gate.title if gate else name


def _draw_champions(axes: Axes, batches: Sequence[HistoryBatch]) -> None:
    versions = list(dict.fromkeys(batch.model_version for batch in batches))
    for number, version in enumerate(versions):
        places = [place for place, batch in enumerate(batches) if batch.model_version == version]
        colour = _CHAMPION_COLOURS[number % len(_CHAMPION_COLOURS)]
        axes.barh(0, 1, left=[place - 0.5 for place in places], height=0.7, color=colour)
        axes.text(
            places[0] - 0.4,
            0,
            f"v{version}",
            color="white",
            va="center",
            fontsize=11,
            weight="bold",
        )


def _draw_verdicts(axes: Axes, batches: Sequence[HistoryBatch], gate: str, *, row: int) -> None:
    judged = [
        (place, LEVEL_COLOURS[batch.levels[gate]])
        for place, batch in enumerate(batches)
        if gate in batch.levels
    ]
    if judged:
        places, colours = zip(*judged, strict=True)
        axes.scatter(places, [row] * len(places), s=110, marker="s", color=colours, zorder=3)


def _draw_alarm(axes: Axes, history: History, alarm: OpenedAlarm, row: int) -> None:
    within = [
        place
        for place, batch in enumerate(history.batches)
        if alarm.opened_month <= batch.statement_month
        and (not alarm.closed_month or batch.statement_month <= alarm.closed_month)
    ]
    if within:
        ends = [within[0] - 0.4, within[-1] + 0.4]
        axes.plot(ends, [row + 0.33] * 2, color=ALERT_COLOUR, linewidth=3, zorder=2)


def _draw_legend(axes: Axes, history: History) -> None:
    for level in _LEGEND_LEVELS:
        axes.scatter([], [], s=80, marker="s", color=LEVEL_COLOURS[level], label=level)
    if history.alarms:
        axes.plot([], [], color=ALERT_COLOUR, linewidth=3, label="alarm open")
