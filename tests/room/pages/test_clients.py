import json
import shutil

import polars as pl
import pytest
from tests.room.conftest import open_room

from credit_default.adapters.tables.access_log import read_access
from credit_default.adapters.tables.queries import scan_table
from credit_default.room.access.roles import Role

pytestmark = pytest.mark.xdist_group("room")


@pytest.fixture(scope="module")
def scored_lake(lake_with_champion, room_settings, simulated_files, tmp_path_factory):
    """A lake with a champion and 80 scored clients; no test writes into it."""
    import datetime as dt

    from credit_default.services.champion.current import load_registered_champion
    from credit_default.services.context.wiring import build_wiring
    from credit_default.services.intake.file_check import check_file
    from credit_default.services.scoring.score_batch import score_file
    from credit_default.settings import load_settings

    root = tmp_path_factory.mktemp("scored")
    shutil.copytree(lake_with_champion, root / "lake")
    settings = load_settings({**room_settings, "lake": str(root / "lake")}, environment={}).settings
    wiring = build_wiring(settings, commit="test")
    rows = pl.read_csv(simulated_files.batch).head(80)
    rows.write_csv(root / "batch.csv")
    checked = check_file(wiring, str(root / "batch.csv"), month=None, outcome="ignored")
    at = dt.datetime(2005, 12, 1, tzinfo=dt.UTC)
    score_file(wiring, checked, load_registered_champion(wiring), scored_at=at)
    return root / "lake"


@pytest.fixture(scope="module")
def room(scored_lake, room_settings, tmp_path_factory):
    lake = tmp_path_factory.mktemp("looked-at") / "lake"
    shutil.copytree(scored_lake, lake)
    with open_room(lake, room_settings) as served:
        yield served


def pick(room, decision="decline"):
    rows = scan_table(room.wiring.lake, "scores").filter(decision=decision).collect()
    return rows.sort("default_probability", "client_id").row(-1, named=True)


def post(room, role, address, **fields):
    with room.client(role) as client:
        return client.post(address, data={"token": room.token(client), **fields})


def list_entries(room):
    return read_access(room.wiring.lake, count=999)


def test_a_viewer_sees_neither_a_client_nor_the_form_and_leaves_no_entry(room):
    before, row = list_entries(room), pick(room)

    shown = post(room, Role.VIEWER, "/clients/show", client=row["client_id"])
    with room.client(Role.VIEWER) as viewer:
        form = viewer.get("/clients")

    assert (shown.status_code, form.status_code) == (403, 403)
    assert row["client_id"] not in shown.text
    assert list_entries(room) == before


def test_an_analyst_sees_the_client_in_the_words_of_explain_and_leaves_one_entry(room):
    before, row = list_entries(room), pick(room)

    page = post(room, Role.ANALYST, "/clients/show", client=row["client_id"])

    assert page.status_code == 200
    for said in (*row["reasons"], f"{row['default_probability']:.2%}", row["risk_band"]):
        assert said in page.text
    new = list_entries(room)[: -len(before) or None]
    assert [(e.person, e.role, e.page, e.batch_id) for e in new] == [
        ("anton", "analyst", "client", row["batch_id"])
    ]


def test_no_address_and_no_title_has_the_client_s_id(room):
    client_id = pick(room)["client_id"]

    page = post(room, Role.ANALYST, "/clients/show", client=client_id)

    title = page.text.split("<title>")[1].split("</title>")[0]
    addresses = [part.split('"')[0] for part in page.text.split('href="')[1:]]
    addresses += [part.split('"')[0] for part in page.text.split('action="')[1:]]
    assert client_id not in str(page.url) + title + " ".join(addresses)
    assert page.headers["cache-control"] == "no-store"


def test_a_client_that_no_batch_holds_gets_a_sentence(room):
    page = post(room, Role.ANALYST, "/clients/show", client="<img src=x onerror=alert(1)>")

    assert page.status_code == 422
    assert "a client who was scored" in page.text
    assert "<img" not in page.text
    assert list_entries(room)[0].page == "client, not found"


def test_a_form_without_its_token_shows_no_client_and_leaves_no_entry(room):
    before, row = list_entries(room), pick(room)

    with room.client(Role.ANALYST) as client:
        page = client.post("/clients/show", data={"client": row["client_id"]})

    assert page.status_code == 403
    assert list_entries(room) == before


