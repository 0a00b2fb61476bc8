"""Files that were sent: kept under their digest, sent on once and as they were."""

import datetime as dt
import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from credit_default.errors import InputError
from credit_default.services.intake.sent_files import (
    KeepingPolicy,
    find_sent_file,
    forget_sent_file,
    keep_sent_file,
    send_to_incoming,
)

HOUR = dt.timedelta(hours=1)


@pytest.fixture
def keep(wiring, tmp_path):
    def keep_one(content=b"a,b\n1,2\n", *, name="april.csv", later=dt.timedelta(0), **policy):
        (tmp_path / "sent").write_bytes(content)
        now = dt.datetime.now(dt.UTC) + later
        return keep_sent_file(
            wiring, tmp_path / "sent", sent_as=name, now=now, policy=KeepingPolicy(**policy)
        )

    return keep_one


def list_incoming(wiring):
    return {
        stored.key: wiring.lake.storage.read_object(stored.key)
        for stored in wiring.lake.storage.list_objects("incoming/")
    }


def test_what_is_sent_on_is_what_was_looked_at_and_twice_is_once(wiring, keep):
    kept = keep()

    assert send_to_incoming(wiring, kept.sha256) == "april.csv"
    wiring.lake.storage.delete_object("incoming/april.csv")  # it was scored in the meantime
    assert send_to_incoming(wiring, kept.sha256) == "april.csv"

    assert list_incoming(wiring) == {}


def test_a_copy_that_has_changed_is_not_sent(wiring, keep):
    kept = keep()
    kept.path.write_bytes(b"another")

    with pytest.raises(InputError, match="no copy of it"):
        send_to_incoming(wiring, kept.sha256)

    assert list_incoming(wiring) == {}


def test_a_waiting_file_of_the_name_is_never_replaced(wiring, keep):
    wiring.lake.storage.write_object("incoming/april.csv", b"first")
    kept = keep()

    with pytest.raises(InputError, match="another file of that name"):
        send_to_incoming(wiring, kept.sha256)

    assert list_incoming(wiring) == {"incoming/april.csv": b"first"}


def test_the_very_file_that_waits_already_counts_as_sent(wiring, keep):
    wiring.lake.storage.write_object("incoming/april.csv", b"a,b\n1,2\n")

    assert send_to_incoming(wiring, keep().sha256) == "april.csv"


@pytest.mark.parametrize("sent_as", ["", "..", "/", "\x00", "_SUCCESS", "a/.."])
def test_a_name_of_which_nothing_is_left_is_refused(keep, sent_as):
    with pytest.raises(InputError, match="the file's name"):
        keep(name=sent_as)


@pytest.mark.parametrize(
    ("sent_as", "name"),
    [
        ("../../etc/passwd.csv", "passwd.csv"),
        ("C:\\files\\april.csv", "april.csv"),
        (".hidden.csv", "hidden.csv"),
        ("a\x1b[31m\u202eb.csv", "a[31mb.csv"),
        ("<b>rows & co.csv", "<b>rows & co.csv"),
        ("é" * 150 + ".csv", "é" * 98 + ".csv"),
    ],
)
def test_a_name_keeps_what_a_plain_file_may_be_called(wiring, keep, sent_as, name):
    kept = keep(name=sent_as)

    assert (kept.name, send_to_incoming(wiring, kept.sha256)) == (name, name)
    assert list(list_incoming(wiring)) == [f"incoming/{name}"]


def test_an_empty_file_is_refused_and_nothing_is_kept(wiring, keep):
    with pytest.raises(InputError, match="nothing in it"):
        keep(b"")

    assert not (wiring.scratch / "sent-files").exists()


def test_what_waits_too_long_or_is_too_much_goes(wiring, keep):
    first = keep(b"first")
    os.utime(first.path.parent, (0, 0))
    second = keep(b"second", most_files=1)
    with pytest.raises(InputError, match="no copy of it"):
        find_sent_file(wiring, first.sha256)

    keep(b"third", later=2 * HOUR)

    with pytest.raises(InputError, match="no copy of it"):
        find_sent_file(wiring, second.sha256)


def test_a_file_that_cannot_be_sent_is_forgotten(wiring, keep):
    kept = keep()

    forget_sent_file(kept)

    assert not kept.path.exists()


def test_two_people_look_at_the_same_file_at_once_and_neither_takes_it_from_the_other(wiring, keep):
    first, second = keep(), keep()

    assert first.path.read_bytes() == second.path.read_bytes() == b"a,b\n1,2\n"
    forget_sent_file(first)
    assert find_sent_file(wiring, second.sha256).path == second.path
    assert send_to_incoming(wiring, second.sha256) == "april.csv"


def test_many_people_send_files_at_once_while_old_ones_go(wiring, tmp_path):
    def keep_one(number):
        path = tmp_path / f"sent-{number}"
        path.write_text(f"a,b\n{number % 2},2\n")
        now = dt.datetime.now(dt.UTC)
        kept = [
            keep_sent_file(wiring, path, sent_as="a.csv", now=now, policy=KeepingPolicy(HOUR, 40))
            for _ in range(20)
        ]
        for one in kept:
            forget_sent_file(one)
        return len({one.path for one in kept})

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(keep_one, range(8))) == [20] * 8
