"""The pages Models, asked for over HTTP, and looked at in a browser."""

import json
import shutil
from pathlib import Path

import pytest
from tests.fakes.second_version import REASON, add_second_version
from tests.room.conftest import open_room

from credit_default.room.access.roles import Role

pytestmark = pytest.mark.xdist_group("room")


@pytest.fixture(scope="module")
def room(lake_with_champion, room_settings, tmp_path_factory):
    """A room over a lake with two versions, which no test of this module changes."""
    lake = Path(shutil.copytree(lake_with_champion, tmp_path_factory.mktemp("models") / "lake"))
    with open_room(lake, room_settings) as served:
        add_second_version(served.wiring)
        yield served


@pytest.fixture
def ask(room):
    with room.client(Role.VIEWER) as client:
        yield client.get


def test_the_list_names_both_versions_and_escapes_what_comes_from_data(ask):
    page = ask("/models").text

    assert '<a href="/models/2">version 2</a>, boosting' in page
    assert '<a href="/models/1">version 1</a>, forest' in page
    assert "champion stays: a tie &lt;b&gt;&amp; so on&lt;/b&gt;" in page
    assert REASON not in page


def test_a_version_shows_its_contest_with_a_table_and_the_same_as_json(ask):
    page, chart = ask("/models/2").text, ask("/models/2/charts/contest.json").json()

    (trace,) = chart["data"]
    assert trace["y"] == ["log loss", "Brier score", "ROC AUC", "cost per 1,000"]
    assert trace["x"] == pytest.approx([0.01 / 0.0005, 0.001 / 0.0002, 0.01 / 0.001, 10 / 5])
    assert "<td>+0.0100</td>" in page
    assert "+0.0040 to +0.0160" in page
    assert json.dumps(trace["x"]) in page


def test_a_viewer_sees_no_form_that_changes_something_and_an_approver_sees_those_of_the_act(
    ask, room
):
    with room.client(Role.APPROVER) as approver, room.client(Role.ANALYST) as analyst:
        forms = {
            "viewer": ask("/models/2").text,
            "analyst": analyst.get("/models/2").text,
            "approver": approver.get("/models/2").text,
        }

    def sees(act):
        return [who for who, page in forms.items() if f'action="/models/2/{act}"' in page]

    assert sees("request") == sees("findings") == ["analyst", "approver"]
    assert sees("promote") == sees("review") == ["approver"]
    assert sees("approve") == []  # nobody has requested it


def test_the_card_stands_in_the_room_s_own_page_with_its_pictures(ask):
    card = ask("/models/1/card")
    picture = ask("/models/1/card/pictures/1")

    assert "Model card: credit-default, version 1" in card.text
    assert 'src="/models/1/card/pictures/1"' in card.text
    assert picture.headers["content-type"] == "image/png"
    assert picture.content.startswith(b"\x89PNG")
    assert ask("/models/1/card/pictures/99").status_code == 422


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("/models/9", "no version 9"),
        ("/models/2/card", "no card in its run"),
        ("/models?page=7", "a page from 1 to 1"),
        ("/models?page=x", "page 0"),
        ("/models/compare?first=1&second=1", "version 1 twice"),
        ("/models/compare?first=1&second=2", "no batch that both scored"),
        ("/models/compare?first=1", "the number of a version"),
        ("/models/compare?first=1&second=" + "9" * 400, "the number of a version"),
        ("/models/1/charts/contest.json", "no comparison on record"),
    ],
)
def test_an_address_that_leads_nowhere_gets_a_sentence(ask, address, words):
    answer = ask(address)

    assert answer.status_code == 422
    assert words in answer.text


def test_the_chart_is_drawn_under_the_content_policy_and_the_page_fits_a_phone(sign_in, room):
    page = sign_in(Role.APPROVER, room=room, viewport={"width": 390, "height": 800})

    page.goto("/models/2")
    page.wait_for_selector("figure.chart .main-svg")

    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert page.locator("figure.chart .errorbars path, figure.chart .errorbar path").count() >= 4
