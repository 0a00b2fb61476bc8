"""room: the control room by its own command, in a process of its own."""

import os
import re
import signal
import socket
import subprocess
import sys
import time

import httpx
import pytest

from credit_default.room.access.roles import Role
from credit_default.room.access.users_file import add_user

COMMAND = [sys.executable, "-m", "credit_default.cli.main", "room"]
PASSWORD = "correct horse battery"


def test_room_is_served_signs_in_and_ends_on_sigterm(tmp_path):
    lake = tmp_path / "lake"
    add_user(lake / "stack" / "room-users.json", "alma", role=Role.ADMINISTRATOR, password=PASSWORD)
    process = subprocess.Popen(
        [*COMMAND, "--port", "0", "--lake", str(lake)],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "CREDIT_DEFAULT_HOME": str(tmp_path)},
    )
    address = wait_for_address(process)

    with httpx.Client(base_url=address, timeout=60) as client:
        shown = client.get("/", follow_redirects=True)
        entered = client.post("/sign-in", data={"name": "alma", "password": PASSWORD})
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=120)

    assert "Sign in" in shown.text
    assert (entered.status_code, entered.headers["location"]) == (303, "/")
    assert process.returncode == -signal.SIGTERM


def wait_for_address(process):
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        if found := re.search(r"address=(\S+)", process.stderr.readline()):
            return found[1]
    pytest.fail("the room did not start within five minutes")


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"CREDIT_DEFAULT_ROOM__TRUSTED_HEADER": "X-User"}, "room.trusted_proxies"),
        ({"CREDIT_DEFAULT_ROOM__USERS": "{}"}, "setting room.users"),
    ],
)
def test_room_that_could_let_in_the_wrong_people_does_not_start(
    run, tmp_path, monkeypatch, variables, words
):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    answer = run("room", "--port", "0", "--lake", tmp_path)

    assert answer.exit_code == 2
    assert words in answer.stderr


def test_taken_port_is_said_with_the_option_that_changes_it(run, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        answer = run("room", "--port", taken.getsockname()[1], "--lake", tmp_path)

    assert answer.exit_code == 3
    assert "--port" in answer.stderr
