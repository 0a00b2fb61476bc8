from dataclasses import replace

from tests.fakes.histories import make_batch, make_history

from credit_default.gates.monitoring.monitoring_gates import MONITORING_GATES, MonitoringGate
from credit_default.views.history.timeline_figure import draw_timeline

PLANTED = MonitoringGate(name="planted", title="Planted gate", question="Does it show?")


def read_rows(figure):
    return [label.get_text() for label in figure.axes[0].get_yticklabels()]


def test_title_says_what_was_found():
    title = draw_timeline(make_history(), subtitle="").get_suptitle()

    assert title == "2 alarms opened; version 2 scores since 2006-10"


def test_gates_are_rows_in_the_order_of_their_declaration():
    batch = replace(
        make_batch(0), levels={"performance": "ok", "unknown": "ok", "feed": "ok", "drift": "ok"}
    )
    history = replace(make_history(1), batches=(batch,), alarms=())

    assert read_rows(draw_timeline(history, subtitle="")) == [
        "Champion",
        "Drift",
        "Feed",
        "Performance",
        "unknown",
    ]


def test_planted_gate_has_a_row_under_its_title():
    batch = replace(make_batch(0), levels={"drift": "ok", "planted": "alarm"})
    history = replace(make_history(1), batches=(batch,), alarms=())

    figure = draw_timeline(history, subtitle="", gates=(PLANTED, *MONITORING_GATES))

    assert read_rows(figure) == ["Champion", "Planted gate", "Drift"]
