"""The page File: a wrong file gets a sentence, a right one reaches incoming/ as it was looked at."""

import shutil
from pathlib import Path

import polars as pl
import pytest
from tests.room.conftest import open_room

from credit_default.room.access.roles import Role

pytestmark = pytest.mark.xdist_group("room")


@pytest.fixture
def room(serve_room):
    return serve_room()


@pytest.fixture(scope="module")
def still(lake_with_champion, room_settings, tmp_path_factory):
    """A room that no test sends a file on from."""
    lake = Path(shutil.copytree(lake_with_champion, tmp_path_factory.mktemp("still") / "lake"))
    with open_room(lake, room_settings) as served:
        yield served


def send(room, address, role=Role.ANALYST, *, file=None, **fields):
    with room.client(role) as client:
        files = {"file": file} if file else {"none": ("", b"")}
        return client.post(address, data={"token": room.token(client), **fields}, files=files)


def list_incoming(room):
    return {
        stored.key.removeprefix("incoming/"): room.wiring.lake.storage.read_object(stored.key)
        for stored in room.wiring.lake.storage.list_objects("incoming/")
    }


def count_kept(room):
    root = room.wiring.scratch / "sent-files"
    return len(list(root.iterdir())) if root.exists() else 0


def test_the_analyst_drops_a_file_sees_its_rows_and_sends_it(
    room, sign_in, simulated_files, tmp_path
):
    rows = pl.read_csv(simulated_files.batch).with_columns(
        sex=pl.when(pl.int_range(pl.len()) < 2).then(9).otherwise("sex")
    )
    rows.write_csv(tmp_path / "next month.csv")
    content = (tmp_path / "next month.csv").read_bytes()
    page = sign_in(Role.ANALYST, room=room)

    page.goto("/files")
    page.set_input_files("input[type=file]", tmp_path / "next month.csv")
    page.click("button:text-is('Look at it')")
    table = page.inner_text("[aria-label='Broken rules']")
    assert "sex is none of the permitted values" in table
    assert list_incoming(room) == {}

    page.click("button:text-is('Send it to incoming/')")

    assert "next month.csv is in incoming/" in page.inner_text(".sent")
    assert list_incoming(room) == {"next month.csv": content}


def test_a_file_that_would_be_refused_says_why_in_words_and_is_not_offered_to_be_sent(
    still, sign_in, simulated_files, tmp_path
):
    wrong = pl.when(pl.int_range(pl.len()) < 150).then(9)
    rows = pl.read_csv(simulated_files.batch).with_columns(sex=wrong.otherwise("sex"))
    rows.write_csv(tmp_path / "wrong.csv")
    page = sign_in(Role.ANALYST, room=still)

    page.goto("/files")
    page.set_input_files("input[type=file]", tmp_path / "wrong.csv")
    page.click("button:text-is('Look at it')")

    assert "It cannot be sent" in page.inner_text("[role=alert]")
    told = page.inner_text("main")
    assert "sex is none of the permitted values: 150 rows" in told
    assert "sex|code" not in told
    assert "send it" not in told.lower()


def test_a_file_that_is_dropped_on_the_form_is_looked_at_at_once(still, sign_in):
    page = sign_in(Role.ANALYST, room=still)
    page.goto("/files")

    dropped = page.evaluate_handle(
        "() => { const held = new DataTransfer(); held.items.add(new File(['a,b'], 'dropped.csv')); return held; }"
    )
    page.dispatch_event("form.drop", "drop", {"dataTransfer": dropped})
    page.wait_for_url("**/files/look")

    assert "dropped.csv" in page.inner_text("[role=alert]")
    assert list_incoming(still) == {}


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (None, "Choose one, or drop it on the page"),
        (("april.csv", b""), "nothing in it"),
        (("april.pdf", b"%PDF-1.4"), "a PDF document"),
        (("april.csv", b"PK\x03\x04 a workbook"), "a zip archive or .xlsx workbook"),
        (("april.csv", b"name;age\nAda;36\n"), "columns of"),
        (("<img src=x onerror=alert(1)>.csv", b"a,b\n1,2\n"), "&lt;img src=x onerror=alert(1)&gt;"),
        (("../../..", b"a,b\n1,2\n"), "the file&#39;s name"),
    ],
)
def test_a_wrong_file_gets_a_sentence_and_nothing_is_kept(still, file, words):
    answer = send(still, "/files/look", file=file)

    assert answer.status_code == 422
    assert words in answer.text
    assert str(still.wiring.scratch) not in answer.text
    assert (list_incoming(still), count_kept(still)) == ({}, 0)


def test_a_month_that_is_none_gets_a_sentence(still, simulated_files):
    answer = send(
        still, "/files/look", file=("a.csv", simulated_files.batch.read_bytes()), month="October"
    )

    assert (answer.status_code, "October" in answer.text) == (422, True)


@pytest.mark.parametrize("digest", ["ab" * 32, "../../etc", "", "AB"])
def test_what_was_not_looked_at_is_not_sent(still, digest):
    answer = send(still, "/files/send", sha256=digest)

    assert (answer.status_code, list_incoming(still)) == (422, {})


def test_a_file_is_sent_once_however_often_its_button_is_pressed(room, simulated_files):
    file = ("april.csv", simulated_files.batch.read_bytes())
    looked = send(room, "/files/look", file=file).text
    digest = looked.partition('name="sha256" value="')[2].partition('"')[0]

    answers = [send(room, "/files/send", sha256=digest) for _ in range(2)]

    assert [(one.status_code, one.headers["location"]) for one in answers] == [
        (303, f"/files?sent={digest}")
    ] * 2
    assert list(list_incoming(room)) == ["april.csv"]


def test_a_viewer_may_not_look_at_files(still, simulated_files):
    file = ("a.csv", simulated_files.batch.read_bytes())
    answer = send(still, "/files/look", Role.VIEWER, file=file)

    assert answer.status_code == 403
