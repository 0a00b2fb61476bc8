"""Signing in: in the browser by keyboard alone, and what is refused, limited, kept and ended."""

import datetime as dt
import re
import statistics
import time

import pytest

from credit_default.room.access.roles import Role
from credit_default.room.access.users_file import (
    add_user,
    change_password,
    locate_users,
    remove_user,
)
from credit_default.room.app import ROUTES
from credit_default.room.pages.sign_in import choose_next, read_kept
from credit_default.room.serving.rendering import redirect
from credit_default.room.serving.visit import PageRoute

pytestmark = pytest.mark.xdist_group("room")
PASSWORD = "correct horse battery"
COOKIE = "credit-default-room"


def take(visit):
    taken.append(dict(visit.form))
    return redirect("/")


taken = []


@pytest.fixture
def room(serve_by_settings):
    form = PageRoute("/models/{version}/promote", "act", take, Role.APPROVER, "POST")
    served = serve_by_settings(session_hours=1, routes=(form, *ROUTES))
    path = locate_users(served.wiring.lake)
    add_user(path, "alma", role=Role.ADMINISTRATOR, password=PASSWORD)
    add_user(path, "petra", role=Role.APPROVER, password=PASSWORD)
    return served


def sign_in(client, name="petra", password=PASSWORD, **more):
    return client.post("/sign-in", data={"name": name, "password": password, **more})


def test_person_signs_in_goes_round_and_signs_out_by_keyboard_alone(room, watch):
    page = watch(room)
    page.goto("/")

    assert page.evaluate("document.activeElement.id") == "name"
    page.keyboard.type("petra")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    with page.expect_navigation():
        page.keyboard.press("Enter")

    assert page.locator(".user").inner_text() == "petra · approver"
    reached = []
    for _ in range(10):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.textContent.trim()"))
        if reached[-1] == "Sign out":
            break
    assert reached[:3] == ["To the content", "credit-default", "Now"]
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.title().startswith("Sign in")
    page.goto("/")
    assert page.title().startswith("Sign in")


def test_skip_link_leads_to_the_content(room, watch):
    page = watch(room)
    page.goto("/sign-in")

    page.evaluate("document.activeElement.blur()")
    page.locator(".skip").focus()
    page.keyboard.press("Enter")

    assert page.evaluate("document.activeElement.id") == "content"


def test_cookie_cannot_be_read_by_scripts_nor_be_sent_by_other_sites(room):
    with room.client(None) as client:
        cookie = sign_in(client).headers["set-cookie"]

    assert cookie.startswith(f"{COOKIE}=")
    assert {"HttpOnly", "SameSite=strict", "Path=/", "Max-Age=90000"} <= set(cookie.split("; "))


def test_cookie_under_https_is_for_https_and_this_host_only(serve_by_settings):
    room = serve_by_settings(address="https://room.lender.test")
    add_user(locate_users(room.wiring.lake), "alma", role=Role.ADMINISTRATOR, password=PASSWORD)

    with room.client(None) as client:
        answer = client.post(
            "/sign-in",
            data={"name": "alma", "password": PASSWORD},
            headers={"Host": "room.lender.test", "Origin": "https://room.lender.test"},
        )

    assert answer.headers["set-cookie"].startswith(f"__Host-{COOKIE}=")
    assert "Secure" in answer.headers["set-cookie"]
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


@pytest.mark.parametrize(
    ("name", "password"),
    [("petra", "wrong"), ("nobody", PASSWORD), ("", ""), ("petra", PASSWORD.upper()), ("PETRA", PASSWORD)],
)  # fmt: skip
def test_wrong_name_and_wrong_password_get_the_same_sentence(room, name, password):
    with room.client(None) as client:
        answer = sign_in(client, name, password)

    assert answer.status_code == 401
    assert "The name or the password is not right." in answer.text
    assert "set-cookie" not in answer.headers
    assert password not in answer.text or not password


def test_unknown_name_takes_as_long_as_a_wrong_password(room):
    def measure(name):
        began = time.process_time()
        with room.client(None) as client:
            sign_in(client, name, "a wrong password")
        return time.process_time() - began

    measure("warm")
    known, unknown = (
        statistics.median(measure(name) for _ in range(3)) for name in ("petra", "nobody")
    )

    assert 0.5 < known / unknown < 2


