"""The small picture in a message about an alarm: what its gate watched in the last batches."""

from collections.abc import Sequence
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from credit_default.gates.monitoring.alarms import Alarm
from credit_default.gates.monitoring.monitoring_gates import find_monitoring_gate
from credit_default.views.figures.canvas import MODEL_COLOUR, MUTED_COLOUR, label_axes, open_figure
from credit_default.views.history.month_axis import disable_math_text
from credit_default.views.history.timeline_figure import LEVEL_COLOURS
from credit_default.views.summaries.alarm_message import AlarmFinding

_SHOWN_BATCHES: Final = 12
_HEIGHT: Final = 2.8  # inches
_STYLES: Final = ((MODEL_COLOUR, "-"), (MUTED_COLOUR, "--"))  # what is watched, and its measure


def draw_alarm_figure(alarm: Alarm, findings: Sequence[AlarmFinding], *, subtitle: str) -> Figure:
    """Draw the figures that the gate watched in the newest batches, each with its verdict as a square.

    Args:
        alarm: The alarm; its first month is in the title.
        findings: What its gate found, by month, the oldest first; at least one.
        subtitle: Whose figures these are.
    """
    shown = findings[-_SHOWN_BATCHES:]
    gate = find_monitoring_gate(alarm.gate)
    title = f"{gate.title if gate else alarm.gate}: alarm since {alarm.opened_month}"
    figure, axes = open_figure(title, subtitle=subtitle, height=_HEIGHT)
    columns = gate.pictured if gate else ()
    series = [[_read_figure(one, column.figure) for one in shown] for column in columns]
    for (colour, line), column, values in zip(_STYLES, columns, series, strict=False):
        axes.plot(range(len(shown)), values, line, color=colour, label=column.heading)
    _mark_levels(axes, shown, series[0] if series else [0.0] * len(shown))
    axes.set_xticks(range(len(shown)), [one.statement_month for one in shown], fontsize=9)
    label_axes(axes, x_label="", y_label="")
    if not columns:
        axes.set_yticks([])
    else:
        axes.legend(loc="upper left", fontsize=10, frameon=False)
    if columns and columns[0].is_share:
        axes.yaxis.set_major_formatter(PercentFormatter(1.0))
        axes.set_ylim(0, max(axes.get_ylim()[1], 0.01))
    return disable_math_text(figure)


def _mark_levels(axes: Axes, shown: Sequence[AlarmFinding], heights: Sequence[float]) -> None:
    for place, (one, height) in enumerate(zip(shown, heights, strict=True)):
        colour = LEVEL_COLOURS.get(one.level, MUTED_COLOUR)
        axes.scatter([place], [height], s=90, marker="s", color=colour, zorder=3)


def _read_figure(finding: AlarmFinding, name: str) -> float:
    value = finding.figures.get(name)
    return float("nan") if value is None else float(value)
