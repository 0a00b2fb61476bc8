import csv
import datetime as dt
import io
import json
import re

import pytest
from tests.fakes.batch_tables import (
    NOON,
    put_outcomes,
    put_profile,
    put_rejected,
    put_scores,
    put_verdict,
)

from credit_default.adapters.tables.access_log import read_access
from credit_default.room.access.roles import Role
from credit_default.services.context.wiring import build_wiring
from credit_default.services.monitoring.alarms import update_lake_alarms
from credit_default.settings import load_settings

pytestmark = pytest.mark.xdist_group("room")

BATCH = "a" * 16
EVIDENTLY = """<!DOCTYPE html><html><head><style>p { color: rgb(1, 2, 3); }</style></head><body>
<p id="said">before</p>
<script>document.getElementById("said").textContent = "drawn";
const style = document.createElement("style"); document.head.append(style);
style.sheet.insertRule("p { font-weight: 700; }");</script></body></html>"""


@pytest.fixture
def room(tmp_path, serve_room):
    """A room over a lake with one batch: an alarm, outcomes, a rejected row and a page of Evidently's."""
    lake = tmp_path / "filled"
    wiring = build_wiring(load_settings({"lake": str(lake)}, environment={}).settings, commit="x")
    put_scores(wiring.lake, BATCH, "2005-10")
    reasons = ("columns repeat <script>alert(1)</script>", "rows are missing")
    put_verdict(wiring.lake, BATCH, "2005-10", gate="feed", level="alarm", reasons=reasons)
    update_lake_alarms(wiring, champion_version=1, at=NOON)
    put_outcomes(wiring.lake, "2005-10", (0, 0, 1, 1))
    put_profile(wiring.lake, BATCH, pages=[("report.html", EVIDENTLY)])
    row = {"line": 2, "client_id": "client-77", "rules": ["age|min"], "age": "=1+1"}
    put_rejected(wiring.lake, BATCH, "2005-10", [row])
    served = serve_room(lake)
    served.now = NOON
    return served


def test_pages_say_what_the_tables_say(room):
    with room.client(Role.ANALYST) as client:
        batch = client.get(f"/batches/{BATCH}")
        chart = client.get(f"/batches/{BATCH}/charts/column-age.json").json()
        defaults = client.get(f"/batches/{BATCH}/charts/defaults.json").json()

    assert batch.status_code == 200
    assert "<script>alert" not in batch.text
    assert "columns repeat &lt;script&gt;" in batch.text
    assert chart["rows"][0] == ["below 30", "2", "50.0%", "20.0%"]
    assert defaults["rows"][-1] == ["all", "4", "2", "25.0%", "4", "50.0%"]
    assert json.dumps(chart["figure"]["data"][1]["y"]) == "[0.2, 0.4, 0.4]"


def test_batch_that_nobody_monitored_has_a_page_that_says_what_to_do(room):
    put_scores(room.wiring.lake, "c" * 16, "2005-11")

    with room.client(Role.VIEWER) as client:
        batch = client.get(f"/batches/{'c' * 16}")

    assert batch.status_code == 200
    assert f"credit-default monitor {'c' * 16}" in batch.text
    assert "No profile is published" in batch.text


@pytest.mark.parametrize(
    "address",
    [
        "/batches?month=2005-99",
        "/batches?page=0",
        "/batches/nothing",
        f"/batches/{'b' * 16}",
        f"/batches/{BATCH}?version=9",
        f"/batches/{BATCH}?version=x",
        f"/batches/{BATCH}?column=nothing",
        f"/batches/{BATCH}/charts/nothing.json",
        f"/batches/{BATCH}/evidently?page=profile.json",
        f"/batches/{BATCH}/mlflow",
        f"/batches/{BATCH}/prefect",
        f"/batches/{'b' * 16}/rejected.csv",
    ],
)
def test_address_that_names_nothing_gets_a_sentence(room, address):
    with room.client(Role.ANALYST) as client:
        answer = client.get(address)

    assert answer.status_code == 422
    assert re.search("found .*expected", answer.text, re.DOTALL)


def test_clients_in_rejected_rows_are_for_analysts_only(room):
    with room.client(Role.VIEWER) as viewer, room.client(Role.ANALYST) as analyst:
        shown = [viewer.get(f"/batches/{BATCH}{end}") for end in ("", "/rejected", "/rejected.csv")]
        rows = analyst.get(f"/batches/{BATCH}/rejected")
        file = analyst.get(f"/batches/{BATCH}/rejected.csv")

    assert [answer.status_code for answer in shown] == [200, 403, 403]
    assert all("client-77" not in answer.text for answer in shown)
    assert "age is below 18" in shown[0].text
    assert "client-77" in rows.text
    assert "attachment" in file.headers["Content-Disposition"]
    assert next(csv.DictReader(io.StringIO(file.text)))["age"] == "'=1+1"


