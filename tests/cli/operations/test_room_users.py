"""Who may sign in to the control room, by the command line: a password comes from standard input, never as an argument."""

import stat

import pytest
from typer.testing import CliRunner

from credit_default.cli.main import app
from credit_default.room.access.passwords import check_password
from credit_default.room.access.roles import Role
from credit_default.room.access.users_file import read_users

PASSWORD = "correct horse battery"


@pytest.fixture
def lake(tmp_path):
    return tmp_path / "lake"


@pytest.fixture
def act(lake):
    def run(*arguments, typed=""):
        line = ["room-users", *arguments, "--lake", str(lake)]
        return CliRunner().invoke(app, line, input=typed)

    return run


def read(lake):
    return read_users(lake / "stack" / "room-users.json").by_name


def test_person_is_added_with_the_password_of_standard_input(act, lake):
    answer = act("add", "petra", "--role", "approver", typed=f"{PASSWORD}\n")

    known = read(lake)["petra"]
    assert answer.exit_code == 0, answer.stderr
    assert PASSWORD not in answer.output
    assert (known.role, check_password(PASSWORD, hashed=known.password_hash)) == (
        Role.APPROVER,
        True,
    )
    assert stat.S_IMODE((lake / "stack" / "room-users.json").stat().st_mode) == 0o600


def test_people_are_listed_given_other_roles_and_passwords_and_removed(act, lake):
    act("add", "alma", "--role", "administrator", typed=f"{PASSWORD}\n")
    act("add", "petra", "--role", "viewer", typed=f"{PASSWORD}\n")
    act("role", "petra", "--role", "analyst")
    act("password", "petra", typed="another long password\n")

    listed = act("list")
    removed = act("remove", "petra")

    assert "alma: administrator" in listed.output
    assert "petra: analyst" in listed.output
    assert removed.exit_code == 0
    assert list(read(lake)) == ["alma"]


@pytest.mark.parametrize(
    ("arguments", "typed", "words"),
    [
        (["add", "petra"], "short\n", "12 to 200 characters"),
        (["add", "petra"], "", "found 0 characters"),
        (["add", "petra", "--role", "king"], f"{PASSWORD}\n", "viewer, analyst, approver"),
        (["remove", "petra"], "", "nobody of that name"),
        (["password", "petra"], f"{PASSWORD}\n", "nobody of that name"),
    ],
)
def test_what_cannot_be_done_is_said_and_nobody_is_added(act, lake, arguments, typed, words):
    answer = act(*arguments, typed=typed)

    assert answer.exit_code == 2
    assert words in answer.stderr
    assert not (lake / "stack" / "room-users.json").exists()


def test_users_of_a_secret_are_not_changed_in_a_file(act, monkeypatch):
    monkeypatch.setenv("CREDIT_DEFAULT_ROOM__USERS", '{"key": "k", "users": {}}')

    answer = act("list")

    assert (answer.exit_code, "CREDIT_DEFAULT_ROOM__USERS" in answer.stderr) == (2, True)
