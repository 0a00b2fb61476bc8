"""The application: every route by role, the same headers on each answer, forms only with their token."""

import pytest

from credit_default.room.access.roles import Role

pytestmark = pytest.mark.xdist_group("room")


def test_a_page_is_drawn_in_the_browser_for_a_signed_in_person(sign_in):
    page = sign_in(Role.VIEWER)

    page.goto("/")

    assert page.title().endswith("control room")
    assert page.locator(".user").inner_text() == "vera · viewer"
    assert page.locator("nav [aria-current]").inner_text() == "Now"