def test_each_look_at_rejected_rows_is_an_entry_of_the_access_log(room):
    with room.client(Role.ANALYST) as analyst:
        analyst.get(f"/batches/{BATCH}/rejected")
        room.now = NOON + dt.timedelta(minutes=1)
        analyst.get(f"/batches/{BATCH}/rejected.csv")
        analyst.get(f"/batches/{'b' * 16}/rejected.csv")  # there is none to look at

    entries = read_access(room.wiring.lake, count=9)
    assert [(entry.page, entry.batch_id) for entry in entries] == [
        ("rejected rows, as a file", BATCH),
        ("rejected rows", BATCH),
    ]


@pytest.mark.nightly
def test_evidentlys_page_runs_its_own_scripts_and_reaches_nothing(room, browser):
    markup = """<img src="x" onerror="said.textContent = 'markup ran'"></body>"""
    hostile = EVIDENTLY.replace("</body>", markup)
    put_profile(room.wiring.lake, BATCH, pages=[("report.html", hostile)])
    with browser.new_context(base_url=room.address) as context:
        cookies = room.cookies(Role.ANALYST)
        context.add_cookies(
            [{"name": name, "value": text, "url": room.address} for name, text in cookies.items()]
        )
        page = context.new_page()
        page.add_init_script(
            "stopped = []; addEventListener('securitypolicyviolation', e => stopped.push(e.effectiveDirective))"
        )
        page.goto(f"/batches/{BATCH}/evidently")
        said = page.locator("#said")
        page.wait_for_function("stopped.length == 2")

        assert said.inner_text() == "drawn"
        assert said.evaluate("e => getComputedStyle(e).color") == "rgb(1, 2, 3)"
        assert said.evaluate("e => getComputedStyle(e).fontWeight") == "700"
        # a picture from elsewhere, and what markup would run
        assert sorted(page.evaluate("stopped")) == ["img-src", "script-src-attr"]
        assert page.evaluate("self.origin") == "null"


def test_evidentlys_page_stands_in_a_frame_with_an_origin_of_its_own(room):
    with room.client(Role.VIEWER) as client:
        batch = client.get(f"/batches/{BATCH}").text

    frame = re.search(r"<iframe [^>]*>", batch)[0]
    assert 'sandbox="allow-scripts"' in frame
    assert f'src="/batches/{BATCH}/evidently?version=1&amp;page=report"' in frame


def test_analyst_goes_from_the_alarm_to_the_batch_to_the_column_to_a_client(room, sign_in):
    page = sign_in(Role.ANALYST, room=room)
    page.goto("/")
    page.locator("#alarms").get_by_text("What to do:").wait_for()
    page.locator("#alarm-1").click()
    page.get_by_role("heading", name="Feed: alarm").wait_for()
    page.locator("select[name=column]").select_option("age")
    page.get_by_role("button", name="Show beside the reference").click()
    page.wait_for_url(f"**/batches/{BATCH}?version=1&column=age*")
    page.locator("#chart-column-age summary").click()

    assert page.locator("#chart-column-age tbody tr").first.inner_text().split() == [
        "below", "30", "2", "50.0%", "20.0%",
    ]  # fmt: skip
    client = page.get_by_role("link", name="Look at a client")
    assert client.get_attribute("href") == f"/clients?batch={BATCH}"


@pytest.mark.parametrize(
    ("width", "scheme"), [(1280, "light"), pytest.param(390, "dark", marks=pytest.mark.nightly)]
)
def test_pages_have_no_barrier_and_do_not_scroll_to_the_side(room, sign_in, width, scheme):
    from axe_playwright_python.sync_playwright import Axe

    size = {"width": width, "height": 900}
    page = sign_in(Role.ANALYST, room=room, viewport=size, color_scheme=scheme)
    for address in ("/", "/batches", f"/batches/{BATCH}", f"/batches/{BATCH}/rejected"):
        page.goto(address)
        found = Axe().run(page).response["violations"]
        wide = page.evaluate("document.documentElement.scrollWidth")

        assert (address, [one["id"] for one in found], wide) == (address, [], width)
