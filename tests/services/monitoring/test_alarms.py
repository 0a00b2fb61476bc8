import datetime as dt
import json

import polars as pl
import pytest
from tests.fakes.log_lines import collect_log_lines

from credit_default.adapters.tables.alarms import close_alarm, open_alarm, read_alarms
from credit_default.adapters.tables.ledger import read_entries
from credit_default.adapters.tables.monitoring import write_monitoring
from credit_default.data.months import add_months
from credit_default.errors import InputError
from credit_default.gates.monitoring.alarms import CLOSED_AS_QUIET, CLOSED_AS_SUPERSEDED, Alarm
from credit_default.services.monitoring.alarms import (
    describe_open_alarms,
    read_known_alarms,
    update_lake_alarms,
)

NOON = dt.datetime(2006, 3, 1, 12, tzinfo=dt.UTC)
LEVELS = {"a": "alarm", "o": "ok"}


def find(lake, letters, *, gate="drift", version=1, start="2005-10"):
    """Puts one finding a month into the monitoring table, a letter each."""
    for number, letter in enumerate(letters):
        row = {
            "batch_id": f"{number:016x}",
            "model_version": version,
            "statement_month": add_months(start, number),
            "gate": gate,
            "level": LEVELS[letter],
            "reasons": ["so"],
            "figures": "{}",
            "row_count": 10,
            "expected_loss": None,
            "data_origin": "simulated",
            "report_path": "",
            "monitored_at": NOON,
        }
        write_monitoring(lake, pl.DataFrame([row], schema_overrides={"expected_loss": pl.Float64}))


def summarise(message):
    return message["title"], message["message"].splitlines()[0]


def update(wiring, *, minute=0, champion=1):
    return update_lake_alarms(wiring, champion_version=champion, at=NOON.replace(minute=minute))


def ids(alarms):
    return [alarm.alarm_id for alarm in alarms]


def events(wiring):
    return [(entry.event, json.loads(entry.details)["gate"]) for entry in read_entries(wiring.lake)]


def test_alarm_opens_once_and_closes_once_on_record(wiring):
    find(wiring.lake, "a", gate="feed")
    first, again = update(wiring), update(wiring, minute=1)
    find(wiring.lake, "aoo", gate="feed")
    last, after = update(wiring, minute=2), update(wiring, minute=3)

    assert (ids(first.opened), ids(again.opened)) == (["feed v1 2005-10"], [])
    assert (ids(last.closed), ids(after.closed)) == (["feed v1 2005-10"], [])
    assert events(wiring) == [("alarm opened", "feed"), ("alarm closed", "feed")]
    [recorded] = read_alarms(wiring.lake)
    assert (recorded.opening_delivery, recorded.closing_delivery) == (
        "nobody to tell",
        "nobody to tell",
    )
    assert recorded.alarm == Alarm(
        "feed",
        1,
        "2005-10",
        "0" * 16,
        closed_month="2005-12",
        closed_because=CLOSED_AS_QUIET,
        opened_at="2006-03-01T12:00:00.000000+00:00",
        closed_at="2006-03-01T12:02:00.000000+00:00",
    )


def test_notes_say_that_an_alarm_opened_and_why_it_closed(wiring):
    find(wiring.lake, "a", gate="feed")

    opened = update(wiring)
    closed = update(wiring, champion=2)

    assert opened.notes == ("alarm: feed of version 1, since month 2005-10",)
    assert closed.notes == (
        f"alarm closed: feed of version 1, open since month 2005-10: {CLOSED_AS_SUPERSEDED}",
    )
    assert describe_open_alarms(opened.alarms) == opened.notes
    assert describe_open_alarms(read_known_alarms(wiring.lake)) == ()


def test_lake_without_findings_has_no_alarm(wiring):
    assert update(wiring).alarms == ()


def test_a_message_is_sent_when_an_alarm_opens_and_when_it_closes(make_wiring, webhook):
    wiring = make_wiring(notify={"urls": webhook.address})
    find(wiring.lake, "a", gate="feed")
    update(wiring)
    update(wiring, minute=1)
    update(wiring, minute=2, champion=2)

    assert [summarise(message) for message in webhook.messages] == [
        ("credit-default: alarm: feed of version 1", "feed of version 1, since month 2005-10."),
        (
            "credit-default: alarm closed: feed of version 1",
            f"feed of version 1, open since month 2005-10: {CLOSED_AS_SUPERSEDED}.",
        ),
    ]
    assert [(r.opening_delivery, r.closing_delivery) for r in read_alarms(wiring.lake)] == [
        ("told", "told")
    ]


