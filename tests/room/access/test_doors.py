import pytest
from starlette.requests import Request

from credit_default.room.access.doors import (
    HeaderDoor,
    is_among,
    parse_network,
    read_origin_address,
)
from credit_default.room.access.roles import Role, User

pytestmark = pytest.mark.xdist_group("room")
PROXIES = (parse_network("10.0.4.0/24"),)
DOOR = HeaderDoor(
    "X-Forwarded-User",
    "X-Forwarded-Groups",
    PROXIES,
    {"alma": Role.ADMINISTRATOR, "risk": Role.ANALYST, "board": Role.APPROVER},
)


def ask(peer, *headers):
    raw = [(name.lower().encode(), value.encode()) for name, value in headers]
    scope = {"type": "http", "method": "GET", "path": "/", "headers": raw, "query_string": b""}
    return Request({**scope, "client": (peer, 1) if peer else None})


def test_name_and_role_are_those_that_the_proxy_and_the_settings_give():
    assert DOOR.identify(ask("10.0.4.7", ("X-Forwarded-User", "alma"))) == User(
        "alma", Role.ADMINISTRATOR
    )


def test_highest_role_of_a_persons_groups_counts():
    request = ask(
        "10.0.4.7", ("X-Forwarded-User", "petra"), ("X-Forwarded-Groups", "risk, board,x")
    )

    assert DOOR.identify(request) == User("petra", Role.APPROVER)


@pytest.mark.parametrize("peer", ["10.0.5.7", "127.0.0.1", "::1", "", "testclient"])
def test_header_from_a_strangers_address_is_nobodys(peer):
    assert DOOR.identify(ask(peer, ("X-Forwarded-User", "alma"))) is None


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("X-Forwarded-User", "")],
        [("X-Forwarded-User", "alma"), ("X-Forwarded-User", "petra")],
        [("X-Forwarded-User", "nobody")],
        [("X-Forwarded-User", "x" * 65)],
        [("X-Forwarded-User", "nobody"), ("X-Forwarded-Groups", "unknown")],
        [
            ("X-Forwarded-User", "paul"),
            ("X-Forwarded-Groups", "board"),
            ("X-Forwarded-Groups", "risk"),
        ],
        [("X-Forwarded-User", "petra,paul"), ("X-Forwarded-Groups", "board")],
    ],
    ids=[
        "none",
        "empty",
        "two",
        "without a role",
        "long",
        "group without a role",
        "groups twice",
        "joined",
    ],
)
def test_who_is_not_named_once_with_a_role_is_nobody(headers):
    assert DOOR.identify(ask("10.0.4.7", *headers)) is None


def test_address_of_a_person_is_the_one_that_the_proxy_itself_added():
    passed_on = ("X-Forwarded-For", "1.2.3.4, 192.0.2.9")

    assert read_origin_address(ask("10.0.4.7", passed_on), proxies=PROXIES) == "192.0.2.9"
    assert read_origin_address(ask("192.0.2.7", passed_on), proxies=PROXIES) == "192.0.2.7"


def test_address_that_the_proxy_put_into_a_header_below_the_visitors_own_is_the_persons():
    lines = (("X-Forwarded-For", "1.2.3.4"), ("X-Forwarded-For", "192.0.2.9"))

    assert read_origin_address(ask("10.0.4.7", *lines), proxies=PROXIES) == "192.0.2.9"


def test_all_addresses_of_one_network_of_ipv6_count_as_one():
    found = [
        read_origin_address(ask(peer, ("X-Forwarded-For", "::9")), proxies=PROXIES)
        for peer in ("2001:db8::1", "2001:db8::ffff:2", "2001:db8:0:1::1", "::ffff:192.0.2.9")
    ]

    assert found == ["2001:db8::/64", "2001:db8::/64", "2001:db8:0:1::/64", "192.0.2.9"]


def test_address_in_the_form_of_the_other_protocol_is_the_same_address():
    assert is_among("::ffff:10.0.4.7", PROXIES)
