"""A lake with two versions, the first of them champion: who requests, who approves, what is recorded."""

import datetime as dt
import json
import shutil
from collections import Counter

import numpy as np
import pytest

from credit_default.adapters.tables.ledger import read_entries
from credit_default.errors import InputError, RefusedError
from credit_default.failpoints import armed_failpoint
from credit_default.gates.governance.inventory import rebuild_inventory
from credit_default.gates.ledger.chain import judge_chain
from credit_default.gates.verdict import Verdict
from credit_default.model.evaluation.metrics import evaluate
from credit_default.services.champion.champion_state import read_champion_state
from credit_default.services.champion.current import load_registered_champion
from credit_default.services.champion.two_person_approval import (
    approve_promotion,
    refuse_promotion,
    request_promotion,
)
from credit_default.services.champion.versions import promote_by_hand, roll_back
from credit_default.services.training.register_and_promote import (
    Registered,
    apply_promotion_verdict,
)
from credit_default.services.training.training_rows import TrainingRows

pytestmark = pytest.mark.xdist_group("mlflow")

NOON = dt.datetime(2006, 1, 1, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
TWO_PEOPLE = {"approval": "second-person"}


@pytest.fixture
def two(two_versions, make_wiring, tmp_path):
    """The wiring of a lake with two versions whose settings ask for a second person."""
    shutil.copytree(two_versions, tmp_path / "lake")
    return make_wiring(promotion=TWO_PEOPLE)


@pytest.fixture
def few_figures(two):
    outcome = np.arange(200) % 2
    return evaluate(
        outcome, np.linspace(0.1, 0.9, 200), policy=two.settings.decision, seed=1, resample_count=20
    )


@pytest.fixture
def trained_rows(month_rows):
    return TrainingRows(month_rows, (), "simulated", 0, ())


def ask(wiring, by="Ada", *, number=2, at=NOON):
    return request_promotion(wiring, number, by=by, reason="a better forest", decided_at=at)


def agree(wiring, by="Grace", *, number=2, at=NOON + HOUR):
    return approve_promotion(wiring, number, by=by, reason="I looked at it", decided_at=at)


def refuse(wiring, by="Grace", *, at=NOON + HOUR, **seen):
    return refuse_promotion(wiring, 2, by=by, reason="too few rows", decided_at=at, **seen)


def read_events(wiring):
    return Counter(entry.event for entry in read_entries(wiring.lake))


def champion_lake(wiring):
    return wiring.registry.find_champion().number


def test_one_requests_another_approves_and_the_registry_names_both_and_the_digest(two):
    asked = ask(two)
    champion_then = champion_lake(two)

    approved = agree(two)

    tags = two.registry.find_version(2).tags
    assert (asked.status, asked.exit_code, champion_then) == ("approval requested", 0, 1)
    assert "--approve" in asked.notes[0]
    assert (approved.status, champion_lake(two)) == ("version 2 is the champion", 2)
    assert (tags["requested_by"], tags["approved_by"]) == ("Ada", "Grace")
    assert (
        tags["requested_digest"] == tags["approved_digest"] == two.registry.find_version(2).digest
    )
    assert tags["verdict_reasons"].split("\n")[0] == (
        "by two people's decision: Ada requested it (a better forest), Grace approved it (I looked at it)"
    )


def test_ledger_gets_digest_and_roles_and_no_name(two):
    ask(two)
    agree(two)

    entries = read_entries(two.lake)[-2:]
    details = [json.loads(entry.details) for entry in entries]
    assert [entry.event for entry in entries] == ["promotion requested", "promoted"]
    assert [found["by"] for found in details] == ["a requester", "a requester and an approver"]
    assert {found["model_digest"] for found in details} == {two.registry.find_version(2).digest}
    assert not any(name in str(entry) for entry in entries for name in ("Ada", "Grace", "forest"))
    assert judge_chain(read_entries(two.lake)).level == "ok"


@pytest.mark.parametrize(
    "by", ["Ada", " ada ", "ADA", "\uff21da"], ids=["same", "blanks", "case", "wide"]
)
def test_no_person_approves_their_own_request_however_they_write_their_name(two, by):
    ask(two)

    with pytest.raises(RefusedError, match="expected two people"):
        agree(two, by)

    assert champion_lake(two) == 1
    assert "approved_by" not in two.registry.find_version(2).tags


def test_nothing_is_approved_without_a_request(two):
    with pytest.raises(InputError, match="no request for its promotion"):
        agree(two)

    assert champion_lake(two) == 1


def test_a_request_for_another_digest_is_refused(two):
    ask(two)
    two.registry.record_tags(two.registry.find_version(2), {"requested_digest": "ab" * 32})

    with pytest.raises(RefusedError, match="abababababab, whose promotion was requested"):
        agree(two)

    assert champion_lake(two) == 1


def test_requesting_after_the_digest_changed_makes_a_new_request(two):
    ask(two)
    two.registry.record_tags(two.registry.find_version(2), {"requested_digest": "ab" * 32})

    ask(two, at=NOON + HOUR)

    assert agree(two, at=NOON + 2 * HOUR).status == "version 2 is the champion"


def test_requesting_twice_is_one_request(two):
    ask(two)
    ask(two, at=NOON + HOUR)

    assert read_events(two)["promotion requested"] == 1
    assert two.registry.find_version(2).tags["requested_at"] == NOON.isoformat()


def test_approving_twice_is_one_promotion(two):
    ask(two)
    agree(two)
    before = read_events(two)

    again = agree(two, at=NOON + 2 * HOUR)

    assert (again.status, read_events(two)) == ("version 2 is the champion", before)


def test_a_request_that_led_to_a_promotion_is_used_up(two):
    ask(two)
    agree(two)
    roll_back(two, reason="scores too low", decided_at=NOON + 2 * HOUR)

    with pytest.raises(InputError, match="no request for its promotion"):
        agree(two, at=NOON + 3 * HOUR)

    ask(two, at=NOON + 4 * HOUR)
    assert agree(two, at=NOON + 5 * HOUR).status == "version 2 is the champion"


def test_one_person_alone_is_refused_with_the_next_step(two):
    with pytest.raises(RefusedError, match="--request") as refused:
        promote_by_hand(two, 2, reason="I am sure", decided_at=NOON)

    assert (refused.value.exit_code, champion_lake(two)) == (1, 1)


def test_without_the_rule_two_steps_work_and_one_person_alone_does_too(
    two_versions, make_wiring, tmp_path
):
    shutil.copytree(two_versions, tmp_path / "lake")
    wiring = make_wiring()
    ask(wiring)

    assert agree(wiring).status == "version 2 is the champion"
    roll_back(wiring, reason="a test", decided_at=NOON + 2 * HOUR)
    assert (
        promote_by_hand(wiring, 2, reason="the board", decided_at=NOON + 3 * HOUR).model_version
        == 2
    )


def test_the_champion_s_promotion_cannot_be_requested(two):
    with pytest.raises(InputError, match="found the champion"):
        ask(two, number=1)


@pytest.mark.parametrize("by", ["", "  ", "a\x1b[31mb", "x" * 201])
def test_a_person_has_to_be_named(two, by):
    with pytest.raises(InputError, match="--by"):
        ask(two, by)
    with pytest.raises(InputError, match="--by"):
        agree(two, by)


def test_challenger_that_passed_the_gate_waits_for_two_people(two, trained_rows, few_figures):
    version = two.registry.find_version(2)
    registered = Registered(version, "", few_figures, None, "test side")
    verdict = Verdict("promotion", "ok", ("challenger wins: better",))

    summary = apply_promotion_verdict(
        two,
        registered,
        verdict,
        champion=load_registered_champion(two),
        rows=trained_rows,
        decided_at=NOON,
    )

    assert (summary.status, summary.exit_code, champion_lake(two)) == ("approval requested", 0, 1)
    assert any("models promote 2 --request" in note for note in summary.notes)
    assert two.registry.find_version(2).tags["verdict"] == "promotion: ok"
    assert two.registry.find_version(2).aliases == ("challenger",)
    assert read_events(two)["approval requested"] == 1


class Stop(Exception):  # noqa: N818 - what a test plants
    """The process ends here."""


def stop():
    raise Stop


@pytest.mark.parametrize("where", ["approval.granted", "approval.alias-moved", "approval.recorded"])
def test_an_approval_that_was_cut_short_is_completed_by_the_next_one(two, where):
    ask(two)
    with armed_failpoint(where, stop), pytest.raises(Stop):
        agree(two)
    found = champion_lake(two)

    again = agree(two, at=NOON + 2 * HOUR)

    assert found == (1 if where == "approval.granted" else 2)
    assert (again.status, champion_lake(two)) == ("version 2 is the champion", 2)
    assert read_events(two)["promoted"] == 2


def test_a_refused_request_leaves_the_champion_and_the_registry_says_who_refused_and_why(two):
    ask(two)

    refused = refuse(two)

    tags = two.registry.find_version(2).tags
    entry = read_entries(two.lake)[-1]
    assert (refused.status, refused.notes) == (
        "promotion refused",
        ("refused by Grace: too few rows",),
    )
    assert (tags["refused_by"], tags["refused_because"]) == ("Grace", "too few rows")
    assert (entry.event, entry.model_version) == ("promotion refused", 2)
    assert json.loads(entry.details)["by"] == "an approver"
    assert champion_lake(two) == 1


def test_a_refused_request_cannot_be_approved_until_somebody_requests_it_again(two):
    ask(two)
    refuse(two)

    with pytest.raises(InputError, match=r"a request that Grace refused \(too few rows\)"):
        agree(two, "Edsger", at=NOON + 2 * HOUR)

    ask(two, at=NOON + 3 * HOUR)
    assert agree(two, at=NOON + 4 * HOUR).status == "version 2 is the champion"


def test_refusing_twice_is_one_refusal(two):
    ask(two)
    refuse(two)
    before = read_events(two)

    again = refuse(two, "Edsger", at=NOON + 2 * HOUR)

    assert (again.notes, read_events(two)) == (("refused by Grace: too few rows",), before)


def test_who_requested_may_withdraw_the_request_and_the_ledger_says_that_it_was_the_requester(two):
    ask(two)

    refuse(two, "ada")

    assert json.loads(read_entries(two.lake)[-1].details)["by"] == "a requester"


def test_nothing_is_refused_that_was_not_requested(two):
    with pytest.raises(InputError, match="no request for its promotion"):
        refuse(two)


def test_the_inventory_has_a_refused_version_as_a_challenger_again(two):
    ask(two)
    (waiting,) = (one.status for one in look_up_inventory(two) if one.model_version == 2)
    refuse(two)
    (after,) = (one.status for one in look_up_inventory(two) if one.model_version == 2)

    assert (waiting, after) == ("approval requested", "challenger")


def look_up_inventory(wiring):
    return rebuild_inventory(read_entries(wiring.lake), as_of="2006-12-31")


def see(wiring):
    return read_champion_state(wiring, wiring.registry.find_version(2))


def test_of_two_approvals_of_one_page_only_the_first_counts_and_the_second_hears_who_took_the_seat(
    two,
):
    ask(two)
    seen = see(two)

    def approve(by, at):
        said = {"by": by, "reason": "I looked at it", "decided_at": at, "seen": seen}
        return approve_promotion(two, 2, **said)

    approve("Grace", NOON + HOUR)
    before = read_events(two)
    with pytest.raises(RefusedError, match=r"version 2 took the seat at 13:00 UTC.*look again"):
        approve("Edsger", NOON + 2 * HOUR)

    assert two.registry.find_version(2).tags["approved_by"] == "Grace"
    assert approve("grace", NOON + 3 * HOUR).status == "version 2 is the champion"
    assert read_events(two) == before


def test_a_request_that_was_made_anew_since_the_page_was_shown_is_not_approved_unseen(two):
    ask(two)
    seen = see(two)
    ask(two, "Edsger", at=NOON + HOUR)

    with pytest.raises(RefusedError, match="another request than the page showed"):
        approve_promotion(two, 2, by="Grace", reason="x", decided_at=NOON + 2 * HOUR, seen=seen)
    with pytest.raises(RefusedError, match="another request than the page showed"):
        refuse(two, seen=seen)

    assert champion_lake(two) == 1
