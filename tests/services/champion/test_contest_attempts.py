import datetime as dt
import shutil

import polars as pl
import pytest

from credit_default.adapters.mlflow.version_verdict import (
    format_verdict_tags,
    read_version_attempt,
)
from credit_default.adapters.tables.ledger import read_entries
from credit_default.gates.ledger.chain import judge_chain
from credit_default.gates.ledger.version_events import ChampionKept
from credit_default.gates.promotion.attempts import Attempt, ContestRows
from credit_default.gates.promotion.promotion_verdict import PromotionVerdict
from credit_default.gates.verdict import Verdict
from credit_default.services.champion.alias_history import record_champion_change
from credit_default.services.champion.contest_attempts import (
    add_attempt,
    describe_contest_rows,
    list_attempts,
    number_attempt,
)
from credit_default.services.context.audit_log import append_ledger_entry

pytestmark = pytest.mark.xdist_group("mlflow")

NOON = dt.datetime(2006, 1, 1, 12, tzinfo=dt.UTC)


def make_rows(count=4, *, month="2005-10"):
    return pl.DataFrame(
        {
            "client_id": [f"c{number}" for number in range(count)],
            "statement_month": month,
            "defaulted": [number % 2 for number in range(count)],
            "age": 40,
        }
    )


def keep(wiring, attempt, *, key, version=7):
    event = ChampionKept(model_digest=attempt.model_digest, level="refused", by="gate")
    append_ledger_entry(
        wiring, add_attempt(event, attempt), key=key, at=NOON, model_version=version
    )


def try_challenger(wiring, digest, *, rows):
    attempt = number_attempt(
        wiring.lake, describe_contest_rows(rows, side="test"), model_digest=digest
    )
    keep(wiring, attempt, key=f"judged {digest} {attempt.rows.digest}")
    return attempt.number


def test_rows_are_described_by_digest_and_months_whatever_their_order():
    rows = pl.concat([make_rows(4), make_rows(3, month="2005-11")])

    told = describe_contest_rows(rows, side="test")
    shuffled = describe_contest_rows(rows.sample(fraction=1.0, shuffle=True, seed=1), side="test")

    assert told.month_counts == {"2005-10": 4, "2005-11": 3}
    assert told.digest == shuffled.digest
    assert told.digest == describe_contest_rows(rows.drop("age"), side="test").digest


def test_other_outcomes_of_the_same_clients_are_other_rows():
    rows = make_rows()
    flipped = rows.with_columns(defaulted=1 - pl.col("defaulted"))

    digests = {describe_contest_rows(found, side="test").digest for found in (rows, flipped)}

    assert len(digests) == 2


def test_attempts_on_the_same_rows_are_counted_from_the_ledger(wiring):
    numbers = [try_challenger(wiring, digest, rows=make_rows()) for digest in "abc"]

    assert numbers == [1.0, 2.0, 3.0]
    assert try_challenger(wiring, "b", rows=make_rows()) == 2.0
    assert try_challenger(wiring, "d", rows=make_rows()) == 4.0
    assert judge_chain(read_entries(wiring.lake)).passed


def test_a_few_rows_on_top_do_not_make_the_rows_new(wiring):
    try_challenger(wiring, "a", rows=make_rows(100))

    assert try_challenger(wiring, "b", rows=make_rows(104)) == pytest.approx(1 + 100 / 104)
    assert try_challenger(wiring, "c", rows=make_rows(100, month="2005-11")) == 1.0


def test_two_lakes_do_not_share_attempts(make_wiring, tmp_path):
    one, other = (make_wiring(tmp_path / name) for name in ("one", "other"))
    try_challenger(one, "a", rows=make_rows())

    assert try_challenger(other, "b", rows=make_rows()) == 1.0
    assert try_challenger(one, "b", rows=make_rows()) == 2.0


def test_entries_of_older_ledgers_name_no_attempt(wiring):
    event = ChampionKept(model_digest="ab", level="refused", by="gate")
    append_ledger_entry(wiring, event, key="judged v1 x", at=NOON, model_version=1)

    assert list_attempts(wiring.lake) == ()
    assert try_challenger(wiring, "a", rows=make_rows()) == 1.0


def test_the_ledger_says_which_rows_without_naming_a_client(wiring):
    try_challenger(wiring, "a", rows=make_rows(3))

    (entry,) = read_entries(wiring.lake)

    assert '"contest rows 2005-10":3' in entry.details
    assert '"contest_side":"test"' in entry.details
    assert "c1" not in entry.details.replace(
        describe_contest_rows(make_rows(3), side="test").digest, ""
    )


def test_a_verdicts_attempt_is_kept_with_the_version():
    attempt = Attempt(ContestRows("test", "aa", {"2005-10": 4}), "cd", 2.5)
    verdict = PromotionVerdict("promotion", "ok", ("challenger wins",), {}, attempt)

    found = read_version_attempt(format_verdict_tags(verdict))

    assert found is not None
    assert (found.number, found.model_digest) == (2.5, "cd")
    assert (found.rows.side, found.rows.digest, found.rows.month_counts) == (
        "test",
        "aa",
        {"2005-10": 4},
    )
    assert read_version_attempt(format_verdict_tags(Verdict("promotion", "ok", ("x",)))) is None


def test_a_promotion_is_an_attempt_too_even_where_its_entry_comes_late(
    two_versions, make_wiring, tmp_path
):
    shutil.copytree(two_versions, tmp_path / "lake")
    wiring = make_wiring()
    version = wiring.registry.find_version(2)
    rows = describe_contest_rows(make_rows(), side="test")
    verdict = PromotionVerdict(
        "promotion", "ok", ("challenger wins",), {}, Attempt(rows, version.digest)
    )

    wiring.registry.promote(version, verdict, promoted_at=NOON)  # and the run dies here
    record_champion_change(wiring)

    assert [attempt.model_digest for attempt in list_attempts(wiring.lake)] == [version.digest]
    assert number_attempt(wiring.lake, rows, model_digest="another").number == 2.0
