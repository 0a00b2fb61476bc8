"""The inbox's own decisions, with a scorer that only records its calls."""

import datetime as dt
import os
from contextlib import contextmanager, nullcontext

import pytest

from credit_default.adapters.lake.inbox import list_incoming
from credit_default.data.simulation.months import simulate
from credit_default.errors import InputError, RefusedError, ServiceError, SetupError
from credit_default.services.context.wiring import build_wiring
from credit_default.services.intake.inbox import (
    InboxRun,
    move_scored_file,
    score_incoming,
    score_incoming_file,
)
from credit_default.settings import Settings
from credit_default.views.summaries.summary import Summary

ANSWERED = {"batch_id": "ab" * 8, "counts": {"scored": 3, "quarantined": 0}}
AWAY = ServiceError("MLflow", found="no answer", expected="one", remedy="Start it.")
NO_CHAMPION = SetupError("champion", found="none", expected="one", remedy="Run `train`.")
BAD_ROWS = RefusedError("batch", found="bad rows", expected="good ones", remedy="Correct them.")


@pytest.fixture(scope="module")
def rows():
    return next(iter(simulate(client_count=200, month_count=1, seed=5))).statements.head(3)


@pytest.fixture(params=["folder", "bucket"])
def inbox(request, rows, tmp_path):
    lake = (
        str(tmp_path / "lake") if request.param == "folder" else request.getfixturevalue("s3_uri")
    )
    return Inbox({"lake": lake, "home": str(tmp_path / "home")}, rows)


@pytest.fixture
def folder(rows, tmp_path):
    return Inbox({"lake": str(tmp_path / "lake")}, rows)


class Inbox:
    """A lake's inbox, files for it, and a scorer that records its calls."""

    def __init__(self, overrides, rows):
        self.rows = rows
        self.wiring = build_wiring(Settings(**overrides), commit="0123abc")
        self.lake = self.wiring.lake
        self.months = {}

    def drop(self, name, *, month=True, age=None):
        table = self.rows if month else self.rows.drop("statement_month")
        content = table.write_csv().encode()
        if self.lake.in_bucket:
            self.lake.storage.write_object(f"incoming/{name}", content)
            return
        folder = self.lake.home / "incoming"
        folder.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
        if age is None:  # each later than the one before, all of them long settled
            age = 1_000_000_000 + len(list(folder.iterdir()))
            os.utime(folder / name, (age, age))

    def run(self, month=None, then=lambda name: None, only=None, lock=nullcontext):
        def score(uri, named):
            name = uri.rpartition("/")[2]
            then(name)
            self.months[name] = named
            return Summary("predict", "scored", **ANSWERED)

        emptying = InboxRun(score, lambda: dt.datetime.now(dt.UTC), month, lock)
        if only is not None:
            return score_incoming_file(self.wiring, emptying, uri=only)
        return score_incoming(self.wiring, emptying)

    def take(self, name):
        """What another runner does."""
        (waiting,) = [
            waiting for waiting in list_incoming(self.lake) if waiting.key.endswith(f"/{name}")
        ]
        move_scored_file(self.lake, waiting, batch_id="cd" * 8)

    def names(self, place):
        return sorted(
            stored.key.rpartition("/")[2] for stored in self.lake.storage.list_objects(f"{place}/")
        )


def test_the_month_is_given_only_to_files_that_do_not_say_theirs(inbox):
    inbox.drop("a.csv", month=False)
    inbox.drop("b.csv")

    summary = inbox.run(month="2005-10")

    assert (summary.exit_code, summary.status) == (0, "2 scored, 0 refused")
    assert inbox.months == {"a.csv": "2005-10", "b.csv": None}
    assert inbox.names("incoming") == []


def test_a_file_without_month_waits_and_the_others_go_on(inbox):
    inbox.drop("a.csv", month=False)
    inbox.drop("b.csv")

    summary = inbox.run()

    assert (summary.exit_code, summary.status) == (0, "1 scored, 0 refused")
    assert "a.csv has no statement_month: give its month with --month" in summary.notes
    assert inbox.names("incoming") == ["a.csv"]


