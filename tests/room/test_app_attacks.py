"""Attacks on a room that is served: forged headers at the proxy's door, copied and planted cookies, odd hosts, slow bodies."""

import re
import socket

import pytest

from credit_default.room.access.roles import Role
from credit_default.room.access.sessions import Sessions
from credit_default.room.access.users_file import (
    KnownUser,
    add_user,
    change_password,
    change_role,
    locate_users,
    read_users,
    remove_user,
)
from credit_default.room.serving.slow_senders import Patience

pytestmark = pytest.mark.xdist_group("room")
PASSWORD = "correct horse battery"
COOKIE = "credit-default-room"
ROLES = {"vera": "viewer", "alma": "administrator", "board": "approver"}


def send(room, *lines, method="GET", path="/", body=b""):
    """The status of the answer to a request of these very header lines."""
    return int(send_whole(room, *lines, method=method, path=path, body=body).split()[1])


def send_whole(room, *lines, method="GET", path="/", body=b""):
    host, port = room.address.removeprefix("http://").split(":")
    head = [f"{method} {path} HTTP/1.1", *lines, "Connection: close"]
    if not any(line.lower().startswith("host:") for line in lines):
        head.insert(1, f"Host: {host}:{port}")
    with socket.create_connection((host, int(port)), timeout=60) as sender:
        sender.sendall("\r\n".join([*head, "", ""]).encode("latin-1") + body)
        answer = b""
        while received := sender.recv(65_536):
            answer += received
    return answer.decode("utf-8", errors="replace")


@pytest.fixture
def behind_proxy(serve_by_settings):
    """A room whose trusted proxy is this machine: what a test sends is what the proxy passes on."""
    return serve_by_settings(
        trusted_header="X-Forwarded-User",
        groups_header="X-Forwarded-Groups",
        trusted_proxies=["127.0.0.1"],
        roles=ROLES,
    )


def test_forged_header_from_an_address_that_is_no_proxys_lets_nobody_in(serve_by_settings):
    room = serve_by_settings(
        trusted_header="X-Forwarded-User", trusted_proxies=["10.9.9.9"], roles=ROLES
    )
    claims = ("X-Forwarded-For: 10.9.9.9", "X-Real-IP: 10.9.9.9", "Forwarded: for=10.9.9.9")

    assert send(room, "X-Forwarded-User: alma") == 401
    assert send(room, "X-Forwarded-User: alma", *claims) == 401


@pytest.mark.parametrize(
    "lines",
    [
        ("X-Forwarded-User: vera", "X-Forwarded-User: alma"),
        ("x-forwarded-user: vera", "X-FORWARDED-USER: alma"),
        ("X_Forwarded_User: alma",),
        ("X-Forwarded_User: alma",),
        ("X-Forwarded-User: alma,vera", "X-Forwarded-Groups: board"),
        ("X-Forwarded-User: alma, vera", "X-Forwarded-Groups: board"),
        ("X-Forwarded-User: vera\r\n alma",),
        ("X-Forwarded-User : alma",),
        ("X-Forwarded-User: ALMA",),
        ("X-Forwarded-User: \u00e1lma",),
        ("X-Forwarded-User: vera", "X-Forwarded-Groups: risk", "x-forwarded-groups: board"),
        ("X-Forwarded-Groups: board",),
    ],
)
def test_header_that_is_doubled_joined_or_written_oddly_lets_nobody_in(behind_proxy, lines):
    assert send(behind_proxy, *lines) in {400, 401}


def test_header_of_the_proxy_counts_in_any_case_and_not_its_twin_with_underscores(behind_proxy):
    answer = send_whole(behind_proxy, "x-fOrWaRdEd-UsEr: vera", "X_Forwarded_User: alma")

    assert answer.startswith("HTTP/1.1 200")
    assert "vera" in answer
    assert "alma" not in answer


@pytest.mark.parametrize(
    ("path", "lines"),
    [
        ("/", ("Host: 127.0.0.1", "Host: evil.test")),
        ("/", ("Host: evil.test", "X-Forwarded-Host: 127.0.0.1")),
        ("/", ("Host: 127.0.0.1@evil.test",)),
        ("http://evil.test/", ("Host: evil.test",)),
    ],
)
def test_odd_host_gets_no_page(behind_proxy, path, lines):
    assert send(behind_proxy, "X-Forwarded-User: vera", *lines, path=path) in {400, 421}


