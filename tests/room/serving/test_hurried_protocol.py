import socket
import time

import pytest

from credit_default.room.access.roles import Role
from credit_default.room.serving.hurried_protocol import HurriedProtocol

pytestmark = pytest.mark.xdist_group("room")


def send_slowly(room, beginning, *, drop=b"x", most_seconds=20.0):
    """Send this and then a byte now and then; return what was answered, and whether the server closed the connection."""
    host, port = room.address.removeprefix("http://").split(":")
    answered, deadline = b"", time.monotonic() + most_seconds
    with socket.create_connection((host, int(port))) as sender:
        sender.settimeout(0.05)
        sender.sendall(beginning)
        while time.monotonic() < deadline:
            try:
                if not (received := sender.recv(65_536)):
                    return answered, True
                answered += received
            except TimeoutError:
                pass
            except ConnectionError:
                return answered, True
            try:
                sender.sendall(drop)
            except OSError:
                return answered, True
    return answered, False


@pytest.fixture
def hurried(monkeypatch):
    monkeypatch.setattr(HurriedProtocol, "head_seconds", 0.3)


@pytest.mark.parametrize(
    "beginning",
    [
        b"",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-",
        b"GET /health HTTP/1.1\r\nHost: a\r\n\r\nGET",
    ],
    ids=["nothing", "half a head", "half of a second one"],
)
def test_head_that_does_not_come_to_its_end_is_not_waited_for(hurried, served_room, beginning):
    _, is_closed = send_slowly(served_room, beginning)

    assert is_closed


def test_body_that_nobody_reads_any_more_is_not_waited_for(hurried, served_room):
    head = b"POST /files/look HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9999\r\n"
    kind = b"Content-Type: application/x-www-form-urlencoded\r\n\r\n"

    answered, is_closed = send_slowly(served_room, head + kind)

    assert answered.startswith(b"HTTP/1.1 401")
    assert is_closed


def test_second_request_on_a_connection_is_answered_after_the_time_of_a_head(hurried, served_room):
    with served_room.client(Role.VIEWER) as client:
        first = client.get("/health")
        time.sleep(0.4)
        second = client.get("/health")

    assert (first.status_code, second.status_code) == (200, 200)