@pytest.mark.parametrize(("role", "may"), [(Role.ANALYST, False), (Role.APPROVER, True)])
def test_only_who_may_override_is_offered_the_form(room, role, may):
    page = post(room, role, "/clients/show", client=pick(room)["client_id"])

    assert ('action="/decisions/override"' in page.text) is may
    assert ('name="decision" value="accept"' in page.text) is may


def test_only_an_administrator_reads_who_looked(room):
    row = pick(room, "accept")
    post(room, Role.APPROVER, "/clients/show", client=row["client_id"])

    with room.client(Role.APPROVER) as client:
        refused = client.get("/clients/access")
    with room.client(Role.ADMINISTRATOR) as client:
        everything = client.get("/clients/access")
    own = post(room, Role.ADMINISTRATOR, "/clients/access", client=row["client_id"])
    none = post(room, Role.ADMINISTRATOR, "/clients/access", client="zebra-17")

    assert refused.status_code == 403
    assert "petra" in everything.text
    assert own.text.count("<td>petra</td>") == 1
    assert "<td>anton</td>" not in own.text
    assert "There is no entry about this client" in none.text


@pytest.mark.parametrize("query", ["page=0", "page=x", "month=%3Cscript%3E"])
def test_a_list_that_is_asked_for_wrongly_gets_a_sentence(room, query):
    with room.client(Role.ADMINISTRATOR) as client:
        page = client.get(f"/clients/access?{query}")

    assert page.status_code == 422
    assert "<script>" not in page.text


def test_an_administrator_erases_a_client_from_the_page_and_nobody_else_does(
    scored_lake, serve_room, tmp_path
):
    shutil.copytree(scored_lake, tmp_path / "own")
    room = serve_room(tmp_path / "own")
    row = pick(room)
    client_id = row["client_id"]
    post(room, Role.ANALYST, "/clients/show", client=client_id)

    by_approver = post(
        room, Role.APPROVER, "/clients/forget", client=client_id, confirmation=client_id
    )
    mistyped = post(
        room, Role.ADMINISTRATOR, "/clients/forget", client=client_id, confirmation="other"
    )
    held = scan_table(room.wiring.lake, "scores").filter(client_id=client_id).collect().height
    erased = post(
        room, Role.ADMINISTRATOR, "/clients/forget", client=client_id, confirmation=client_id
    )

    assert (by_approver.status_code, mistyped.status_code, held) == (403, 422, 1)
    assert erased.status_code == 200
    assert "Forgotten." in erased.text
    assert scan_table(room.wiring.lake, "scores").filter(client_id=client_id).collect().is_empty()
    assert [entry.person for entry in list_entries(room)] == ["alma", "anton"]
    assert post(room, Role.ANALYST, "/clients/show", client=client_id).status_code == 422
    own = post(room, Role.ADMINISTRATOR, "/clients/access", client=client_id)
    assert "There is no entry about this client" in own.text


def test_old_entries_are_deleted_from_the_page(scored_lake, serve_room, tmp_path):
    import datetime as dt

    shutil.copytree(scored_lake, tmp_path / "own")
    room = serve_room(tmp_path / "own")
    room.now = dt.datetime(2006, 1, 10, tzinfo=dt.UTC)
    post(room, Role.ANALYST, "/clients/show", client=pick(room)["client_id"])
    room.now = dt.datetime(2006, 2, 10, tzinfo=dt.UTC)

    page = post(room, Role.ADMINISTRATOR, "/clients/access/delete", before="2006-02")

    assert "entries of months before 2006-02 deleted: 1" in page.text
    assert [entry.person for entry in list_entries(room)] == ["alma"]


def test_a_client_is_found_in_a_browser_and_its_chart_walked_by_keyboard(room, sign_in):
    page = sign_in(Role.ANALYST, room=room, viewport={"width": 390, "height": 800})
    row = pick(room)
    page.goto("/clients")
    page.fill("#client", row["client_id"])
    page.keyboard.press("Enter")
    page.wait_for_selector("#chart-contributions[data-drawn]")
    page.locator("#chart-contributions .plot").focus()
    page.keyboard.press("ArrowRight")

    said = page.locator("#chart-contributions .said").inner_text()
    source = json.loads(page.locator("#chart-contributions .source").text_content())
    assert said.startswith(source["data"][0]["customdata"][0])
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert row["client_id"] not in page.url + page.title()