def test_an_invalid_month_is_refused_before_any_work(folder):
    folder.drop("a.csv")

    with pytest.raises(InputError, match="expected YYYY-MM"):
        folder.run(month="2005-13")

    assert folder.names("incoming") == ["a.csv"]


def test_a_file_that_another_runner_took_is_no_fault(inbox):
    inbox.drop("a.csv")
    inbox.drop("b.csv")

    def lose(name):
        inbox.take(name)
        raise InputError(name, found="no such file", expected="a file", remedy="Check the path.")

    summary = inbox.run(then=lambda name: lose(name) if name == "a.csv" else None)

    assert (summary.exit_code, summary.status) == (0, "1 scored, 0 refused")
    assert "a.csv was taken by another runner" in summary.notes
    assert inbox.names("refused") == []
    assert inbox.names("processed") == [f"{'ab' * 8}-b.csv", f"{'cd' * 8}-a.csv"]


def test_a_file_that_another_run_took_first_is_not_scored(inbox):
    inbox.drop("a.csv")
    inbox.drop("b.csv")

    summary = inbox.run(then=lambda name: inbox.take("b.csv") if name == "a.csv" else None)

    assert summary.exit_code == 0
    assert "b.csv was taken by another runner" in summary.notes
    assert list(inbox.months) == ["a.csv"]


def test_a_file_that_vanishes_while_a_library_reads_it_is_no_fault(folder):
    folder.drop("a.csv")

    def lose(name):
        folder.take(name)
        raise FileNotFoundError(name)

    summary = folder.run(then=lose)

    assert (summary.exit_code, summary.notes) == (0, ("a.csv was taken by another runner",))


def test_a_file_written_again_while_it_was_refused_waits(inbox):
    inbox.drop("a.csv")

    def fail(name):
        inbox.lake.storage.write_object(f"incoming/{name}", b"other content")
        raise BAD_ROWS

    summary = inbox.run(then=fail)

    assert (summary.exit_code, inbox.names("incoming"), inbox.names("refused")) == (
        0,
        ["a.csv"],
        [],
    )
    assert "a.csv was written again: its new content waits for the next run" in summary.notes


def test_a_refused_file_is_set_aside_and_the_others_go_on(inbox):
    inbox.drop("a.csv")
    inbox.drop("b.csv")
    inbox.lake.storage.write_object("incoming/c.csv", b"nonsense")
    if not inbox.lake.in_bucket:
        os.utime(inbox.lake.home / "incoming" / "c.csv", (1, 1))

    def fail(name):
        if name == "a.csv":
            raise BAD_ROWS

    summary = inbox.run(then=fail)

    assert (summary.exit_code, summary.status) == (1, "1 scored, 2 refused")
    assert sorted(name.partition("-")[2] for name in inbox.names("refused")) == [
        "a.csv",
        "a.csv.reason.json",
        "c.csv",
        "c.csv.reason.json",
    ]


@pytest.mark.parametrize("name", ["a\\b.csv", "\udcff.csv", "line\n.csv"])
def test_a_name_that_cannot_be_stored_is_reported_before_scoring_and_the_others_go_on(folder, name):
    folder.drop(name)
    folder.drop("z.csv")

    summary = folder.run()

    assert (summary.exit_code, summary.status) == (1, "1 scored, 1 refused")
    assert any(note.startswith(name) and note.endswith("rename it") for note in summary.notes)
    assert list(folder.months) == ["z.csv"]
    assert [path.name for path in (folder.lake.home / "incoming").iterdir()] == [name]


def test_a_file_of_a_very_long_name_is_scored_and_moved(inbox):
    inbox.drop("x" * 236 + ".csv")

    summary = inbox.run()

    assert (summary.exit_code, inbox.names("incoming")) == (0, [])
    (name,) = inbox.names("processed")
    assert name.endswith("x.csv")


