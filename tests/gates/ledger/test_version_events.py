import pytest

from credit_default.gates.ledger.chain import LedgerEntry, write_details
from credit_default.gates.ledger.event_format import read_event, write_event
from credit_default.gates.ledger.version_events import (
    AlarmClosed,
    AlarmOpened,
    ApprovalRequested,
    ChampionKept,
    Promoted,
    PromotionRefused,
    PromotionRequested,
    RetrainingRequested,
    RolledBack,
)

JUDGED = {"model_digest": "cd", "level": "ok", "by": "gate"}
ALARM = {"gate": "drift", "month": "2005-12", "because": ""}
EVENTS = [
    ("promoted", Promoted(model_digest="cd", by="gate"), {"model_digest": "cd", "by": "gate"}),
    ("rolled back", RolledBack(model_digest="cd", by="x"), {"model_digest": "cd", "by": "x"}),
    (
        "promotion requested",
        PromotionRequested(model_digest="cd", by="a requester"),
        {"model_digest": "cd", "by": "a requester"},
    ),
    (
        "promotion refused",
        PromotionRefused(model_digest="cd", by="an approver"),
        {"model_digest": "cd", "by": "an approver"},
    ),
    ("approval requested", ApprovalRequested(**JUDGED), JUDGED),
    ("kept", ChampionKept(**JUDGED), JUDGED),
    (
        "kept",
        ChampionKept(
            **JUDGED,
            contest_digest="ef",
            contest_side="test",
            contest_rows={"2005-10": 1_200},
            attempt=1.5,
        ),
        {
            **JUDGED,
            "contest_digest": "ef",
            "contest_side": "test",
            "contest rows 2005-10": 1_200,
            "attempt": 1.5,
        },
    ),
    ("alarm opened", AlarmOpened(**ALARM), ALARM),
    ("alarm closed", AlarmClosed(**ALARM), ALARM),
    (
        "retraining requested",
        RetrainingRequested(month="2005-12", window="sliding"),
        {"month": "2005-12", "window": "sliding"},
    ),
]


@pytest.mark.parametrize(("name", "event", "stored"), EVENTS)
def test_each_event_is_stored_under_the_name_and_keys_that_ledgers_have(name, event, stored):
    assert event.name == name
    assert write_event(event) == {**stored, "git_commit": ""}


@pytest.mark.parametrize("event", [event for _, event, _ in EVENTS])
def test_each_event_is_read_back_as_it_was_written(event):
    details = write_details(write_event(event))
    entry = LedgerEntry(1, "2005-10-01", event.name, "key", "", 3, details, "")

    assert read_event(entry, type(event)) == event


def test_a_change_of_the_champion_that_says_nothing_more_is_read():
    entry = LedgerEntry(1, "2005-10-01", "promoted", "key", "", 3, "{}", "")

    assert read_event(entry, Promoted) == Promoted(model_digest="", by="")
