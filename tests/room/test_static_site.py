"""The read-only part as a site: opened from the disk in a browser, with no dead link, no form, no client, nothing from outside."""

import datetime as dt
import re
import shutil

import pytest

from credit_default.room.access.roles import Role
from credit_default.room.serving.rendering import read_templates, render_page
from credit_default.room.serving.visit import PageRoute
from credit_default.room.static_site import PREFIX, write_site
from credit_default.services.context.wiring import build_wiring
from credit_default.settings import load_settings

pytestmark = pytest.mark.xdist_group("room")
NOW = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)


@pytest.fixture(scope="session")
def site(lived_in_lake, room_settings, tmp_path_factory):
    """The site's folder, and how many pages were written."""
    lake = tmp_path_factory.mktemp("site") / "lake"
    shutil.copytree(lived_in_lake, lake)
    settings = load_settings({**room_settings, "lake": str(lake)}, environment={}).settings
    written = write_site(build_wiring(settings, commit="test"), now=NOW, most_of_a_kind=20)
    return lake / PREFIX, written


def test_site_opens_from_the_disk_and_asks_for_nothing_outside_its_folder(site, browser):
    folder, written = site
    page = browser.new_page()
    faults, asked = [], []
    page.add_init_script(
        "addEventListener('securitypolicyviolation', e => console.error('policy ' + e.violatedDirective + ' ' + e.blockedURI))"
    )
    page.on("console", lambda said: said.type == "error" and faults.append(said.text))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))

    for file in sorted(folder.glob("*.html")):
        page.goto(file.as_uri())
    page.close()

    assert written.page_count == len([*folder.glob("*.html"), *folder.glob("*.json")])
    assert faults == []
    assert [url for url in asked if not url.startswith((folder.as_uri(), "data:"))] == []


def test_no_link_of_the_site_is_dead_or_leads_out_of_it(site):
    folder, _ = site
    links = {
        (file.name, found)
        for file in folder.glob("*.html")
        for found in re.findall(r'\b(?:href|src)="([^"#]*)', file.read_text(encoding="utf-8"))
        if found and not found.startswith("data:")
    }

    assert {one for one in links if not (folder / one[1]).is_file()} == set()
    assert "static-room:" not in "".join(p.read_text() for p in folder.glob("*.html"))


def test_site_has_no_form_no_page_of_a_client_and_no_name_of_a_visitor(site):
    folder, _ = site

    for file in folder.glob("*.html"):
        text = file.read_text(encoding="utf-8")
        assert "<form" not in text, file.name
        assert 'href="clients' not in text, file.name
        assert 'class="user"' not in text, file.name
        assert '<meta http-equiv="Content-Security-Policy"' in text, file.name


def test_writing_again_removes_the_pages_that_are_gone(tmp_path, room_settings):
    settings = load_settings({**room_settings, "lake": str(tmp_path / "lake")}, environment={})
    wiring = build_wiring(settings.settings, commit="test")
    write_site(wiring, now=NOW, most_of_a_kind=5)
    (tmp_path / "lake" / PREFIX / "gone.html").write_text("old")

    write_site(wiring, now=NOW, most_of_a_kind=5)

    assert not (tmp_path / "lake" / PREFIX / "gone.html").exists()
    assert (tmp_path / "lake" / PREFIX / "static" / "plotly.min.js").is_file()


def show_one(visit):
    return render_page(visit, "notice.html", title=visit.path["number"], sentences=[])


def show_links(visit):
    template = read_templates().from_string(
        '{% extends "base.html" %}{% set section = "" %}{% block title %}x{% endblock %}{% block content %}'
        '{% for n in range(1, 9) %}<a href="{{ root }}many/{{ n }}?a=b&amp;c=ä#part">{{ n }}</a>{% endfor %}'
        '<a href="{{ root }}secret">client</a><button hx-get="{{ root }}many/1">x</button>{% endblock %}'
    )
    return render_page(visit, template)


def test_only_the_first_pages_of_a_kind_are_written_and_other_links_become_words(
    tmp_path, room_settings
):
    routes = (
        PageRoute("/", "all", show_links, Role.VIEWER),
        PageRoute("/many/{number:int}", "many", show_one, Role.VIEWER),
        PageRoute("/secret", "secret", show_links, Role.ANALYST),
    )
    settings = load_settings({**room_settings, "lake": str(tmp_path / "lake")}, environment={})
    wiring = build_wiring(settings.settings, commit="test")

    written = write_site(wiring, now=NOW, most_of_a_kind=3, routes=routes)

    folder = tmp_path / "lake" / PREFIX
    text = (folder / "index.html").read_text()
    linked = re.findall(r'<a href="([^"]+)">\d', text)
    assert written.page_count == 4
    assert len(linked) == 3
    assert all(
        (folder / one.partition("#")[0]).is_file() and one.endswith("#part") for one in linked
    )
    assert "<a>4</a>" in text
    assert "<a>client</a>" in text
    assert "hx-get" not in text
    assert not list(folder.glob("*secret*"))
