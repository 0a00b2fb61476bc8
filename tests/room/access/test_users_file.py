import json
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from credit_default.errors import InputError
from credit_default.room.access.roles import Role
from credit_default.room.access.users_file import (
    add_user,
    change_password,
    change_role,
    ensure_administrator,
    is_open_to_others,
    parse_users,
    read_users,
    remove_user,
)

pytestmark = pytest.mark.xdist_group("room")
PASSWORD = "correct horse battery"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "stack" / "room-users.json"


def test_only_the_owner_can_read_the_file_and_no_password_stands_in_it(path):
    add_user(path, "alma", role=Role.ADMINISTRATOR, password=PASSWORD)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert PASSWORD not in path.read_text()
    assert json.loads(path.read_text())["users"]["alma"]["password"].startswith("$argon2id$")


def test_people_that_are_added_at_the_same_moment_are_all_there(path):
    add_user(path, "alma", role=Role.ADMINISTRATOR, password=PASSWORD)
    key = read_users(path).key

    with ThreadPoolExecutor(4) as pool:
        list(
            pool.map(
                lambda name: add_user(path, name, role=Role.VIEWER, password=PASSWORD), "abcdefgh"
            )
        )

    assert set(read_users(path).by_name) == {*"abcdefgh", "alma"}
    assert read_users(path).key == key


def test_new_password_leaves_the_role_and_changes_what_sessions_are_bound_to(path):
    add_user(path, "petra", role=Role.APPROVER, password=PASSWORD)
    before = read_users(path).by_name["petra"]

    change_password(path, "petra", password="another long password")

    after = read_users(path).by_name["petra"]
    assert (after.role, after.stamp == before.stamp) == (Role.APPROVER, False)


@pytest.mark.parametrize("name", ["", " alma", "al\nma", "x" * 65, "a\u202eb"])
def test_name_that_could_not_stand_in_the_ledger_is_refused(path, name):
    with pytest.raises(InputError, match="printable"):
        add_user(path, name, role=Role.VIEWER, password=PASSWORD)

    assert not path.exists()


@pytest.mark.parametrize(
    "name", ["zoë stra\u00dfe", "Zoe\u0308 Strasse", "\uff3aOË STRASSE", "Zoë  Strasse"]
)
def test_name_that_approvals_take_for_the_same_is_no_second_persons(path, name):
    add_user(path, "Zoë Strasse", role=Role.ADMINISTRATOR, password=PASSWORD)

    with pytest.raises(InputError, match="Zoë Strasse, who is there already"):
        add_user(path, name, role=Role.APPROVER, password=PASSWORD)


def test_file_that_others_can_read_is_noticed(path):
    add_user(path, "Petra", role=Role.ADMINISTRATOR, password=PASSWORD)
    found = [is_open_to_others(path)]
    path.chmod(0o640)

    assert [*found, is_open_to_others(path)] == [False, True]
    assert not is_open_to_others(path.with_name("none"))


def test_short_password_is_refused_and_nobody_is_added(path):
    with pytest.raises(InputError, match="12 to 200 characters"):
        add_user(path, "alma", role=Role.ADMINISTRATOR, password="short")

    assert read_users(path).by_name == {}


def test_last_administrator_stays_one(path):
    add_user(path, "alma", role=Role.ADMINISTRATOR, password=PASSWORD)
    add_user(path, "vera", role=Role.VIEWER, password=PASSWORD)

    with pytest.raises(InputError, match="last administrator"):
        remove_user(path, "alma")
    with pytest.raises(InputError, match="last administrator"):
        change_role(path, "alma", role=Role.VIEWER)
    remove_user(path, "vera")

    assert {one.name: one.role for one in read_users(path).by_name.values()} == {
        "alma": Role.ADMINISTRATOR
    }


def test_administrator_is_made_once_and_a_changed_password_is_noticed(path):
    made = ensure_administrator(path, "admin", password=PASSWORD)
    again = ensure_administrator(path, "admin", password=PASSWORD)
    change_password(path, "admin", password="another long password")
    changed = ensure_administrator(path, "admin", password=PASSWORD)

    assert (made, again, changed) == (True, True, False)
    assert list(read_users(path).by_name) == ["admin"]


@pytest.mark.parametrize(
    "text",
    ["{}", "[]", f'{{"key": "{"k" * 43}", "users": {{"a": {{"role": "king"}}}}}}', "x", "\xff", "[" * 20_000],
)  # fmt: skip
def test_file_that_is_none_of_users_is_refused_with_its_name(path, text):
    path.parent.mkdir()
    path.write_bytes(text.encode("latin-1"))

    with pytest.raises(InputError, match="room-users"):
        read_users(path)


@pytest.mark.parametrize("key", ["", "a short key", None, 4])
def test_key_that_could_be_guessed_is_refused_as_anybody_could_sign_sessions_with_it(key):
    parse_users(json.dumps({"key": "k" * 43, "users": {}}), thing="the users")

    with pytest.raises(InputError, match="the users"):
        parse_users(json.dumps({"key": key, "users": {}}), thing="the users")
