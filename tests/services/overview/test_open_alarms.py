from tests.fakes.batch_tables import NOON, put_verdict

from credit_default.gates.monitoring.monitoring_gates import ALARM_EFFECTS
from credit_default.services.monitoring.alarms import update_lake_alarms
from credit_default.services.overview.open_alarms import list_alarms_now

BATCH = "a" * 16


def test_alarm_that_opened_says_what_it_is_about_and_what_to_do(wiring):
    reasons = ("columns repeat themselves", "rows are missing")
    put_verdict(wiring.lake, BATCH, "2005-10", gate="feed", level="alarm", reasons=reasons)
    before = list_alarms_now(wiring.lake)
    update_lake_alarms(wiring, champion_version=1, at=NOON)

    [alarm] = list_alarms_now(wiring.lake)

    assert before == ()
    assert (alarm.title, alarm.month, alarm.batch_id) == ("Feed", "2005-10", BATCH)
    assert alarm.reasons == reasons
    assert alarm.effect == ALARM_EFFECTS["block"]
    assert alarm.advice == "Have the delivery corrected at its source and send the file again."


def test_alarm_that_closed_is_not_listed(wiring):
    for number, level in enumerate(("alarm", "ok", "ok")):
        month = f"2005-1{number}"
        put_verdict(wiring.lake, f"{number:016x}", month, gate="feed", level=level)
        update_lake_alarms(wiring, champion_version=1, at=NOON)

    assert list_alarms_now(wiring.lake) == ()
