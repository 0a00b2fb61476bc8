import datetime as dt
import hashlib

import pytest

from credit_default.adapters.lake.layout import open_lake
from credit_default.adapters.tables.access_log import (
    AccessEntry,
    compute_client_hash,
    count_access_before,
    delete_access_before,
    find_client_hashes,
    hash_client,
    read_access,
    write_access,
)
from credit_default.adapters.tables.client_erasure import delete_client
from credit_default.adapters.tables.queries import scan_table
from credit_default.errors import InputError

NOON = dt.datetime(2006, 3, 1, 12, tzinfo=dt.UTC)
CLIENT = "zebra-17"


@pytest.fixture
def lake(tmp_path):
    return open_lake(tmp_path / "lake")


def look(lake, client, *, number=0, at=NOON, person="Ada"):
    entry = AccessEntry(
        entry_id=f"{number + 1:032x}",
        looked_at=at,
        person=person,
        role="analyst",
        page="client",
        batch_id="ab" * 8,
        client_hash=hash_client(lake, client, at=at),
    )
    write_access(lake, entry)
    return entry


def read_files(lake, table):
    return [p.read_bytes() for p in lake.home.rglob(f"{table}/**/*") if p.is_file()]


def test_an_entry_is_read_back_as_it_was_written(lake):
    entry = look(lake, CLIENT)

    assert read_access(lake, count=9) == (entry,)


def test_an_entry_names_no_client_and_its_hash_needs_the_client_s_key(lake):
    first, again, other = (look(lake, client) for client in (CLIENT, CLIENT, "b"))

    (secret,) = scan_table(lake, "pseudonyms").filter(client_id=CLIENT).collect()["secret"]
    assert first.client_hash == again.client_hash != other.client_hash
    assert first.client_hash == compute_client_hash(secret, CLIENT)
    assert first.client_hash != compute_client_hash("00" * 32, CLIENT)
    assert first.client_hash != hashlib.sha256(CLIENT.encode()).hexdigest()
    kept = b"".join(read_files(lake, "access_log"))
    assert CLIENT.encode() not in kept
    assert secret.encode() not in kept


def test_the_keys_of_two_clients_differ(lake):
    look(lake, CLIENT)
    look(lake, "b")

    assert scan_table(lake, "pseudonyms").collect()["secret"].n_unique() == 2


def test_after_an_erasure_the_entry_stays_and_nothing_leads_to_it(lake):
    entry = look(lake, CLIENT)
    (secret,) = scan_table(lake, "pseudonyms").collect()["secret"]

    delete_client(lake, [CLIENT])

    assert read_access(lake, count=9) == (entry,)
    assert find_client_hashes(lake, [CLIENT]) == frozenset()
    for table in ("access_log", "pseudonyms"):
        kept = b"".join(read_files(lake, table))
        assert CLIENT.encode() not in kept
        assert secret.encode() not in kept
    assert hash_client(lake, CLIENT, at=NOON) != entry.client_hash


def test_no_key_is_named_in_the_log_of_the_table(lake):
    look(lake, CLIENT)

    (secret,) = scan_table(lake, "pseudonyms").collect()["secret"]
    logs = [p.read_bytes() for p in lake.home.rglob("pseudonyms/_delta_log/*") if p.is_file()]
    assert logs
    assert not any(secret.encode() in log or CLIENT.encode() in log for log in logs)


def test_entries_are_listed_newest_first_by_month_and_by_client(lake):
    days = [NOON + dt.timedelta(days=20 * number) for number in range(3)]
    entries = [
        look(lake, client, number=number, at=at)
        for number, (client, at) in enumerate(zip(["a", "b", "a"], days, strict=True))
    ]

    assert read_access(lake, count=9) == tuple(reversed(entries))
    assert read_access(lake, count=1, skipped=1) == (entries[1],)
    assert read_access(lake, count=9, month="2006-03") == (entries[1], entries[0])
    hashes = find_client_hashes(lake, ["a"])
    assert read_access(lake, count=9, hashes=hashes) == (entries[2], entries[0])
    assert read_access(lake, count=9, hashes=find_client_hashes(lake, ["c"])) == ()


def test_old_entries_are_deleted_for_good_and_others_stay(lake):
    look(lake, CLIENT, person="Grace-of-old")
    new = look(lake, CLIENT, number=1, at=NOON + dt.timedelta(days=40))

    assert count_access_before(lake, "2006-04") == 1
    delete_access_before(lake, "2006-04")

    assert count_access_before(lake, "2006-04") == 0
    assert read_access(lake, count=9) == (new,)
    assert not any(b"Grace-of-old" in content for content in read_files(lake, "access_log"))


def test_what_is_no_month_is_refused(lake):
    with pytest.raises(InputError, match="statement_month"):
        delete_access_before(lake, "' OR 1=1")
