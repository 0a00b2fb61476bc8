"""A lake with two versions: what is told of one, before and after people decided on it."""

import datetime as dt
import shutil

import pytest

from credit_default.errors import InputError
from credit_default.gates.verdict import Verdict
from credit_default.services.champion.two_person_approval import (
    approve_promotion,
    refuse_promotion,
    request_promotion,
)
from credit_default.services.champion.versions import roll_back
from credit_default.services.governance.findings import close_finding, open_finding
from credit_default.services.overview.version_detail import read_version
from credit_default.services.overview.version_list import list_versions

pytestmark = pytest.mark.xdist_group("mlflow")

NOON = dt.datetime(2006, 1, 1, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
FIGURES = {
    "champion_log_loss": 0.44,
    "challenger_log_loss": 0.43,
    "log_loss_gain": 0.01,
    "log_loss_gain_low": -0.002,
    "log_loss_gain_high": 0.022,
}


@pytest.fixture
def two(two_versions, make_wiring, tmp_path):
    shutil.copytree(two_versions, tmp_path / "lake")
    return make_wiring()


def decide(act, wiring, by, at, reason):
    return act(wiring, 2, by=by, reason=reason, decided_at=at)


def test_the_list_has_the_newest_first_and_names_champion_challenger_and_who_waits(two):
    decide(request_promotion, two, "Ada", NOON, "newer months")

    listed = list_versions(two)

    assert [(row.number, row.aliases, row.family) for row in listed.rows] == [
        (2, ("challenger",), "forest"),
        (1, ("champion",), "forest"),
    ]
    assert (listed.champion.number, listed.challenger.number) == (1, 2)
    assert [(row.number, row.requested_by) for row in listed.waiting] == [(2, "Ada")]


@pytest.mark.parametrize("page", [0, 2, -1])
def test_a_page_that_is_not_there_is_refused_with_those_that_are(two, page):
    with pytest.raises(InputError, match="a page from 1 to 1"):
        list_versions(two, page=page)


def test_decisions_are_told_with_names_and_reasons_and_the_ledger_with_roles(two):
    decide(request_promotion, two, "Ada", NOON, "newer months")
    decide(refuse_promotion, two, "Grace", NOON + HOUR, "too few rows")
    decide(request_promotion, two, "Ada", NOON + 2 * HOUR, "twice the rows")
    decide(approve_promotion, two, "Grace", NOON + 3 * HOUR, "looked at it")
    roll_back(two, reason="scores too low", decided_at=NOON + 4 * HOUR, by="Edsger")

    told = read_version(two, 2)

    assert [(one.what, one.by, one.reason) for one in told.decisions] == [
        ("rolled back", "Edsger", "scores too low"),
        ("promotion approved", "Grace", "looked at it"),
        ("promotion requested", "Ada", "twice the rows"),
        ("promotion refused", "Grace", "too few rows"),
    ]
    assert [line.words for line in told.entries][:4] == [
        "became the champion, decided by a requester and an approver",
        "its promotion was requested by a requester",
        "its promotion was refused by an approver",
        "its promotion was requested by a requester",
    ]
    assert not any(name in line.words for line in told.entries for name in ("Ada", "Grace"))
    assert (told.is_champion, told.replaced, told.request) == (False, 1, None)
    assert read_version(two, 1).entries[0].words == (
        "became the champion again by a rollback, decided by a person"
    )


def test_the_contest_stays_on_record_beside_the_decision_of_people_who_overruled_the_gate(two):
    version = two.registry.find_version(2)
    two.registry.record_verdict(
        version, Verdict("promotion", "refused", ("champion stays: a tie",), FIGURES)
    )
    before = read_version(two, 2).contest
    decide(request_promotion, two, "Ada", NOON, "newer months")
    decide(approve_promotion, two, "Grace", NOON + HOUR, "looked at it")

    told = read_version(two, 2)

    assert told.contest == before
    (gain,) = before.gains
    assert (gain.measure, gain.gain, gain.low, gain.high) == ("log loss", 0.01, -0.002, 0.022)
    assert gain.least == two.settings.promotion.least_log_loss_gain
    assert told.reasons[1] == "before that: refused, champion stays: a tie"


def test_open_findings_come_before_closed_ones(two):
    for place, title in enumerate(("old", "new")):
        at = NOON + place * HOUR
        due = f"2006-0{2 + place}-01"
        open_finding(
            two, 2, severity="low", title=title, owner="Ada", due=due, by="Grace", opened_at=at
        )
    first = read_version(two, 2).findings[0]
    close_finding(two, first.finding_id, reason="done", by="Ada", closed_at=NOON + 2 * HOUR)

    told = read_version(two, 2)

    assert [(one.title, one.is_open) for one in told.findings] == [("new", True), ("old", False)]
    assert [line.words.partition(" was ")[2] for line in told.entries][:3] == [
        "closed",
        "opened: low, due 2006-03-01",
        "opened: low, due 2006-02-01",
    ]


def test_a_version_that_is_not_there_is_refused(two):
    with pytest.raises(InputError, match="no version 9"):
        read_version(two, 9)