def test_message_that_failed_is_noted_stored_with_the_alarm_and_sent_again(make_wiring, webhook):
    wiring = make_wiring(notify={"urls": webhook.address})
    find(wiring.lake, "a", gate="feed")
    webhook.status = 500
    failed = update(wiring)
    stored = read_alarms(wiring.lake)[0].opening_delivery
    webhook.status = 200
    later = update(wiring, minute=1)

    assert failed.notes[-1] == "feed v1 2005-10: address 1 of 1 (JSON) did not accept it"
    assert stored == "failed: address 1 of 1 (JSON) did not accept it"
    assert (ids(later.opened), later.notes) == ([], ())
    assert "Why:\n- so" in webhook.messages[-1]["message"]  # as when the alarm opened
    assert read_alarms(wiring.lake)[0].opening_delivery == "told"
    assert "secret-word" not in str(failed)


def test_alarm_that_opened_and_closed_between_two_updates_sends_no_message(make_wiring, webhook):
    wiring = make_wiring(notify={"urls": webhook.address})
    find(wiring.lake, "aoo", gate="feed")

    changed = update(wiring)
    update(wiring, minute=1)

    assert (changed.opened, changed.closed, webhook.messages) == ((), (), [])
    assert [r.opening_delivery for r in read_alarms(wiring.lake)] == ["over before anybody looked"]


def test_alarm_whose_recording_crashed_gets_its_entry_and_message_at_the_next_update(
    make_wiring, webhook
):
    wiring = make_wiring(notify={"urls": webhook.address})
    find(wiring.lake, "a", gate="feed")
    open_alarm(
        wiring.lake, Alarm("feed", 1, "2005-10", "0" * 16, opened_at=NOON.isoformat()), before=None
    )

    changed = update(wiring, minute=1)

    assert (changed.opened, len(webhook.messages)) == ((), 1)
    assert events(wiring) == [("alarm opened", "feed")]


def test_of_two_runners_one_opens_and_one_closes(wiring):
    opened = Alarm("feed", 1, "2005-10", "b", opened_at=NOON.isoformat())
    over = Alarm(
        "feed", 1, "2005-10", "b", "2005-12", CLOSED_AS_QUIET, NOON.isoformat(), NOON.isoformat()
    )

    both = [open_alarm(wiring.lake, opened, before=None) for _ in range(2)]
    [recorded] = read_alarms(wiring.lake)
    ends = [close_alarm(wiring.lake, over, before=recorded) for _ in range(2)]

    assert (both, ends) == ([True, False], [True, False])
    assert len(read_alarms(wiring.lake)) == 1


def test_alarm_that_a_later_finding_brings_back_is_open_again_under_its_name(wiring):
    opened = []
    for minute, letter in enumerate("aoa"):
        find(wiring.lake, letter, gate="feed")
        opened += ids(update(wiring, minute=minute).opened)

    assert opened == ["feed v1 2005-10", "feed v1 2005-10"]
    assert [(r.alarm.is_open, r.closing_delivery) for r in read_alarms(wiring.lake)] == [(True, "")]


def test_gate_with_a_hostile_name_has_no_alarm(wiring):
    with pytest.raises(InputError, match="gate, a version"):
        open_alarm(
            wiring.lake,
            Alarm("x' OR '1'='1", 1, "2005-10", "b", opened_at=NOON.isoformat()),
            before=None,
        )


def test_each_change_of_an_alarm_is_logged_once_and_a_failed_message_is_a_warning(
    make_wiring, webhook
):
    wiring = make_wiring(notify={"urls": webhook.address})
    find(wiring.lake, "a", gate="feed")
    webhook.status = 500

    with collect_log_lines("services.monitoring") as lines:
        update(wiring)
        update(wiring, minute=1)

    failed = (
        "warning could not deliver alarm message gate=feed model_version=1 failed_address_count=1"
    )
    assert lines == ["info opened alarm gate=feed model_version=1 month=2005-10", failed, failed]
