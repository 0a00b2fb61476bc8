"""No text from outside runs in a page: 300 payloads in file names, cells, findings, reviews, names, ids and forms."""

import html
import re
from urllib.parse import quote

import pytest
from tests.fakes.markup import list_payloads
from tests.fakes.room_walk import walk

from credit_default.room.access.roles import Role
from credit_default.room.app import ROUTES
from credit_default.room.charts.chart import Chart
from credit_default.room.serving.rendering import read_templates, render_page
from credit_default.room.serving.visit import PageRoute

pytestmark = pytest.mark.xdist_group("room")
PAYLOADS = list_payloads()


def show_payloads(visit):
    """A page that shows every payload wherever a template may show a text."""
    rows = [(text, text) for text in PAYLOADS]
    chart = Chart(
        "c", PAYLOADS[0], {"data": [{"x": list(PAYLOADS)}], "layout": {}}, ("a", "b"), rows
    )
    template = read_templates().from_string(
        """{% extends "base.html" %}{% set section = "" %}{% from "chart.html" import draw %}
        {% block title %}{{ texts[0] }}{% endblock %}
        {% block content %}{% for text in texts %}
        <p title="{{ text }}" id="{{ text }}">{{ text }}</p><textarea>{{ text }}</textarea>
        <input value="{{ text }}"><a href="{{ root }}batches/{{ text | urlencode }}">{{ text }}</a>
        {% endfor %}{{ draw(chart) }}{% endblock %}"""
    )
    return render_page(visit, template, texts=PAYLOADS, chart=chart)


def find_script(page):
    return page.evaluate("window.ran")


@pytest.fixture
def dialogs():
    return []


def listen(page, dialogs):
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    return page


def test_there_are_300_payloads_and_each_would_run_where_nothing_is_escaped(browser):
    page = browser.new_page()
    page.on("dialog", lambda dialog: dialog.dismiss())
    page.set_content(f"<p>{PAYLOADS[0]}</p>")

    assert len(set(PAYLOADS)) == 300
    assert page.evaluate("window.ran") == 1
    page.close()


def test_no_payload_runs_in_any_place_where_a_template_shows_a_text(
    serve_room, sign_in, tmp_path, dialogs
):
    route = PageRoute("/texts", "texts", show_payloads, Role.VIEWER)
    served = serve_room(tmp_path / "lake", routes=(*ROUTES, route))
    page = listen(sign_in(Role.VIEWER, room=served), dialogs)

    page.goto("/texts")
    page.wait_for_load_state("networkidle")

    assert page.locator("main p[title]").count() == 300
    assert [one.inner_text() for one in page.locator("main p[title]").all()[:20]] == list(
        PAYLOADS[:20]
    )
    assert (dialogs, find_script(page)) == ([], None)


def test_no_payload_in_the_lake_runs_on_any_page_that_the_room_has(lived_in_room, sign_in, dialogs):
    with lived_in_room.client(Role.ADMINISTRATOR, name=PAYLOADS[2]) as client:
        pages = walk(client)
    page = listen(sign_in(Role.ADMINISTRATOR, room=lived_in_room, name=PAYLOADS[2]), dialogs)

    for address in pages:
        if (
            "/evidently" in address
        ):  # Evidently's own page, which a frame holds without a right to scripts of ours
            continue
        page.goto(address)
        assert find_script(page) is None, address

    assert html.escape(PAYLOADS[2]) in pages["/"].replace("&#34;", "&quot;").replace(
        "&#39;", "&#x27;"
    )
    assert dialogs == []


@pytest.mark.nightly
def test_no_payload_in_an_address_runs(sign_in, dialogs):
    page = listen(sign_in(Role.ADMINISTRATOR), dialogs)
    places = [route.path for route in ROUTES if route.method == "GET"]

    for number, payload in enumerate(PAYLOADS[::10]):
        text = quote(payload, safe="")
        path = places[number % len(places)]
        page.goto(f"{fill(path, text)}?{text}={text}&version={text}&month={text}&batch={text}")
        assert find_script(page) is None, payload

    assert dialogs == []


def fill(path, text):
    return re.sub(r"{[^}]*}", text, path)
