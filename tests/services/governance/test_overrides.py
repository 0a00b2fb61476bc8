import datetime as dt
import json

import polars as pl
import pytest
from tests.services.conftest import NOON

from credit_default.adapters.tables.ledger import read_entries
from credit_default.adapters.tables.overrides import read_overrides
from credit_default.adapters.tables.queries import read_scores
from credit_default.errors import InputError
from credit_default.services.audit.erasure import forget_client
from credit_default.services.audit.replay import verify_lake
from credit_default.services.governance.override_outcomes import measure_overrides
from credit_default.services.governance.overrides import list_overrides_in_force, override_decision

SPRING = dt.datetime(2006, 3, 1, tzinfo=dt.UTC)


def override(lake, client, to, *, minute=0, reason="income was proved", by="Ada", salt=None):
    return override_decision(
        lake.wiring,
        lake.batch_id,
        client,
        decision=to,
        reason=reason,
        by=by,
        decided_at=NOON + dt.timedelta(minutes=minute),
        salt=salt or f"{minute:032x}",
    )


def verify(lake):
    return verify_lake(lake.wiring, batch_id=lake.batch_id, client_id=None, head=None)


def test_an_override_is_on_record_and_leaves_the_score_as_it_was(scored_lake):
    client = scored_lake.pick("decline")

    summary = override(scored_lake, client, "accept")

    (kept,) = read_overrides(scored_lake.wiring.lake)
    assert (kept.client_id, kept.scored_decision, kept.decision) == (client, "decline", "accept")
    assert (kept.reason, kept.decided_by) == ("income was proved", "Ada")
    entry = read_entries(scored_lake.wiring.lake)[-1]
    assert (entry.event, entry.batch_id) == ("decision overridden", scored_lake.batch_id)
    assert json.loads(entry.details)["record_digest"] == kept.compute_digest()
    assert "the score stays as it is" in summary.notes[0]
    now = read_scores(scored_lake.wiring.lake, batch_id=scored_lake.batch_id)
    assert now.sort(pl.all()).equals(scored_lake.scores.sort(pl.all()))
    assert verify(scored_lake).exit_code == 0


def test_the_ledger_has_neither_client_nor_name_nor_reason(scored_lake):
    client = scored_lake.pick("decline")

    override(scored_lake, client, "accept", by="Grace Hopper", reason="a phone call")

    entry = read_entries(scored_lake.wiring.lake)[-1]
    for word in (client, "Grace", "phone"):
        assert word not in entry.details + entry.key


def test_the_same_override_again_changes_nothing(scored_lake):
    client = scored_lake.pick("decline")

    override(scored_lake, client, "accept")
    override(scored_lake, client, "accept", minute=5, by="Ben")

    assert len(read_overrides(scored_lake.wiring.lake)) == 1
    events = [entry.event for entry in read_entries(scored_lake.wiring.lake)]
    assert events.count("decision overridden") == 1


def test_the_scored_decision_takes_an_override_back(scored_lake):
    client = scored_lake.pick("accept")
    override(scored_lake, client, "decline")

    summary = override(scored_lake, client, "accept", minute=1)

    assert summary.status == "taken back"
    assert list_overrides_in_force(scored_lake.wiring) == ()
    assert len(read_overrides(scored_lake.wiring.lake)) == 2
    assert verify(scored_lake).exit_code == 0


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"to": "decline"}, "already scored 'decline'"),
        ({"to": "maybe"}, "'maybe'"),
        ({"reason": "  "}, "nothing"),
        ({"by": "\n"}, "''"),
        ({"client": "nobody"}, "no score in batch"),
    ],
)
def test_what_cannot_be_an_override_is_refused_and_leaves_nothing(scored_lake, change, found):
    wanted = {"client": scored_lake.pick("decline"), "to": "accept"} | change

    with pytest.raises(InputError) as refused:
        override(scored_lake, **wanted)

    assert found in str(refused.value)
    assert read_overrides(scored_lake.wiring.lake) == ()
    assert "decision overridden" not in {
        entry.event for entry in read_entries(scored_lake.wiring.lake)
    }


def test_rates_and_outcomes_are_by_version_and_direction(scored_lake, take_in):
    declined, accepted = scored_lake.pick("decline"), scored_lake.pick("accept")
    override(scored_lake, declined, "accept")
    override(scored_lake, scored_lake.pick("decline", 1), "accept", minute=1)
    override(scored_lake, accepted, "decline", minute=2)
    take_in(scored_lake, 200, observed_at="2006-01-15T00:00:00Z", now=SPRING)

    down, up = measure_overrides(scored_lake.wiring, now=SPRING)

    assert (down.scored_decision, down.decision, down.count) == ("accept", "decline", 1)
    assert (up.scored_decision, up.decision, up.count) == ("decline", "accept", 2)
    assert up.share.value == pytest.approx(2 / 200)
    assert up.known_count == 2
    assert up.default_share.value == up.default_count / 2
    probabilities = scored_lake.scores.filter(client_id=accepted)["default_probability"]
    assert down.expected_default_share == probabilities[0]


@pytest.mark.parametrize(
    ("observed_at", "now"),
    [("2005-11-10T00:00:00Z", SPRING), ("2005-12-01T00:00:00Z", NOON - dt.timedelta(days=9))],
    ids=["observed early", "month not mature yet"],
)
def test_outcomes_that_may_still_change_do_not_count(scored_lake, take_in, observed_at, now):
    override(scored_lake, scored_lake.pick("decline"), "accept")
    take_in(scored_lake, 200, observed_at=observed_at, now=SPRING)

    (row,) = measure_overrides(scored_lake.wiring, now=now)

    assert (row.known_count, row.default_share) == (0, None)


def test_a_forgotten_client_takes_the_override_along_and_the_lake_still_verifies(scored_lake):
    client = scored_lake.pick("decline")
    override(scored_lake, client, "accept")
    override(scored_lake, scored_lake.pick("decline", 1), "accept", minute=1)

    summary = forget_client(scored_lake.wiring, client, forgotten_at=SPRING)

    assert summary.counts["overrides"] == 1
    (kept,) = read_overrides(scored_lake.wiring.lake)
    assert kept.client_id != client
    assert verify(scored_lake).find_verdict("overrides").level == "ok"
