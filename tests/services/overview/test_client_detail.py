import datetime as dt
import logging
import shutil

import polars as pl
import pytest
from tests.services.conftest import KEY, NOON, make_wiring

from credit_default.adapters.tables.access_log import find_client_hashes, read_access
from credit_default.adapters.tables.queries import read_scores, scan_table
from credit_default.data.credit_card.outcomes import OBSERVED_AT
from credit_default.errors import InputError, ServiceError
from credit_default.services.audit.replay import verify_lake
from credit_default.services.champion.current import load_registered_champion
from credit_default.services.governance.overrides import override_decision
from credit_default.services.intake.file_check import check_file
from credit_default.services.outcomes.take_in import ingest_outcomes_file
from credit_default.services.overview.access_entries import (
    Looker,
    delete_old_access,
    list_access,
)
from credit_default.services.overview.client_detail import look_at_client
from credit_default.services.overview.client_erasure import erase_client
from credit_default.services.scoring.explain_client import explain_client
from credit_default.services.scoring.score_batch import score_file

SPRING = dt.datetime(2006, 3, 1, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def two_months(champion_lake, known_rows, tmp_path_factory):
    """A lake with 60 clients of October and 40 of the same in November, scored; no test writes into it."""
    root = tmp_path_factory.mktemp("two_months")
    shutil.copytree(champion_lake.untouched, root / "lake")
    wiring = make_wiring(root)
    for month, count in (("2005-10", 60), ("2005-11", 40)):
        rows = known_rows.filter(statement_month=month).head(count)
        rows.drop("defaulted").write_csv(root / f"{month}.csv")
        checked = check_file(wiring, str(root / f"{month}.csv"), month=None, outcome="ignored")
        score_file(wiring, checked, load_registered_champion(wiring), scored_at=NOON)
    observed = known_rows.filter(statement_month="2005-10").head(60)
    observed.select(*KEY, "defaulted", pl.lit("2006-01-05").alias(OBSERVED_AT)).write_csv(
        root / "outcomes.csv"
    )
    ingest_outcomes_file(wiring, str(root / "outcomes.csv"), taken_in_at=SPRING)
    return wiring


@pytest.fixture
def wiring(two_months, tmp_path):
    shutil.copytree(two_months.lake.home, tmp_path / "lake")
    return make_wiring(tmp_path)


def read_all(wiring):
    return scan_table(wiring.lake, "scores").sort("default_probability", "client_id").collect()


def pick(wiring, *, decision="decline", months=2):
    rows = read_all(wiring)
    often = rows.group_by("client_id").len().filter(len=months)["client_id"]
    return rows.filter(pl.col("client_id").is_in(often.implode()), decision=decision).row(
        -1, named=True
    )


def look(wiring, client, *, batch_id="", number=1, person="Ada"):
    looker = Looker(person, "analyst", SPRING + dt.timedelta(minutes=number), f"{number:032x}")
    return look_at_client(wiring, client, batch_id=batch_id, looker=looker)


def test_a_client_s_page_says_what_explain_and_the_tables_say(wiring):
    row = pick(wiring)

    detail = look(wiring, row["client_id"], batch_id=row["batch_id"])

    assert detail.explanation == explain_client(wiring, row["batch_id"], row["client_id"])
    assert detail.shown.default_probability == row["default_probability"]
    assert list(detail.shown.reasons) == row["reasons"] != []
    assert detail.unexplained == ""
    assert detail.other_decision == "accept"


def test_the_history_has_every_month_with_its_outcome(wiring, known_rows):
    client = pick(wiring)["client_id"]

    history = look(wiring, client).history

    truth = known_rows.filter(client_id=client, statement_month="2005-10")["defaulted"].item()
    assert [month.statement_month for month in history] == ["2005-10", "2005-11"]
    assert [month.outcome for month in history] == [
        "defaulted" if truth else "paid",
        "not known yet",
    ]
    assert [month.is_shown for month in history] == [False, True]  # the newest batch is explained
    own = read_all(wiring).filter(client_id=client).sort("statement_month")
    assert [month.default_probability for month in history] == own["default_probability"].to_list()


def test_a_batch_is_found_by_its_first_digits(wiring):
    row = pick(wiring, months=1)

    assert look(wiring, row["client_id"], batch_id=row["batch_id"][:8]).batch_id == row["batch_id"]


def test_an_override_is_shown_and_can_be_taken_back(wiring):
    row = pick(wiring)
    said = {"decision": "accept", "reason": "income was proved", "by": "Ada", "salt": "ab" * 16}
    override_decision(wiring, row["batch_id"], row["client_id"], decided_at=SPRING, **said)

    detail = look(wiring, row["client_id"], batch_id=row["batch_id"])

    assert (detail.shown.decision, detail.shown.decision_in_force) == ("decline", "accept")
    assert [one.reason for one in detail.overrides] == ["income was proved"]
    assert detail.other_decision == "decline"


def test_each_look_leaves_exactly_one_entry_by_which_only_the_id_is_found(wiring):
    row = pick(wiring)
    look(wiring, row["client_id"], batch_id=row["batch_id"])
    look(wiring, row["client_id"], batch_id=row["batch_id"], number=2, person="Grace")

    entries = list_access(wiring, client_id=row["client_id"]).entries

    assert [(e.person, e.role, e.page, e.batch_id) for e in entries] == [
        ("Grace", "analyst", "client", row["batch_id"]),
        ("Ada", "analyst", "client", row["batch_id"]),
    ]
    assert entries == list_access(wiring).entries
    assert list_access(wiring, client_id="nobody").entries == ()


def test_a_look_that_finds_nothing_is_an_entry_and_makes_no_trace_of_the_id(wiring):
    with pytest.raises(InputError, match="no score in any batch"):
        look(wiring, "zebra-17")

    (entry,) = read_access(wiring.lake, count=9)
    assert (entry.page, entry.client_hash, entry.batch_id) == ("client, not found", "", "")
    assert scan_table(wiring.lake, "pseudonyms").collect().is_empty()


def test_nothing_is_shown_where_the_look_cannot_be_recorded(wiring):
    client = pick(wiring)["client_id"]
    (wiring.lake.home / "tables" / "access_log").write_text("in the way")

    with pytest.raises(ServiceError):
        look(wiring, client)


def test_no_log_line_of_a_look_has_the_client(wiring, caplog):
    client = pick(wiring)["client_id"]
    with caplog.at_level(logging.DEBUG):
        look(wiring, client)

    ours = [r.getMessage() for r in caplog.records if r.name.startswith("credit_default")]
    assert any("looked at a client" in line for line in ours)
    assert not any(client in line.replace("=", " ").split() for line in ours)


def test_a_score_that_cannot_be_explained_now_is_still_shown(wiring):
    row = pick(wiring)
    shutil.rmtree(wiring.lake.home / "snapshots" / row["batch_id"])

    detail = look(wiring, row["client_id"], batch_id=row["batch_id"])

    assert detail.explanation is None
    assert "expected" in detail.unexplained
    assert detail.shown.default_probability == row["default_probability"]


def test_an_erasure_needs_the_id_twice_and_leaves_who_looked(wiring):
    row = pick(wiring)
    client = row["client_id"]
    look(wiring, client)
    alma = Looker("Alma", "administrator", SPRING + dt.timedelta(hours=1), "f" * 32)

    with pytest.raises(InputError, match="Nothing was erased"):
        erase_client(wiring, client, confirmation=f"{client} ", looker=alma)
    assert client in read_scores(wiring.lake, batch_id=row["batch_id"])["client_id"]
    summary = erase_client(wiring, client, confirmation=client, looker=alma)

    assert (summary.counts["scores"], summary.counts["pseudonyms"]) == (2, 1)
    assert client not in read_scores(wiring.lake, batch_id=row["batch_id"])["client_id"]
    assert [(e.person, e.page) for e in read_access(wiring.lake, count=9)] == [
        ("Alma", "client, erasure"),
        ("Ada", "client"),
    ]
    assert find_client_hashes(wiring.lake, [client]) == frozenset()
    verified = verify_lake(wiring, batch_id=None, client_id=None, head=None)
    assert verified.exit_code == 0


def test_the_deletion_of_old_entries_is_an_entry_and_no_month_to_come_is_taken(wiring):
    client = pick(wiring)["client_id"]
    look(wiring, client)
    later = Looker("Alma", "administrator", SPRING + dt.timedelta(days=40), "e" * 32)

    with pytest.raises(InputError, match="this month or an earlier one"):
        delete_old_access(wiring, "2007-01", looker=later)
    summary = delete_old_access(wiring, "2006-04", looker=later)

    assert summary.counts == {"deleted": 1}
    (entry,) = read_access(wiring.lake, count=9)
    assert (entry.person, entry.page) == ("Alma", "access log: 1 entries before 2006-04 deleted")
