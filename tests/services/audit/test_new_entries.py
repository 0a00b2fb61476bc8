"""What `verify --since` proves, and each planted tampering after the noted entry that it must find."""

import datetime as dt
import shutil
from dataclasses import replace

import polars as pl
import pytest
from deltalake import DeltaTable, write_deltalake
from tests.fakes.batch_tables import put_scores

from credit_default.adapters.tables.ledger import append_entry, read_entries
from credit_default.adapters.tables.queries import read_scores, scan_table
from credit_default.adapters.tables.score_digests import digest_results, digest_scores
from credit_default.gates.ledger.chain import chain_entry
from credit_default.services.audit.new_entries import verify_since
from credit_default.services.audit.recorded_results import RESULT_EVENTS
from credit_default.services.audit.replay import verify_lake

NOON = dt.datetime(2006, 1, 1, 12, tzinfo=dt.UTC)
OLD, NEW = "a" * 16, "b" * 16


def record(lake, batch_id, *, event="scored", key=None):
    digest = digest_scores(lake, batch_id=batch_id, model_version=1)
    details = {"scores_digest": digest, "scored_count": 4}
    if event == "scored":
        texts = ("input_sha256", "corrects", "schema", "schema_version", "feature_version")
        numbers = ("threshold", "expected_default_share")
        counts = ("read_count", "quarantined_count", "declined_count", "trained_row_count")
        details |= dict.fromkeys((*texts, "model_digest", "policy_digest"), "")
        details |= dict.fromkeys(numbers, 0.5) | dict.fromkeys(counts, 1) | {"object_version": None}
    return append_entry(
        lake,
        event=event,
        key=key or f"{event} {batch_id} v1",
        batch_id=batch_id,
        model_version=1,
        details=details,
        at=NOON,
    )


@pytest.fixture
def lake(wiring):
    """A lake with an entry that was noted, and one after it."""
    put_scores(wiring.lake, OLD, "2005-09")
    record(wiring.lake, OLD)
    put_scores(wiring.lake, NEW, "2005-10", chances=(0.1, 0.3, 0.2, 0.4))
    record(wiring.lake, NEW)
    return wiring.lake


def verify(wiring, place=0):
    summary = verify_since(wiring, read_entries(wiring.lake)[place].entry_hash)
    return {verdict.gate: verdict.level for verdict in summary.verdicts}, summary


def forge(lake, **changes):
    """Change the second entry in the table, without its hash."""
    ledger = lake.table_uri("ledger")
    own = scan_table(lake, "ledger").collect()
    shutil.rmtree(ledger)
    is_second = pl.col("sequence") == 2
    changed = own.with_columns(
        **{
            name: pl.when(is_second).then(pl.lit(new)).otherwise(name)
            for name, new in changes.items()
        }
    )
    write_deltalake(ledger, changed.to_arrow(), partition_by=["month"])


def test_new_entries_and_their_scores_are_proved_and_the_note_says_what_was_not_read(wiring, lake):
    levels, summary = verify(wiring)

    assert levels == {"ledger": "ok", "scores": "ok"}
    assert (summary.status, summary.exit_code) == ("proved since entry 1", 0)
    assert (summary.counts, summary.paths) == (
        {"entries": 1},
        {"head": read_entries(lake)[-1].entry_hash},
    )
    assert "were not read" in summary.notes[0]


def test_nothing_new_is_proved_too(wiring, lake):
    levels, summary = verify(wiring, place=-1)

    assert levels == {"ledger": "ok", "scores": "ok"}
    assert summary.paths["head"] == read_entries(lake)[-1].entry_hash


def test_head_that_the_ledger_has_not_is_an_alarm(wiring, lake):
    summary = verify_since(wiring, "f" * 64)

    assert (summary.status, summary.exit_code) == ("broken", 1)
    assert "which was seen before" in summary.verdicts[0].reasons[0]


def test_score_of_a_new_batch_that_was_changed_is_found(wiring, lake):
    DeltaTable(lake.table_uri("scores")).update(
        {"default_probability": "default_probability + 0.000000001"},
        predicate=f"batch_id = '{NEW}'",
    )

    levels, summary = verify(wiring)

    assert (levels, summary.exit_code) == ({"ledger": "ok", "scores": "alarm"}, 1)
    assert NEW in summary.verdicts[1].reasons[0]


def test_changed_score_of_an_older_batch_is_left_to_the_whole_verification(wiring, lake):
    DeltaTable(lake.table_uri("scores")).update(
        {"default_probability": "0.5"}, predicate=f"batch_id = '{OLD}'"
    )

    whole = verify_lake(wiring, batch_id=None, client_id=None, head=None)

    assert verify(wiring)[1].exit_code == 0
    assert whole.exit_code == 1


def test_scores_without_an_entry_are_found_whatever_their_time(wiring, lake):
    put_scores(lake, "c" * 16, "2005-09", at=NOON - dt.timedelta(days=900))

    levels, summary = verify(wiring)

    assert levels["scores"] == "alarm"
    assert "1 results are not on record" in summary.verdicts[1].reasons[0]


@pytest.mark.parametrize(
    "changes", [{"details": "{}"}, {"previous_hash": "0" * 64}, {"key": f"scored {OLD} v1"}]
)
def test_changed_new_entry_is_found(wiring, lake, changes):
    noted = read_entries(lake)[0].entry_hash
    forge(lake, **changes)

    summary = verify_since(wiring, noted)

    assert summary.verdicts[0].level == "alarm"
    assert "entry 2" in summary.verdicts[0].reasons[0]


def test_decision_that_is_recorded_a_second_time_is_found(wiring, lake):
    entries = read_entries(lake)
    again = chain_entry(replace(entries[1], key=entries[0].key), entries[0])
    forge(lake, key=again.key, entry_hash=again.entry_hash)
    assert read_entries(lake)[1] == again

    levels, summary = verify(wiring)

    assert levels["ledger"] == "alarm"
    assert "is recorded by an earlier entry" in summary.verdicts[0].reasons[0]


def test_noted_entry_that_was_changed_under_its_hash_is_found(wiring, lake):
    noted = read_entries(lake)[1].entry_hash
    forge(lake, details="{}")

    summary = verify_since(wiring, noted)

    assert summary.exit_code == 1
    assert "entry 2: its content does not match its hash" in summary.verdicts[0].reasons[0]


def test_erasure_after_the_noted_entry_counts_for_a_batch_from_before_it(wiring, lake):
    DeltaTable(lake.table_uri("scores")).delete(f"batch_id = '{OLD}' AND client_id = '2'")
    record(lake, OLD, event="forgotten", key="forgotten once")

    assert verify(wiring)[0] == {"ledger": "ok", "scores": "ok"}


def test_digests_of_one_pass_are_those_of_each_result(lake):
    put_scores(lake, OLD, "2005-09", version=2, chances=(0.1, 0.3, 0.2, 0.4))
    more = read_scores(lake, batch_id=NEW).with_columns(statement_month=pl.lit("2005-11"))
    write_deltalake(lake.table_uri("scores"), more.to_arrow(), mode="append")  # another file of it

    found = digest_results(lake)

    assert found == {
        (batch, version): digest_scores(lake, batch_id=batch, model_version=version)
        for batch, version in ((OLD, 1), (OLD, 2), (NEW, 1))
    }
    assert digest_results(lake, batch_ids={NEW}) == {(NEW, 1): found[NEW, 1]}
    assert RESULT_EVENTS == ("scored", "forgotten")
