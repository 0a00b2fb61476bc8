import datetime as dt
import json

import pytest
from tests.services.conftest import NOON

from credit_default.adapters.tables.ledger import read_entries
from credit_default.adapters.tables.model_reviews import read_findings, read_reviews
from credit_default.errors import InputError
from credit_default.services.governance.findings import (
    close_finding,
    open_finding,
    review_version,
)
from credit_default.services.governance.inventory import describe_version_today, list_inventory

FOUND = {"severity": "high", "title": "scores are too low in band C", "owner": "Risk models"}
JUDGED = {"tier": 1, "opinion": "fit with conditions", "reason": "band C", "by": "Ada"}


def found(lake, *, hours=0, **change):
    wanted = {**FOUND, "due": "2006-01-31", "by": "Ada"} | change
    opened_at = NOON + dt.timedelta(hours=hours)
    return open_finding(lake.wiring, wanted.pop("number", 1), opened_at=opened_at, **wanted)


def review(lake, **change):
    wanted = {**JUDGED, "next_review": "2006-06-30", "reviewed_at": NOON} | change
    return review_version(lake.wiring, wanted.pop("number", 1), **wanted)


def test_a_finding_is_opened_once_and_closed_once(scored_lake):
    found(scored_lake)
    found(scored_lake, hours=1)
    (opened,) = read_findings(scored_lake.wiring.lake)

    for minutes in (0, 5):
        close_finding(
            scored_lake.wiring,
            opened.finding_id,
            reason="recalibrated",
            by="Ben",
            closed_at=NOON + dt.timedelta(days=9, minutes=minutes),
        )

    (closed,) = read_findings(scored_lake.wiring.lake)
    assert (closed.closed_by, closed.closed_because) == ("Ben", "recalibrated")
    assert closed.closed_at == "2005-12-10T12:00:00.000000+00:00"
    events = [entry.event for entry in read_entries(scored_lake.wiring.lake)]
    assert events[-2:] == ["finding opened", "finding closed"]


def test_a_finding_that_was_closed_can_be_opened_again(scored_lake):
    found(scored_lake)
    (first,) = read_findings(scored_lake.wiring.lake)
    close_finding(scored_lake.wiring, first.finding_id, reason="done", by="Ben", closed_at=NOON)

    found(scored_lake, hours=3)

    assert [one.is_open for one in read_findings(scored_lake.wiring.lake)] == [False, True]


def test_names_and_texts_stay_out_of_the_ledger(scored_lake):
    found(scored_lake, owner="Grace", by="Ada")
    review(scored_lake, reason="a secret doubt", by="Ada")

    for entry in read_entries(scored_lake.wiring.lake)[-2:]:
        assert not {"Grace", "Ada", "doubt", "band"} & set(json.dumps(entry.details).split('"'))
        assert "doubt" not in entry.details


@pytest.mark.parametrize(
    ("act", "change", "words"),
    [
        (found, {"severity": "huge"}, "high, medium, low"),
        (found, {"due": "31.1.2006"}, "a date, YYYY-MM-DD"),
        (found, {"title": " "}, "--title"),
        (found, {"number": 9}, "version 9"),
        (review, {"tier": 4}, "1, 2, 3"),
        (review, {"opinion": "fine"}, "fit for use"),
        (review, {"next_review": "2005-12-01"}, "a day after today"),
        (review, {"reason": ""}, "--reason"),
    ],
)
def test_what_cannot_be_recorded_is_refused_and_leaves_nothing(scored_lake, act, change, words):
    with pytest.raises(InputError) as refused:
        act(scored_lake, **change)

    assert words in str(refused.value)
    assert read_findings(scored_lake.wiring.lake) == ()
    assert read_reviews(scored_lake.wiring.lake) == ()


def test_the_same_review_again_changes_nothing_and_another_one_counts(scored_lake):
    review(scored_lake)
    review(scored_lake, reviewed_at=NOON + dt.timedelta(hours=1))
    review(scored_lake, opinion="not fit for use", reviewed_at=NOON + dt.timedelta(hours=2))

    assert len(read_reviews(scored_lake.wiring.lake)) == 2
    (line,) = list_inventory(scored_lake.wiring, as_of="2005-12-01")
    assert line.opinion == "not fit for use"


def test_a_finding_that_is_not_there_cannot_be_closed(scored_lake):
    with pytest.raises(InputError, match="none of that id"):
        close_finding(scored_lake.wiring, "f00", reason="x", by="Ada", closed_at=NOON)


def test_the_card_of_today_says_opinion_findings_and_overrides(scored_lake):
    from credit_default.services.governance.overrides import override_decision

    before = describe_version_today(scored_lake.wiring, 1, now=NOON)
    found(scored_lake)
    review(scored_lake)
    override_decision(
        scored_lake.wiring,
        scored_lake.batch_id,
        scored_lake.pick("decline"),
        decision="accept",
        reason="x",
        by="Ada",
        decided_at=NOON,
        salt="1" * 32,
    )

    opinion, finding, overridden = describe_version_today(scored_lake.wiring, 1, now=NOON)

    assert before == ("no reviewer has given an opinion on it yet",)
    assert "tier 1, fit with conditions" in opinion
    assert "scores are too low in band C" in finding
    assert "1 clients scored decline were decided accept (0.50% of the scored" in overridden


def test_the_inventory_of_a_past_day_knows_nothing_later(scored_lake):
    found(scored_lake)
    review(scored_lake, reviewed_at=NOON + dt.timedelta(days=2), next_review="2006-06-30")
    on_the_day = list_inventory(scored_lake.wiring, as_of="2005-12-01")
    (finding,) = read_findings(scored_lake.wiring.lake)
    close_finding(
        scored_lake.wiring,
        finding.finding_id,
        reason="done",
        by="Ben",
        closed_at=NOON + dt.timedelta(days=60),
    )

    (then,) = list_inventory(scored_lake.wiring, as_of="2005-12-01")
    (winter,) = list_inventory(scored_lake.wiring, as_of="2006-02-15")

    assert (then,) == on_the_day
    assert (then.status, then.opinion, then.count_findings("high")) == ("champion", "", 1)
    assert (then.batch_count, then.scored_count) == (1, 200)
    assert (winter.opinion, winter.count_findings("high")) == ("fit with conditions", 0)
    assert list_inventory(scored_lake.wiring, as_of="2005-11-30") == ()
