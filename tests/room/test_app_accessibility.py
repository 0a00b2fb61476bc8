"""Every page that the room has, and those before it: no violation that axe knows of, light and dark, wide and narrow."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from tests.fakes.room_walk import walk

from credit_default.room.access.roles import Role

pytestmark = pytest.mark.xdist_group("room")
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


def find_violations(page):
    found = Axe().run(page).response["violations"]
    return [(one["id"], [node["html"][:200] for node in one["nodes"][:3]]) for one in found]


@pytest.mark.parametrize(
    ("scheme", "viewport"),
    [
        pytest.param("light", WIDE, id="light and wide", marks=pytest.mark.nightly),
        pytest.param("dark", NARROW, id="dark and narrow"),
    ],
)
def test_axe_finds_no_violation_on_any_page(lived_in_room, sign_in, scheme, viewport):
    with lived_in_room.client(Role.ADMINISTRATOR) as client:
        pages = walk(client)
    # whole pages of ours: no part that htmx asks for, and not Evidently's own
    addresses = [
        one
        for one, text in pages.items()
        if text.startswith("<!doctype") and "/evidently" not in one
    ]
    page = sign_in(
        Role.ADMINISTRATOR,
        room=lived_in_room,
        color_scheme=scheme,
        viewport=viewport,
        bypass_csp=True,  # axe is a script of its own
    )

    found = {}
    for address in [*addresses, "/nothing", "/batches/zz"]:
        page.goto(address)
        found[address] = find_violations(page)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= viewport["width"] + 1, (address, width)

    assert {address: faults for address, faults in found.items() if faults} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation_on_the_sign_in_page(serve_by_settings, watch, scheme):
    page = watch(serve_by_settings(), color_scheme=scheme, bypass_csp=True)

    page.goto("/sign-in")

    assert find_violations(page) == []
