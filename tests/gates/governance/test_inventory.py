import json
from dataclasses import replace

from credit_default.gates.governance.inventory import count_overdue, rebuild_inventory
from credit_default.gates.ledger.chain import LedgerEntry
from credit_default.gates.ledger.event_format import write_event
from credit_default.gates.ledger.governance_events import (
    DecisionOverridden,
    FindingClosed,
    FindingOpened,
    VersionReviewed,
)
from credit_default.gates.ledger.version_events import (
    AlarmClosed,
    AlarmOpened,
    ApprovalRequested,
    ChampionKept,
    Promoted,
    RolledBack,
)


def enter(*events):
    """Entries of one a day from 2006-01-01 on, each a version and an event."""
    return [
        LedgerEntry(
            sequence=number,
            at=f"2006-01-{number:02d}T23:59:59.999999+00:00",
            event=event.name,
            key=str(number),
            batch_id="",
            model_version=version,
            details=json.dumps(write_event(event)),
            previous_hash="",
            entry_hash="",
        )
        for number, (version, event) in enumerate(events, start=1)
    ]


def states(entries, day):
    lines = rebuild_inventory(entries, as_of=f"2006-01-{day:02d}")
    return {line.model_version: line.status for line in lines}


def test_status_follows_promotions_and_rollbacks_day_by_day():
    judged = {"model_digest": "d", "level": "refused", "by": "gate"}
    entries = enter(
        (1, Promoted(model_digest="a")),
        (2, ChampionKept(**judged)),
        (3, ApprovalRequested(**judged | {"level": "ok"})),
        (3, Promoted(model_digest="c")),
        (1, RolledBack(model_digest="a")),
    )

    assert states(entries, 1) == {1: "champion"}
    assert states(entries, 3) == {
        1: "champion",
        2: "challenger",
        3: "approval requested",
    }
    assert states(entries, 4) == {1: "former champion", 2: "challenger", 3: "champion"}
    assert states(entries, 5) == {1: "champion", 2: "challenger", 3: "former champion"}


def test_alarms_findings_and_overrides_are_those_open_on_the_day():
    changed = {"scored_decision": "decline", "record_digest": "x"}
    alarm = {"month": "2006-01", "because": ""}
    entries = enter(
        (1, Promoted(model_digest="a")),
        (1, AlarmOpened(gate="drift", **alarm)),
        (1, FindingOpened(finding_id="f1", severity="high", due="2006-01-05")),
        (1, DecisionOverridden(decision="accept", **changed)),
        (1, VersionReviewed(tier=2, opinion="fit for use", next_review="2006-01-06")),
        (1, DecisionOverridden(decision="decline", **changed)),
        (1, AlarmClosed(gate="drift", **alarm)),
        (1, FindingClosed(finding_id="f1")),
    )

    (fifth,) = rebuild_inventory(entries, as_of="2006-01-05")
    (seventh,) = rebuild_inventory(entries, as_of="2006-01-07")
    (last,) = rebuild_inventory(entries, as_of="2006-01-31")

    assert (fifth.open_alarms, fifth.override_count, fifth.tier) == (("drift",), 1, 2)
    assert fifth.list_overdue("2006-01-05") == ()  # both are due on a day that is not over
    assert seventh.list_overdue("2006-01-06") == ("f1",)  # the day of the review itself is in time
    assert seventh.list_overdue("2006-01-07") == ("f1", "review")
    assert count_overdue([seventh], as_of="2006-01-07") == 2
    assert (last.open_alarms, last.override_count, last.findings) == ((), 0, ())
    assert last.opinion == "fit for use"


def test_the_newest_version_is_first_and_entries_about_no_version_are_left_out():
    entries = enter((0, Promoted()), (1, Promoted()), (2, Promoted()))

    assert [line.model_version for line in rebuild_inventory(entries, as_of="2006-02-01")] == [2, 1]


def test_entries_of_other_kinds_about_a_version_change_nothing():
    (known,) = enter((1, Promoted(model_digest="a")))
    other = replace(known, sequence=2, event="an event of a later release", details="{}")

    assert rebuild_inventory([known, other], as_of="2006-12-31") == rebuild_inventory(
        [known], as_of="2006-12-31"
    )


def test_a_version_that_nobody_reviewed_has_no_review_overdue():
    (line,) = rebuild_inventory(enter((1, Promoted(model_digest="a"))), as_of="2006-02-01")

    assert (line.next_review, line.list_overdue("2006-02-01")) == ("", ())
    assert count_overdue([line], as_of="2006-02-01") == 0


def test_a_new_champion_keeps_the_digest_that_was_known_where_the_entry_has_none():
    entries = enter(
        (1, ApprovalRequested(model_digest="a", level="ok", by="gate")),
        (1, Promoted(model_digest="")),
        (1, RolledBack(model_digest="b")),
    )

    digests = [
        rebuild_inventory(entries, as_of=f"2006-01-{day:02d}")[0].model_digest for day in (2, 3)
    ]
    assert digests == ["a", "b"]