def test_attempts_on_one_name_are_limited_and_those_of_another_are_not(room):
    room.now = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)
    with room.client(None) as client:
        statuses = [sign_in(client, "petra", "wrong").status_code for _ in range(11)]
        right = sign_in(client, "petra")
        other = sign_in(client, "alma")
        room.now += dt.timedelta(minutes=16)
        later = sign_in(client, "petra")

    assert statuses == [401] * 10 + [429]
    assert (right.status_code, right.headers["retry-after"]) == (429, "900")
    assert "Try again in 15 minutes" in right.text
    assert (other.status_code, later.status_code) == (303, 303)


def test_address_that_has_to_wait_cannot_hold_up_the_people_whom_it_names(serve_by_settings):
    served = serve_by_settings(trusted_proxies=["127.0.0.1"])
    add_user(locate_users(served.wiring.lake), "alma", role=Role.ADMINISTRATOR, password=PASSWORD)
    with served.client(None) as client:
        client.headers["X-Forwarded-For"] = "192.0.2.1"
        for _ in range(50):
            sign_in(client, "nobody", "wrong")
        stranger = [sign_in(client, "alma", "wrong").status_code for _ in range(10)]
        client.headers["X-Forwarded-For"] = "192.0.2.2"
        herself = sign_in(client, "alma").status_code

    assert (stranger, herself) == ([429] * 10, 303)


@pytest.mark.parametrize(
    "what", ["too old", "another password", "removed", "replaced", "of another room", "signed out"]
)
def test_session_ends(room, what):
    path = locate_users(room.wiring.lake)
    with room.client(None) as client:
        sign_in(client)
        inside = client.get("/")
        if what == "too old":
            room.now = dt.datetime.now(dt.UTC) + dt.timedelta(hours=1, minutes=1)
        elif what == "another password":
            change_password(path, "petra", password="another long password")
        elif what == "removed":
            remove_user(path, "petra")
        elif what == "replaced":
            client.cookies.set(COOKIE, client.cookies[COOKIE][:-4] + "AAAA", domain="127.0.0.1")
        elif what == "of another room":
            client.cookies.set(COOKIE, "WyJwZXRyYSIsIngiLDEsInkiXQ.x", domain="127.0.0.1")
        else:
            token = re.search(r'name="token" value="(.+?)"', inside.text)[1]
            copied = client.cookies[COOKIE]
            client.post("/sign-out", data={"token": token})
            client.cookies.set(COOKIE, copied, domain="127.0.0.1")
        after = client.get("/models/4?x=1")
        first = client.get("/")

    assert inside.status_code == 200
    assert first.status_code == 303
    assert after.status_code in {303, 404}


def test_signing_out_needs_the_sessions_token(room):
    with room.client(None) as client:
        sign_in(client)
        forged = client.post("/sign-out", data={"token": "x"})

        assert (forged.status_code, client.get("/").status_code) == (403, 200)


def test_other_sites_cannot_sign_anybody_in(room):
    with room.client(None) as client:
        answer = client.post(
            "/sign-in",
            data={"name": "petra", "password": PASSWORD},
            headers={"Origin": "https://evil.test"},
        )

    assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)


@pytest.mark.parametrize(
    "address",
    ["https://evil.test", "//evil.test", "/\\evil.test", "\\\\evil.test", "javascript:alert(1)", "/a\nb", "/\t/evil.test", ""],
)  # fmt: skip
def test_signing_in_leads_to_no_other_site(room, address):
    with room.client(None) as client:
        answer = sign_in(client, next=address)

    assert answer.headers["location"] == "/"
    assert choose_next(address) == "/"


def test_signing_in_leads_to_the_page_that_was_asked_for(room):
    with room.client(None) as client:
        asked = client.get("/?a=1&b=2")
        shown = client.get(asked.headers["location"])
        hidden = re.search(r'name="next" value="(.+?)"', shown.text)[1]
        answer = sign_in(client, next=hidden.replace("&amp;", "&"))

    assert answer.headers["location"] == "/?a=1&b=2"


