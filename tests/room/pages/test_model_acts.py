"""What people decide in the control room: the approver's story in a browser, two people at once, and bad input."""

import datetime as dt
import shutil
import threading
from functools import partial
from pathlib import Path

import pytest
from tests.fakes.second_version import add_second_version
from tests.room.conftest import open_room

from credit_default.adapters.tables.access_log import read_access
from credit_default.adapters.tables.ledger import read_entries
from credit_default.adapters.tables.model_reviews import read_findings, read_reviews
from credit_default.errors import InputError
from credit_default.room.access.roles import Role
from credit_default.room.pages.model_acts import read_own_address
from credit_default.services.champion.champion_state import read_champion_state
from credit_default.services.champion.two_person_approval import request_promotion
from credit_default.services.champion.versions import promote_by_hand

pytestmark = pytest.mark.xdist_group("room")

TWO_PEOPLE = {"approval": "second-person"}


@pytest.fixture
def room(serve_room):
    served = serve_room()
    add_second_version(served.wiring)
    return served


@pytest.fixture(scope="module")
def still(lake_with_champion, room_settings, tmp_path_factory):
    """A room that no test changes, with a request that waits."""
    lake = Path(shutil.copytree(lake_with_champion, tmp_path_factory.mktemp("still") / "lake"))
    with open_room(lake, room_settings) as served:
        add_second_version(served.wiring)
        request_promotion(served.wiring, 2, by="anna", reason="x", decided_at=read_time(served))
        yield served


@pytest.fixture
def send(room):
    return partial(send_form, room)


def send_form(room, role, name, address, **fields):
    """Send a form as a person of this role and name; return the status, and where it leads or the page's text."""
    with room.client(role, name=name) as client:
        answer = client.post(address, data={"token": room.token(client), **fields})
    return answer.status_code, answer.headers.get("location") or answer.text


def read_time(room):
    return room.now or dt.datetime.now(dt.UTC)


def read_champion(room):
    return room.wiring.registry.find_champion().number


def read_state(room):
    return read_champion_state(room.wiring, room.wiring.registry.find_version(2)).format()


def list_events(room):
    return [entry.event for entry in read_entries(room.wiring.lake)]


def test_the_approver_s_story(room, sign_in):
    anna = sign_in(Role.APPROVER, room=room, name="anna")
    anna.goto("/models/2")
    anna.fill("form[action='/models/2/request'] textarea", "the newer months are in it")
    anna.click("button:text-is('Request its promotion')")
    assert "anna requested its promotion" in anna.inner_text(".request")
    assert anna.locator("form[action='/models/2/approve']").count() == 0
    assert "another person approves" in anna.inner_text(".acts")

    paul = sign_in(Role.APPROVER, room=room, name="paul")
    paul.goto("/models/2")
    paul.fill("form[action='/models/2/approve'] textarea", "looked at the contest")
    paul.click("button:text-is('Approve')")
    assert paul.inner_text("h1") == "Version 2, the champion"
    decided = paul.inner_text("section:has(#decisions)")
    assert "anna" in decided
    assert "paul" in decided
    assert "decided by a requester and an approver" in paul.inner_text(".ledger")
    assert (read_champion(room), list_events(room)[-2:]) == (
        2,
        ["promotion requested", "promoted"],
    )

    paul.fill("form[action='/models/rollback'] textarea", "scores too low")
    paul.click("button:text-is('Roll back to version 1')")
    assert paul.inner_text("h1") == "Version 1, the champion"
    assert (read_champion(room), list_events(room)[-1]) == (1, "rolled back")
    assert room.wiring.registry.find_version(2).tags["rolled_back_by"] == "paul"


def test_an_approval_of_one_s_own_request_is_refused_in_words(room, send):
    send(Role.APPROVER, "anna", "/models/2/request", reason="newer months")
    before = list_events(room)

    status, page = send(
        Role.APPROVER, "Anna", "/models/2/approve", reason="I agree", seen=read_state(room)
    )

    assert status == 409
    assert "a request and an approval by Anna" in page
    assert "two people" in page
    assert (read_champion(room), list_events(room)) == (1, before)


def test_of_two_approvers_at_once_exactly_one_promotes_and_the_other_hears_of_it(room, send):
    send(Role.ANALYST, "anna", "/models/2/request", reason="newer months")
    seen, gate, told = read_state(room), threading.Barrier(2), []

    def approve(name):
        gate.wait()
        told.append((send(Role.APPROVER, name, "/models/2/approve", reason="yes", seen=seen), name))

    people = [threading.Thread(target=approve, args=(name,)) for name in ("paul", "petra")]
    for person in people:
        person.start()
    for person in people:
        person.join()

    ((first, second), names) = zip(*sorted(told), strict=True)
    assert first == (303, "/models/2")
    assert second[0] == 409
    assert "version 2 took the seat at" in second[1]
    assert list_events(room).count("promoted") == 2  # the first champion, and this one
    assert room.wiring.registry.find_version(2).tags["approved_by"] == names[0]


def test_a_page_that_was_open_while_the_champion_moved_is_told_so(room, send):
    seen = read_state(room)
    promote_by_hand(room.wiring, 2, reason="the board", decided_at=read_time(room), by="paul")
    before = list_events(room)

    for address in ("/models/2/promote", "/models/rollback"):
        status, page = send(Role.APPROVER, "petra", address, reason="yes", seen=seen)

        assert status == 409
        assert "version 2 took the seat at" in page
        assert "look again" in page
    assert (read_champion(room), list_events(room)) == (2, before)