def test_page_names_no_host_that_the_request_brought(behind_proxy):
    answer = send_whole(
        behind_proxy,
        "X-Forwarded-User: vera",
        "X-Forwarded-Host: evil.test",
        "Forwarded: host=evil.test",
    )

    assert answer.startswith("HTTP/1.1 200")
    assert "evil.test" not in answer


@pytest.fixture
def room(serve_by_settings):
    """A room that petra, an approver, and alma sign in to."""
    served = serve_by_settings(session_hours=1)
    path = locate_users(served.wiring.lake)
    add_user(path, "alma", role=Role.ADMINISTRATOR, password=PASSWORD)
    add_user(path, "petra", role=Role.APPROVER, password=PASSWORD)
    return served


def sign_in(client, name="petra"):
    return client.post("/sign-in", data={"name": name, "password": PASSWORD})


def test_cookie_signed_by_another_key_is_nobodys_even_with_all_that_the_users_file_says(room):
    users = read_users(locate_users(room.wiring.lake))
    forged = Sessions(hours=1).begin(users.by_name["alma"], key="k" * 40, now=room.read_clock())

    assert send(room, f"Cookie: {COOKIE}={forged}") == 303


def test_cookie_that_names_a_password_of_which_nothing_is_known_is_nobodys(room):
    users = read_users(locate_users(room.wiring.lake))
    guessed = KnownUser("alma", Role.ADMINISTRATOR, "another hash")
    made = Sessions(hours=1).begin(guessed, key=users.key, now=room.read_clock())

    assert send(room, f"Cookie: {COOKIE}={made}") == 303


def test_copied_cookie_has_the_rights_of_its_person_now_and_none_after_removal(room):
    path = locate_users(room.wiring.lake)
    with room.client(None) as client:
        sign_in(client)
        token = re.search(r'name="token" value="(.+?)"', client.get("/").text)[1]
        decide = {"token": token, "reason": "good"}
        before = client.post("/models/1/approve", data=decide).status_code
        change_role(path, "petra", role=Role.VIEWER)
        lowered = client.post("/models/1/approve", data=decide).status_code
        change_password(path, "petra", password="another long password")
        changed = client.post("/models/1/approve", data=decide).status_code
        remove_user(path, "petra")
        add_user(path, "petra", role=Role.ADMINISTRATOR, password=PASSWORD)
        again = client.get("/").status_code

    assert before not in {401, 403}
    assert (lowered, changed, again) == (403, 401, 303)


def test_cookie_that_was_planted_before_signing_in_does_not_become_the_persons(room):
    with room.client(None) as attacker:
        sign_in(attacker, "alma")
        planted = attacker.cookies[COOKIE]
    with room.client(None) as client:
        client.cookies.set(COOKIE, "planted", domain="127.0.0.1")
        answer = sign_in(client)
        own = answer.cookies[COOKIE]
        second = sign_in(client).cookies.get(COOKIE)

    assert own not in {"planted", planted}
    assert second != own
    assert send(room, f"Cookie: {COOKIE}=planted") == 303


def test_token_of_one_session_is_no_good_in_another_of_the_same_person(room):
    with room.client(None) as first, room.client(None) as second:
        sign_in(first)
        sign_in(second)
        token = re.search(r'name="token" value="(.+?)"', first.get("/").text)[1]
        crossed = second.post("/sign-out", data={"token": token}).status_code

    assert crossed == 403


def test_body_that_comes_too_slowly_is_answered_in_words_and_the_connection_closed(
    serve_room, tmp_path
):
    patience = Patience(grace_seconds=0.3, slowest_bytes=1e9)
    room = serve_room(tmp_path / "empty", patience=patience)
    cookie = "; ".join(f"{k}={v}" for k, v in room.cookies(Role.ANALYST).items())

    answer = send_whole(
        room,
        f"Cookie: {cookie}",
        "Content-Type: application/x-www-form-urlencoded",
        "Content-Length: 1000",
        method="POST",
        path="/files/look",
        body=b"token=",
    )

    assert answer.startswith("HTTP/1.1 408")
    assert "too slowly" in answer
