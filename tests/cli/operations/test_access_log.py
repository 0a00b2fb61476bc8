import datetime as dt
import json

import pytest

from credit_default.adapters.lake.layout import open_lake
from credit_default.adapters.tables.access_log import (
    AccessEntry,
    hash_client,
    read_access,
    write_access,
)

NOON = dt.datetime(2006, 3, 1, 12, tzinfo=dt.UTC)


@pytest.fixture
def lake(tmp_path):
    """A lake in which Ada looked at a client in March, and Grace at another in April."""
    lake = open_lake(tmp_path / "lake")
    for number, (person, client) in enumerate((("Ada", "a"), ("Grace", "b"))):
        at = NOON + dt.timedelta(days=31 * number)
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
    return lake


@pytest.mark.parametrize(
    ("asked", "people"),
    [
        ((), ["Grace", "Ada"]),
        (("--client", "a"), ["Ada"]),
        (("--client", "c"), []),
        (("--month", "2006-04"), ["Grace"]),
        (("--page", "2"), []),
    ],
)
def test_who_looked_is_listed_newest_first(run, lake, asked, people):
    answer = run("access-log", "--lake", lake.uri, "--json", *asked)

    found = json.loads(answer.stdout)
    assert [note.split("  ")[1] for note in found["notes"]] == people
    assert found["counts"] == {"entries": len(people)}


def test_old_entries_are_deleted_and_who_did_it_is_on_record(run, lake, monkeypatch):
    monkeypatch.setenv("CREDIT_DEFAULT_IDENTITY", "alma")

    answer = run("access-log", "--lake", lake.uri, "--delete-before", "2006-04")

    assert answer.exit_code == 0
    assert [entry.person for entry in read_access(lake, count=9)] == ["alma", "Grace"]


@pytest.mark.parametrize("option", ["--month", "--delete-before"])
def test_what_is_no_month_is_refused_and_nothing_is_deleted(run, lake, option):
    answer = run("access-log", "--lake", lake.uri, option, "2006")

    assert answer.exit_code == 2
    assert len(read_access(lake, count=9)) == 2