def test_a_double_click_or_a_reload_does_nothing_twice(room, send):
    def twice(address, **fields):
        answers = {send(Role.APPROVER, "petra", address, reason="yes", **fields) for _ in range(2)}
        assert len(answers) == 1
        return answers.pop()

    seen = read_state(room)
    assert twice("/models/2/promote", seen=seen) == (303, "/models/2")
    assert twice("/models/rollback", seen=read_state(room)) == (303, "/models/1")
    assert twice("/models/2/request") == (303, "/models/2")
    assert twice("/models/2/refuse", seen=read_state(room)) == (303, "/models/2")

    assert list_events(room)[-4:] == [
        "promoted",
        "rolled back",
        "promotion requested",
        "promotion refused",
    ]


def test_findings_and_reviews_are_recorded_under_the_signed_in_name(room, send):
    finding = {"title": "too few <i>rows</i>", "severity": "high", "owner": "otto"}
    assert send(
        Role.ANALYST, "anna", "/models/2/findings", due="2099-01-01", by="eve", **finding
    ) == (303, "/models/2#findings")
    (opened,) = read_findings(room.wiring.lake, model_version=2)
    close = f"/models/2/findings/{opened.finding_id}/close"
    assert send(Role.APPROVER, "paul", close, reason="more rows")[0] == 303
    review = {"opinion": "fit for use", "tier": "2", "next_review": "2099-06-01"}
    assert send(Role.APPROVER, "petra", "/models/2/review", reason="it is", **review)[0] == 303

    (closed,) = read_findings(room.wiring.lake, model_version=2)
    (given,) = read_reviews(room.wiring.lake, model_version=2)
    assert (closed.opened_by, closed.closed_by, given.reviewed_by) == ("anna", "paul", "petra")
    with room.client(Role.VIEWER) as client:
        assert "too few &lt;i&gt;rows&lt;/i&gt;" in client.get("/models/2").text


@pytest.mark.parametrize(
    ("address", "fields", "words"),
    [
        ("/models/2/request", {"reason": "  "}, "the reason"),
        ("/models/2/request", {"reason": "x" * 3_000}, "3000 characters"),
        ("/models/1/request", {"reason": "x"}, "the champion"),
        ("/models/9/request", {"reason": "x"}, "no version 9"),
        ("/models/2/approve", {"reason": "x"}, "what the page showed"),
        ("/models/2/approve", {"reason": "x", "seen": "<b>"}, "what the page showed"),
        ("/models/2/findings", {"title": "x", "severity": "huge", "owner": "o", "due": "2099-01-01"}, "high, medium, low"),
        ("/models/2/findings", {"title": "x", "severity": "low", "owner": "o", "due": "soon"}, "a date"),
        ("/models/2/findings/abcd/close", {"reason": "x"}, "none of that id"),
        ("/models/2/review", {"reason": "x", "opinion": "fit for use", "tier": "7", "next_review": "2099-01-01"}, "1, 2, 3"),
        ("/models/2/review", {"reason": "x", "opinion": "fit for use", "tier": "1", "next_review": "1999-01-01"}, "a day after today"),
        ("/decisions/override", {"reason": "x", "batch": "ab" * 8, "client": "1", "decision": "accept"}, "no score"),
        ("/decisions/override", {"reason": "x", "batch": "ab" * 8, "client": "1", "decision": "maybe"}, "accept or decline"),
        ("/decisions/override", {"reason": "x", "batch": "ab" * 8, "client": "1", "decision": "accept", "next": "//evil.test"}, "a page of the control room"),
        ("/decisions/override", {"reason": "x", "batch": "no id", "client": "1", "decision": "accept"}, "0-9a-f"),
    ],
)  # fmt: skip
def test_bad_input_gets_a_sentence_and_changes_nothing(still, address, fields, words):
    before = list_events(still), dict(still.wiring.registry.find_version(2).tags)

    status, page = send_form(still, Role.APPROVER, "petra", address, **fields)

    assert status in {409, 422}
    assert words in page
    assert (list_events(still), dict(still.wiring.registry.find_version(2).tags)) == before


def test_override_that_is_refused_is_on_record_as_its_sentence_tells_of_the_client(still):
    batch_id = "cd" * 8
    fields = {"reason": "x", "batch": batch_id, "client": "1", "decision": "accept"}

    status, _ = send_form(still, Role.APPROVER, "petra", "/decisions/override", **fields)

    looks = read_access(still.wiring.lake, count=99)
    found = [(one.person, one.page) for one in looks if one.batch_id == batch_id]
    assert (status, found) == (422, [("petra", "client, override")])


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ANALYST])
def test_who_may_not_decide_is_refused_before_anything_happens(still, role):
    fields = {"reason": "yes", "seen": read_state(still)}

    status, _ = send_form(still, role, "vera", "/models/2/approve", **fields)

    assert (status, read_champion(still)) == (403, 1)


@pytest.mark.parametrize("address", ["https://elsewhere.example", "//elsewhere", "/\\elsewhere"])
def test_an_override_leads_back_to_a_page_of_this_room_only(address):
    with pytest.raises(InputError, match="a page of the control room"):
        read_own_address(address)
    assert read_own_address("/clients/show?batch=ab&client=1") == "/clients/show?batch=ab&client=1"
    assert read_own_address("") == "/clients"
