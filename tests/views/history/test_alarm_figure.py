import numpy as np
import pytest

from credit_default.gates.monitoring.alarms import Alarm
from credit_default.gates.monitoring.monitoring_gates import MONITORING_GATES
from credit_default.views.history.alarm_figure import draw_alarm_figure
from credit_default.views.summaries.alarm_message import AlarmFinding

ALARM = Alarm("drift", 1, "2006-03", "b", opened_at="2006-05-01T12:00:00+00:00")


def find(month, drift):
    figures = {"score_drift": drift, "score_threshold": 0.1}
    return AlarmFinding(f"b{month}", f"2006-{month:02d}", "ok", ("so",), figures)


def test_picture_has_the_watched_figure_its_limit_and_the_months():
    figure = draw_alarm_figure(ALARM, [find(1, 0.02), find(2, None), find(3, 0.4)], subtitle="v1")

    (axes,) = figure.axes
    watched, limit = axes.get_lines()
    np.testing.assert_array_equal(watched.get_ydata(), [0.02, np.nan, 0.4])
    np.testing.assert_array_equal(limit.get_ydata(), [0.1] * 3)
    assert [label.get_text() for label in axes.get_xticklabels()] == [
        "2006-01",
        "2006-02",
        "2006-03",
    ]
    assert figure.get_suptitle() == "Drift: alarm since 2006-03"


def test_picture_shows_the_newest_twelve_batches():
    figure = draw_alarm_figure(ALARM, [find(1, 0.1)] * 30, subtitle="")

    assert len(figure.axes[0].get_lines()[0].get_ydata()) == 12


@pytest.mark.parametrize("gate", [*(gate.name for gate in MONITORING_GATES), "planted $x$"])
def test_every_gate_has_a_picture(gate):
    alarm = Alarm(gate, 1, "2006-03", "b", opened_at="2006-05-01T12:00:00+00:00")

    figure = draw_alarm_figure(alarm, [find(1, 0.1)], subtitle="")

    assert figure.axes[0].collections  # the verdict as a square