def test_a_file_that_is_still_being_copied_waits(folder):
    folder.drop("a.csv", age=0)
    folder.drop("b.csv")

    summary = folder.run()

    assert (summary.exit_code, list(folder.months)) == (0, ["b.csv"])
    assert (
        "a.csv was written a moment ago, perhaps not to its end: it waits for the next run"
        in summary.notes
    )


@pytest.mark.parametrize("error", [AWAY, NO_CHAMPION])
def test_an_error_that_is_not_a_files_fault_says_what_was_done_before(folder, error):
    for name in ("a.csv", "b.csv", "c.csv", "d.csv"):
        folder.drop(name)

    def fail(name):
        if name == "b.csv":
            raise BAD_ROWS
        if name == "c.csv":
            raise error

    with pytest.raises(
        type(error), match="Done before this, and not to be repeated: 1 scored, 1 refused"
    ) as caught:
        folder.run(then=fail)

    assert caught.value.exit_code == error.exit_code
    assert caught.value.remedy.startswith(error.remedy)
    assert folder.names("incoming") == ["c.csv", "d.csv"]


def test_no_fetched_copy_is_left_behind(s3_uri, rows, tmp_path):
    inbox = Inbox({"lake": s3_uri, "home": str(tmp_path / "home")}, rows)
    inbox.drop("a.csv")
    inbox.drop("b.csv", month=False)
    left = []

    inbox.run(then=lambda _: left.append(len(list(inbox.wiring.scratch.iterdir()))))

    assert left == [1]
    assert list(inbox.wiring.scratch.iterdir()) == []


def test_only_the_file_that_was_named_is_taken(inbox):
    inbox.drop("a.csv")
    inbox.drop("b c+ü.csv")

    summary = inbox.run(only=f"{inbox.lake.uri}/incoming/b c+ü.csv")

    assert (summary.status, summary.batch_id, list(inbox.months)) == (
        "1 scored, 0 refused",
        "ab" * 8,
        ["b c+ü.csv"],
    )
    assert inbox.names("incoming") == ["a.csv"]
    assert inbox.names("processed") == [f"{'ab' * 8}-b c+ü.csv"]


def test_file_that_is_named_again_is_scored_once(inbox):
    inbox.drop("a.csv")
    uri = f"{inbox.lake.uri}/incoming/a.csv"

    first, again = inbox.run(only=uri), inbox.run(only=uri)

    assert (first.status, again.status) == ("1 scored, 0 refused", "0 scored, 0 refused")
    assert (again.exit_code, again.notes) == (0, ("a.csv was taken by another runner",))


def test_file_that_is_named_and_refused_is_set_aside(inbox):
    inbox.drop("a.csv")

    def fail(_):
        raise BAD_ROWS

    summary = inbox.run(only=f"{inbox.lake.uri}/incoming/a.csv", then=fail)

    assert (summary.exit_code, inbox.names("incoming")) == (1, [])
    assert summary.notes == ("a.csv: batch: found bad rows; expected good ones. Correct them.",)


@pytest.mark.parametrize("place", ["elsewhere/a.csv", "incoming/folder/a.csv", "incoming/.a.csv"])
def test_file_that_does_not_wait_in_the_inbox_is_scored_where_it_stands(inbox, place):
    summary = inbox.run(only=f"{inbox.lake.uri}/{place}", month="2005-10")

    assert (summary.status, inbox.months) == ("scored", {place.rpartition("/")[2]: "2005-10"})


def test_file_is_read_only_once_its_lock_is_held(folder):
    folder.drop("a.csv")

    @contextmanager
    def wait(uri):
        folder.take("a.csv")  # another run, which this one waited for
        yield

    summary = folder.run(lock=wait)

    assert (summary.notes, folder.months) == (("a.csv was taken by another runner",), {})
