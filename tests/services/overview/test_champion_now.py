import datetime as dt

from tests.fakes.batch_tables import NOON

from credit_default.adapters.mlflow.model_versions import ModelVersion
from credit_default.gates.ledger.version_events import Promoted, RolledBack
from credit_default.services.context.audit_log import append_ledger_entry
from credit_default.services.overview.champion_now import describe_approval, find_champion_now


def record(wiring, kind, number, *, by="gate", hour=12):
    at = NOON.replace(hour=hour)
    append_ledger_entry(
        wiring,
        kind(model_digest="d", by=by),
        key=f"{kind.name} v{number} {at}",
        at=at,
        model_version=number,
    )


def make_version(**tags):
    return ModelVersion("m", 1, "r", "i", "d", (), dt.datetime(2005, 1, 1, tzinfo=dt.UTC), tags)


def test_champion_is_the_one_that_the_ledger_named_last(wiring):
    record(wiring, Promoted, 1)
    record(wiring, Promoted, 2, by="a requester and an approver", hour=13)
    promoted = find_champion_now(wiring)
    record(wiring, RolledBack, 1, by="a person", hour=14)
    back = find_champion_now(wiring)

    assert (promoted.version, promoted.decided_by) == (2, "two people")
    assert promoted.since == NOON.replace(hour=13)
    assert (back.version, back.decided_by, back.was_rolled_back) == (1, "one person", True)


def test_lake_without_a_promotion_has_no_champion(wiring):
    assert find_champion_now(wiring) is None


def test_two_people_are_named_with_their_reasons():
    version = make_version(
        requested_by="ana", requested_because="newer", approved_by="ben", approved_because="tested"
    )

    assert describe_approval(version) == "requested by ana (newer), approved by ben (tested)"


def test_the_gates_first_reason_stands_where_nobody_decided():
    version = make_version(verdict="promotion: ok", verdict_reasons="it wins\nby far")

    assert describe_approval(version) == "it wins"
    assert describe_approval(make_version()) == ""
