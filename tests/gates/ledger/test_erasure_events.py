import pytest

from credit_default.gates.ledger.chain import LedgerEntry, write_details
from credit_default.gates.ledger.erasure_events import (
    ErasureBegun,
    ErasureCompleted,
    ErasureCutShort,
    ScoresErased,
)
from credit_default.gates.ledger.event_format import read_event, write_event

EVENTS = [
    (
        "forgetting",
        0,
        ErasureBegun.of_results([("ab", 1), ("cd", 2)]),
        {"results": '[["ab", 1], ["cd", 2]]'},
    ),
    ("cut short", 0, ErasureCutShort(begun="forgetting x"), {"begun": "forgetting x"}),
    (
        "forgotten",
        3,
        ScoresErased(scored_count=4, scores_digest="01"),
        {"scored_count": 4, "scores_digest": "01"},
    ),
    (
        "forgotten",
        0,
        ErasureCompleted(begun="forgetting x", counts={"scores": 2, "files": 1}),
        {"begun": "forgetting x", "scores": 2, "files": 1},
    ),
]


@pytest.mark.parametrize(("name", "version", "event", "stored"), EVENTS)
def test_each_event_is_stored_as_ledgers_have_it_and_read_back(name, version, event, stored):
    details = write_details(write_event(event))
    entry = LedgerEntry(1, "2005-10-01", name, "key", "", version, details, "")

    assert write_event(event) == {**stored, "git_commit": ""}
    assert read_event(entry, type(event)) == event


def test_an_erasure_lists_the_results_that_it_changes():
    assert ErasureBegun.of_results([("ab", 1), ("cd", 2)]).list_results() == (("ab", 1), ("cd", 2))
