from dataclasses import replace

import pytest

from credit_default.gates.monitoring.alarms import Alarm
from credit_default.views.summaries.alarm_message import describe_alarm, render_alarm_message


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


def test_message_has_the_product_in_its_title_and_the_facts_in_its_text(alarm, closed):
    opened, over = render_alarm_message(alarm, ["the score moved"]), render_alarm_message(closed)

    assert opened.title == "credit-default: alarm"
    assert opened.body == "drift of version 1, since month 2025-02: the score moved"
    assert over.title == "credit-default: alarm closed"
    assert over.body.startswith("drift of version 1, open since month 2025-02")
