from dataclasses import replace

import pytest

from credit_default.gates.monitoring.alarms import Alarm
from credit_default.gates.monitoring.monitoring_gates import MONITORING_GATES
from credit_default.views.summaries.alarm_message import (
    AlarmFinding,
    describe_alarm,
    render_alarm_message,
)

ROOM = "https://room.lender.example"


@pytest.fixture
def alarm():
    return Alarm("drift", 1, "2025-02", "b1", opened_at="2025-03-01T12:00:00+00:00")


@pytest.fixture
def closed(alarm):
    return replace(
        alarm,
        closed_month="2025-05",
        closed_because="quiet again",
        closed_at="2025-06-01T12:00:00+00:00",
    )


@pytest.fixture
def finding():
    figures = {"score_drift": 0.2847, "score_threshold": 0.1}
    return AlarmFinding("b1", "2025-02", "alarm", ("the score moved",), figures)


def test_open_alarm_is_described_by_its_gate_version_month_and_reasons(alarm):
    assert describe_alarm(alarm) == "alarm: drift of version 1, since month 2025-02"
    assert describe_alarm(alarm, ["the score moved"]).endswith(
        "since month 2025-02: the score moved"
    )


def test_closed_alarm_is_described_by_why_it_closed(closed):
    assert (
        describe_alarm(closed)
        == "alarm closed: drift of version 1, open since month 2025-02: quiet again, month 2025-05"
    )
    assert describe_alarm(replace(closed, closed_month="")).endswith(
        "open since month 2025-02: quiet again"
    )


def test_message_has_the_figure_the_reason_what_to_do_and_links_into_the_room(alarm, finding):
    message = render_alarm_message(alarm, finding, room_address=f"{ROOM}/")

    assert message.title == "credit-default: alarm: drift of version 1"
    assert message.body.split("\n\n") == [
        "drift of version 1, since month 2025-02.",
        "Month 2025-02: score psi 0.2847, limit 0.1000.",
        "Why:\n- the score moved",
        (
            "What follows: a retraining is requested once enough new outcomes are known.\n"
            "What to do: Look at the columns that moved: are these other clients, or is the delivery wrong?"
        ),
        f"The batch: {ROOM}/batches/b1\nThe model: {ROOM}/models/1\nAll alarms: {ROOM}/#alarms",
    ]


def test_message_about_a_closed_alarm_says_why_and_where_to_look(closed, finding):
    message = render_alarm_message(closed, finding)

    assert message.title == "credit-default: alarm closed: drift of version 1"
    assert message.body == (
        "drift of version 1, open since month 2025-02: quiet again, month 2025-05.\n\n"
        "Look at it: credit-default monitor b1"
    )


def test_of_many_reasons_five_are_given_and_the_others_counted(alarm, finding):
    many = replace(finding, reasons=tuple(f"reason {number}" for number in range(8)))

    body = render_alarm_message(alarm, many).body

    assert body.count("- reason") == 5
    assert "- and 3 more" in body


@pytest.mark.parametrize("gate", [*(gate.name for gate in MONITORING_GATES), "planted"])
def test_every_gate_has_a_message_with_what_to_do_and_unprintable_text_is_shown(
    alarm, finding, gate
):
    hostile = replace(finding, reasons=("a\x1b[31mb",), figures={})

    body = render_alarm_message(replace(alarm, gate=gate), hostile).body

    assert "What to do: " in body
    assert "a\\x1b[31mb" in body
