import datetime as dt

import pytest

from credit_default.room.access.roles import Role, User
from credit_default.room.access.sessions import Sessions
from credit_default.room.access.users_file import KnownUser, Users

pytestmark = pytest.mark.xdist_group("room")
NOW = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)
PETRA = KnownUser("petra", Role.APPROVER, "$argon2id$one")
USERS = Users("the key", {"petra": PETRA})


@pytest.fixture
def sessions():
    return Sessions(hours=1)


def test_cookie_names_its_person_until_the_session_is_too_old(sessions):
    cookie = sessions.begin(PETRA, key=USERS.key, now=NOW)

    found = [
        sessions.identify(cookie, USERS, now=NOW + dt.timedelta(minutes=minutes))
        for minutes in (0, 60, 61)
    ]

    assert found == [User("petra", Role.APPROVER), User("petra", Role.APPROVER), None]


def test_role_is_the_present_one_and_not_that_of_the_sign_in(sessions):
    cookie = sessions.begin(PETRA, key=USERS.key, now=NOW)
    demoted = Users(USERS.key, {"petra": KnownUser("petra", Role.VIEWER, PETRA.password_hash)})

    assert sessions.identify(cookie, demoted, now=NOW) == User("petra", Role.VIEWER)


@pytest.mark.parametrize(
    "users",
    [
        Users("the key", {}),
        Users("the key", {"petra": KnownUser("petra", Role.APPROVER, "$argon2id$two")}),
        Users("another key", {"petra": PETRA}),
    ],
    ids=["removed", "another password", "another key"],
)
def test_session_ends_when_its_person_password_or_key_changes(sessions, users):
    cookie = sessions.begin(PETRA, key=USERS.key, now=NOW)

    assert sessions.identify(cookie, users, now=NOW) is None


def test_ended_session_stays_ended_and_another_of_the_same_person_goes_on(sessions):
    first, second = (sessions.begin(PETRA, key=USERS.key, now=NOW) for _ in range(2))

    sessions.end(sessions.read_number(first, USERS.key))

    assert sessions.identify(first, USERS, now=NOW) is None
    assert sessions.identify(second, USERS, now=NOW) == User("petra", Role.APPROVER)


@pytest.mark.parametrize("cookie", ["", "x", "a.b", "WyJwZXRyYSJd.x", "\x00", "é" * 50])
def test_cookie_that_we_did_not_sign_is_nobodys(sessions, cookie):
    assert sessions.identify(cookie, USERS, now=NOW) is None


def test_every_changed_letter_of_a_cookie_makes_it_nobodys(sessions):
    cookie = sessions.begin(PETRA, key=USERS.key, now=NOW)

    changed = [
        f"{cookie[:place]}{'A' if letter != 'A' else 'B'}{cookie[place + 1 :]}"
        for place, letter in enumerate(cookie[:-1])
    ]

    assert {sessions.identify(one, USERS, now=NOW) for one in changed} == {None}