def test_part_of_a_page_that_htmx_asks_for_leads_the_whole_page_to_the_sign_in(room):
    with room.client(None) as client:
        answer = client.get("/", headers={"HX-Request": "true"})

    assert (answer.status_code, answer.headers["hx-redirect"]) == (401, "/sign-in")


def test_link_from_another_site_asks_again_as_the_cookie_does_not_come_with_it(room):
    with room.client(None) as client:
        answer = client.get("/", headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 200
    assert '<meta http-equiv="refresh" content="0">' in answer.text


def test_room_that_knows_nobody_says_how_somebody_is_added(serve_by_settings):
    with serve_by_settings().client(None) as client:
        answer = client.get("/sign-in")

    assert "credit-default room-users add" in answer.text


def test_two_people_at_once_are_each_themselves(room, watch):
    pages = {}
    for name in ("petra", "alma"):
        pages[name] = watch(room)
        pages[name].goto("/sign-in")
        pages[name].locator("#name").fill(name)
        pages[name].locator("#password").fill(PASSWORD)
        pages[name].locator("main button").click()

    for name, page in pages.items():
        page.reload()
        assert page.locator(".user").inner_text().startswith(f"{name} ·")


def test_what_was_written_into_a_form_is_kept_when_the_session_has_ended_meanwhile(room, watch):
    page = watch(room)
    page.goto("/sign-in")
    page.locator("#name").fill("petra")
    page.locator("#password").fill(PASSWORD)
    page.locator("main button").click()
    # a form of the page, whose session ends before it is sent
    page.evaluate(
        """() => {
        const form = document.createElement('form');
        form.method = 'post'; form.action = '/models/4/promote'; form.id = 'planted';
        form.innerHTML = '<input name=token value=old><textarea name=reason>\\nBecause <b>it</b> ranks "better"\\nby far</textarea><button>Go</button>';
        document.querySelector('main').append(form);
        }"""
    )
    room.now = dt.datetime.now(dt.UTC) + dt.timedelta(hours=2)
    page.locator("#planted button").click()
    assert "Your session has ended" in page.locator("#fault").inner_text()
    page.locator("#name").fill("petra")
    page.locator("#password").fill(PASSWORD)
    page.locator("main button").click()

    form = page.locator("main form", has=page.locator("textarea"))
    form.wait_for()
    assert page.title().startswith("Send it again")
    assert form.get_attribute("action") == "/models/4/promote"
    assert form.locator("textarea").input_value() == 'Because <b>it</b> ranks "better"\nby far'
    assert taken == []
    form.locator("button").click()
    page.wait_for_url("**/")
    (sent,) = taken
    assert sent["reason"] == 'Because <b>it</b> ranks "better"\r\nby far'


@pytest.mark.parametrize(
    "text",
    ["", "x", "[]", "{}", '{"address": "//evil.test", "fields": {}, "files": []}', '{"address": "https://evil.test", "fields": {}, "files": []}', '{"address": "javascript:x", "fields": {}, "files": []}', '{"address": "/a", "fields": [], "files": []}', "[" * 20_000],
)  # fmt: skip
def test_form_that_leads_elsewhere_is_not_kept(text):
    assert read_kept(text) is None


def test_strangers_form_is_not_kept_as_a_strangers_large_file_need_not_be_read(room):
    with room.client(None) as client:
        answer = client.post("/models/4/promote", data={"reason": "x"})
        client.cookies[COOKIE] = "x"
        forged = client.post("/models/4/promote", data={"reason": "x"})

    assert {answer.status_code, forged.status_code} == {401}
    assert "Nobody is signed in" in answer.text
    assert "&#34;reason&#34;" not in answer.text + forged.text


def test_damaged_list_of_users_lets_nobody_in_and_is_told_in_words(room, caplog):
    with room.client(None) as client:
        sign_in(client)
        locate_users(room.wiring.lake).write_bytes(b"\xff{")
        answers = [client.get("/"), client.get("/sign-in"), sign_in(client)]

    assert [answer.status_code for answer in answers] == [503] * 3
    assert "room-users.json" in caplog.text
    assert "room-users.json" not in answers[0].text


def test_neither_password_nor_token_is_kept():
    kept = read_kept(
        '{"address": "/a", "fields": {"reason": "x", "password": "y", "token": "z"}, "files": []}'
    )

    assert dict(kept.fields) == {"reason": "x"}
