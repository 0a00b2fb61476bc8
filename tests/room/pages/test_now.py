import json
import re

import pytest
from tests.fakes.batch_tables import NOON, put_scores, put_verdict

from credit_default.room.access.roles import Role
from credit_default.services.context.wiring import build_wiring
from credit_default.services.monitoring.alarms import update_lake_alarms
from credit_default.settings import load_settings

pytestmark = pytest.mark.xdist_group("room")

BATCH = "a" * 16


@pytest.fixture
def room(tmp_path, serve_room):
    lake = tmp_path / "filled"
    settings = load_settings({"lake": str(lake)}, environment={}).settings
    put_scores(build_wiring(settings, commit="x").lake, BATCH, "2005-10")
    refused = lake / "refused"
    refused.mkdir()
    (refused / f"{BATCH}-march.csv").write_text("x")
    reason = {"found": "client 4711", "expected": "numbers", "remedy": "Correct it."}
    (refused / f"{BATCH}-march.csv.reason.json").write_text(json.dumps(reason))
    served = serve_room(lake)
    served.now = NOON
    return served


def open_feed_alarm(room):
    put_verdict(room.wiring.lake, BATCH, "2005-10", gate="feed", level="alarm")
    update_lake_alarms(room.wiring, champion_version=1, at=NOON)


def read_seen(text):
    return re.search(r"now/live\?seen=([0-9a-f]+)", text)[1]


def test_live_part_is_sent_only_where_it_changed(room):
    with room.client(Role.VIEWER) as client:
        page = client.get("/")
        for _ in range(20):  # until the answers that were awaited are there
            page = client.get("/now/live") if "load delay" in page.text else page
        seen = read_seen(page.text)
        same = client.get(f"/now/live?seen={seen}")
        open_feed_alarm(room)
        changed = client.get(f"/now/live?seen={seen}", headers={"HX-Request": "true"})

    assert (same.status_code, same.content) == (204, b"")
    assert changed.status_code == 200
    assert "Have the delivery corrected at its source" in changed.text
    assert "1 open alarm;" in changed.text


def test_cells_that_a_refusal_quotes_are_for_analysts_only(room):
    with room.client(Role.VIEWER) as viewer, room.client(Role.ANALYST) as analyst:
        seen, quoted = viewer.get("/").text, analyst.get("/").text

    assert "march.csv" in seen
    assert "client 4711" not in seen
    assert "client 4711" in quoted


def test_alarm_that_opens_appears_on_an_open_page_and_is_announced(room, sign_in):
    page = sign_in(Role.VIEWER, room=room)
    page.goto("/")
    page.locator("#alarms").get_by_text("None is open.").wait_for()
    open_feed_alarm(room)
    page.evaluate("htmx.trigger('#live', 'load')")
    page.locator("#alarm-1").wait_for(timeout=20_000)

    assert "1 open alarm" in page.locator("#said[role=status]").inner_text()


def test_alarms_and_what_is_late_stand_before_everything_else(room):
    with room.client(Role.VIEWER) as client:
        text = client.get("/").text

    titles = re.findall(r'<h2 id="(\w+)-title"', text)
    assert titles[:3] == ["alarms", "late", "champion"]
    assert "#card" not in text
