import pytest
from tests.fakes.batch_tables import NOON, put_scores, put_verdict

from credit_default.adapters.delta.commits import compact_rows
from credit_default.adapters.delta.retries import RetryPolicy
from credit_default.adapters.tables.schemas import locate_table
from credit_default.errors import InputError
from credit_default.services.batches.batch_index import find_batch_keys, read_batch_index

FIRST, SECOND = "a" * 16, "b" * 16


def lights(lake):
    index = read_batch_index(lake).select("batch_id", "light")
    return {batch[0]: light for batch, light in index.iter_rows()}


def test_light_of_a_batch_is_the_worst_level_of_its_gates(wiring):
    put_scores(wiring.lake, FIRST, "2005-10")
    put_verdict(wiring.lake, FIRST, "2005-10", gate="drift", level="ok")
    put_verdict(wiring.lake, FIRST, "2005-10", gate="feed", level="alarm")
    put_verdict(wiring.lake, FIRST, "2005-10", gate="volume", level="watch")

    [row] = read_batch_index(wiring.lake).iter_rows(named=True)

    assert (row["light"], row["raised"]) == ("alarm", ["feed", "volume"])


def test_what_the_retraining_gate_says_raises_no_light(wiring):
    put_scores(wiring.lake, FIRST, "2005-10")
    put_verdict(wiring.lake, FIRST, "2005-10", gate="retraining", level="watch")

    assert lights(wiring.lake) == {"a": "not monitored"}


def test_index_is_made_anew_where_a_batch_is_scored_or_monitored(wiring):
    put_scores(wiring.lake, FIRST, "2005-10")
    before = read_batch_index(wiring.lake)
    same = read_batch_index(wiring.lake)
    put_verdict(wiring.lake, FIRST, "2005-10", level="watch")
    put_scores(wiring.lake, SECOND, "2005-11")

    assert same is before
    assert lights(wiring.lake) == {"b": "not monitored", "a": "watch"}


def test_index_says_the_same_where_files_of_several_batches_were_merged(wiring):
    for batch, month in ((FIRST, "2005-10"), (SECOND, "2005-10")):
        put_scores(wiring.lake, batch, month, chances=(0.1,) * (3 if batch == FIRST else 5))
    apart = read_batch_index(wiring.lake)

    compact_rows(locate_table(wiring.lake, "scores"), retry=RetryPolicy(attempt_count=1))
    merged = read_batch_index(wiring.lake)

    assert merged is not apart
    assert merged.equals(apart)
    assert sorted(merged["row_count"]) == [3, 5]


def test_batch_that_nobody_scored_is_an_error_that_says_where_to_look(wiring):
    with pytest.raises(InputError, match="page Batches"):
        find_batch_keys(wiring.lake, "c" * 16)


def test_last_scoring_of_a_batch_comes_first(wiring):
    put_scores(wiring.lake, FIRST, "2005-10", version=2, at=NOON.replace(hour=13))
    put_scores(wiring.lake, FIRST, "2005-10", version=1)

    assert [key.model_version for key in find_batch_keys(wiring.lake, FIRST)] == [2, 1]
